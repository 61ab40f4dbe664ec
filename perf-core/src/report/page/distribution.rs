//! In: a row's histogram. Out: pictures of it on a logarithmic axis: a small one for the table, a large one with its cumulative share.

use crate::report::page::axis::Axis;
use crate::report::page::plot::{self, WIDTH};
use crate::snapshot::{Histogram, Row};
use crate::units::{count, duration, percent};
use maud::{Markup, html};
use perf_stats::describe::{Mode, density};
use std::fmt::Write;

/// Pixels of the small picture.
pub(super) const SMALL: (f64, f64) = (160.0, 22.0);
/// Pixels of the height of each of the large picture's plots.
const HEIGHT: f64 = 110.0;
/// Room above the bars, where marks are seen that would be hidden among them.
const ABOVE: f64 = 6.0;

/// Quantiles that are marked and listed.
pub(super) const QUANTILES: [(&str, f64); 6] = [
    ("p10", 0.1),
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
];

/// Pixels between steps of the cumulative share.
const STEP: f64 = 5.0;

/// Values at which the smooth density is taken.
const POINTS: usize = 400;
/// A mode stands above its valleys by this share of the highest.
const PROMINENCE: f64 = 0.1;

/// Shares of the calls in columns of equal width on the axis, `per` pixels each.
fn columns(histogram: &Histogram, axis: &Axis, width: f64, per: f64) -> Vec<f64> {
    let mut columns = vec![0.0; (width / per).ceil() as usize + 1];
    let all = histogram.count() as f64;
    for (low, high, calls) in histogram.bins() {
        let middle = low as f64 + (high - low) as f64 / 2.0;
        let at = (axis.at(middle) / per) as usize;
        if let Some(column) = columns.get_mut(at) {
            *column += calls as f64 / all;
        }
    }
    columns
}

/// A filled outline of columns, as an SVG path; heights are multiples of `step` pixels, equal neighbours are one.
fn outline(columns: &[f64], per: f64, height: f64, left: f64, step: f64) -> String {
    let top = columns.iter().copied().fold(0.0, f64::max).max(1e-300);
    let mut path = format!("M{left} {height}");
    let tall = |column: &f64| {
        // What is there at all is seen.
        let least = if *column > 0.0 { 1.0 } else { 0.0 };
        let tall = (column / top * (height - ABOVE)).max(least);
        (tall / step).round() * step
    };
    let heights: Vec<f64> = columns.iter().map(tall).collect();
    for equal in heights.chunk_by(|a, b| a == b) {
        let _ = write!(path, "V{}h{}", height - equal[0], equal.len() as f64 * per);
    }
    let _ = write!(path, "V{height}z");
    path
}

/// The picture in the row, on the axis that all rows share.
pub(super) fn small(row: &Row, axis: &Axis) -> Markup {
    let (width, height) = SMALL;
    let path = outline(
        &columns(&row.histogram, axis, width, 2.0),
        2.0,
        height,
        0.0,
        0.5,
    );
    let known = |p: f64| row.quantile(p).map(|estimate| estimate.value);
    let marks: Vec<(&str, f64)> = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)]
        .into_iter()
        .filter_map(|(name, p)| Some((name, known(p)?)))
        .chain((row.recorded > 0).then_some(("max", row.max_ns)))
        .collect();
    let words: Vec<String> = marks
        .iter()
        .map(|(name, value)| format!("{name} {}", duration(*value)))
        .collect();
    html! {
        svg.small width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(words.join(", ")) {
            title { (words.join(", ")) }
            path.bars d=(path) {}
            @for (name, value) in &marks {
                line class=(format!("mark {name}")) x1=(axis.at(*value)) x2=(axis.at(*value)) y1="0" y2=(height) {}
            }
        }
    }
}

/// The row's whole distribution: density, cumulative share, modes, and the quantiles with their intervals.
pub(super) fn large(row: &Row) -> Markup {
    let ends = (
        row.histogram.bins().next(),
        row.histogram.bins().next_back(),
    );
    let (Some(low), Some(high)) = ends else {
        return html! { p { "No call was recorded: there is no distribution." } };
    };
    let axis = Axis::logarithmic(low.0 as f64 * 0.95, high.1 as f64 * 1.05, 0.0, WIDTH);
    let shares = columns(&row.histogram, &axis, WIDTH, 4.0);
    let ground = 2.0 * HEIGHT + 10.0;
    let share_axis = Axis::linear(0.0, 1.0, HEIGHT, 0.0);
    let modes = modes(&row.histogram);
    let drawn = html! {
        path.bars d=(outline(&shares, 4.0, HEIGHT, 0.0, 1.0)) {}
        @for mode in &modes {
            line.mode x1=(axis.at(mode.at.exp())) x2=(axis.at(mode.at.exp())) y1="0" y2="5" {}
        }
        g transform=(format!("translate(0 {})", HEIGHT + 10.0)) {
            (plot::levels(&share_axis, &[0.0, 0.5, 1.0], |share| format!("{:.0} %", share * 100.0)))
            path.line d=(cumulative(&row.histogram, &axis, HEIGHT)) {}
        }
        @for (name, p) in QUANTILES {
            @if let Some(estimate) = row.quantile(p) {
                line.mark x1=(axis.at(estimate.value)) x2=(axis.at(estimate.value)) y1="0" y2=(ground) {
                    title { (name) " " (duration(estimate.value)) }
                }
            }
        }
        (plot::foot(&axis, &axis.ticks(8), ground, duration))
    };
    let label = format!("distribution of the durations of {}", row.id);
    html! {
        figure {
            (plot::picture(&label, -2.0, ground, &drawn))
            figcaption { "Calls by duration, logarithmic; below, the share that took at most so long." }
        }
        (quantiles(row))
        @if modes.len() > 1 {
            p {
                "Modes (a list to look at, not a test): "
                @for (at, mode) in modes.iter().enumerate() {
                    @if at > 0 { ", " }
                    (duration(mode.at.exp())) " with " (percent(mode.share)) " of the calls"
                }
                "."
            }
        }
    }
}

/// The cumulative share as an SVG path, in steps of some pixels.
fn cumulative(histogram: &Histogram, axis: &Axis, height: f64) -> String {
    let all = histogram.count() as f64;
    let mut path = format!("M0 {height}");
    let mut seen = 0.0;
    let mut last = -STEP;
    let mut bins = histogram.bins().peekable();
    while let Some((_, high, calls)) = bins.next() {
        seen += calls as f64;
        let at = axis.at(high as f64).round();
        if at >= last + STEP || bins.peek().is_none() {
            let _ = write!(path, "H{at}V{}", ((1.0 - seen / all) * height).round());
            last = at;
        }
    }
    path
}

/// Peaks of a smooth density of the logarithms; none where it cannot be had.
fn modes(histogram: &Histogram) -> Vec<Mode> {
    let value = |i: usize| {
        histogram
            .value_at((i as f64 + 0.5) / POINTS as f64)
            .max(0.5)
            .ln()
    };
    let values: Vec<f64> = (0..POINTS).map(value).collect();
    density(&values).map_or_else(|_| Vec::new(), |density| density.modes(PROMINENCE))
}

fn quantiles(row: &Row) -> Markup {
    let mean = row.mean();
    html! {
        table.plain {
            caption { "Quantiles of single calls, with 95 % intervals" }
            thead { tr { th scope="col" { "quantile" } th scope="col" { "duration" } th scope="col" { "interval" } } }
            tbody {
                @if let Some(mean) = &mean {
                    tr title=(mean.method) { th scope="row" { "mean" } td { (duration(mean.value)) } td { (duration(mean.low)) " to " (duration(mean.high)) } }
                }
                @for (name, p) in QUANTILES {
                    tr {
                        th scope="row" { (name) }
                        @if let Some(estimate) = row.quantile(p) {
                            td { (duration(estimate.value)) }
                            td { (duration(estimate.low)) " to " (duration(estimate.high)) }
                        } @else {
                            td { "-" }
                            td { "needs " (row.calls_needed(p).map_or_else(|| "more".to_owned(), count)) " calls" }
                        }
                    }
                }
            }
        }
        @if let Some(method) = row.quantile(0.5).map(|estimate| estimate.method) {
            p.quiet { "By " (method) "." }
        }
    }
}
