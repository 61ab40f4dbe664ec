//! In: a comparison. Out: its verdicts in words, the interval of each change beside its margin, and the changes in time order.

use crate::judge::{Comparison, Outcome};
use crate::report::comparison::{self, ComparisonReport};
use crate::report::page::axis::Axis;
use crate::units::percent;
use maud::{Markup, html};
use std::fmt::Write;

/// Pixels of a picture's plot.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 100.0;
const LEFT: f64 = 60.0;

/// Points of a series that are drawn; of more, the extremes of equal stretches.
const POINTS: usize = 1_000;

/// The section.
pub(super) fn section(number: usize, report: &ComparisonReport<'_>) -> Markup {
    let comparison = report.comparison;
    html! {
        section.experiment id=(format!("experiment-{number}")) aria-labelledby=(format!("experiment-title-{number}")) {
            h2 id=(format!("experiment-title-{number}")) { "Baseline against candidate: " (comparison.verdict.word()) }
            @for outcome in &comparison.results { (one(outcome)) }
            @for sentence in comparison::sentences(report) { p { (sentence) } }
        }
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

fn one(outcome: &Outcome) -> Markup {
    html! {
        article class=(outcome.verdict.word()) {
            h3 { (comparison::sentence(outcome)) }
            ul.remarks {
                @for remark in comparison::remarks(outcome) { li { (remark) } }
                @for warning in &outcome.warnings { li.warns { (warning) } }
            }
            (interval(outcome))
            @if outcome.series.len() > 1 { (course(outcome)) }
            table.plain {
                caption { "The numbers behind it" }
                tbody {
                    @for (name, value) in numbers(outcome) {
                        tr { th scope="row" { (name) } td { (value) } }
                    }
                }
            }
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
        all.insert(2, ("change", signed(change.estimate)));
        all.insert(
            3,
            (
                "its interval",
                format!("{ends} at {:.4} %", 100.0 * change.level),
            ),
        );
    }
    all
}

fn signed(share: f64) -> String {
    format!("{:+.2} %", 100.0 * share)
}

/// The range that shows the margin and what is given.
fn range(outcome: &Outcome, values: impl Iterator<Item = f64>) -> f64 {
    let margin = outcome.margin.max(1e-4);
    values
        .filter(|v| v.is_finite())
        .fold(2.0 * margin, |most, v| most.max(v.abs() * 1.1))
}

/// Estimate and interval on a line, the margin as a band around no change.
fn interval(outcome: &Outcome) -> Markup {
    let Some(change) = outcome.change else {
        return html! {};
    };
    let ends = [change.low, change.high, Some(change.estimate)];
    let most = range(outcome, ends.into_iter().flatten());
    let x = Axis::linear(-most, most, 0.0, WIDTH);
    let (low, high) = (change.low.unwrap_or(-most), change.high.unwrap_or(most));
    html! {
        figure {
            svg.large viewBox=(format!("{} 0 {} 52", -LEFT, WIDTH + LEFT + 8.0)) role="img" aria-label=(format!("interval of the change: {} to {}", signed(low), signed(high))) {
                rect.margin x=(x.at(-outcome.margin)) y="4" width=(x.at(outcome.margin) - x.at(-outcome.margin)) height="26" {}
                line.grid x1=(x.at(0.0)) x2=(x.at(0.0)) y1="0" y2="34" {}
                line.interval x1=(x.at(low)) x2=(x.at(high)) y1="17" y2="17" {}
                circle.estimate cx=(x.at(change.estimate)) cy="17" r="5" {}
                @for tick in x.ticks(7) { text.middle x=(x.at(tick)) y="48" { (signed(tick)) } }
            }
            figcaption { "The change with its interval; the band is the margin. Left is less, right is more." }
        }
    }
}

/// The changes in time order.
fn course(outcome: &Outcome) -> Markup {
    let series = thinned(&outcome.series);
    let most = range(outcome, series.iter().copied());
    let x = Axis::linear(0.0, (series.len() - 1) as f64, 0.0, WIDTH);
    let y = Axis::linear(-most, most, HEIGHT, 0.0);
    let mut dots = String::new();
    for (at, change) in series.iter().enumerate() {
        let _ = write!(dots, "M{} {}h0", x.at(at as f64), y.at(*change));
    }
    html! {
        figure {
            svg.large viewBox=(format!("{} -4 {} {}", -LEFT, WIDTH + LEFT + 8.0, HEIGHT + 8.0)) role="img" aria-label="the changes in time order" {
                rect.margin x="0" y=(y.at(outcome.margin)) width=(WIDTH) height=(y.at(-outcome.margin) - y.at(outcome.margin)) {}
                @for tick in y.ticks(4) {
                    line.grid x1="0" x2=(WIDTH) y1=(y.at(tick)) y2=(y.at(tick)) {}
                    text.end x="-6" y=(y.at(tick) + 4.0) { (signed(tick)) }
                }
                path.dots d=(dots) {}
            }
            figcaption { "Each " (outcome.unit_of_replication.word()) "'s change, or the median of a stretch of them, in time order: a trend or a step here is the machine's, not the code's." }
        }
    }
}

/// At most [`POINTS`] values: of equal stretches the least and the greatest.
fn thinned(series: &[f64]) -> Vec<f64> {
    if series.len() <= POINTS {
        return series.to_vec();
    }
    let stretch = series.len().div_ceil(POINTS / 2);
    let ends = |part: &[f64]| {
        let least = part.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = part.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [least, greatest]
    };
    series.chunks(stretch).flat_map(ends).collect()
}
