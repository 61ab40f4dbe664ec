//! In: a benchmark of an executable. Out: its [`Measurement`]: fresh processes, each warmed up until there is evidence, then timed in
//! batches that the clock can tell apart.

use super::arguments::Arguments;
use super::child::stage::Facts;
use super::course::Course;
use super::measurement::{Allocations, Measurement, Process};
use super::metric::Kind;
use super::peer::{Failure, Launch, Peer};
use crate::clock::Clock;
use perf_stats::change::steady_start;
use std::time::{Duration, Instant};

/// A batch is no shorter than this, and than so many steps of the clock.
const BATCH_NS: f64 = 50_000.0;
const CLOCK_STEPS: f64 = 1_000.0;

/// A single call is timed alone from this length on, which two reads of the clock change by a hundredth; so many calls a process.
const SINGLE_NS: f64 = 1_000.0;
const SINGLES: u32 = 200;

/// Warm-up goes on in stretches of so long, and ends after so many times that at the latest.
const WARM_UP: Duration = Duration::from_millis(5);
const WARM_UPS: u32 = 6;

/// Batches are asked for in stretches of so long, so that setting up inputs, which is not counted, cannot run away.
const STRETCH_NS: f64 = 10e6;

/// Slow benchmarks run in fewer processes, at least so many, such that all take about so long together.
const FEWEST_PROCESSES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(3);

/// A first call that takes longer is not repeated to learn how long calls take.
const SLOW_NS: f64 = 100e6;

/// Allocations are counted over so many iterations.
const ALLOCATIONS: u64 = 64;

/// Beyond this share, other threads are mentioned.
const OTHERS: f64 = 0.05;

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Measured time, all processes together.
    pub(super) time: Duration,
    /// Fresh processes.
    pub(super) processes: usize,
}

impl Effort {
    /// What the command line asks for.
    pub(super) fn of(arguments: &Arguments) -> Self {
        Self {
            time: arguments.time,
            processes: arguments.processes,
        }
    }
}

/// The length of a batch, in nanoseconds.
pub(super) fn batch_ns() -> f64 {
    BATCH_NS.max(CLOCK_STEPS * Clock::global().info().resolution_ns)
}

/// Measures one benchmark; `progress` hears of each process that is done.
pub(super) fn measure(
    id: &str,
    launch: &Launch,
    effort: Effort,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Measurement, Failure> {
    let mut processes = Vec::new();
    let mut wanted = effort.processes;
    let mut notes = Vec::new();
    let mut seen = Facts::default();
    let mut iterations = None;
    let mut allocations = None;
    while processes.len() < wanted {
        progress(processes.len(), wanted);
        let begun = Instant::now();
        let mut peer = Peer::start(launch)?;
        seen = peer.open(id)?;
        let settled = match iterations {
            Some(iterations) => iterations,
            None => calibrate(&mut peer, batch_ns())?,
        };
        iterations = Some(settled);
        let share = effort.time / effort.processes.max(1) as u32;
        processes.push(one(&mut peer, settled, share)?);
        if processes.len() == 1 {
            notes = observe(&mut peer, &seen)?;
            let few = settled.min(ALLOCATIONS);
            allocations = peer
                .allocations(few)?
                .map(|(count, bytes)| Allocations { count, bytes });
            let each = begun.elapsed().max(Duration::from_micros(1));
            let affordable = (PATIENCE.as_secs_f64() / each.as_secs_f64()) as usize;
            wanted = wanted.min(affordable.max(FEWEST_PROCESSES));
        }
        peer.close()?;
        if peer.printed() > 0 && processes.len() == 1 {
            notes.push(
                "it prints to standard output, which takes time; --nocapture shows it".to_owned(),
            );
        }
    }
    let measured = Measurement::new(
        id,
        Kind::time(),
        seen.throughput,
        seen.threads,
        processes,
        notes,
    );
    Ok(Measurement {
        allocations,
        ..measured
    })
}

/// How many iterations make a batch of so many nanoseconds.
pub(super) fn calibrate(peer: &mut Peer, target: f64) -> Result<u64, Failure> {
    let mut iterations = 1u64;
    let first = peer.batch(1, 1)?[0];
    // The first call finds nothing ready, and tells little about the others; nor does one that was interrupted.
    let mut time = if first > SLOW_NS {
        first
    } else {
        let more = peer.batch(1, 3)?;
        more.into_iter().fold(f64::INFINITY, f64::min)
    };
    while time < 0.8 * target {
        let factor = (target / time.max(1.0)).clamp(1.3, 16.0);
        iterations = ((iterations as f64 * factor).ceil() as u64).max(iterations + 1);
        // The smaller of two: an interrupt must not make the batch too short.
        time = peer
            .batch(iterations, 2)?
            .into_iter()
            .fold(f64::INFINITY, f64::min);
        if iterations >= 1 << 40 {
            break; // it takes no time at all
        }
    }
    Ok(iterations)
}

/// One process's part.
fn one(peer: &mut Peer, iterations: u64, share: Duration) -> Result<Process, Failure> {
    let steady = warm_up(peer, iterations)?;
    let (batches, single) = batches(peer, iterations, share)?;
    let loop_cost = loop_cost(peer, iterations, single)?;
    let singles = match single {
        _ if iterations == 1 => batches.clone(),
        single if single >= SINGLE_NS => peer.batch(1, SINGLES)?,
        _ => Vec::new(),
    };
    Ok(Process {
        iterations,
        course: Course::of(&batches),
        batches,
        loop_cost,
        singles,
        steady,
    })
}

/// Runs batches until their beginning is told apart from a steady rest, or the time for it is over. Whether there was evidence.
pub(super) fn warm_up(peer: &mut Peer, iterations: u64) -> Result<bool, Failure> {
    let mut seen = Vec::new();
    let mut spent = Duration::ZERO;
    for _ in 0..WARM_UPS {
        let begun = Instant::now();
        let stretch = warm_up_batches(seen.last().copied());
        seen.extend(peer.batch(iterations, stretch)?);
        spent += begun.elapsed();
        if steady_start(&seen).is_ok_and(|start| start.is_some()) {
            return Ok(true);
        }
        if spent > WARM_UP * WARM_UPS {
            break;
        }
    }
    // A call of many milliseconds has warmed up what there is; too few of them to test.
    Ok(seen.len() < 20)
}

fn warm_up_batches(last: Option<f64>) -> u32 {
    let each = last.unwrap_or(WARM_UP.as_nanos() as f64).max(1.0);
    (WARM_UP.as_nanos() as f64 / each).clamp(1.0, 100.0) as u32
}

/// Batches until the measured time is there, or twice that has passed on the wall; and the time of an iteration.
fn batches(peer: &mut Peer, iterations: u64, share: Duration) -> Result<(Vec<f64>, f64), Failure> {
    let begun = Instant::now();
    let mut times = peer.batch(iterations, 1)?;
    let mut total = times[0];
    let share_ns = share.as_nanos() as f64;
    while total < share_ns && begun.elapsed() < 2 * share {
        let each = (total / times.len() as f64).max(1.0);
        let count = (STRETCH_NS.min(share_ns - total) / each).clamp(1.0, 1_000.0) as u32;
        let more = peer.batch(iterations, count)?;
        total += more.iter().sum::<f64>();
        times.extend(more);
    }
    // The median: an interruption must not make short calls look long.
    let batch = perf_stats::describe::median(&times).unwrap_or(f64::NAN);
    let single = batch / iterations as f64;
    Ok((times, single))
}

/// Nanoseconds of the loop alone, an iteration.
fn loop_cost(peer: &mut Peer, iterations: u64, single: f64) -> Result<f64, Failure> {
    // Where an iteration takes long, its loop is nothing, but making the inputs may be a lot.
    let tried = if single > 1_000.0 {
        iterations.min(8)
    } else {
        iterations
    };
    let mut times = peer.empty(tried, 5)?;
    times.sort_unstable_by(f64::total_cmp);
    Ok(times[2] / tried as f64)
}

/// What the process does beside.
fn observe(peer: &mut Peer, facts: &Facts) -> Result<Vec<String>, Failure> {
    let (alive, others) = peer.threads()?;
    let mut notes = Vec::new();
    if facts.threads > 1 {
        return Ok(notes);
    }
    if others > OTHERS {
        notes.push(format!("threads that it starts took {} of the processor time: the time is that of the calling thread", crate::units::rough_percent(others)));
    }
    if alive > 1 {
        notes.push(format!(
            "it leaves threads behind: {} were alive at the end",
            alive - 1
        ));
    }
    Ok(notes)
}
