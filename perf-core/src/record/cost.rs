//! In: the recording path itself. Out: [`Cost`], what a recorded and a skipped call take on this machine; measured once.

use crate::clock::Clock;
use crate::record::layout::Layout;
use crate::record::shard::Shard;
use crate::record::span::Active;
use std::sync::OnceLock;

/// Calls timed in one go, and how often; the median go counts.
const CALLS: u32 = if cfg!(miri) { 8 } else { 1_024 };
const GOES: usize = if cfg!(miri) { 3 } else { 15 };

/// Calls that are counted for one that is recorded, on average, where the cost within a sampled call is found.
const COUNTED: u32 = 64;

/// A mean beyond this many times the minimum holds more than the clock reads.
const INTERRUPTED: f64 = 1.5;

static COST: OnceLock<Cost> = OnceLock::new();

/// Ticks that measuring itself takes, a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    pub(crate) recorded_ticks: f64, // both clock reads, the ring and its binning
    pub(crate) sampled_ticks: f64,  // the same with the draw of the next gap
    pub(crate) skipped_ticks: f64,  // a call that is only counted
    pub(crate) inside_ticks: f64, // the part of a recorded call that falls within its own measured time
    pub(crate) sampled_inside_ticks: f64, // the same for one recorded call among many that are only counted
}

impl Cost {
    /// What is taken off a sampled call's time: the middle between the two costs within it. A body of many independent steps goes on
    /// while the processor finds its way back, and hides the greater one; a body of few waits for it in full.
    pub(crate) fn taken_off_ticks(&self) -> f64 {
        0.5 * (self.inside_ticks + self.sampled_inside_ticks)
    }

    /// By how much that may be wrong, either way, in ticks.
    pub(crate) fn doubt_ticks(&self) -> f64 {
        0.5 * (self.sampled_inside_ticks - self.inside_ticks)
    }
}

/// The cost, once [`measure`] has run.
#[inline]
pub(crate) fn known() -> Option<&'static Cost> {
    COST.get()
}

/// The cost, measured now if it is not known: a fraction of a millisecond, on a shard that nobody reads.
pub(crate) fn measure() -> &'static Cost {
    COST.get_or_init(|| {
        let clock = Clock::global();
        let shard: &'static Shard = Box::leak(Box::new(Shard::new(clock, Layout::DEFAULT, false)));
        let Some(cell) = shard.make_cell(0, true) else {
            return Cost {
                recorded_ticks: 0.0,
                sampled_ticks: 0.0,
                skipped_ticks: 0.0,
                inside_ticks: 0.0,
                sampled_inside_ticks: 0.0,
            };
        };
        let time = |weight: u32, left: u32| {
            let mut goes = [0.0; GOES];
            for go in &mut goes {
                let start = clock.now();
                for _ in 0..CALLS {
                    cell.set_gap(weight, left);
                    std::hint::black_box(Active::begin(cell)).finish();
                }
                *go = clock.now().saturating_sub(start) as f64 / f64::from(CALLS);
            }
            goes.sort_unstable_by(f64::total_cmp);
            goes[GOES / 2]
        };
        let skipped_ticks = time(2, 2);
        let recorded_ticks = time(1, 1);
        shard.settle(clock.now());
        let timed = shard.read(cell).0.tally;
        // The mean, unless an interrupt fell into the calibration.
        let mean = timed.total as f64 / timed.recorded.max(1) as f64;
        let inside_ticks = mean.min(INTERRUPTED * timed.min as f64);
        // Weight 1 never reaches the draw; a weight of 2 with the gap used up always does.
        let sampled_ticks = time(2, 1);
        Cost {
            recorded_ticks,
            sampled_ticks,
            skipped_ticks,
            inside_ticks,
            sampled_inside_ticks: among_counted(shard).max(inside_ticks),
        }
    })
}

/// What a call contains of its own recording where most calls are only counted: nothing foresees that this one is recorded, so the
/// processor begins its end on the wrong way, and finds the right one in no near cache. In ticks; the median of the goes' means.
fn among_counted(shard: &'static Shard) -> f64 {
    let Some(cell) = shard.make_cell(1, false) else {
        return 0.0;
    };
    let recorded = || {
        let tally = shard.read(cell).0.tally;
        (tally.recorded, tally.total / u64::from(COUNTED))
    };
    let mut goes = [0.0; GOES];
    for go in &mut goes {
        let before = recorded();
        cell.set_gap(COUNTED, 1);
        for _ in 0..CALLS {
            std::hint::black_box(Active::begin(cell)).finish();
        }
        let after = recorded();
        *go = (after.1 - before.1) as f64 / (after.0 - before.0).max(1) as f64;
    }
    goes.sort_unstable_by(f64::total_cmp);
    goes[GOES / 2]
}
