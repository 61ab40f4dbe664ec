//! In: a decision and its repetition in fresh circumstances. Out: the claim that survives both.

use super::answer::Decision;
use super::verdict::{Reason, Verdict};
use crate::error::StatsError;

/// Combines a first decision with an independent second one (fresh process, fresh seed), before anything is blocked by it.
///
/// A claimed change stands when both claim it. Each does so wrongly with probability alpha at most, so for independent runs
/// both do with alpha squared: 0.0001 instead of 0.01; a memory layout that made one process slow has to strike
/// twice. The numbers are those of the second, which was not selected for being extreme; `p` is the larger p squared. A change
/// that is not repeated becomes `Inconclusive(NotConfirmed)`. A first decision without a change needs no confirmation and is
/// returned as it is.
///
/// ```
/// use perf_stats::decision::{confirm, Design, Margin, Reason, Verdict};
/// let design = Design::new(Margin::relative(0.02)?);
/// let slow = design.decide(&[0.05; 80])?;
/// let same = design.decide(&[0.00; 80])?;
/// assert_eq!(confirm(&slow, &slow)?.verdict, Verdict::Regressed);
/// assert_eq!(confirm(&slow, &same)?.verdict, Verdict::Inconclusive(Reason::NotConfirmed));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] if the two were judged against different margins.
pub fn confirm(first: &Decision, second: &Decision) -> Result<Decision, StatsError> {
    if first.margin != second.margin {
        return Err(StatsError::BadParameter {
            name: "margin",
            expected: "the same in both runs",
        });
    }
    if !matches!(first.verdict, Verdict::Regressed | Verdict::Improved) {
        return Ok(first.clone());
    }
    let mut joint = second.clone();
    joint.p = first.p.zip(second.p).map(|(p, q)| p.max(q).powi(2));
    if second.verdict != first.verdict {
        joint.verdict = first.verdict;
        joint.withhold(Reason::NotConfirmed);
    }
    Ok(joint)
}
