//! In: what somebody expects of a change. Out: [`Hypothesis`], with the range it predicts and how sure it is.

use super::error::StudyError;
use crate::judge::Metric;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A prediction that an experiment can refute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hypothesis {
    /// Counted from 1 within the study.
    pub number: u32,
    /// The cause, in the user's words.
    pub text: String,
    /// What is to improve.
    pub metric: Metric,
    /// By how much.
    pub expected: Expectation,
    /// How sure its author is that the change lies in that range: between 0 and 1.
    pub confidence: f64,
    /// The evidence cited: file and seal.
    pub evidence: Vec<Cited>,
    /// When it was stated, in milliseconds since 1970.
    pub unix_ms: u64,
}

/// A file of evidence as it was when it was cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cited {
    /// Its name in the study's folder.
    pub file: String,
    /// Its seal.
    pub seal: String,
}

/// A range of relative changes, as fractions: -0.30 to -0.15.
///
/// ```
/// use perf_core::study::Expectation;
/// let expected: Expectation = "-30%..-15%".parse()?;
/// assert_eq!((expected.low, expected.high), (-0.30, -0.15));
/// assert!(expected.holds(-0.2) && !expected.holds(-0.1));
/// assert!("-15%".parse::<Expectation>().is_err());
/// # Ok::<(), perf_core::study::StudyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Expectation {
    /// The largest gain that is expected (the most negative change).
    pub low: f64,
    /// The smallest.
    pub high: f64,
}

impl Expectation {
    /// Whether a change lies in the range.
    pub fn holds(&self, change: f64) -> bool {
        (self.low..=self.high).contains(&change)
    }

    /// Whether an interval of the change and the range have anything in common.
    pub fn meets(&self, low: Option<f64>, high: Option<f64>) -> bool {
        low.is_none_or(|low| low <= self.high) && high.is_none_or(|high| high >= self.low)
    }
}

impl FromStr for Expectation {
    type Err = StudyError;

    fn from_str(text: &str) -> Result<Self, StudyError> {
        let bad = || {
            StudyError::Bad(format!(
                "{text:?} is no range of changes: write both ends in percent, the largest gain first, such as -30%..-15%"
            ))
        };
        let (low, high) = text.split_once("..").ok_or_else(bad)?;
        let one = |part: &str| {
            let number = part.trim().strip_suffix('%')?.trim();
            let number: f64 = number.replace('\u{2212}', "-").parse().ok()?;
            (-100.0..=1000.0)
                .contains(&number)
                .then_some(number / 100.0)
        };
        let (low, high) = one(low).zip(one(high)).ok_or_else(bad)?;
        let (low, high) = (low.min(high), low.max(high));
        if low >= 0.0 {
            return Err(StudyError::Bad(format!(
                "{text:?} expects no gain: changes below 0 are gains, such as -30%..-15%"
            )));
        }
        Ok(Self { low, high })
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", percent(self.low), percent(self.high))
    }
}

/// A signed share in percent: `-12.3 %`.
pub(super) fn percent(fraction: f64) -> String {
    let percent = 100.0 * fraction;
    if percent.fract().abs() < 1e-9 {
        format!("{percent:+.0} %")
    } else {
        format!("{percent:+.1} %")
    }
}
