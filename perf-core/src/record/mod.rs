//! In: spans. Out: shards full of cells. The recording path: no lock, no read-modify-write, no worker, bounded memory.

pub(crate) mod beside;
pub(crate) mod bins;
pub(crate) mod budget;
pub(crate) mod by_name;
pub(crate) mod cell;
pub(crate) mod cost;
pub(crate) mod dependence;
pub(crate) mod faulted;
pub(crate) mod faults;
pub(crate) mod future;
pub(crate) mod label;
pub(crate) mod layout;
#[cfg(all(test, loom))]
mod loom_models;
pub(crate) mod meter;
pub(crate) mod metered;
pub(crate) mod passage;
pub(crate) mod precision;
pub(crate) mod quantity;
pub(crate) mod ring;
pub(crate) mod sampling;
pub(crate) mod shard;
#[cfg(all(test, not(loom)))]
mod simulation;
pub(crate) mod span;
pub(crate) mod switch;
pub(crate) mod table;
pub(crate) mod tally;
pub(crate) mod thread;
#[cfg_attr(
    not(feature = "tracing"),
    allow(dead_code, reason = "only the layer keeps spans")
)]
pub(crate) mod unfinished;
pub(crate) mod watch;

use budget::Overhead;
use layout::Layout;

/// Sets the share of each thread's time that recording may take; see [`Overhead`].
///
/// Threads follow at their next adjustment, some milliseconds later.
///
/// ```
/// use perf_core::Overhead;
/// perf_core::set_overhead(Overhead::FULL);
/// assert_eq!(perf_core::snapshot().cost.budget, "full");
/// ```
pub fn set_overhead(overhead: Overhead) {
    budget::set(overhead);
    switch::budget_changed();
}

/// Chooses how finely durations are binned; false if recording has already begun otherwise.
///
/// ```
/// use perf_core::Layout;
/// assert!(perf_core::set_precision(Layout::FINE));
/// assert!(!perf_core::set_precision(Layout::DEFAULT)); // too late
/// ```
pub fn set_precision(layout: Layout) -> bool {
    precision::choose(layout)
}
