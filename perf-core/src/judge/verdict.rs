//! In: the decision of perf-stats. Out: [`Verdict`], its word, as in JSON; the worst of several.

use perf_stats::decision;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What may be claimed about a candidate, in one word. The first three are positive claims.
///
/// ```
/// use perf_core::judge::Verdict;
/// let all = [Verdict::Equivalent, Verdict::Inconclusive, Verdict::Improved];
/// assert_eq!(Verdict::worst(all), Verdict::Inconclusive);
/// assert_eq!(Verdict::Regressed.to_string(), "regressed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Better by more than the margin.
    Improved,
    /// Different by less than the margin.
    Equivalent,
    /// None of the three can be claimed; the reason says why.
    Inconclusive,
    /// Worse by more than the margin.
    Regressed,
}

impl Verdict {
    /// The worst of several: regressed, then inconclusive, equivalent, improved. Of none: inconclusive.
    pub fn worst(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter()
            .max_by_key(|verdict| *verdict as u8)
            .unwrap_or(Self::Inconclusive)
    }

    /// The verdict as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::Equivalent => "equivalent",
            Self::Inconclusive => "inconclusive",
            Self::Regressed => "regressed",
        }
    }
}

impl From<&decision::Verdict> for Verdict {
    fn from(verdict: &decision::Verdict) -> Self {
        match verdict {
            decision::Verdict::Regressed => Self::Regressed,
            decision::Verdict::Improved => Self::Improved,
            decision::Verdict::Equivalent => Self::Equivalent,
            decision::Verdict::Inconclusive(_) => Self::Inconclusive,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Whether an absolute budget holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetVerdict {
    /// The whole interval of the candidate's value lies at or below the limit.
    Holds,
    /// The whole interval lies above the limit.
    Broken,
    /// The interval reaches across the limit, or there are too few units for one.
    Inconclusive,
}
