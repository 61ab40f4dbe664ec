//! In: a comparison, and whether sites without a finding are left out. Out: the outcomes that are shown, and a sentence on the others.

use super::ComparisonReport;
use crate::judge::{Metric, Outcome, Verdict};
use std::collections::BTreeSet;

/// What of a comparison is shown, line by line.
pub(super) struct Shown<'a> {
    pub(super) outcomes: Vec<&'a Outcome>,
    /// What was left out.
    pub(super) rest: Option<String>,
    findings_alone: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn of(report: &ComparisonReport<'a>) -> Self {
        let results = report.comparison.results.iter();
        let Some(advice) = report.rest_by else {
            return Self {
                outcomes: results.collect(),
                rest: None,
                findings_alone: false,
            };
        };
        let (outcomes, left): (Vec<_>, Vec<_>) = results.partition(|o| !is_quiet(o));
        let told: BTreeSet<&str> = outcomes.iter().map(|o| o.id.as_str()).collect();
        let (of_told, others): (Vec<&Outcome>, Vec<_>) =
            left.into_iter().partition(|o| told.contains(o.id.as_str()));
        let sites: BTreeSet<&str> = others.iter().map(|o| o.id.as_str()).collect();
        let many = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let what = match (sites.len(), of_told.len()) {
            (0, 0) => None,
            (0, numbers) => Some(format!("{} of these sites", many(numbers, "number"))),
            (sites, 0) => Some(many(sites, "site")),
            (sites, numbers) => Some(format!(
                "{}, and {} of the sites above,",
                many(sites, "site"),
                many(numbers, "number")
            )),
        };
        Self {
            outcomes,
            rest: what.map(|what| format!("and {what} without a finding ({advice})")),
            findings_alone: true,
        }
    }

    /// The outcomes whose own warnings are shown: all of them, or those that decide or changed.
    pub(super) fn warned(&self) -> impl Iterator<Item = &'a Outcome> {
        let all = self.outcomes.iter().copied();
        all.filter(|outcome| !self.findings_alone || is_finding(outcome))
    }
}

/// Whether it takes part in the verdict, or changed.
fn is_finding(outcome: &Outcome) -> bool {
    outcome.decides || matches!(outcome.verdict, Verdict::Regressed | Verdict::Improved)
}

fn is_quiet(outcome: &Outcome) -> bool {
    !is_finding(outcome) && matches!(outcome.of_metric(), Metric::Site { .. })
}

#[cfg(test)]
mod tests {
    use crate::judge::{Comparison, Verdict};
    use serde_json::{Value, json};

    fn outcome(id: &str, metric: &str, verdict: &str, decides: bool) -> Value {
        json!({
            "id": id, "metric": metric, "unit": "ns", "baseline": 1.0, "candidate": 1.0, "change": null, "margin": 0.02,
            "verdict": verdict, "reason": null, "p": null, "unit_of_replication": "process_pair",
            "n": { "baseline": 10, "candidate": 10 }, "mde": null, "decides": decides, "warnings": [format!("of {id}'s {metric}")],
        })
    }

    fn shown(outcomes: &[Value]) -> String {
        let whole = json!({ "schema": 1, "verdict": "equivalent", "results": outcomes, "environment": {}, "warnings": [] });
        let comparison: Comparison = serde_json::from_value(whole).expect("a comparison");
        let text = comparison.report().findings_alone("ask").text(None, false);
        let markdown = comparison.report().findings_alone("ask").markdown();
        let all = comparison.report();
        assert_eq!(
            all.text(None, false).lines().count(),
            2 * comparison.results.len() + 1
        );
        for outcome in &comparison.results {
            let warns = text.contains(&outcome.warnings[0]);
            let claims = outcome.verdict == Verdict::Regressed;
            assert_eq!(warns, outcome.decides || claims, "{text}");
        }
        let rest = text.lines().find(|line| line.starts_with("and "));
        assert_eq!(rest.is_some(), text.contains("(ask)"));
        assert!(
            rest.is_none_or(|rest| markdown.contains(rest)),
            "{markdown}"
        );
        let named = |line: &&str| {
            !["and ", "holds "].iter().any(|word| line.starts_with(word)) && !line.contains(": of ")
        };
        let names: Vec<String> = text
            .lines()
            .filter(named)
            .map(|line| {
                line.split_whitespace()
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert!(
            names
                .iter()
                .all(|name| markdown.contains(&format!("| {name} |"))),
            "{markdown}"
        );
        format!("{}; {}", names.join(", "), rest.unwrap_or("all"))
    }

    #[test]
    fn sites_without_a_finding_are_counted_and_nothing_else_is_left_out() {
        let whole = || {
            vec![
                outcome("app", "wall", "inconclusive", true),
                outcome("app", "minor-faults", "inconclusive", false),
            ]
        };
        assert_eq!(shown(&whole()), "app wall, app minor-faults; all");
        let mut two = whole();
        two.push(outcome("parse", "self", "equivalent", false));
        two.push(outcome("parse", "calls", "inconclusive", false));
        two.push(outcome("read", "calls", "equivalent", false));
        assert_eq!(
            shown(&two),
            "app wall, app minor-faults; and 2 sites without a finding (ask)"
        );
        two.push(outcome("write", "p99", "regressed", false));
        two.push(outcome("write", "p50", "equivalent", false));
        assert_eq!(
            shown(&two),
            "app wall, app minor-faults, write p99; and 2 sites, and 1 number of the sites above, without a finding (ask)"
        );
        let mut decides = whole();
        decides.push(outcome("parse", "calls", "equivalent", true));
        decides.push(outcome("parse", "self", "equivalent", false));
        assert_eq!(
            shown(&decides),
            "app wall, app minor-faults, parse calls; and 1 number of these sites without a finding (ask)"
        );
    }
}
