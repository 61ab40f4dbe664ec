//! In: a comparison. Out: its verdicts in words, what decides with all its pictures, the other numbers as a table, attribution.

use crate::judge::{Comparison, Outcome, Resource, Verdict};
use crate::report::comparison::{self, ComparisonReport, Line};
use crate::report::page::change::{course, interval, signed};
use crate::report::page::{sides, waterfall};
use crate::units::percent;
use maud::{Markup, html};

/// Rows of numbers that do not decide, those that may be claimed first.
const OTHERS: usize = 400;

/// The section.
pub(super) fn section(number: usize, report: &ComparisonReport<'_>) -> Markup {
    let comparison = report.comparison;
    html! {
        section.experiment id=(format!("experiment-{number}")) aria-labelledby=(format!("experiment-title-{number}")) {
            h2 id=(format!("experiment-title-{number}")) { "Baseline against candidate: " (comparison.verdict.word()) }
            (body(report))
        }
    }
}

/// What stands beneath the heading.
pub(crate) fn body(report: &ComparisonReport<'_>) -> Markup {
    let comparison = report.comparison;
    html! {
        @for outcome in comparison.deciding() { (article(outcome, None)) }
        @if let Some(attribution) = &comparison.attribution { (waterfall::of(attribution)) }
        (others(comparison))
        @for sentence in comparison::notes(report) { p { (sentence) } }
    }
}

/// The lines of the first screen.
pub(super) fn headlines(number: usize, comparison: &Comparison) -> Markup {
    html! {
        @for outcome in comparison.deciding() {
            li class=(outcome.verdict.word()) { a href=(format!("#experiment-{number}")) { (comparison::sentence(outcome)) } }
        }
    }
}

/// One outcome with its pictures, and what was expected of it.
pub(crate) fn article(outcome: &Outcome, expected: Option<(f64, f64)>) -> Markup {
    html! {
        article class=(outcome.verdict.word()) {
            h3 { (comparison::sentence(outcome)) }
            ul.remarks {
                @for remark in comparison::remarks(outcome) { li { (remark) } }
                @for warning in &outcome.warnings { li.warns { (warning) } }
            }
            (interval(outcome, expected))
            (course(outcome))
            (sides::picture(outcome))
            (table(outcome))
        }
    }
}

fn table(outcome: &Outcome) -> Markup {
    html! {
        details {
            summary { "the numbers behind it" }
            div.scroll tabindex="0" role="group" aria-label="the numbers behind it" {
                table.plain {
                    tbody {
                        @for (name, value) in numbers(outcome) {
                            tr { th scope="row" { (name) } td { (value) } }
                        }
                    }
                }
            }
        }
    }
}

/// The numbers that are shown and do not decide; resources of the whole first, and of the rest what may be claimed.
fn others(comparison: &Comparison) -> Markup {
    let mut all: Vec<&Outcome> = comparison.results.iter().filter(|o| !o.decides).collect();
    if all.is_empty() {
        return html! {};
    }
    let whole = |o: &Outcome| !o.of_site && Resource::named(&o.metric).is_some();
    let claimed =
        |o: &Outcome| matches!(o.verdict, Verdict::Regressed | Verdict::Improved) || whole(o);
    all.sort_by_key(|outcome| (!whole(outcome), !claimed(outcome)));
    let hidden = all.len().saturating_sub(OTHERS);
    all.truncate(OTHERS);
    html! {
        h3 { "Shown, not deciding" }
        div.scroll tabindex="0" role="group" aria-label="numbers that do not decide" {
            table.plain {
                thead { tr { @for title in ["number", "change", "verdict", "baseline to candidate", "remarks"] { th scope="col" { (title) } } } }
                tbody {
                    @for outcome in &all { (row(outcome)) }
                }
            }
        }
        @if hidden > 0 { p.quiet { (hidden) " further numbers, none of them claimed to have changed, are in the comparison's JSON alone." } }
    }
}

fn row(outcome: &Outcome) -> Markup {
    let line = Line::of(outcome);
    let own = |remark: &&String| *remark != comparison::NOT_DECIDING;
    let remarks: Vec<&String> = line
        .remarks
        .iter()
        .filter(own)
        .chain(&outcome.warnings)
        .collect();
    html! {
        tr {
            th scope="row" { (line.name) }
            td.number { (line.change) }
            td { (line.verdict) }
            td { (line.values.replace("->", "to")) }
            td.quiet { @for (at, remark) in remarks.iter().enumerate() { @if at > 0 { "; " } (remark) } }
        }
    }
}

fn numbers(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let unit = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| outcome.unit.print(v));
    let share = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), signed);
    let mut all = vec![
        ("baseline", unit(outcome.baseline)),
        ("candidate", unit(outcome.candidate)),
        ("margin", percent(outcome.margin)),
        (
            "p, worse than the margin",
            outcome
                .p
                .map_or_else(|| "-".to_owned(), |p| format!("{p:.2e}")),
        ),
        (
            "unit of replication",
            outcome.unit_of_replication.word().to_owned(),
        ),
        (
            "the claim is about",
            outcome.unit_of_replication.scope().to_owned(),
        ),
        (
            "units",
            format!("{} and {}", outcome.n.baseline, outcome.n.candidate),
        ),
        (
            "smallest slowdown it would have found in 8 of 10 such experiments",
            share(outcome.mde),
        ),
        (
            "takes part in the verdict",
            if outcome.decides { "yes" } else { "no" }.to_owned(),
        ),
    ];
    if let Some(change) = outcome.change {
        let ends = format!("{} to {}", share(change.low), share(change.high));
        let level = format!("{ends} at {:.4} %", 100.0 * change.level);
        all.insert(2, ("change", signed(change.estimate)));
        all.insert(3, ("its interval", level));
    }
    all
}
