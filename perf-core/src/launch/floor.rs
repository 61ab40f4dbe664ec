//! In: runs of an empty program. Out: [`Floor`], the peak of memory below which no child can be told apart.

use crate::launch::finished::Finished;
use serde::{Deserialize, Serialize};

/// What every child seems to use at least: a process inherits the peak of the process that started it.
///
/// ```
/// use perf_core::launch::Floor;
/// let floor = Floor::of_bytes(2 << 20);
/// assert_eq!(floor.above(3 << 20), Some(3 << 20));
/// assert_eq!(floor.above(2 << 20), None); // all that can be said: not above the floor
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// Peak resident memory of a program that does nothing, in bytes.
    pub peak_rss_bytes: u64,
}

/// Pages that an empty program touches more or fewer from run to run.
const WIGGLE_BYTES: u64 = 128 << 10;

impl Floor {
    /// A floor that is known.
    pub const fn of_bytes(peak_rss_bytes: u64) -> Self {
        Self { peak_rss_bytes }
    }

    /// The highest of several empty runs.
    pub(super) fn of_runs(runs: &[Finished]) -> Self {
        let peaks = runs.iter().map(|run| run.usage.peak_rss_bytes);
        Self::of_bytes(peaks.max().unwrap_or(0))
    }

    /// A peak in bytes that stands out from the floor; none for one that does not.
    pub fn above(self, peak_rss_bytes: u64) -> Option<u64> {
        (peak_rss_bytes > self.peak_rss_bytes + WIGGLE_BYTES).then_some(peak_rss_bytes)
    }
}
