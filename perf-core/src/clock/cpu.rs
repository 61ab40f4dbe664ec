//! In: the running thread. Out: the CPU time it has had, and what asking for it costs. One unsafe line.
//!
//! Invariant 1: `clock_gettime` writes one `timespec` to the address given, and fails on a clock it does not know.

#![cfg_attr(unix, allow(unsafe_code))]

use std::sync::OnceLock;
use std::time::Instant;

/// Readings timed, of which the median counts.
const READINGS: usize = 101;

/// CPU time of the running thread in nanoseconds, user and system: `CLOCK_THREAD_CPUTIME_ID` of POSIX. Costs a system call.
#[cfg(unix)]
#[inline]
pub(crate) fn now() -> Option<u64> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: invariant 1; `time` lives through the call.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    (answer == 0).then_some(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// Not asked on this platform.
#[cfg(not(unix))]
pub(crate) fn now() -> Option<u64> {
    None
}

/// What a reading takes on this machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ReadCost {
    pub(crate) wall_ns: f64,   // of one reading
    pub(crate) within_ns: u64, // CPU time that two readings show with nothing between them
}

/// The cost, measured at the first question; none where the platform does not tell CPU times.
pub(crate) fn cost() -> Option<ReadCost> {
    static COST: OnceLock<Option<ReadCost>> = OnceLock::new();
    *COST.get_or_init(|| {
        now()?;
        let (mut wall, mut within) = ([0.0; READINGS], [0; READINGS]);
        for (wall, within) in wall.iter_mut().zip(&mut within) {
            let start = Instant::now();
            let first = now()?;
            *within = now()?.saturating_sub(first);
            *wall = start.elapsed().as_nanos() as f64 / 2.0;
        }
        wall.sort_unstable_by(f64::total_cmp);
        within.sort_unstable();
        Some(ReadCost {
            wall_ns: wall[READINGS / 2],
            within_ns: within[READINGS / 2],
        })
    })
}
