//! In: a comparison. Out: the sentences beneath its lines: budgets, attribution, how far the claims reach, warnings.

use super::shown::Shown;
use super::{ComparisonReport, origin};
use crate::judge::{BudgetVerdict, Outcome, Replicate};
use crate::units::NOTHING;

/// Of the outcomes that are shown; what was left out of them stands first.
pub(super) fn sentences(report: &ComparisonReport, shown: &Shown) -> Vec<String> {
    let comparison = report.comparison;
    let mut all: Vec<String> = shown.rest.iter().cloned().collect();
    all.extend(budgets(report));
    all.extend(comparison.attribution.iter().flat_map(origin::sentences));
    all.extend(reach(&comparison.results));
    all.extend(shown.warned().flat_map(|o| {
        o.warnings
            .iter()
            .map(|w| format!("{} {}: {w}", o.id, o.metric))
    }));
    all.extend(comparison.warnings.iter().cloned());
    all
}

/// The same without what stands beside the numbers and pictures of a page.
#[cfg(feature = "html")]
pub(crate) fn notes(report: &ComparisonReport) -> Vec<String> {
    let mut all = budgets(report);
    all.extend(reach(&report.comparison.results));
    all.extend(report.comparison.warnings.iter().cloned());
    all
}

fn budgets(report: &ComparisonReport) -> Vec<String> {
    let comparison = report.comparison;
    let mut all = Vec::new();
    let Some(policy) = report.policy else {
        return all;
    };
    for answer in comparison.budgets(policy) {
        let unit = comparison
            .results
            .iter()
            .find(|o| (&o.id, &o.metric) == (&answer.id, &answer.metric))
            .map(|o| o.unit);
        let print = |v: Option<f64>| match (v, unit) {
            (Some(v), Some(unit)) => unit.print(v),
            _ => NOTHING.to_owned(),
        };
        let word = match answer.verdict {
            BudgetVerdict::Holds => "holds",
            BudgetVerdict::Broken => "is broken",
            BudgetVerdict::Inconclusive => "cannot be judged",
        };
        all.push(format!(
            "budget: {} {} at most {} {word}: the candidate's median is {}",
            answer.id,
            answer.metric,
            print(answer.max),
            print(answer.candidate)
        ));
    }
    all
}

/// How far the claims reach, once for each unit.
fn reach(results: &[Outcome]) -> Vec<String> {
    let mut seen: Vec<Replicate> = Vec::new();
    for outcome in results {
        if !seen.contains(&outcome.unit_of_replication) {
            seen.push(outcome.unit_of_replication);
        }
    }
    seen.iter()
        .map(|unit| format!("holds for {}", unit.scope()))
        .collect()
}
