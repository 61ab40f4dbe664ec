//! In: a comparison by a frozen plan. Out: two answers, kept apart: [`ChangeAnswer`], may the change be kept; [`HypothesisOutcome`], was it right.

use super::hypothesis::{Hypothesis, percent};
use super::plan::Plan;
use crate::judge::{Comparison, Metric, Outcome, Policy, Verdict, judge_together};
use serde::{Deserialize, Serialize};

/// Whether the change may be kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangeAnswer {
    /// The target improved, and every guard holds.
    pub accepted: bool,
    /// What failed, a sentence each; empty where it is accepted.
    pub failed: Vec<String>,
    /// One a guard.
    pub guards: Vec<GuardAnswer>,
}

/// Whether a guard holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GuardAnswer {
    /// The metric.
    pub metric: Metric,
    /// What counts as worse, as a fraction.
    pub margin: f64,
    /// The answer.
    pub holds: GuardHolds,
    /// The numbers, in words.
    pub sentence: String,
}

/// What was shown of a guarded metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GuardHolds {
    /// Not worse by its margin: the whole interval lies below.
    Holds,
    /// Worse by more than its margin, after Holm's correction over all metrics.
    Worse,
    /// Neither was shown.
    NotShown,
    /// The new program has no such number any more.
    Gone,
}

/// What became of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HypothesisOutcome {
    /// Improved, and the measured interval meets the expected range.
    Confirmed,
    /// Improved, by another amount than expected: right in kind, wrong in size.
    WrongSize,
    /// Not improved.
    Refuted,
    /// Too little was seen to say.
    Inconclusive,
}

impl HypothesisOutcome {
    /// The outcome in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::WrongSize => "right in kind, wrong in size",
            Self::Refuted => "refuted",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// Judges a comparison by the plan.
///
/// Accepting claims that *every* guard holds. Each was shown at its own error rate, and the joint claim is wrong only if at least one
/// of them is wrongly shown: an intersection-union test, so its error rate is that of one guard and needs no correction. Naming a
/// guard worse is another matter: one of many may look so by chance, and Holm's correction over all metrics is applied.
pub(super) fn of_change(plan: &Plan, comparison: &mut Comparison) -> ChangeAnswer {
    judge_together(std::slice::from_mut(comparison), &Policy::default());
    let guards: Vec<GuardAnswer> = plan
        .guards
        .iter()
        .map(|guard| {
            let outcome = comparison.outcome(&guard.metric);
            let holds = outcome.map_or(GuardHolds::Gone, |outcome| of_guard(outcome, guard.margin));
            GuardAnswer {
                sentence: sentence(&guard.metric, outcome, guard.margin, holds),
                metric: guard.metric.clone(),
                margin: guard.margin,
                holds,
            }
        })
        .collect();
    let mut failed = Vec::new();
    match comparison.outcome(&plan.target) {
        Some(target) if target.verdict == Verdict::Improved => {}
        Some(target) => failed.push(format!(
            "the target {} is {}{}",
            plan.target,
            target.verdict,
            reason(target)
        )),
        None => failed.push(format!("the target {} was not measured", plan.target)),
    }
    failed.extend(
        guards
            .iter()
            .filter(|guard| matches!(guard.holds, GuardHolds::Worse | GuardHolds::NotShown))
            .map(|guard| format!("the guard {}", guard.sentence)),
    );
    ChangeAnswer {
        accepted: failed.is_empty(),
        failed,
        guards,
    }
}

/// What the comparison says of the prediction.
pub(super) fn of_hypothesis(
    hypothesis: &Hypothesis,
    target: Option<&Outcome>,
) -> HypothesisOutcome {
    let Some(target) = target else {
        return HypothesisOutcome::Inconclusive;
    };
    match target.verdict {
        Verdict::Equivalent | Verdict::Regressed => HypothesisOutcome::Refuted,
        Verdict::Inconclusive => HypothesisOutcome::Inconclusive,
        Verdict::Improved => {
            let (low, high) = target
                .change
                .map_or((None, None), |change| (change.low, change.high));
            if hypothesis.expected.meets(low, high) {
                HypothesisOutcome::Confirmed
            } else {
                HypothesisOutcome::WrongSize
            }
        }
    }
}

/// `-18.2 % [-20.0 %, -16.1 %]`, or that there is no ratio.
pub(super) fn change_words(outcome: &Outcome) -> String {
    let Some(change) = outcome.change else {
        return "no ratio".to_owned();
    };
    let end = |end: Option<f64>| end.map_or("unbounded".to_owned(), tenth);
    format!(
        "{} [{}, {}]",
        tenth(change.estimate),
        end(change.low),
        end(change.high)
    )
}

fn tenth(fraction: f64) -> String {
    format!("{:+.1} %", 100.0 * fraction)
}

fn of_guard(outcome: &Outcome, margin: f64) -> GuardHolds {
    let below = outcome
        .change
        .and_then(|change| change.high)
        .is_some_and(|high| high <= margin);
    let level = Policy::default().level;
    let counts = outcome.adjusted_p.is_none_or(|p| p <= level);
    match outcome.verdict {
        Verdict::Improved | Verdict::Equivalent => GuardHolds::Holds,
        Verdict::Regressed if counts => GuardHolds::Worse,
        // A claim that a guard of the decision set aside proves nothing in either direction.
        Verdict::Inconclusive if below && outcome.withheld.is_none() => GuardHolds::Holds,
        _ => GuardHolds::NotShown,
    }
}

fn sentence(metric: &Metric, outcome: Option<&Outcome>, margin: f64, holds: GuardHolds) -> String {
    let change = outcome.map(change_words).unwrap_or_default();
    let margin = percent(margin);
    match holds {
        GuardHolds::Holds => format!("{metric} holds: {change}, not worse than {margin}"),
        GuardHolds::Worse => format!("{metric} fails: {change}, worse than {margin}"),
        GuardHolds::NotShown => {
            format!("{metric} is not shown to hold: {change}, allowed is {margin}")
        }
        GuardHolds::Gone => format!("{metric} is gone from the new program"),
    }
}

fn reason(outcome: &Outcome) -> String {
    let change = change_words(outcome);
    match &outcome.explanation {
        Some(explanation) => format!(": {change}; {explanation}"),
        None => format!(": {change}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// An outcome with this interval of the change, as fractions.
    fn outcome(verdict: &str, low: f64, high: f64) -> Outcome {
        let change =
            json!({"estimate": f64::midpoint(low, high), "low": low, "high": high, "level": 0.98});
        serde_json::from_value(json!({
            "id": "x", "metric": "wall", "unit": "ns", "baseline": 1.0, "candidate": 1.0, "change": change, "margin": 0.02,
            "verdict": verdict, "reason": null, "p": 0.5, "unit_of_replication": "process_pair",
            "n": {"baseline": 20, "candidate": 20}, "mde": null,
        }))
        .expect("an outcome")
    }

    #[test]
    fn a_guard_holds_only_where_it_was_shown_to() {
        let holds = |outcome: &Outcome| of_guard(outcome, 0.02);
        assert_eq!(holds(&outcome("improved", -0.2, -0.1)), GuardHolds::Holds);
        assert_eq!(
            holds(&outcome("equivalent", -0.01, 0.01)),
            GuardHolds::Holds
        );
        let mut below = outcome("inconclusive", -0.1, 0.019);
        assert_eq!(holds(&below), GuardHolds::Holds);
        below.withheld = Some(Verdict::Improved);
        assert_eq!(holds(&below), GuardHolds::NotShown, "nothing is proven");
        assert_eq!(
            holds(&outcome("inconclusive", -0.1, 0.021)),
            GuardHolds::NotShown
        );
        let mut worse = outcome("regressed", 0.03, 0.2);
        assert_eq!(holds(&worse), GuardHolds::Worse);
        worse.adjusted_p = Some(0.2);
        assert_eq!(holds(&worse), GuardHolds::NotShown, "one of many");
    }

    #[test]
    fn a_hypothesis_is_right_in_kind_in_size_or_not_at_all() {
        let hypothesis: Hypothesis = serde_json::from_value(json!({
            "number": 1, "text": "t", "metric": "wall", "expected": {"low": -0.3, "high": -0.15}, "confidence": 0.7,
            "evidence": [], "unix_ms": 1,
        }))
        .expect("a hypothesis");
        let of =
            |verdict, low, high| of_hypothesis(&hypothesis, Some(&outcome(verdict, low, high)));
        assert_eq!(of("improved", -0.2, -0.1), HypothesisOutcome::Confirmed);
        assert_eq!(of("improved", -0.14, -0.1), HypothesisOutcome::WrongSize);
        assert_eq!(of("improved", -0.5, -0.31), HypothesisOutcome::WrongSize);
        assert_eq!(of("equivalent", -0.01, 0.01), HypothesisOutcome::Refuted);
        assert_eq!(of("regressed", 0.1, 0.2), HypothesisOutcome::Refuted);
        assert_eq!(
            of("inconclusive", -0.3, 0.2),
            HypothesisOutcome::Inconclusive
        );
        assert_eq!(
            of_hypothesis(&hypothesis, None),
            HypothesisOutcome::Inconclusive
        );
    }
}
