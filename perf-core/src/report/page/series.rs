//! In: a series of a resource. Out: its picture over time, with limits, their crossings and sessions marked.

use crate::report::page::axis::{Axis, rounded};
use crate::report::page::marks;
use crate::report::page::plot::{self, WIDTH};
use crate::snapshot::{ResourceUnit, Resources, Series};
use crate::units::{bytes, count, duration};
use maud::{Markup, html};
use std::fmt::Write;

/// Pixels of the plot's height.
const HEIGHT: f64 = 90.0;

/// A limit that is further above the greatest value is not drawn: the values would lie flat on the ground.
const NEAR: f64 = 3.0;

/// A value with its unit.
pub(super) fn amount(value: f64, unit: ResourceUnit) -> String {
    match unit {
        ResourceUnit::Bytes => bytes(value),
        ResourceUnit::Nanoseconds => duration(value),
        _ if value.fract() == 0.0 && value.abs() < 1e15 => count(value.max(0.0) as u64),
        _ => format!("{value:.2}"),
    }
}

/// What a series is of, in words.
fn title(name: &str) -> &str {
    match name {
        "rss" => "resident memory",
        "anonymous" => "anonymous memory",
        "live" => "live bytes, as the allocator counts them",
        "cpu" => "CPUs in use",
        "machine_memory" => "the machine's memory in use",
        "cgroup_memory" => "the control group's memory in use",
        other => other,
    }
}

/// Mean as a line, least to greatest as a band, limits where they are near enough to be seen.
pub(super) fn picture(series: &Series, known: &Resources) -> Markup {
    let unit = series.unit;
    let limits = marks::limits(known, &series.name);
    let greatest = series.greatest().unwrap_or(1.0);
    let drawn = || limits.iter().filter(|limit| limit.value <= NEAR * greatest);
    let top = drawn().map(|limit| limit.value).fold(greatest, f64::max);
    let x = marks::time(known);
    let y = Axis::linear(series.least().unwrap_or(0.0).min(0.0), top, HEIGHT, 2.0);
    let (line, band) = paths(series, &x, &y);
    let ticks = if unit == ResourceUnit::Bytes {
        y.binary_ticks(3)
    } else {
        y.ticks(3)
    };
    let drawn = html! {
        (plot::levels(&y, &ticks, |tick| amount(tick, unit)))
        path.band d=(band) {}
        path.line d=(line) {}
        (marks::session_lines(known, &x, HEIGHT))
        @for limit in drawn() {
            @let at = y.at(limit.value);
            line.limit x1="0" x2=(WIDTH) y1=(at) y2=(at) {}
            text.end.halo x=(WIDTH - 4.0) y=(rounded(at + 18.0)) { (limit.words) " " (amount(limit.value, unit)) }
        }
        (marks::crossings(known, &series.name, unit, &x, &y))
        (plot::foot(&x, &x.ticks(8), HEIGHT, |tick| duration(tick * 1e9)))
    };
    html! {
        figure {
            (plot::picture(&format!("{} over time", title(&series.name)), -6.0, HEIGHT, &drawn))
            figcaption {
                (title(&series.name)) ": " (amount(series.least().unwrap_or(0.0), unit)) " to " (amount(greatest, unit))
                ", " (count(series.samples())) " samples in " (count(series.steps.len() as u64)) " steps"
                @for limit in &limits { "; " (limit.words) " " (amount(limit.value, unit)) }
                @if let Some(crossed) = marks::crossed_words(known, &series.name, unit) { "; " span.warns { (crossed) } }
                "."
            }
        }
    }
}

/// The line of the means, and the band around it.
fn paths(series: &Series, x: &Axis, y: &Axis) -> (String, String) {
    let (mut line, mut band) = (String::new(), String::new());
    for (at, step) in series.steps.iter().enumerate() {
        let command = if at == 0 { 'M' } else { 'L' };
        let here = x.at(step.middle_s());
        // A string takes whatever is written.
        let _ = write!(line, "{command}{here} {}", y.at(step.mean));
        let _ = write!(band, "{command}{here} {}", y.at(step.greatest));
    }
    for step in series.steps.iter().rev() {
        let _ = write!(band, "L{} {}", x.at(step.middle_s()), y.at(step.least));
    }
    band.push('z');
    (line, band)
}
