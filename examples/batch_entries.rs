//! A batch of thousands of texts that blocks everything else, and the same batch in bounded, concurrent pieces.
//!
//! `cargo run --release --example batch_entries -- [ENTRIES]`
//!
//! The entries are the source files of the crates that cargo fetched for this workspace. A service answers requests while a batch
//! works through them. In the blocking way the service does the batch itself, all texts in memory at once; in the bounded way workers
//! take pieces, each under a permit for the memory it needs. The report shows what requests waited for, an experiment proves the gain.

#[path = "quickstart/sources.rs"]
mod sources;

use perf_core::judge::{
    Arm, ArmError, Comparison, Direction, Experiment, Measurement, Metric, Replicate, Unit,
};
use perf_core::resource::{Limits, MemoryPermits, headroom};
use perf_core::units::{bytes, count, duration, percent};
use perf_core::{Session, Snapshot, measure};
use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Entries unless told otherwise.
const ENTRIES: usize = 2_500;
/// Entries in a piece of the bounded way.
const PIECE: usize = 32;
/// Entries of one measurement of the experiment.
const MEASURED: usize = 150;
/// Memory that the bounded way may use.
const BUDGET: u64 = 32 << 20;
/// Bytes that working on a byte of text needs, text included: words are kept while they are counted.
const PER_BYTE: u64 = 4;

/// How the batch is done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Blocking,
    Bounded,
}

/// What the service is asked.
enum Job<'a> {
    Request(Sender<()>),
    Batch(&'a [Entry], Sender<usize>),
}

#[derive(Debug)]
struct Entry {
    path: PathBuf,
    bytes: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("batch_entries: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let asked = std::env::args()
        .nth(1)
        .map_or(Ok(ENTRIES), |text| text.parse());
    let most = asked.map_err(|_| "usage: batch_entries [ENTRIES]".to_owned())?;
    let room = headroom();
    let cpus = room.cpus.map_or(1, |cpus| cpus.ceil() as usize);
    let limits = Limits::new().rss(400 << 20).descriptors(200);
    let session = Session::options("batch_entries")
        .sample_resources(Duration::from_millis(20))
        .limits(limits)
        .start();
    let entries = entries(most)?;
    println!(
        "{} entries, {}",
        count(entries.len() as u64),
        bytes(entries.iter().map(|e| e.bytes).sum::<u64>() as f64)
    );
    // The modest way first: of an interval only a peak above all earlier ones is known exactly.
    let start = session.snapshot();
    whole_batch(Way::Bounded, &entries, cpus);
    let bounded = session.snapshot();
    whole_batch(Way::Blocking, &entries, cpus);
    let blocking = session.snapshot();
    println!("bounded way:  {}", told(&bounded, &start, "Bounded"));
    println!("blocking way: {}", told(&blocking, &bounded, "Blocking"));
    drop(session);
    let found = experiment(&entries[..entries.len().min(MEASURED)], cpus)?;
    println!(
        "\nThe same {} entries both ways, in random order:",
        MEASURED.min(entries.len())
    );
    for outcome in &found.results {
        let change = outcome.change.map_or("no ratio".to_owned(), |c| {
            let end = |v: Option<f64>| v.map_or("?".to_owned(), |v| format!("{:+.1} %", 100.0 * v));
            format!(
                "{:+.1} % [{}, {}]",
                100.0 * c.estimate,
                end(c.low),
                end(c.high)
            )
        });
        println!(
            "  {}: {}, {change}; {} units a side",
            outcome.metric, outcome.verdict, outcome.n.candidate
        );
    }
    Ok(())
}

/// The first so many source files, by name.
fn entries(most: usize) -> Result<Vec<Entry>, String> {
    let files = sources::rust_files(&sources::fetched_crates()?);
    let entry = |path: PathBuf| {
        Some(Entry {
            bytes: std::fs::metadata(&path).ok()?.len(),
            path,
        })
    };
    let found: Vec<Entry> = files.into_iter().filter_map(entry).take(most).collect();
    if found.is_empty() {
        Err("cargo has fetched no sources".to_owned())
    } else {
        Ok(found)
    }
}

/// One batch in one way, and requests all the while.
fn whole_batch(way: Way, entries: &[Entry], cpus: usize) {
    with_service(way, entries, cpus, |service, finished| {
        while !finished() {
            request(service, name(way));
            std::thread::sleep(Duration::from_millis(2));
        }
    });
}

/// Runs the service and the batch; `meanwhile` is told how to ask it, and whether the batch is done.
fn with_service<T>(
    way: Way,
    entries: &[Entry],
    cpus: usize,
    meanwhile: impl FnOnce(&Sender<Job<'_>>, &dyn Fn() -> bool) -> T,
) -> T {
    std::thread::scope(|scope| {
        let (service, jobs) = channel();
        let serving = std::thread::Builder::new().name("service".to_owned());
        if let Err(error) = serving.spawn_scoped(scope, move || serve(&jobs)) {
            eprintln!("batch_entries: no thread for the service: {error}");
        }
        let to_service = service.clone();
        let batch = scope.spawn(move || match way {
            Way::Blocking => {
                let (done, answer) = channel();
                let _ = to_service.send(Job::Batch(entries, done));
                answer.recv().unwrap_or(0)
            }
            Way::Bounded => in_pieces(entries, cpus),
        });
        meanwhile(&service, &|| batch.is_finished())
    })
}

fn serve(jobs: &Receiver<Job<'_>>) {
    for job in jobs {
        match job {
            Job::Request(answer) => drop(answer.send(())),
            Job::Batch(entries, done) => drop(done.send(at_once(entries))),
        }
    }
}

/// What somebody waits for who asks the service something small.
#[measure(label = way)]
fn request(service: &Sender<Job<'_>>, way: &'static str) {
    let (answer, answered) = channel();
    if service.send(Job::Request(answer)).is_ok() {
        let _ = answered.recv();
    }
}

/// All texts in memory, one after the other: what blocks.
#[measure]
fn at_once(entries: &[Entry]) -> usize {
    let texts: Vec<String> = entries.iter().map(read).collect();
    texts.iter().map(|text| words(text)).sum()
}

/// Pieces, as many at a time as there are CPUs and memory.
#[measure]
fn in_pieces(entries: &[Entry], cpus: usize) -> usize {
    let permits = MemoryPermits::of(BUDGET);
    let pieces: Vec<&[Entry]> = entries.chunks(PIECE).collect();
    let (next, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..cpus.max(1) {
            scope.spawn(|| {
                while let Some(piece) = pieces.get(next.fetch_add(1, Relaxed)) {
                    let size: u64 = piece.iter().map(|entry| entry.bytes * PER_BYTE).sum();
                    // A piece larger than the budget is done all the same, alone: it cannot be split further here.
                    let permit = permits.acquire(size.min(BUDGET / 2));
                    if let Err(error) = &permit {
                        eprintln!("batch_entries: {error}");
                    }
                    total.fetch_add(piece.iter().map(|entry| words(&read(entry))).sum(), Relaxed);
                }
            });
        }
    });
    total.into_inner()
}

#[measure]
fn read(entry: &Entry) -> String {
    std::fs::read(&entry.path).map_or_else(
        |_| String::new(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

/// Distinct words.
#[measure]
fn words(text: &str) -> usize {
    text.split(|c: char| !c.is_alphanumeric())
        .collect::<HashSet<_>>()
        .len()
}

fn name(way: Way) -> &'static str {
    match way {
        Way::Blocking => "Blocking",
        Way::Bounded => "Bounded",
    }
}

/// What requests waited for in an interval, and how much memory it took.
fn told(later: &Snapshot, earlier: &Snapshot, way: &str) -> String {
    let Ok(interval) = later.since(earlier) else {
        return "not known".to_owned();
    };
    let row = interval
        .rows
        .iter()
        .find(|row| row.label.as_deref() == Some(way));
    let waited = row.map_or("nobody asked".to_owned(), |row| {
        format!(
            "{} requests, the longest waited {}",
            count(row.calls),
            duration(row.max_ns)
        )
    });
    let resources = interval.resources.as_ref();
    let memory =
        resources
            .and_then(|r| r.level("rss"))
            .map_or("memory not known".to_owned(), |rss| {
                let mark = if rss.peak_exact { "" } else { "at most some " };
                format!(
                    "resident memory grew by {mark}{}",
                    bytes(rss.peak.saturating_sub(rss.start) as f64)
                )
            });
    let cpus = resources.and_then(|r| Some((r.cpus_used()?, r.cpus?)));
    let cpus = cpus.map_or(String::new(), |(used, all)| {
        format!(", {} of the CPUs in use", percent(used / all))
    });
    format!("{waited}; {memory}{cpus}")
}

/// One way of doing the batch, with one request early on.
struct Side<'a> {
    way: Way,
    entries: &'a [Entry],
    cpus: usize,
}

impl Arm for Side<'_> {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let start = Instant::now();
        let waited = with_service(self.way, self.entries, self.cpus, |service, _| {
            std::thread::sleep(Duration::from_millis(1));
            let asked = Instant::now();
            request(service, "experiment");
            asked.elapsed()
        });
        into.set(Metric::WALL, start.elapsed().as_nanos() as f64);
        into.set(waiting(), waited.as_nanos() as f64);
        Ok(())
    }
}

fn waiting() -> Metric {
    Metric::other("request-waits", Unit::Nanoseconds, Direction::Lower)
}

fn experiment(entries: &[Entry], cpus: usize) -> Result<Comparison, String> {
    let side = |way| Side { way, entries, cpus };
    let (mut blocking, mut bounded) = (side(Way::Blocking), side(Way::Bounded));
    Experiment::new("batch")
        .unit(Replicate::Round)
        .pairs(40)
        .metrics([Metric::WALL, waiting()])
        .run(&mut blocking, &mut bounded)
        .map_err(|error| error.to_string())
}
