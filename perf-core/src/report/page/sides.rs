//! In: both sides' values. Out: their distributions over each other, and how far each decile has moved, as a picture and a table.

use crate::judge::{Outcome, Samples, Unit};
use crate::report::page::axis::{Axis, rounded};
use crate::report::page::plot::{self, WIDTH};
use maud::{Markup, html};
use perf_stats::describe::density;
use perf_stats::shift_function::{PROBABILITIES, QuantileShift, ShiftFunction, shift_function};
use std::fmt::Write;

/// Pixels of a plot's height.
const HEIGHT: f64 = 90.0;

/// Values a side from which on a distribution is more than a list.
const FEWEST: usize = 8;
/// Ticks of single values a side.
const RUG: usize = 200;
/// Confidence of all decile shifts together.
const LEVEL: f64 = 0.95;

/// Nothing where there are too few values on a side.
pub(super) fn picture(outcome: &Outcome) -> Markup {
    let Some(samples) = &outcome.samples else {
        return html! {};
    };
    if samples.baseline.len().min(samples.candidate.len()) < FEWEST {
        return html! {};
    }
    let shifts = shift_function(&samples.candidate, &samples.baseline, &PROBABILITIES, LEVEL);
    html! {
        (both(samples, outcome.unit))
        @if let Ok(shifts) = shifts { (deciles(&shifts, outcome.unit)) }
    }
}

fn both(samples: &Samples, unit: Unit) -> Markup {
    let all = || samples.baseline.iter().chain(&samples.candidate).copied();
    let low = all().fold(f64::INFINITY, f64::min);
    let high = all().fold(f64::NEG_INFINITY, f64::max);
    let room = (high - low).max(high.abs() * 1e-6) * 0.15;
    let x = Axis::linear(low - room, high + room, 0.0, WIDTH);
    let curves = [&samples.baseline, &samples.candidate].map(|values| curve(values, &x));
    let top = curves
        .iter()
        .flatten()
        .map(|point| point.1)
        .fold(0.0, f64::max);
    let words = format!(
        "baseline around {}, candidate around {}",
        unit.print(middle(&samples.baseline)),
        unit.print(middle(&samples.candidate))
    );
    let drawn = html! {
        @for (class, points) in ["old", "new"].into_iter().zip(&curves) {
            @if !points.is_empty() { path class=(class) d=(outline(points, top)) {} }
        }
        path.rug.old d=(rug(&samples.baseline, &x, HEIGHT + 4.0)) {}
        path.rug.new d=(rug(&samples.candidate, &x, HEIGHT + 22.0)) {}
        text.end.side x="-6" y=(HEIGHT + 12.0) { "baseline" }
        text.end.side x="-6" y=(HEIGHT + 30.0) { "candidate" }
        (plot::foot(&x, &x.ticks_in(unit, 6), HEIGHT + 34.0, |tick| unit.print(tick)))
    };
    html! {
        figure {
            (plot::picture(&format!("both distributions: {words}"), -4.0, HEIGHT + 34.0, &drawn))
            figcaption {
                span.key.old {} " baseline (dashed) and " span.key.new {} " candidate, over each other; each tick beneath is one of "
                (samples.baseline.len()) " and " (samples.candidate.len()) " values."
            }
        }
    }
}

/// A smooth density; empty where all values are equal.
fn curve(values: &[f64], x: &Axis) -> Vec<(f64, f64)> {
    let Ok(found) = density(values) else {
        return Vec::new();
    };
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (at, &height) in found.values.iter().enumerate() {
        let pixel = x.at(found.start + at as f64 * found.step).round();
        match points.last_mut() {
            Some(last) if last.0 >= pixel => last.1 = last.1.max(height),
            _ => points.push((pixel, height)),
        }
    }
    points
}

/// From the axis and back to it, so that the area beneath can be filled.
fn outline(points: &[(f64, f64)], top: f64) -> String {
    let mut path = String::new();
    let ends = |point: Option<&(f64, f64)>| point.map_or(0.0, |point| point.0);
    let _ = write!(path, "M{} {HEIGHT}", ends(points.first()));
    for (pixel, height) in points {
        let y = rounded(HEIGHT - height / top.max(1e-300) * (HEIGHT - 2.0));
        let _ = write!(path, "L{pixel} {y}");
    }
    let _ = write!(path, "L{} {HEIGHT}", ends(points.last()));
    path
}

fn rug(values: &[f64], x: &Axis, y: f64) -> String {
    let every = values.len().div_ceil(RUG).max(1);
    let mut path = String::new();
    for value in values.iter().step_by(every) {
        let _ = write!(path, "M{} {y}v9", x.at(*value));
    }
    path
}

fn middle(values: &[f64]) -> f64 {
    perf_stats::describe::median(values).unwrap_or(f64::NAN)
}

/// The shift of each decile, candidate less baseline.
fn deciles(shifts: &ShiftFunction, unit: Unit) -> Markup {
    let bounded: Vec<&QuantileShift> = shifts
        .rows
        .iter()
        .filter(|row| row.interval.is_some())
        .collect();
    html! {
        @if bounded.len() > 1 { (shift_picture(&bounded, unit)) }
        details {
            summary { "the shift of each decile as a table" }
            div.scroll tabindex="0" role="group" aria-label="the shift of each decile" {
                table.plain {
                    thead { tr { @for title in ["decile", "baseline", "candidate", "shift", "interval"] { th scope="col" { (title) } } } }
                    tbody {
                        @for row in &shifts.rows {
                            tr {
                                th scope="row" { (name(row.p)) }
                                td { (unit.print(row.y)) }
                                td { (unit.print(row.x)) }
                                td { (moved(unit, row.difference)) }
                                td {
                                    @if let Some(interval) = &row.interval { (moved(unit, interval.low)) " to " (moved(unit, interval.high)) }
                                    @else { "too few values beyond it" }
                                }
                            }
                        }
                    }
                }
            }
            p.quiet {
                "Candidate less baseline; the intervals hold together at " (100.0 * shifts.level) " % (bootstrap, " (shifts.resamples)
                " resamples, seed " (shifts.seed) ") if values do not depend on each other. They describe, they do not decide."
            }
        }
    }
}

fn shift_picture(rows: &[&QuantileShift], unit: Unit) -> Markup {
    let ends = || {
        rows.iter()
            .filter_map(|row| row.interval.as_ref())
            .flat_map(|interval| [interval.low, interval.high])
    };
    let low = ends().fold(0.0, f64::min);
    let high = ends().fold(0.0, f64::max);
    let x = Axis::linear(-0.6, rows.len() as f64 - 0.4, 0.0, WIDTH);
    let y = Axis::linear(low, high.max(low + 1e-9), HEIGHT, 2.0);
    let places: Vec<f64> = (0..rows.len()).map(|at| at as f64).collect();
    let drawn = html! {
        (plot::levels(&y, &y.ticks_in(unit, 3), |tick| moved(unit, tick)))
        line.mark.p50 x1="0" x2=(WIDTH) y1=(y.at(0.0)) y2=(y.at(0.0)) {}
        @for (row, &place) in rows.iter().zip(&places) {
            @let middle = x.at(place);
            @if let Some(interval) = &row.interval {
                line.interval x1=(middle) x2=(middle) y1=(y.at(interval.low)) y2=(y.at(interval.high)) {}
            }
            circle.estimate cx=(middle) cy=(y.at(row.difference)) r="4" {}
        }
        (plot::foot(&x, &places, HEIGHT, |place| rows.get(place as usize).map_or_else(String::new, |row| name(row.p))))
    };
    let label = "the shift of each decile with its interval; the table beneath has the numbers";
    html! {
        figure {
            (plot::picture(label, -4.0, HEIGHT, &drawn))
            figcaption { "How far each decile has moved: level means the same everywhere, rising to the right a longer tail." }
        }
    }
}

fn name(p: f64) -> String {
    format!("p{}", (1e4 * p).round() / 100.0)
}

/// With its sign.
fn moved(unit: Unit, by: f64) -> String {
    let sign = if by < 0.0 { "-" } else { "+" };
    format!("{sign}{}", unit.print(by.abs()))
}
