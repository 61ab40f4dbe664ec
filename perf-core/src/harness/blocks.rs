//! In: the times of three processes that take turns, block by block. Out: [`Unitary`], what their pair yields, and when it is known.

use perf_stats::signed_rank::{Pseudomedian, pseudomedian};
use std::time::Duration;

/// The processes that alternate, by their places.
pub(super) const BASELINE: usize = 0;
pub(super) const CANDIDATE: usize = 1;
pub(super) const TWIN: usize = 2;

/// Blocks of a pair at least, however long they take.
const FEWEST: usize = 2;

/// A pair whose blocks differ goes on until its centre is known to this, about one standard error: pairs differ by as much, so that to
/// know more would tell nothing. Measured on loads from all over 32 MiB, on huge pages: blocks differ by 2.4 %, and to begin a pair
/// takes as long as 12 of them.
const PRECISE: f64 = 0.006;
const ONE_ERROR: f64 = 0.68;

/// It ends when so many times its time was measured, or so many times have passed.
const MOST: f64 = 4.0;
const MOST_WALL: u32 = 16;

/// What one pair yields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unitary {
    pub(super) level: f64, // nanoseconds an iteration of the baseline
    pub(super) candidate: f64,
    pub(super) control: f64,
    pub(super) blocks: usize,
}

/// The blocks of a pair: log ratios, and logs of nanoseconds an iteration of the baseline.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    candidate: Vec<f64>,
    control: Vec<f64>,
    levels: Vec<f64>,
    pub(super) spent: f64, // nanoseconds of the baseline
}

impl Blocks {
    pub(super) fn take(&mut self, logs: [f64; 3], twin: usize) {
        let mut sides = [logs[BASELINE], logs[CANDIDATE]];
        sides[twin] = f64::midpoint(sides[twin], logs[TWIN]);
        self.candidate.push(sides[CANDIDATE] - sides[BASELINE]);
        self.control.push(logs[TWIN] - logs[twin]);
        self.levels.push(logs[BASELINE]);
    }

    /// Whether the time of a side was measured and its centre is known, or it will not be. By how much blocks differ says nothing about
    /// which side is ahead, so to end there favours none.
    pub(super) fn are_enough(&self, time: Duration, elapsed: Duration) -> bool {
        let times = self.spent / time.as_nanos() as f64;
        let known = || {
            let width =
                centre(&self.candidate).map(|found| found.interval.high - found.interval.low);
            width.is_some_and(|width| width <= 2.0 * PRECISE)
        };
        let over = times >= MOST || elapsed > MOST_WALL * time;
        self.levels.len() >= FEWEST && (over || (times >= 1.0 && known()))
    }

    /// What the pair yields.
    pub(super) fn centre(&self) -> Unitary {
        let of = |values: &[f64]| centre(values).map_or(f64::NAN, |found| found.estimate);
        Unitary {
            level: of(&self.levels).exp(),
            candidate: of(&self.candidate),
            control: of(&self.control),
            blocks: self.levels.len(),
        }
    }
}

/// That of Hodges and Lehmann: it bears outliers nearly as well as the median, and is nearer where there are few.
fn centre(values: &[f64]) -> Option<Pseudomedian> {
    pseudomedian(values, ONE_ERROR).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks in which the candidate takes a tenth more, and by turns some hundredths more or less.
    fn blocks(number: usize, spread: f64, twin: usize) -> Blocks {
        let mut blocks = Blocks::default();
        for i in 0..number {
            let noise = spread * [1.0, -1.0, 0.5, -0.5][i % 4];
            let mut logs = [5.0, 5.1 + noise, 5.0];
            logs[TWIN] = logs[twin] + 0.02;
            blocks.take(logs, twin);
        }
        blocks
    }

    #[test]
    fn the_twin_is_counted_to_its_side_and_compared_with_it() {
        for (twin, meant) in [(BASELINE, 0.09), (CANDIDATE, 0.11)] {
            let found = blocks(8, 0.0, twin).centre();
            assert!(
                (found.candidate - meant).abs() < 1e-9,
                "{}",
                found.candidate
            );
            assert!((found.control - 0.02).abs() < 1e-9);
            assert!((found.level.ln() - 5.0).abs() < 1e-9 && found.blocks == 8);
        }
    }

    #[test]
    fn blocks_that_differ_are_measured_longer_up_to_a_limit() {
        let time = Duration::from_millis(10);
        let enough = |number, spread, spent| {
            let mut blocks = blocks(number, spread, BASELINE);
            blocks.spent = spent;
            blocks.are_enough(time, time)
        };
        assert!(!enough(8, 0.0, 9e6)); // the time is not over
        assert!(enough(8, 0.0, 10e6));
        assert!(!enough(8, 0.1, 10e6));
        assert!(enough(200, 0.1, 10e6)); // so many that it is known all the same
        assert!(enough(8, 0.1, 40e6));
        assert!(!enough(2, 0.0, 10e6)); // two tell nothing about how they differ
        assert!(!enough(1, 0.0, 40e6));
        // Known to 0.6 % each way, or not.
        assert!(enough(8, 0.023, 10e6));
        assert!(!enough(8, 0.025, 10e6));
    }

    #[test]
    fn a_pair_that_hardly_measures_ends_with_its_time() {
        let time = Duration::from_millis(10);
        let mut blocks = blocks(8, 0.1, BASELINE);
        blocks.spent = 5e6;
        assert!(!blocks.are_enough(time, 16 * time));
        assert!(blocks.are_enough(time, 16 * time + Duration::from_nanos(1)));
    }
}
