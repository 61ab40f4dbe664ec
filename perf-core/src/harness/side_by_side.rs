//! In: two benchmarks, each of an executable. Out: log ratios of fresh processes that alternate strictly in short slices on one
//! processor: one measures while the others wait. One call is one unit of replication, a fresh pair.
//!
//! A third process is the twin of one side, which a coin chooses: its ratio to that side is the control, which no change of the code can
//! move, and both of them together tell more of that side than one.

use super::blocks::{BASELINE, Blocks, CANDIDATE, TWIN, Unitary};
use super::child::stage::Facts;
use super::measure::{batch_ns, calibrate};
use super::os;
use super::pages::{Gathered, PageSize, Pages};
use super::peer::{Failure, Launch, Peer};
use crate::judge::{ArmError, Direction, Measurement, Metric, Pair, Unit};
use perf_stats::Rng;
use perf_stats::decision::Order;
use perf_stats::describe::median;
use std::fmt;
use std::time::{Duration, Instant};

/// A slice lasts about so long, of so many batches.
const BATCHES: u32 = 4;

/// Warm-up of a process before its slices count.
const WARM_UP: Duration = Duration::from_millis(3);

/// Sides whose batches hold so many times as many iterations keep their own number.
const APART: u64 = 8;

/// What is left of a batch without its loop must be this share of it, or the loop is not taken off.
const ENOUGH: f64 = 0.1;

/// Other threads that take more than this share of the processor time need processors of their own.
const OTHERS: f64 = 0.05;

/// One side.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) launch: Launch,
    pub(super) id: String,
}

/// Two sides and the twin of one of them.
pub(super) struct SideBySide {
    sides: [Side; 2],
    time: Duration, // of a side within a pair
    rng: Rng,
    iterations: [u64; 2], // a batch, settled by the first pair; 0 before
    twin: usize,          // the side that has one in this pair
    alone: bool,          // whether one processor is enough
    processors: Vec<usize>,
    page_size: PageSize,
    pages: Pages,
}

/// Which side could not be measured, and why.
#[derive(Clone, Debug)]
pub(super) struct SideError {
    pub(super) of_baseline: bool,
    pub(super) failure: Failure,
}

impl fmt::Display for SideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.of_baseline {
            "baseline"
        } else {
            "candidate"
        };
        write!(f, "{side}: {}", self.failure)
    }
}

impl std::error::Error for SideError {}

/// The time of an iteration, which decides.
pub(super) fn time_metric() -> Metric {
    Metric::Other {
        name: "time".to_owned(),
        unit: Unit::Nanoseconds,
        direction: Direction::Lower,
    }
}

/// One side against itself, which is shown.
pub(super) fn control_metric() -> Metric {
    Metric::Other {
        name: "control".to_owned(),
        unit: Unit::Nanoseconds,
        direction: Direction::Lower,
    }
}

impl SideBySide {
    pub(super) fn new(baseline: Side, candidate: Side, time: Duration, seed: u64) -> Self {
        Self {
            sides: [baseline, candidate],
            time,
            rng: Rng::stream(seed, 1),
            iterations: [0; 2],
            twin: BASELINE,
            alone: true,
            processors: os::processors(),
            page_size: PageSize::default(),
            pages: Pages::default(),
        }
    }

    /// On huge pages, unless told otherwise.
    pub(super) fn lay_memory(&mut self, size: PageSize) {
        self.page_size = size;
    }

    /// Where code and memory of the pairs so far lay.
    pub(super) fn pages(&self) -> &Pages {
        &self.pages
    }

    /// One pair: its processes' times an iteration and the median log ratios of candidate and control to the baseline.
    fn pair(&mut self) -> Result<Unitary, SideError> {
        let cpu = self.alone.then(|| self.any_processor()).flatten();
        if let Some(cpu) = cpu {
            os::pin(cpu);
        }
        let answer = self.run(cpu);
        if cpu.is_some() {
            os::unpin(&self.processors);
        }
        answer
    }

    fn any_processor(&mut self) -> Option<usize> {
        (!self.processors.is_empty())
            .then(|| self.processors[self.rng.below(self.processors.len())])
    }

    fn run(&mut self, cpu: Option<usize>) -> Result<Unitary, SideError> {
        // That the coin also chooses the twin makes the ratio symmetric, whatever processes differ by.
        self.twin = self.rng.below(2);
        // The order of the start is a coin too: later processes get other addresses.
        let mut places = [BASELINE, CANDIDATE, TWIN];
        self.rng.shuffle(&mut places);
        let mut peers: [Option<Measured>; 3] = [None, None, None];
        for place in places {
            peers[place] = Some(self.open(place, cpu)?);
        }
        let mut peers = peers.map(|peer| peer.expect("all three places were filled"));
        self.agree();
        for place in places {
            let iterations = self.iterations[self.side_of(place)];
            peers[place]
                .warm_up(iterations)
                .map_err(|failure| self.error(place, failure))?;
        }
        self.gather(&mut peers)?;
        self.settle_together(&mut peers, &places)?;
        let (begun, mut blocks) = (Instant::now(), Blocks::default());
        while !blocks.are_enough(self.time, begun.elapsed()) {
            self.rng.shuffle(&mut places);
            let mut logs = [0.0; 3];
            // There and back again: a linear drift cancels.
            for place in places.into_iter().chain(places.into_iter().rev()) {
                let slice = peers[place]
                    .slice()
                    .map_err(|failure| self.error(place, failure))?;
                logs[place] += 0.5 * slice.log;
                if place == BASELINE {
                    blocks.spent += slice.wall;
                }
            }
            blocks.take(logs, self.twin);
        }
        self.observe(&mut peers[BASELINE])?;
        Ok(blocks.centre())
    }

    /// Asks all three or none: what lies on huge pages is faster. Where the system moves more of one than of another, `Pages` counts it.
    fn gather(&mut self, peers: &mut [Measured; 3]) -> Result<(), SideError> {
        if !peers.iter().all(|measured| measured.peer.gathers()) {
            self.pages.too_old();
            return Ok(());
        }
        let mut all = [Gathered::default(); 3];
        for (place, measured) in peers.iter_mut().enumerate() {
            let moved = measured.peer.gather(self.page_size == PageSize::Huge);
            all[place] = moved.map_err(|failure| self.error(place, failure))?;
        }
        self.pages.take(all);
        Ok(())
    }

    /// One block that does not count: what the others do to a process's caches shows only once they take turns. Measured on 1.5 ms of
    /// loads from all over 32 MiB: first blocks of a pair differed by 10 %, later ones by 2.5 %. Where a block is as long as all that
    /// a pair is to measure, its beginning weighs little.
    fn settle_together(
        &self,
        peers: &mut [Measured; 3],
        places: &[usize; 3],
    ) -> Result<(), SideError> {
        let begun = Instant::now();
        for &place in places.iter().chain(places.iter().rev()) {
            if begun.elapsed() > 2 * self.time {
                break;
            }
            let slice = peers[place].slice();
            slice.map_err(|failure| self.error(place, failure))?;
        }
        Ok(())
    }

    fn open(&mut self, place: usize, cpu: Option<usize>) -> Result<Measured, SideError> {
        let which = self.side_of(place);
        let (peer, facts, calibrated) = self
            .start(which, cpu)
            .map_err(|failure| self.error(place, failure))?;
        self.alone &= facts.threads <= 1;
        self.iterations[which] = calibrated;
        Ok(Measured {
            peer,
            iterations: 0,
            loop_ns: 0.0,
        })
    }

    /// A process with its benchmark open, and how many iterations make a batch.
    fn start(&self, which: usize, cpu: Option<usize>) -> Result<(Peer, Facts, u64), Failure> {
        let side = &self.sides[which];
        let mut peer = Peer::start(&side.launch)?;
        if let Some(cpu) = cpu {
            peer.pin(cpu)?;
        }
        let facts = peer.open(&side.id)?;
        let calibrated = match self.iterations[which] {
            0 => calibrate(&mut peer, batch_ns())?,
            known => known,
        };
        Ok((peer, facts, calibrated))
    }

    /// Which executable runs at a place.
    fn side_of(&self, place: usize) -> usize {
        if place == TWIN { self.twin } else { place }
    }

    fn error(&self, place: usize, failure: Failure) -> SideError {
        SideError {
            of_baseline: self.side_of(place) == BASELINE,
            failure,
        }
    }

    /// Both sides get the same number of iterations, that of the longer batches, unless one takes many times as long: what a batch's
    /// beginning costs would be shared out differently, and a calibration that was disturbed made a difference of 5 % where there is none.
    fn agree(&mut self) {
        let [fewer, more] = match self.iterations {
            [a, b] if a <= b => [a, b],
            [a, b] => [b, a],
        };
        if more <= APART * fewer {
            self.iterations = [more; 2];
        }
    }

    /// Whether the next pairs may stay on one processor.
    fn observe(&mut self, baseline: &mut Measured) -> Result<(), SideError> {
        let (_, others) = baseline
            .peer
            .threads()
            .map_err(|failure| self.error(BASELINE, failure))?;
        self.alone &= others < OTHERS;
        Ok(())
    }
}

impl Pair for SideBySide {
    fn measure(
        &mut self,
        _: Order,
        baseline: &mut Measurement,
        candidate: &mut Measurement,
    ) -> Result<(), ArmError> {
        let pair = self.pair()?;
        baseline.set(time_metric(), pair.level);
        candidate.set(time_metric(), pair.level * pair.candidate.exp());
        baseline.set(control_metric(), pair.level);
        candidate.set(control_metric(), pair.level * pair.control.exp());
        baseline.set_blocks(pair.blocks);
        candidate.set_blocks(pair.blocks);
        Ok(())
    }
}

/// An open process.
struct Measured {
    peer: Peer,
    iterations: u64,
    loop_ns: f64, // a batch's loop
}

struct Slice {
    log: f64,  // of nanoseconds an iteration
    wall: f64, // nanoseconds of all its batches
}

impl Measured {
    fn warm_up(&mut self, iterations: u64) -> Result<(), Failure> {
        self.iterations = iterations;
        self.loop_ns = loop_cost(&mut self.peer, iterations)?;
        let begun = Instant::now();
        while begun.elapsed() < WARM_UP {
            self.peer.batch(self.iterations, BATCHES)?;
        }
        Ok(())
    }

    fn slice(&mut self) -> Result<Slice, Failure> {
        let batches = if self.iterations == 1 { 1 } else { BATCHES };
        let times = self.peer.batch(self.iterations, batches)?;
        let batch = median(&times).map_err(|_| Failure::Confused)?;
        let net = batch - self.loop_ns;
        let counted = if net >= ENOUGH * batch { net } else { batch };
        Ok(Slice {
            log: (counted.max(f64::MIN_POSITIVE) / self.iterations as f64).ln(),
            wall: times.iter().sum(),
        })
    }
}

/// Nanoseconds of a batch's loop alone.
fn loop_cost(peer: &mut Peer, iterations: u64) -> Result<f64, Failure> {
    let tried = iterations.min(20_000);
    let times = peer.empty(tried, 9)?;
    let loop_ns = median(&times).map_err(|_| Failure::Confused)?;
    Ok(loop_ns * iterations as f64 / tried as f64)
}
