//! In: a snapshot's resources. Out: peaks against limits in words, and how they went over time as pictures.

use crate::report::page::axis::{Axis, rounded};
use crate::report::resources::{self, TITLE};
use crate::snapshot::{ResourceUnit, Series, Snapshot};
use crate::units::{bytes, count, duration};
use maud::{Markup, html};
use std::fmt::Write;

/// Pixels of a picture's plot.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 90.0;
const LEFT: f64 = 70.0;

/// The section; nothing where no resource was read.
pub(super) fn section(page: usize, snapshot: &Snapshot) -> Markup {
    let remarks = resources::remarks(snapshot);
    let Some(known) = &snapshot.resources else {
        return html! {};
    };
    html! {
        section.resources id=(format!("resources-{page}")) aria-labelledby=(format!("resources-title-{page}")) {
            h2 id=(format!("resources-title-{page}")) { (capital(TITLE)) }
            dl {
                @for remark in &remarks {
                    dt { (remark.label) }
                    dd.warns[remark.warns] { (remark.text) }
                }
            }
            @for series in known.series.iter().filter(|series| series.steps.len() > 1) {
                (picture(series, known.level(&series.name).and_then(|level| level.limit)))
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn amount(value: f64, unit: ResourceUnit) -> String {
    match unit {
        ResourceUnit::Bytes => bytes(value),
        ResourceUnit::Nanoseconds => duration(value),
        _ if value.fract() == 0.0 && value.abs() < 1e15 => count(value.max(0.0) as u64),
        _ => format!("{value:.2}"),
    }
}

/// Mean as a line, least to greatest as a band, the limit where it is near enough to be seen.
fn picture(series: &Series, limit: Option<u64>) -> Markup {
    let least = series.least().unwrap_or(0.0).min(0.0);
    let greatest = series.greatest().unwrap_or(1.0);
    let limit = limit
        .map(|limit| limit as f64)
        .filter(|&limit| limit <= 3.0 * greatest);
    let to = series.steps.last().map_or(1, |step| step.to_ns) as f64 / 1e9;
    let x = Axis::linear(0.0, to, 0.0, WIDTH);
    let y = Axis::linear(least, limit.unwrap_or(greatest).max(greatest), HEIGHT, 2.0);
    let mut band = String::new();
    let mut line = String::new();
    for (at, step) in series.steps.iter().enumerate() {
        let command = if at == 0 { 'M' } else { 'L' };
        let here = x.at(step.middle_s());
        let _ = write!(line, "{command}{here} {}", y.at(step.mean));
        let _ = write!(band, "{command}{here} {}", y.at(step.greatest));
    }
    for step in series.steps.iter().rev() {
        let _ = write!(band, "L{} {}", x.at(step.middle_s()), y.at(step.least));
    }
    band.push('z');
    let unit = series.unit;
    let ticks = if unit == ResourceUnit::Bytes {
        y.binary_ticks(3)
    } else {
        y.ticks(3)
    };
    html! {
        figure {
            svg.large viewBox=(format!("{} -6 {} {}", -LEFT, WIDTH + LEFT + 8.0, HEIGHT + 26.0)) role="img" aria-label=(format!("{} over time", series.name)) {
                @for tick in ticks {
                    line.grid x1="0" x2=(WIDTH) y1=(y.at(tick)) y2=(y.at(tick)) {}
                    text.end x="-6" y=(rounded(y.at(tick) + 4.0)) { (amount(tick, unit)) }
                }
                path.band d=(band) {}
                path.line d=(line) {}
                @if let Some(limit) = limit {
                    line.limit x1="0" x2=(WIDTH) y1=(y.at(limit)) y2=(y.at(limit)) { title { "limit " (amount(limit, unit)) } }
                }
                @for tick in x.ticks(8) {
                    text.middle x=(x.at(tick)) y=(HEIGHT + 16.0) { (duration(tick * 1e9)) }
                }
            }
            figcaption {
                (series.name) ": " (amount(series.least().unwrap_or(0.0), unit)) " to " (amount(greatest, unit))
                ", " (count(series.samples())) " samples in " (count(series.steps.len() as u64)) " steps"
                @if let Some(limit) = limit { "; limit " (amount(limit, unit)) }
                "."
            }
        }
    }
}
