//! In: nothing. Out: the words of a bound: [`BoundVerdict`] and [`BoundAnswer`].

use crate::decision::verdict::Warning;
use std::fmt;

/// What may be said of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum BoundVerdict {
    /// Fewer calls exceed the limit than the promise allows.
    Holds,
    /// More calls exceed the limit than the promise allows.
    Broken,
    /// Neither can be claimed yet: keep sampling, or give up at a cap of your own.
    NotYet,
}

/// A bound's verdict and what it rests on.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BoundAnswer {
    /// What may be claimed.
    pub verdict: BoundVerdict,
    /// Calls beyond the limit.
    pub exceeded: u64,
    /// Calls.
    pub total: u64,
    /// Share of calls that may exceed the limit: 0.01 for a p99.
    pub allowed: f64,
    /// The true share is above this, with error rate [`ALPHA_BROKEN`](super::ALPHA_BROKEN) (or the one chosen) at all moments together.
    pub low: f64,
    /// The true share is below this, with error rate [`ALPHA_HOLDS`](super::ALPHA_HOLDS) (or the one chosen) at all moments together.
    pub high: f64,
    /// As many calls count as one independent call: of their exceedances, and of their latencies.
    pub tau: (f64, f64),
    /// What to know beside it.
    pub warnings: Vec<Warning>,
}

impl fmt::Display for BoundAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict {
            BoundVerdict::Holds => "holds",
            BoundVerdict::Broken => "broken",
            BoundVerdict::NotYet => "not decided",
        };
        let percent = |x: f64| format!("{:.3} %", 100.0 * x);
        let (low, high, allowed) = (percent(self.low), percent(self.high), percent(self.allowed));
        write!(
            f,
            "{word}: {} of {} calls exceed",
            self.exceeded, self.total
        )?;
        write!(f, ", true share in [{low}, {high}], {allowed} allowed")
    }
}
