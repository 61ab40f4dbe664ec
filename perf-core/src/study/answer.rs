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
