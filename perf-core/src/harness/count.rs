//! In: a benchmark and a metric other than time. Out: its [`Measurement`]: exact ones are counted in a few fresh processes that must
//! agree, the others in as many processes as times are.

use super::course::Course;
use super::measure::{Effort, batch_ns, calibrate, warm_up};
use super::measurement::{Measurement, Process};
use super::metric::Kind;
use super::peer::{Failure, Launch, Peer};
use perf_stats::decision::CONSTANT_RUNS;
use perf_stats::describe::median;
use std::time::{Duration, Instant};

/// An exact metric is counted over the first of these numbers of iterations that takes no longer than [`PATIENCE`]: fixed numbers,
/// since what an iteration does may depend on how many went before it.
const ITERATIONS: [u64; 4] = [64, 16, 4, 1];
const PATIENCE: Duration = Duration::from_secs(1);

/// How an exact count was taken: both sides of a comparison take theirs alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fixed(pub(super) u64);

impl Fixed {
    /// As the stored one was.
    pub(super) fn like(measurement: &Measurement) -> Option<Self> {
        measurement
            .processes
            .first()
            .map(|one| Self(one.iterations))
    }
}

/// Measures a metric. `fixed` is the number of iterations of an exact one, where an earlier count has settled it.
pub(super) fn count(
    id: &str,
    kind: &Kind,
    launch: &Launch,
    effort: Effort,
    fixed: Option<Fixed>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Measurement, Failure> {
    let launch = &for_kind(launch, kind);
    let wanted = if kind.exact {
        CONSTANT_RUNS
    } else {
        effort.processes
    };
    progress(0, wanted);
    let mut fixed = fixed;
    let mut processes = vec![process(id, kind, launch, effort, &mut fixed)?];
    if kind.is_instructions() {
        // Nothing is timed: they may run at once.
        let one = || process(id, kind, launch, effort, &mut fixed.clone());
        let more: Result<Vec<Process>, Failure> = std::thread::scope(|scope| {
            let running: Vec<_> = (1..wanted).map(|_| scope.spawn(one)).collect();
            let joined = running.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined
                .map(|done| done.unwrap_or(Err(Failure::Confused)))
                .collect()
        });
        processes.extend(more?);
    }
    while processes.len() < wanted {
        progress(processes.len(), wanted);
        processes.push(process(id, kind, launch, effort, &mut fixed)?);
    }
    let mut notes = Vec::new();
    let exact = kind.exact
        && processes
            .iter()
            .all(|one| one.median() == processes[0].median());
    if kind.exact && !exact {
        while processes.len() < effort.processes {
            progress(processes.len(), effort.processes);
            processes.push(process(id, kind, launch, effort, &mut fixed)?);
        }
        notes.push(format!(
            "the processes do not agree: what it does depends on more than its code (a random seed, addresses, the time), and {} are judged as times are",
            kind.name
        ));
    }
    Ok(Measurement::new(
        id,
        kind.clone(),
        None,
        1,
        processes,
        notes,
    ))
}

/// The launch, simulated where that is what counts.
pub(super) fn for_kind(launch: &Launch, kind: &Kind) -> Launch {
    Launch {
        simulated: kind.is_instructions(),
        ..launch.clone()
    }
}

/// A fresh process's part.
pub(super) fn process(
    id: &str,
    kind: &Kind,
    launch: &Launch,
    effort: Effort,
    fixed: &mut Option<Fixed>,
) -> Result<Process, Failure> {
    let mut peer = Peer::start(launch)?;
    let facts = peer.open(id)?;
    let measured = if kind.exact {
        exact(&mut peer, kind, fixed)?
    } else {
        noisy(&mut peer, kind, effort)?
    };
    peer.close()?;
    // Callgrind sees the threads together, the others already a thread's share.
    let threads = if kind.is_instructions() {
        facts.threads.max(1) as f64
    } else {
        1.0
    };
    Ok(Process {
        batches: measured
            .batches
            .iter()
            .map(|amount| amount / threads)
            .collect(),
        loop_cost: measured.loop_cost / if facts.threads > 1 { threads } else { 1.0 },
        ..measured
    })
}

fn exact(peer: &mut Peer, kind: &Kind, fixed: &mut Option<Fixed>) -> Result<Process, Failure> {
    // The first call sets up what later ones find there. It is counted by nobody, and says how long calls take.
    let begun = Instant::now();
    peer.count(kind, 1)?;
    let each = begun.elapsed().max(Duration::from_nanos(1));
    let affordable =
        |&&iterations: &&u64| each.as_secs_f64() * iterations as f64 <= PATIENCE.as_secs_f64();
    let Fixed(iterations) = *fixed
        .get_or_insert_with(|| Fixed(ITERATIONS.iter().find(affordable).copied().unwrap_or(1)));
    let (amount, empty) = peer.count(kind, iterations)?;
    Ok(Process {
        iterations,
        batches: vec![amount],
        loop_cost: empty / iterations as f64,
        singles: Vec::new(),
        steady: true,
        course: Course::Unknown,
    })
}

fn noisy(peer: &mut Peer, kind: &Kind, effort: Effort) -> Result<Process, Failure> {
    peer.count(kind, 1)?; // whether it can be measured at all
    let iterations = calibrate(peer, batch_ns())?;
    let steady = warm_up(peer, iterations)?;
    let share = effort.time / effort.processes.max(1) as u32;
    let (mut batches, mut empties) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    while batches.is_empty() || begun.elapsed() < share {
        let (amount, empty) = peer.count(kind, iterations)?;
        batches.push(amount);
        empties.push(empty / iterations as f64);
    }
    Ok(Process {
        iterations,
        loop_cost: median(&empties).unwrap_or(0.0),
        batches,
        singles: Vec::new(),
        steady,
        course: Course::Unknown,
    })
}
