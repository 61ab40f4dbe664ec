//! In: two loops and the clock. Out: how many calls make a batch that the clock can see, after a warm-up that evidence ended.

use crate::clock::Clock;
use perf_stats::decision::Margin;
use perf_stats::describe::median;
use std::time::Duration;

/// A batch of this length decides soonest: short enough that most are undisturbed, long enough for the clock.
const BATCH_NS: f64 = 30_000.0;
/// A clock step may be this share of the margin of a batch; the guard withholds claims from a fifth on.
const STEP_SHARE: f64 = 0.1;
/// The cost of reading the clock may be this share of a batch: it is in both sides and pulls the ratio towards 1.
const COST_SHARE: f64 = 0.001;
/// Sides that differ by more than this factor get batches of their own.
const APART: f64 = 3.0;
/// Warm-up goes on at least and at most for these shares of the time for a side.
const WARM_UP: [f64; 2] = [0.05, 0.4];
/// Rounds a quarter that warm-up is judged by.
const QUARTER: usize = 8;
/// Getting faster by less than this from one quarter to the next is warm.
const STILL: f64 = 0.005;

/// The clock, its step and its cost.
#[derive(Clone, Copy)]
pub(super) struct Timer {
    clock: &'static Clock,
    step_ns: f64,
    cost_ns: f64,
}

/// A timed batch.
pub(super) struct Batch {
    pub(super) nanoseconds: f64,
}

/// What was found out before measuring.
pub(super) struct Sizing {
    pub(super) calls: [u64; 2],
    pub(super) clock_step: f64, // as a fraction of the shorter batch
    pub(super) warning: Option<String>,
}

impl Timer {
    /// The process's clock; none where there is none.
    pub(super) fn of_the_process() -> Option<Self> {
        let clock = Clock::global();
        let mut timer = Self {
            clock,
            step_ns: clock.info().resolution_ns,
            cost_ns: 0.0,
        };
        timer.cost_ns = (0..100)
            .map(|_| timer.time(&mut |_| (), 0).nanoseconds)
            .fold(f64::INFINITY, f64::min);
        clock.exists().then_some(timer)
    }

    /// One step of the clock, in nanoseconds.
    pub(super) fn step_ns(&self) -> f64 {
        self.step_ns
    }

    #[inline(always)]
    pub(super) fn time(&self, work: &mut impl FnMut(u64), calls: u64) -> Batch {
        let start = self.clock.now();
        work(calls);
        let ticks = self.clock.now().saturating_sub(start);
        Batch {
            nanoseconds: self.clock.nanoseconds_f64(ticks as f64),
        }
    }
}

/// Warms both sides up and sizes their batches.
pub(super) fn size(
    timer: &Timer,
    a: &mut impl FnMut(u64),
    b: &mut impl FnMut(u64),
    margin: Margin,
    time: Duration,
) -> Sizing {
    let step = timer.step_ns / (STEP_SHARE * margin.value().max(1e-4));
    let target = BATCH_NS
        .max(step)
        .max(timer.cost_ns / COST_SHARE)
        .min(time.as_nanos() as f64 / 20.0)
        .max(1.0);
    let start = timer.clock.now();
    let spent = || {
        timer
            .clock
            .nanoseconds_f64(timer.clock.now().saturating_sub(start) as f64)
            / time.as_nanos().max(1) as f64
    };
    let mut calls = [calls_for(timer, a, target), calls_for(timer, b, target)];
    if (calls[0].max(calls[1]) as f64) < APART * calls[0].min(calls[1]) as f64 {
        calls = [calls[0].max(calls[1]); 2]; // the same loop for both, so that its ends weigh the same
    }
    let mut rounds: Vec<f64> = Vec::new();
    let mut shortest = f64::INFINITY;
    let warm = loop {
        let batches = [timer.time(a, calls[0]), timer.time(b, calls[1])];
        shortest = batches
            .iter()
            .map(|b| b.nanoseconds)
            .fold(shortest, f64::min);
        rounds.push(batches.iter().map(|b| b.nanoseconds).sum());
        let share = spent() / 2.0;
        if share >= WARM_UP[0] && is_still(&rounds) {
            break true;
        }
        if share >= WARM_UP[1] {
            break rounds.len() < 4 * QUARTER || is_still(&rounds);
        }
    };
    Sizing {
        calls,
        clock_step: timer.step_ns / shortest.max(1.0),
        warning: (!warm)
            .then(|| "still getting faster when measuring began: give it more time".to_owned()),
    }
}

/// How many calls take about `target`; at least one.
fn calls_for(timer: &Timer, work: &mut impl FnMut(u64), target: f64) -> u64 {
    let mut calls = 1;
    loop {
        // The first calls may be cold: the fastest of five counts, of fewer where one is long beside the target anyway.
        let mut fastest = f64::INFINITY;
        for _ in 0..5 {
            fastest = fastest.min(timer.time(work, calls).nanoseconds);
            if fastest > 100.0 * target {
                break;
            }
        }
        if fastest >= target / 4.0 || calls >= 1 << 40 {
            return ((calls as f64 * target / fastest.max(1.0)).round() as u64).max(1);
        }
        calls *= 4;
    }
}

/// Whether the last quarter of the rounds is no faster than the third: what is still being compiled, cached or allocated shows there.
fn is_still(rounds: &[f64]) -> bool {
    let quarter = rounds.len() / 4;
    if quarter < QUARTER {
        return false;
    }
    let last = rounds.len() - quarter;
    match (
        median(&rounds[last - quarter..last]),
        median(&rounds[last..]),
    ) {
        (Ok(before), Ok(now)) => now >= before * (1.0 - STILL),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warm_up_is_over_when_nothing_gets_faster_any_more() {
        let series = |f: fn(usize) -> f64| (0..64).map(f).collect::<Vec<f64>>();
        assert!(is_still(&series(|i| 100.0 + (i % 5) as f64)));
        assert!(is_still(&series(|i| 100.0 + i as f64))); // slower is no warm-up
        assert!(!is_still(&series(|i| 200.0 - i as f64)));
        assert!(!is_still(&[100.0; 4 * QUARTER - 1])); // too few to tell
    }
}
