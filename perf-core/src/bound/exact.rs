//! In: a limit on what a call takes from the allocator. Out: an [`Outcome`], exact: what other threads do is not in it.

use crate::alloc;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::timing::{Ask, TimedCall};
use crate::bound::verdict::Verdict;
use crate::clock::Clock;
use crate::units;
use std::fmt;

/// What a call takes from the allocator on its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// Allocations.
    Allocations,
    /// Bytes asked for.
    Bytes,
    /// Most bytes live at one moment beyond what was live before.
    Peak,
    /// Bytes still live once the call's value is dropped.
    Leak,
}

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    AtMost(u64),
    Exactly(u64),
}

/// What one call took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) count: u64,
    pub(super) bytes: u64,
    pub(super) peak: u64,
    pub(super) leak: u64,
}

/// Calls that are judged, within the budget.
const CALLS: u64 = 100;
/// Calls before them, unless told otherwise: what is made once and kept is not the call's.
const WARM_UP: u64 = 3;

/// Judges call by call; the first that takes too much decides.
pub(super) fn judge(
    told: &dyn fmt::Display,
    amount: Amount,
    allowed: Allowed,
    options: &Options,
    call: &mut TimedCall<'_>,
) -> Outcome {
    if !alloc::installed() {
        return Outcome::unanswerable(told, alloc::NOT_INSTALLED);
    }
    for _ in 0..options.warm_up.unwrap_or(WARM_UP) {
        taken(call);
    }
    let clock = Clock::global();
    let budget = u64::try_from(options.budget.as_nanos()).unwrap_or(u64::MAX);
    let end = clock.now().saturating_add(clock.ticks(budget));
    let mut calls = 0;
    loop {
        let seen = taken(call);
        calls += 1;
        let number = seen.of(amount);
        let kept = allowed.allows(number);
        if kept && calls < CALLS && clock.now() < end {
            continue;
        }
        let verdict = if kept {
            Verdict::Holds
        } else {
            Verdict::Broken
        };
        let mut outcome = Outcome::new(told, verdict);
        outcome.calls = calls;
        outcome.exceeded = u64::from(!kept);
        outcome.observed = Some(number as f64);
        let which = if kept { "in every one of" } else { "in call" };
        outcome.tell(
            "observed",
            format!("{} {which} {calls}", amount.shown(number)),
        );
        outcome.tell("allocates", seen.to_string());
        return outcome;
    }
}

/// What one call takes; all 0 where the counting allocator is not installed.
pub(super) fn taken(call: &mut TimedCall<'_>) -> Taken {
    let mut seen = Taken::default();
    call(Ask {
        calls: 1,
        gauge: None,
        taken: Some(&mut seen),
    });
    seen
}

impl Taken {
    fn of(self, amount: Amount) -> u64 {
        match amount {
            Amount::Allocations => self.count,
            Amount::Bytes => self.bytes,
            Amount::Peak => self.peak,
            Amount::Leak => self.leak,
        }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [bytes, peak, leak] =
            [self.bytes, self.peak, self.leak].map(|n| units::bytes(n as f64));
        let count = units::count(self.count);
        write!(
            f,
            "{count} a call, {bytes}, at most {peak} at once, {leak} never freed"
        )
    }
}

impl Amount {
    fn shown(self, number: u64) -> String {
        match self {
            Self::Allocations => format!("{} allocations", units::count(number)),
            Self::Bytes | Self::Peak | Self::Leak => units::bytes(number as f64),
        }
    }

    /// The word and the number, as the macro has them.
    pub(super) fn told(self, allowed: Allowed) -> String {
        let word = match self {
            Self::Allocations => "allocations",
            Self::Bytes => "bytes",
            Self::Peak => "peak",
            Self::Leak => "leak",
        };
        let (sign, number) = match allowed {
            Allowed::AtMost(number) => ("<=", number),
            Allowed::Exactly(number) => ("==", number),
        };
        match self {
            Self::Allocations => format!("{word} {sign} {}", units::count(number)),
            _ => format!("{word} {sign} {}", units::bytes(number as f64)),
        }
    }
}

impl Allowed {
    fn allows(self, number: u64) -> bool {
        match self {
            Self::AtMost(most) => number <= most,
            Self::Exactly(wanted) => number == wanted,
        }
    }
}
