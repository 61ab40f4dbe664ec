//! In: runs of a counter that repeats exactly. Out: a [`Decision`] by comparison, without statistics.

use super::answer::{Change, Decision};
use super::margin::Margin;
use super::verdict::{Scope, Verdict, Warning};
use crate::error::StatsError;
use crate::sample::finite;

/// Runs of each side that must agree before a metric counts as constant.
pub const CONSTANT_RUNS: usize = 3;

/// Compares a metric that never varies (instructions, allocations, bytes): `None` where it does vary, or where a side has fewer
/// than [`CONSTANT_RUNS`] values.
///
/// Equal is [`Verdict::Equivalent`]; different is a claim where it exceeds the counter's own margin ([`Margin::EXACT`] unless
/// the user set one). Nothing is random here, so p is 0 or 1 and the level of the interval is 1. A change from 0 to anything
/// has no ratio: then the decision carries no [`Change`]. Assumes a counter: a clock may be constant because it is coarse.
///
/// ```
/// use perf_stats::decision::{compare_constant, Margin, Verdict};
/// let decision = compare_constant(&[120.0; 3], &[121.0; 3], Margin::EXACT)?;
/// assert_eq!(decision.map(|d| d.verdict), Some(Verdict::Regressed));
/// assert_eq!(compare_constant(&[120.0; 3], &[120.0, 121.0, 120.0], Margin::EXACT)?, None);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for negative values.
pub fn compare_constant(
    baseline: &[f64],
    candidate: &[f64],
    margin: Margin,
) -> Result<Option<Decision>, StatsError> {
    for side in [baseline, candidate] {
        if finite(side)?.iter().any(|&v| v < 0.0) {
            return Err(StatsError::BadParameter {
                name: "counts",
                expected: "not negative",
            });
        }
    }
    let constant = |x: &[f64]| x.len() >= CONSTANT_RUNS && x.iter().all(|v| *v == x[0]);
    if !constant(baseline) || !constant(candidate) {
        return Ok(None);
    }
    let (a, b) = (baseline[0], candidate[0]);
    let grown = 1.0 + margin.value();
    let verdict = if b > a * grown {
        Verdict::Regressed
    } else if b * grown < a {
        Verdict::Improved
    } else {
        Verdict::Equivalent
    };
    let mut warnings = vec![Warning::Constant];
    if verdict == Verdict::Equivalent && a != b {
        warnings.push(Warning::BelowMargin);
    }
    Ok(Some(Decision {
        verdict,
        withheld: None,
        change: exact_change(a, b),
        p: Some(if verdict == Verdict::Regressed {
            0.0
        } else {
            1.0
        }),
        margin,
        scope: Scope::Run,
        n: baseline.len().min(candidate.len()),
        mde: Some(margin.value()),
        warnings,
    }))
}

fn exact_change(a: f64, b: f64) -> Option<Change> {
    let estimate = if a == b { 0.0 } else { b / a - 1.0 };
    let (low, high) = (Some(estimate), Some(estimate));
    estimate.is_finite().then_some(Change {
        estimate,
        low,
        high,
        level: 1.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_margins() {
        let verdict = |a: f64, b: f64, margin: f64| {
            let margin = Margin::relative(margin).expect("valid margin");
            let d = compare_constant(&[a; 3], &[b; 4], margin)
                .expect("valid")
                .expect("constant");
            (d.verdict.word(), d.change.map(|c| c.estimate), d.n)
        };
        assert_eq!(verdict(0.0, 0.0, 0.0), ("equivalent", Some(0.0), 3));
        assert_eq!(verdict(0.0, 1.0, 0.5), ("regressed", None, 3));
        assert_eq!(verdict(4.0, 0.0, 0.5), ("improved", Some(-1.0), 3));
        assert_eq!(
            verdict(1000.0, 1005.0, 0.01),
            ("equivalent", Some(1.005 - 1.0), 3)
        );
        assert!(compare_constant(&[-1.0; 3], &[1.0; 3], Margin::EXACT).is_err());
        assert_eq!(
            compare_constant(&[1.0; 2], &[1.0; 3], Margin::EXACT),
            Ok(None)
        );
    }
}
