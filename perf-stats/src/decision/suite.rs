//! In: the decisions of a whole suite. Out: which regressions count when many questions are asked at once, and the exit code.

use super::answer::Decision;
use super::verdict::Verdict;
use crate::adjust::{benjamini_hochberg, holm};
use crate::error::StatsError;
use crate::interval::check_open_unit;

/// What a suite's answers do to the exit code.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SuitePolicy {
    /// Chance that any regression of the whole suite is a false alarm, in (0, 1).
    pub level: f64,
    /// Whether an inconclusive answer fails the suite.
    pub deny_inconclusive: bool,
}

impl Default for SuitePolicy {
    /// 5 % over the suite; inconclusive answers pass with a warning.
    fn default() -> Self {
        Self {
            level: 0.05,
            deny_inconclusive: false,
        }
    }
}

/// What a suite needs to know of each of its answers.
///
/// [`Decision`] implements it; so may a caller's own record of one, read back from a file.
pub trait Judged {
    /// Whether it claims a regression.
    fn regressed(&self) -> bool;
    /// Whether it claims nothing.
    fn inconclusive(&self) -> bool;
    /// Its p-value of "not worse than the margin"; none counts as 1.
    fn p(&self) -> Option<f64>;
}

impl Judged for Decision {
    fn regressed(&self) -> bool {
        self.verdict == Verdict::Regressed
    }

    fn inconclusive(&self) -> bool {
        self.verdict.reason().is_some()
    }

    fn p(&self) -> Option<f64> {
        self.p
    }
}

/// One benchmark within its suite.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SuiteEntry {
    /// p-value after Holm's correction over the suite.
    pub adjusted_p: f64,
    /// q-value of Benjamini and Hochberg: the share of false alarms among the benchmarks with this q or less.
    pub q: f64,
    /// Whether it is a regression that counts for the exit code.
    pub fails: bool,
}

/// A suite's answer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SuiteAnswer {
    /// In the order of the decisions given.
    pub entries: Vec<SuiteEntry>,
    /// 0: no regression that counts. 1: one or more. 2: none, but an inconclusive answer that the policy denies. (3, "could not
    /// judge", is the caller's word for an error.)
    pub exit_code: u8,
}

/// Judges many benchmarks together: a suite of 100 at one in a hundred each would raise a false alarm in two runs out of three.
///
/// A regression counts where its verdict is `Regressed` and its p-value, corrected by Holm over all decisions, is at most
/// [`SuitePolicy::level`]; decisions without a p-value take part with 1. Holm holds under any dependence; the q-values, for
/// the report, assume independence or positive dependence. O(n log n). Source: Holm (1979), Benjamini & Hochberg (1995).
///
/// ```
/// use perf_stats::decision::{judge_suite, Design, Margin, SuitePolicy};
/// let design = Design::new(Margin::relative(0.02)?);
/// let slow = design.decide(&[0.05; 80])?; // p = 4 looks x 2^-10
/// let same = design.decide(&[0.00; 80])?;
/// let alone = judge_suite(&[slow.clone(), same.clone()], SuitePolicy::default())?;
/// assert_eq!(alone.exit_code, 1);
/// let mut many = vec![same; 30];
/// many.push(slow); // one first-look finding among 31 questions: confirm it first
/// assert_eq!(judge_suite(&many, SuitePolicy::default())?.exit_code, 0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`] without decisions; [`StatsError::BadParameter`] for a level outside (0, 1).
pub fn judge_suite<D: Judged>(
    decisions: &[D],
    policy: SuitePolicy,
) -> Result<SuiteAnswer, StatsError> {
    check_open_unit(policy.level, "level")?;
    let p: Vec<f64> = decisions.iter().map(|d| d.p().unwrap_or(1.0)).collect();
    let (adjusted, q) = (holm(&p)?, benjamini_hochberg(&p)?);
    let entry = |((d, &adjusted_p), &q): ((&D, &f64), &f64)| SuiteEntry {
        adjusted_p,
        q,
        fails: d.regressed() && adjusted_p <= policy.level,
    };
    let entries: Vec<SuiteEntry> = decisions.iter().zip(&adjusted).zip(&q).map(entry).collect();
    let open = decisions.iter().any(Judged::inconclusive);
    let exit_code = if entries.iter().any(|e| e.fails) {
        1
    } else if open && policy.deny_inconclusive {
        2
    } else {
        0
    };
    Ok(SuiteAnswer { entries, exit_code })
}
