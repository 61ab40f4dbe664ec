//! In: a limit on how much resident memory grows over many calls. Out: an [`Outcome`], within what the kernel's number leaves open.

use crate::bound::Bound;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::promise::Promise;
use crate::bound::timing::{Ask, TimedCall};
use crate::bound::verdict::{Reason, Verdict};
use crate::clock::Clock;
use crate::probe::Probe;
use crate::units;
use std::fmt;

/// Calls that are judged, within the budget.
const CALLS: u64 = 1_000;
/// Calls before them, unless told otherwise: caches fill and the allocator takes what it keeps.
const WARM_UP: u64 = 100;
/// The kernel keeps the number in parts for each CPU, each up to so many bytes behind: 64 pages of 4 KiB.
const LAG: u64 = 64 * 4096;
/// CPU time of other threads beyond which growth may be theirs.
const OTHERS_NS: u64 = 1_000_000;

impl Bound {
    /// Resident memory of the process grows by at most so many bytes over 1,000 calls, or as many as fit into the budget, after 100 to warm up.
    ///
    /// Needs no counting allocator and sees what bypasses it: maps, other languages' heaps. The kernel's number lags by up to
    /// 256 KiB a CPU; what that leaves open is inconclusive, so allow some megabytes. It is of the whole process: where other
    /// threads ran meanwhile, `Broken` is not said. Judged in any build.
    ///
    /// ```
    /// use perf_core::bound::Bound;
    /// Bound::rss_growth(64 << 20).check(|| vec![1u8; 4096]);
    /// ```
    pub fn rss_growth(bytes: u64) -> Self {
        Self::new(Promise::Resident { at_most: bytes })
    }
}

pub(super) fn judge(
    told: &dyn fmt::Display,
    at_most: u64,
    options: &Options,
    call: &mut TimedCall<'_>,
) -> Outcome {
    for _ in 0..options.warm_up.unwrap_or(WARM_UP) {
        call(Ask::wall(1));
    }
    let mut probe = Probe::new();
    let before = Seen::now(&mut probe);
    let clock = Clock::global();
    let budget = u64::try_from(options.budget.as_nanos()).unwrap_or(u64::MAX);
    let end = clock.now().saturating_add(clock.ticks(budget));
    let mut calls = 0;
    while calls < CALLS && (calls == 0 || clock.now() < end) {
        call(Ask::wall(1));
        calls += 1;
    }
    let after = Seen::now(&mut probe);
    let (before_rss, after_rss) = match (before.rss, after.rss) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(why), _) | (_, Err(why)) => return Outcome::unanswerable(told, why),
    };
    let growth = after_rss.saturating_sub(before_rss);
    let others = after.others_ns.saturating_sub(before.others_ns);
    let mut outcome = Outcome::new(told, decide(growth, at_most, lag(), others));
    outcome.calls = calls;
    outcome.observed = Some(growth as f64);
    outcome.tell(
        "observed",
        format!(
            "{} more resident after {} calls, give or take {}; {} now",
            units::bytes(growth as f64),
            units::count(calls),
            units::bytes(lag() as f64),
            units::bytes(after_rss as f64),
        ),
    );
    let ran = units::duration(others as f64);
    outcome.tell(
        "machine",
        format!("other threads of the process ran for {ran}"),
    );
    outcome
}

fn decide(growth: u64, at_most: u64, lag: u64, others_ns: u64) -> Verdict {
    if growth.saturating_add(lag) <= at_most {
        Verdict::Holds
    } else if growth.saturating_sub(lag) <= at_most {
        Verdict::Inconclusive(Reason::Undecided)
    } else if others_ns > OTHERS_NS {
        let what = format!(
            "other threads of the process ran for {} and may have grown it: run the test alone",
            units::duration(others_ns as f64)
        );
        Verdict::Inconclusive(Reason::BusyMachine { what })
    } else {
        Verdict::Broken
    }
}

/// What the kernel's number may lag by.
fn lag() -> u64 {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    LAG * cpus as u64
}

struct Seen {
    rss: Result<u64, String>,
    others_ns: u64, // CPU time of the process without this thread's
}

impl Seen {
    fn now(probe: &mut Probe) -> Self {
        let process = probe.process();
        let whole = process.cpu_user_ns.unwrap_or(0) + process.cpu_system_ns.unwrap_or(0);
        let own = probe.this_thread().cpu_ns.unwrap_or(0);
        Self {
            rss: process.rss.map_err(|absence| absence.to_string()),
            others_ns: whole.saturating_sub(own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_and_other_threads_leave_it_open() {
        let mib = |n: u64| n << 20;
        assert_eq!(decide(mib(1), mib(4), mib(1), 0), Verdict::Holds);
        assert_eq!(decide(mib(9), mib(4), mib(1), 0), Verdict::Broken);
        let open = Verdict::Inconclusive(Reason::Undecided);
        assert_eq!(decide(mib(4), mib(4), mib(1), 0), open);
        let busy = decide(mib(9), mib(4), mib(1), 2 * OTHERS_NS);
        assert!(matches!(
            busy,
            Verdict::Inconclusive(Reason::BusyMachine { .. })
        ));
    }

    #[test]
    fn what_a_call_keeps_is_never_said_to_hold() {
        let mut kept = Vec::new();
        let outcome = Bound::rss_growth(4 << 20).judge(|| kept.push(vec![1u8; 64 << 10]));
        let holds = outcome.verdict == Verdict::Holds;
        assert!(!holds, "{outcome}"); // 1,000 times 64 KiB: broken, or neither beside other tests
        let outcome = Bound::rss_growth(1 << 40).judge(|| vec![1u8; 64 << 10]);
        let broken = outcome.verdict == Verdict::Broken;
        assert!(!broken, "{outcome}");
    }
}
