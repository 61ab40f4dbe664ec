//! In: the running thread. Out: [`FaultCounts`], its page faults and switches as the kernel counts them, and what asking costs. One unsafe block.
//!
//! Invariant 1: `getrusage` writes one `rusage` to the address given, and fails on a question it does not know; a `rusage` holds integers
//! only, so that all-zero bytes are one.

#![cfg_attr(any(target_os = "linux", target_os = "freebsd"), allow(unsafe_code))]

use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::time::Instant;

/// Readings timed, of which the median counts.
const READINGS: usize = 101;

/// Page faults and switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FaultCounts {
    /// Faults served without a device.
    pub minor_faults: u64,
    /// Faults that waited for a device.
    pub major_faults: u64,
    /// Switches because the thread waited.
    pub voluntary_switches: u64,
    /// Switches because another was let run.
    pub involuntary_switches: u64,
}

impl FaultCounts {
    /// Faults of both kinds.
    pub fn faults(&self) -> u64 {
        self.minor_faults.saturating_add(self.major_faults)
    }

    pub(crate) fn since(self, before: Self) -> Self {
        self.with(before, u64::wrapping_sub)
    }

    pub(crate) fn plus(self, more: Self) -> Self {
        self.with(more, u64::wrapping_add)
    }

    pub(crate) fn with(self, other: Self, both: fn(u64, u64) -> u64) -> Self {
        Self {
            minor_faults: both(self.minor_faults, other.minor_faults),
            major_faults: both(self.major_faults, other.major_faults),
            voluntary_switches: both(self.voluntary_switches, other.voluntary_switches),
            involuntary_switches: both(self.involuntary_switches, other.involuntary_switches),
        }
    }
}

/// Those of the running thread so far: `RUSAGE_THREAD` of `getrusage(2)`. Costs a system call.
#[cfg(all(any(target_os = "linux", target_os = "freebsd"), not(miri)))]
#[inline]
pub(crate) fn counts() -> Option<FaultCounts> {
    // SAFETY: invariant 1.
    let mut all: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: invariant 1; `all` lives through the call.
    if unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut all) } != 0 {
        return None;
    }
    let unsigned = |value: libc::c_long| u64::try_from(value).unwrap_or(0);
    Some(FaultCounts {
        minor_faults: unsigned(all.ru_minflt),
        major_faults: unsigned(all.ru_majflt),
        voluntary_switches: unsigned(all.ru_nvcsw),
        involuntary_switches: unsigned(all.ru_nivcsw),
    })
}

/// Not told of single threads on this platform.
#[cfg(not(all(any(target_os = "linux", target_os = "freebsd"), not(miri))))]
pub(crate) fn counts() -> Option<FaultCounts> {
    None
}

/// What a reading takes on this machine, in nanoseconds, measured at the first question; none where the platform does not tell.
pub(crate) fn cost_ns() -> Option<f64> {
    static COST: OnceLock<Option<f64>> = OnceLock::new();
    *COST.get_or_init(|| {
        let mut times = [0.0; READINGS];
        for time in &mut times {
            let start = Instant::now();
            counts()?;
            counts()?;
            *time = start.elapsed().as_nanos() as f64 / 2.0;
        }
        times.sort_unstable_by(f64::total_cmp);
        Some(times[READINGS / 2])
    })
}
