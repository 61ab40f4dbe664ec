//! In: two ways to count words. Out: a whole study of them, from the question to the answer, in this process.
//!
//! `cargo run --release -p perf-examples --example study`
//!
//! Prints it in plain lines; [`perf_core::study::document`] writes the same as Markdown.

use perf_core::judge::{Arm, ArmError, Measurement, Metric, Resource};
use perf_core::study::{Choices, Opened, Studies, Workload};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();

/// Calls a measurement: long enough for the clock, short enough to be repeated.
const CALLS: u32 = 20;

/// One implementation; a measurement is the time and the memory of so many calls.
struct Implementation<'a> {
    text: &'a str,
    count: fn(&str) -> usize,
}

impl Arm for Implementation<'_> {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let start = Instant::now();
        let used = perf_core::alloc::measure(|| {
            (0..CALLS)
                .map(|_| (self.count)(black_box(self.text)))
                .sum::<usize>()
        });
        black_box(used.value);
        into.set(Metric::WALL, start.elapsed().as_nanos() as f64);
        into.set(
            Metric::Resource(Resource::AllocatedBytes),
            used.bytes as f64,
        );
        Ok(())
    }
}

/// The program as it stands: a new text for each word.
fn owned(text: &str) -> usize {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for word in text.split(' ') {
        *seen.entry(word.to_owned()).or_default() += 1;
    }
    seen.len()
}

/// The change: words stay where they are.
fn borrowed(text: &str) -> usize {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for word in text.split(' ') {
        *seen.entry(word).or_default() += 1;
    }
    seen.len()
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = (0..2_000).map(|i| format!("word-{}", i % 50)).collect();
    let text = words.join(" ");
    assert_eq!(owned(&text), borrowed(&text));
    let mut old = Implementation {
        text: &text,
        count: owned,
    };
    let mut new = Implementation {
        text: &text,
        count: borrowed,
    };

    let folder = std::env::temp_dir().join(format!("perf-study-{}", std::process::id()));
    let studies = Studies::at(&folder);
    let workload = Workload::InProcess("count words".to_owned());
    let mut study = studies.begin("why does counting words take so long?", workload)?;
    study.measure(&mut old, 20, |_| ())?;
    study.suppose(
        "each word is allocated",
        None,
        "wall",
        "-60%..-20%".parse()?,
        0.6,
    )?;
    let study = study.optimize(1, &Choices::default())?; // here the code would be changed
    let go_on = Box::new(|_: &_| ControlFlow::Continue(()));
    let opened = match study.validate(&mut old, &mut new, "owned words", None, go_on)? {
        Opened::Validation(study) if study.last().change.accepted => {
            Opened::Finished(study.accept()?)
        }
        undecided => undecided,
    };
    print!("{}", opened.text());
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
