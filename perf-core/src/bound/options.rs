//! In: the builder's calls and the environment. Out: [`Options`]: how long, how warm, and whether at all.

use std::time::Duration;

/// How a bound is judged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Options {
    /// Time from the first judged call on; waiting for a turn and warming up are not in it.
    pub(super) budget: Duration,
    pub(super) seed: u64,
    /// Calls before the first judged one; none: as [`WARM_UP_CALLS`] and [`WARM_UP_TIME`] have it.
    pub(super) warm_up: Option<u64>,
    /// The caller's build has no optimisation.
    pub(super) unoptimised: bool,
    /// Times are judged in such a build too.
    pub(super) anyway: bool,
    /// Calls that are timed as one.
    pub(super) batch: Option<u32>,
    /// The type of a function that the macro wrote where it stands.
    pub(super) place: Option<&'static str>,
}

/// Calls that warm up caches, allocators and branch predictors, at most.
pub(super) const WARM_UP_CALLS: u64 = 100;
/// Time for them, at most; one call is made in any case.
pub(super) const WARM_UP_TIME: Duration = Duration::from_millis(5);

const BUDGET: Duration = Duration::from_secs(1);

impl Options {
    pub(super) fn new() -> Self {
        Self {
            budget: BUDGET,
            seed: seed(),
            warm_up: None,
            unoptimised: cfg!(debug_assertions),
            anyway: asked("PERF_UNOPTIMISED"),
            batch: None,
            place: None,
        }
    }

    /// Whether times say nothing about the program that ships.
    pub(super) fn not_judged(&self) -> bool {
        self.unoptimised && !self.anyway
    }
}

/// From `PERF_BOUND_SEED`, so that a failure can be run again in the same order.
fn seed() -> u64 {
    std::env::var("PERF_BOUND_SEED")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(perf_stats::Rng::DEFAULT_SEED)
}

fn asked(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| value.trim() == "1")
}
