//! In: an outcome. Out: its change as pictures: the interval beside the margin and what was expected, and the changes in time order.

use crate::judge::Outcome;
use crate::report::page::axis::{Axis, rounded};
use crate::report::page::plot::{self, WIDTH};
use maud::{Markup, html};
use std::fmt::Write;

/// Pixels of the height of the changes in time order.
const HEIGHT: f64 = 100.0;

/// `-3.10 %`.
pub(super) fn signed(share: f64) -> String {
    format!("{:+.2} %", 100.0 * share)
}

/// The range that shows the margin and what is given.
fn range(outcome: &Outcome, values: impl Iterator<Item = f64>) -> f64 {
    let margin = outcome.margin.max(1e-4);
    values
        .filter(|v| v.is_finite())
        .fold(2.0 * margin, |most, v| most.max(v.abs() * 1.1))
}

/// Estimate and interval on a line, the margin as a band around no change; the range that somebody expected as a bracket above.
pub(super) fn interval(outcome: &Outcome, expected: Option<(f64, f64)>) -> Markup {
    let Some(change) = outcome.change else {
        return html! {};
    };
    let ends = [change.low, change.high, Some(change.estimate)];
    let predicted = expected.iter().flat_map(|ends| [ends.0, ends.1]);
    let most = range(outcome, ends.into_iter().flatten().chain(predicted));
    let x = Axis::linear(-most, most, 0.0, WIDTH);
    let (low, high) = (change.low.unwrap_or(-most), change.high.unwrap_or(most));
    let top = if expected.is_some() { -23.0 } else { 0.0 };
    let mut label = format!(
        "change {}, interval {} to {}, margin {}",
        signed(change.estimate),
        signed(low),
        signed(high),
        signed(outcome.margin)
    );
    if let Some((from, to)) = expected {
        let _ = write!(label, "; expected {} to {}", signed(from), signed(to));
    }
    let drawn = html! {
        @if let Some((from, to)) = expected {
            rect.expected x=(x.at(from)) y="-21" width=(rounded((x.at(to) - x.at(from)).max(2.0))) height="20" {}
            text.middle x=(rounded(f64::midpoint(x.at(from), x.at(to)))) y="-6" { "expected" }
        }
        rect.margin x=(x.at(-outcome.margin)) y="4" width=(rounded(x.at(outcome.margin) - x.at(-outcome.margin))) height="26" {}
        line.grid x1=(x.at(0.0)) x2=(x.at(0.0)) y1="0" y2="34" {}
        line.interval x1=(x.at(low)) x2=(x.at(high)) y1="17" y2="17" {}
        circle.estimate cx=(x.at(change.estimate)) cy="17" r="5" {}
        (plot::foot(&x, &x.ticks(6), 34.0, tick_words))
    };
    html! {
        figure {
            (plot::picture(&label, top, 34.0, &drawn))
            figcaption {
                "The change with its interval; the band is the margin. Left is less, right is more."
                @if expected.is_some() { " Above: the range that was predicted." }
            }
        }
    }
}

/// The changes in time order, with the looks at which they were judged.
pub(super) fn course(outcome: &Outcome) -> Markup {
    let series = &outcome.series;
    if series.len() < 2 {
        return html! {};
    }
    let most = range(outcome, series.iter().copied());
    let x = Axis::linear(-0.5, series.len() as f64 - 0.5, 0.0, WIDTH);
    let y = Axis::linear(-most, most, HEIGHT, 0.0);
    let mut dots = String::new();
    for (at, change) in series.iter().enumerate() {
        let _ = write!(dots, "M{} {}h0", x.at(at as f64), y.at(*change));
    }
    let units = outcome.n.candidate.max(1) as f64;
    let look = |count: usize| x.at(count as f64 / units * series.len() as f64 - 0.5);
    let looks: Vec<String> = outcome.looks.iter().map(ToString::to_string).collect();
    let drawn = html! {
        rect.margin x="0" y=(y.at(outcome.margin)) width=(WIDTH) height=(rounded(y.at(-outcome.margin) - y.at(outcome.margin))) {}
        (plot::levels(&y, &y.ticks(4), tick_words))
        @for &count in &outcome.looks {
            line.mark x1=(look(count)) x2=(look(count)) y1="-2" y2=(HEIGHT) {}
            text.middle x=(look(count)) y="-5" { (count) }
        }
        path.dots d=(dots) {}
    };
    html! {
        figure {
            // The order has no words beneath.
            (plot::picture("the changes in time order", -22.0, HEIGHT - 16.0, &drawn))
            figcaption {
                "Each " (outcome.unit_of_replication.word()) "'s change, or the median of a stretch of them, in time order: a trend or a step here is the machine's, not the code's."
                @if !looks.is_empty() { " It was looked after " (looks.join(", ")) " of them." }
            }
        }
    }
}

/// Ticks are round: no more decimals than they need.
fn tick_words(tick: f64) -> String {
    let percent = 1e2 * tick;
    let places = usize::from((percent - percent.round()).abs() > 1e-6) * 2;
    let text = format!("{percent:+.places$} %");
    if percent.abs() < 1e-9 {
        "0 %".to_owned()
    } else {
        text
    }
}
