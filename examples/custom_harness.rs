//! A harness of your own on the experiment engine: `cargo run --release --example custom_harness [-- --json]`.

use perf_core::judge::{Arm, ArmError, Direction, Experiment, Measurement, Metric};
use perf_core::judge::{Policy, Replicate, Unit};
use perf_core::report::{Format, for_terminal};
use std::hint::black_box;
use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Back to the start of the terminal's line, and nothing in it.
const ERASED: &str = "\r\u{1b}[K";

/// What is measured: a sort on fresh data, the time it takes and what it gets done in a second.
struct Sort {
    sort: fn(&mut [u64]),
    state: u64,
}

fn throughput() -> Metric {
    Metric::other("keys/s", Unit::Count, Direction::Higher)
}

impl Arm for Sort {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let next = |state: &mut u64| {
            *state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *state >> 20
        };
        let mut data: Vec<u64> = (0..20_000).map(|_| next(&mut self.state)).collect();
        let start = Instant::now();
        (self.sort)(black_box(&mut data));
        let took = start.elapsed();
        into.set(Metric::WALL, took.as_nanos() as f64);
        into.set(throughput(), data.len() as f64 / took.as_secs_f64());
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arm = |sort| Sort { sort, state: 1 };
    let (mut old, mut new) = (arm(<[u64]>::sort), arm(<[u64]>::sort_unstable));
    let watched = std::io::stderr().is_terminal();
    let found = Experiment::new("sort")
        .unit(Replicate::Block) // ABBA or BAAB, as a coin says
        .metrics([Metric::WALL, throughput()])
        .time(Duration::from_secs(2))
        .on_progress(|now| {
            if watched {
                eprint!("{ERASED}{} of {} blocks", now.units, now.most);
            }
            ControlFlow::Continue(())
        })
        .run(&mut old, &mut new);
    if watched {
        eprint!("{ERASED}"); // the answer stands where the progress stood
    }
    let found = found?;
    let json = std::env::args().any(|argument| argument == "--json");
    let format = if json { Format::Json } else { Format::Text };
    let mut out = std::io::stdout();
    let look = for_terminal(&out);
    found.report().write(&mut out, format, look)?;
    std::process::exit(found.exit_code(&Policy::default()).into());
}
