//! In: the running thread. Out: [`Counts`], its page faults and switches as the kernel counts them, and what asking costs. One unsafe block.
//!
//! Invariant 1: `getrusage` writes one `rusage` to the address given, and fails on a question it does not know; a `rusage` holds integers
//! only, so that all-zero bytes are one.

#![cfg_attr(any(target_os = "linux", target_os = "freebsd"), allow(unsafe_code))]

use std::sync::OnceLock;
use std::time::Instant;

/// Readings timed, of which the median counts.
const READINGS: usize = 101;

/// Page faults served without a device and with one, switches because the thread waited and because another was let run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
    pub(crate) voluntary: u64,
    pub(crate) involuntary: u64,
}

impl Counts {
    /// Those of the running thread so far: `RUSAGE_THREAD` of `getrusage(2)`. Costs a system call.
    #[cfg(all(any(target_os = "linux", target_os = "freebsd"), not(miri)))]
    #[inline]
    pub(crate) fn now() -> Option<Self> {
        // SAFETY: invariant 1.
        let mut all: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: invariant 1; `all` lives through the call.
        if unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut all) } != 0 {
            return None;
        }
        let unsigned = |value: libc::c_long| u64::try_from(value).unwrap_or(0);
        Some(Self {
            minor_faults: unsigned(all.ru_minflt),
            major_faults: unsigned(all.ru_majflt),
            voluntary: unsigned(all.ru_nvcsw),
            involuntary: unsigned(all.ru_nivcsw),
        })
    }

    /// Not told of single threads on this platform.
    #[cfg(not(all(any(target_os = "linux", target_os = "freebsd"), not(miri))))]
    pub(crate) fn now() -> Option<Self> {
        None
    }

    pub(crate) fn since(self, before: Self) -> Self {
        self.with(before, u64::wrapping_sub)
    }

    pub(crate) fn plus(self, more: Self) -> Self {
        self.with(more, u64::wrapping_add)
    }

    fn with(self, other: Self, both: fn(u64, u64) -> u64) -> Self {
        Self {
            minor_faults: both(self.minor_faults, other.minor_faults),
            major_faults: both(self.major_faults, other.major_faults),
            voluntary: both(self.voluntary, other.voluntary),
            involuntary: both(self.involuntary, other.involuntary),
        }
    }
}

/// What a reading takes on this machine, in nanoseconds, measured at the first question; none where the platform does not tell.
pub(crate) fn cost_ns() -> Option<f64> {
    static COST: OnceLock<Option<f64>> = OnceLock::new();
    *COST.get_or_init(|| {
        let mut times = [0.0; READINGS];
        for time in &mut times {
            let start = Instant::now();
            Counts::now()?;
            Counts::now()?;
            *time = start.elapsed().as_nanos() as f64 / 2.0;
        }
        times.sort_unstable_by(f64::total_cmp);
        Some(times[READINGS / 2])
    })
}
