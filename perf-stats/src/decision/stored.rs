//! In: numbers of stored runs that were not interleaved. Out: the weaker decision that they allow.

use super::answer::{Decision, LogInterval};
use super::margin::Margin;
use super::mde;
use super::verdict::{Reason, Scope, Verdict, Warning};
use crate::describe::median;
use crate::error::StatsError;
use crate::hodges_lehmann::shift;
use crate::interval::check_open_unit;
use crate::sample::finite;
use crate::tests::{mann_whitney, welch_t};

/// Runs (each a process of its own) that either side needs.
pub const MIN_RUNS: usize = 5;

/// One side of a comparison of stored runs.
///
/// ```
/// use perf_stats::decision::StoredRuns;
/// let runs = StoredRuns { values: &[10.1, 10.0, 10.2, 10.1, 10.0], canary: None };
/// assert_eq!(runs.values.len(), 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredRuns<'a> {
    /// One number a run: the median of its calls, say. All positive.
    pub values: &'a [f64],
    /// What a fixed piece of work took in the same runs, in the same order: it knows the machine, not the code.
    pub canary: Option<&'a [f64]>,
}

/// Candidate against baseline where no interleaving was possible; the unit is the run.
///
/// Two procedures must agree: Welch's t on the logarithms and the Hodges-Lehmann ratio, both at one-sided level `alpha`; the
/// interval given is the hull of theirs, the estimate that of Hodges and Lehmann. With a canary on both sides every run is
/// divided by its canary first, and a canary that moved by more than half the margin gives `EnvironmentChanged`, as does another
/// machine. Without one the answer warns of it.
///
/// Assumes: runs independent, in the same circumstances but for the code. Broken by: everything that changed between the
/// two sides; "all A, then all B" reported a change of identical code in 27 to 100 % of simulated runs under drift. Use
/// [`Trial`](super::Trial) where you can. Source: Welch (1947), Hodges & Lehmann (1963). O(n log n).
///
/// ```
/// use perf_stats::decision::{compare_stored, Margin, StoredRuns, Verdict};
/// let old = [10.1, 10.0, 10.2, 10.1, 10.0, 10.3];
/// let new = [11.4, 11.3, 11.5, 11.6, 11.3, 11.4];
/// let side = |values| StoredRuns { values, canary: None };
/// let decision = compare_stored(side(&old), side(&new), Margin::COMMAND, 0.01, true)?;
/// assert_eq!(decision.verdict, Verdict::Regressed);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::LengthMismatch`] of a canary, [`StatsError::BadParameter`] for values
/// that are not positive or an alpha outside (0, 1). Too few runs are not an error but the reason of the verdict.
pub fn compare_stored(
    baseline: StoredRuns,
    candidate: StoredRuns,
    margin: Margin,
    alpha: f64,
    same_machine: bool,
) -> Result<Decision, StatsError> {
    check_open_unit(2.0 * alpha, "alpha")?;
    let (mut a, mut b) = (logs(baseline.values)?, logs(candidate.values)?);
    let mut moved = None;
    if let (Some(before), Some(now)) = (baseline.canary, candidate.canary) {
        let (before, now) = (logs(before)?, logs(now)?);
        divide(&mut a, &before)?;
        divide(&mut b, &now)?;
        moved = Some(median(&now)? - median(&before)?);
    }
    let n = a.len().min(b.len());
    if n < MIN_RUNS {
        let reason = Reason::TooFew {
            need: MIN_RUNS,
            got: n,
        };
        return Ok(Decision::without_look(margin, Scope::Run, n, reason));
    }
    let both = Both::of(&a, &b, margin, alpha)?;
    let mut decision = both.decision(margin, alpha, n);
    if moved.is_none() {
        decision.warnings.push(Warning::NoCanary);
    }
    if !same_machine {
        decision.withhold(Reason::EnvironmentChanged { shift: None });
    }
    if let Some(shift) = moved.filter(|m| m.abs() > margin.log() / 2.0) {
        let shift = Some(shift.exp_m1()).filter(|s| s.is_finite());
        decision.withhold(Reason::EnvironmentChanged { shift });
    }
    Ok(decision)
}

/// The two procedures' answers on the scale of logarithms.
struct Both {
    ranks: LogInterval,
    means: LogInterval,
    p: f64, // the larger of the two
}

impl Both {
    fn of(a: &[f64], b: &[f64], margin: Margin, alpha: f64) -> Result<Self, StatsError> {
        let level = 1.0 - 2.0 * alpha;
        let hl = shift(b, a, level)?;
        let covers = hl.coverage >= level - 1e-9;
        let end = |x: f64, without: f64| if covers { x } else { without };
        let ranks = LogInterval {
            estimate: hl.estimate,
            low: end(hl.interval.low, f64::NEG_INFINITY),
            high: end(hl.interval.high, f64::INFINITY),
            level,
        };
        let above: Vec<f64> = b.iter().map(|v| v - margin.log()).collect();
        // Runs that never vary leave Welch nothing to scale by: the difference is exact, and the ranks decide.
        let (means, p_means) = match welch_t(b, a, level) {
            Ok(t) => {
                let (low, high) = t
                    .interval
                    .map_or((f64::NEG_INFINITY, f64::INFINITY), |i| (i.low, i.high));
                let p = welch_t(&above, a, level).map_or(1.0, |t| t.p.greater);
                (
                    LogInterval {
                        estimate: t.estimate,
                        low,
                        high,
                        level,
                    },
                    p,
                )
            }
            Err(StatsError::ZeroVariance) => (ranks, 0.0),
            Err(other) => return Err(other),
        };
        let p_ranks = mann_whitney(&above, a).map_or(1.0, |t| t.p.greater);
        Ok(Self {
            ranks,
            means,
            p: p_means.max(p_ranks),
        })
    }

    fn decision(&self, margin: Margin, alpha: f64, n: usize) -> Decision {
        let hull = LogInterval {
            low: self.ranks.low.min(self.means.low),
            high: self.ranks.high.max(self.means.high),
            ..self.ranks
        };
        let mut verdict = hull.verdict(margin);
        let claims = (self.ranks.verdict(margin), self.means.verdict(margin));
        if claims.0 != claims.1 && claims.0.reason().is_none() && claims.1.reason().is_none() {
            verdict = Verdict::Inconclusive(Reason::Disagreement);
        }
        let mut warnings = Vec::new();
        if verdict == Verdict::Equivalent && hull.excludes_zero() {
            warnings.push(Warning::BelowMargin);
        }
        Decision {
            verdict,
            withheld: None,
            change: Some(hull.change()),
            p: Some(self.p.min(1.0)),
            margin,
            scope: Scope::Run,
            n,
            mde: mde::at_look(&hull, alpha, margin),
            warnings,
        }
    }
}

fn logs(values: &[f64]) -> Result<Vec<f64>, StatsError> {
    if finite(values)?.iter().any(|&v| v <= 0.0) {
        return Err(StatsError::BadParameter {
            name: "values",
            expected: "positive",
        });
    }
    Ok(values.iter().map(|v| v.ln()).collect())
}

fn divide(values: &mut [f64], canary: &[f64]) -> Result<(), StatsError> {
    if values.len() != canary.len() {
        return Err(StatsError::LengthMismatch {
            left: values.len(),
            right: canary.len(),
        });
    }
    values.iter_mut().zip(canary).for_each(|(v, c)| *v -= c);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn runs(n: usize, centre: f64, sd: f64, rng: &mut Rng) -> Vec<f64> {
        (0..n).map(|_| centre * (sd * rng.normal()).exp()).collect()
    }

    fn compare(a: &[f64], b: &[f64]) -> Decision {
        let side = |values| StoredRuns {
            values,
            canary: None,
        };
        compare_stored(side(a), side(b), Margin::COMMAND, 0.01, true).expect("valid runs")
    }

    #[test]
    fn verdicts_and_false_alarms() {
        let mut rng = Rng::new(12);
        let mut false_alarms = 0;
        for _ in 0..500 {
            let (a, b) = (
                runs(8, 100.0, 0.02, &mut rng),
                runs(8, 100.0, 0.02, &mut rng),
            );
            false_alarms += usize::from(compare(&a, &b).verdict == Verdict::Regressed);
        }
        assert_eq!(false_alarms, 0);
        let (a, b) = (
            runs(12, 100.0, 0.005, &mut rng),
            runs(12, 100.0, 0.005, &mut rng),
        );
        assert_eq!(compare(&a, &b).verdict, Verdict::Equivalent);
        let slow: Vec<f64> = b.iter().map(|v| v * 1.05).collect();
        let d = compare(&a, &slow);
        assert!(
            d.verdict == Verdict::Regressed && d.p.is_some_and(|p| p < 0.01),
            "{d}"
        );
        assert_eq!(compare(&slow, &a).verdict, Verdict::Improved);
        assert_eq!(d.warnings, [Warning::NoCanary]);
    }

    #[test]
    fn too_few_runs_and_constant_runs() {
        assert_eq!(
            compare(&[1.0; 4], &[1.0; 9])
                .verdict
                .reason()
                .map(Reason::word),
            Some("too_few")
        );
        assert_eq!(compare(&[1.0; 5], &[1.0; 5]).verdict, Verdict::Equivalent);
        assert_eq!(compare(&[1.0; 5], &[1.1; 5]).verdict, Verdict::Regressed);
    }

    #[test]
    fn the_canary_takes_the_machine_out_or_stops_the_claim() {
        let mut rng = Rng::new(13);
        let old = runs(10, 100.0, 0.002, &mut rng);
        let new = runs(10, 110.0, 0.002, &mut rng);
        let steady = runs(10, 7.0, 0.002, &mut rng);
        let slow = runs(10, 7.7, 0.002, &mut rng);
        let verdict = |now: &[f64], same| {
            let a = StoredRuns {
                values: &old,
                canary: Some(&steady),
            };
            let b = StoredRuns {
                values: &new,
                canary: Some(now),
            };
            compare_stored(a, b, Margin::COMMAND, 0.01, same)
                .expect("valid runs")
                .verdict
        };
        assert_eq!(verdict(&steady, true), Verdict::Regressed);
        assert_eq!(
            verdict(&slow, true).reason().map(Reason::word),
            Some("environment_changed")
        );
        assert_eq!(
            verdict(&steady, false).reason().map(Reason::word),
            Some("environment_changed")
        );
    }
}
