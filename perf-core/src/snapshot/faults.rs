//! In: a site's sums of the kernel's counts. Out: [`Faults`], page faults and switches of a row, where it was asked for.

pub use crate::clock::kernel::FaultCounts;

use crate::clock::kernel;
use crate::record::faults::Faulted;
use serde::{Deserialize, Serialize};

/// What the kernel counted of the threads on which a site's calls ran, while they ran; every call is counted, sampled or not.
///
/// A page fault is the first touch of a page of memory, or one of a page that was taken away meanwhile. The first calls of a site on a
/// thread hold some faults of the recording's own memory too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Faults {
    /// Calls counted: those that ended while recording was on.
    pub calls: u64,
    /// What these calls met, callees included; a call within a call of the same site counts once, with the outer one. A future meets
    /// what its polls do, on whatever threads.
    pub all: FaultCounts,
    /// Without what callees met whose own is counted (`#[measure(faults)]`); other callees' is in it.
    pub own: FaultCounts,
    /// What the readings cost in all, in nanoseconds: two of them a call or poll, outside of its measured time.
    pub cost_ns: f64,
}

impl Faults {
    /// None where the platform does not tell.
    pub(super) fn of(seen: &Faulted) -> Option<Self> {
        Some(Self {
            calls: seen.calls,
            all: seen.all,
            own: seen.own,
            cost_ns: 2.0 * kernel::cost_ns()? * seen.readings as f64,
        })
    }

    /// Faults of both kinds a call, callees included.
    pub fn faults_per_call(&self) -> f64 {
        self.all.faults() as f64 / self.calls.max(1) as f64
    }

    /// Faults of both kinds a call, without callees whose own are counted.
    pub fn own_faults_per_call(&self) -> f64 {
        self.own.faults() as f64 / self.calls.max(1) as f64
    }

    pub(super) fn subtract(&mut self, before: &Self) {
        self.calls = self.calls.saturating_sub(before.calls);
        self.all = self.all.with(before.all, u64::saturating_sub);
        self.own = self.own.with(before.own, u64::saturating_sub);
        self.cost_ns -= before.cost_ns;
    }

    pub(super) fn add(&mut self, more: &Self) {
        self.calls = self.calls.saturating_add(more.calls);
        self.all = self.all.with(more.all, u64::saturating_add);
        self.own = self.own.with(more.own, u64::saturating_add);
        self.cost_ns += more.cost_ns;
    }
}

/// What is said where sites ask for it.
pub(super) fn note() -> String {
    match kernel::cost_ns() {
        Some(cost) => format!(
            "reading a thread's page faults and switches costs {} here, twice a call of a site with `faults`, beyond the budget",
            crate::units::duration(cost)
        ),
        None => {
            "page faults of single sites are not shown: this platform does not count a thread's"
                .to_owned()
        }
    }
}
