//! A batch of thousands of texts that blocks everything else, and the same batch in bounded, concurrent pieces.
//!
//! `cargo run --release --example batch_entries -- [ENTRIES]`
//!
//! The entries are the source files of the crates that cargo fetched for this workspace. A service answers requests while a batch
//! works through them. In the blocking way the service does the batch itself, all texts in memory at once; in the bounded way workers
//! take pieces, each under a permit for the memory it needs. The report shows what requests waited for, an experiment proves the gain;
//! both ways run within limits that a sampler watches.

#[path = "quickstart/sources.rs"]
mod sources;

use perf_core::judge::{
    Arm, ArmError, Comparison, Direction, Experiment, Measurement, Metric, Replicate, Unit,
};
use perf_core::resource::{Limits, MemoryPermits, headroom};
use perf_core::units::{bytes, count, duration, percent};
use perf_core::{Session, Snapshot, counter, measure};
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
/// Entries of one measurement of the experiment: some 50 ms of work.
const MEASURED: usize = 300;
/// Pairs of measurements, at most.
const PAIRS: usize = 24;
/// Memory that the bounded way may use for texts, where the machine has that much left.
const BUDGET: u64 = 32 << 20;
/// What the whole program may hold.
const LIMIT: u64 = 256 << 20;
/// Bytes that working on a byte of text needs, text included: words are kept while they are counted.
const PER_BYTE: u64 = 4;

/// How the batch is done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Blocking,
    Bounded,
}

/// What the bounded way may take.
#[derive(Clone, Copy, Debug)]
struct Batch {
    cpus: usize,
    budget: u64, // bytes
}

/// What the service is asked.
enum Job<'a> {
    Request(Sender<()>),
    Batch(&'a [Entry], Sender<usize>),
}

#[derive(Clone, Debug)]
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
    let left = room.memory.map_or(BUDGET, |memory| memory.bytes);
    let budget = BUDGET.min(left / 2);
    let batch = Batch { cpus, budget };
    let limits = Limits::new().rss(LIMIT).descriptors(200);
    let session = Session::options("batch_entries")
        .sample_resources(Duration::from_millis(20))
        .limits(limits)
        .start();
    let entries = entries(most)?;
    println!(
        "{} entries, {}; room for {}; the bounded way may use {} for texts, the program {} in all\n",
        count(entries.len() as u64),
        bytes(entries.iter().map(|e| e.bytes).sum::<u64>() as f64),
        bytes(left as f64),
        bytes(budget as f64),
        bytes(LIMIT as f64)
    );
    // The modest way first: of an interval only a peak above all earlier ones is known exactly.
    let start = session.snapshot();
    whole_batch(Way::Bounded, &entries, batch);
    let bounded = session.snapshot();
    whole_batch(Way::Blocking, &entries, batch);
    let blocking = session.snapshot();
    println!("bounded way:  {}", told(&bounded, &start, "bounded"));
    println!("blocking way: {}\n", told(&blocking, &bounded, "blocking"));
    drop(session);
    // Every so manieth: the same mixture of long and short.
    let part: Vec<Entry> = entries
        .iter()
        .step_by((entries.len() / MEASURED).max(1))
        .take(MEASURED)
        .cloned()
        .collect();
    conclude(&experiment(&part, batch)?, part.len());
    Ok(())
}

/// What the experiment has shown, metric by metric.
fn conclude(found: &Comparison, entries: usize) {
    println!("\nthe same {entries} entries blocking and bounded, in random order:");
    for outcome in &found.results {
        let change = outcome.change.map_or("no ratio".to_owned(), |c| {
            let end = |v: Option<f64>| v.map_or("?".to_owned(), |v| format!("{:+.1} %", 100.0 * v));
            let (low, high) = (end(c.low), end(c.high));
            format!("{:+.1} % [{low}, {high}]", 100.0 * c.estimate)
        });
        println!(
            "  {}: {}, bounded is {change} of blocking; {} pairs",
            outcome.metric, outcome.verdict, outcome.n.candidate
        );
    }
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
fn whole_batch(way: Way, entries: &[Entry], batch: Batch) {
    with_service(way, entries, batch, |service, finished| {
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
    batch: Batch,
    meanwhile: impl FnOnce(&Sender<Job<'_>>, &dyn Fn() -> bool) -> T,
) -> T {
    std::thread::scope(|scope| {
        let (service, jobs) = channel();
        let serving = std::thread::Builder::new().name("service".to_owned());
        if let Err(error) = serving.spawn_scoped(scope, move || serve(&jobs)) {
            eprintln!("batch_entries: no thread for the service: {error}");
        }
        let to_service = service.clone();
        let working = scope.spawn(move || match way {
            Way::Blocking => {
                let (done, answer) = channel();
                let _ = to_service.send(Job::Batch(entries, done));
                answer.recv().unwrap_or(0)
            }
            Way::Bounded => in_pieces(entries, batch),
        });
        meanwhile(&service, &|| working.is_finished())
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
fn in_pieces(entries: &[Entry], batch: Batch) -> usize {
    let permits = MemoryPermits::of(batch.budget);
    let pieces: Vec<&[Entry]> = entries.chunks(PIECE).collect();
    let (next, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..batch.cpus.max(1) {
            scope.spawn(|| {
                while let Some(piece) = pieces.get(next.fetch_add(1, Relaxed)) {
                    let size: u64 = piece.iter().map(|entry| entry.bytes * PER_BYTE).sum();
                    // A piece larger than the budget is done all the same, alone: it cannot be split further here.
                    let permit = permits.acquire(size.min(batch.budget));
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
    counter!("entries");
    text.split(|c: char| !c.is_alphanumeric())
        .collect::<HashSet<_>>()
        .len()
}

fn name(way: Way) -> &'static str {
    match way {
        Way::Blocking => "blocking",
        Way::Bounded => "bounded",
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
    let done = interval.counters.iter().find(|done| done.name == "entries");
    let rate = done.map_or(String::new(), |done| {
        format!("{} entries/s; ", count(done.per_second.round() as u64))
    });
    format!("{rate}{waited}; {memory}{cpus}")
}

/// One way of doing the batch, with one request early on.
struct Side<'a> {
    way: Way,
    entries: &'a [Entry],
    batch: Batch,
}

impl Arm for Side<'_> {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let start = Instant::now();
        let waited = with_service(self.way, self.entries, self.batch, |service, _| {
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

fn experiment(entries: &[Entry], batch: Batch) -> Result<Comparison, String> {
    let side = |way| Side {
        way,
        entries,
        batch,
    };
    let (mut blocking, mut bounded) = (side(Way::Blocking), side(Way::Bounded));
    Experiment::new("batch")
        .unit(Replicate::Round)
        .pairs(PAIRS)
        .metrics([Metric::WALL, waiting()])
        .run(&mut blocking, &mut bounded)
        .map_err(|error| error.to_string())
}
