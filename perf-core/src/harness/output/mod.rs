//! In: measurements and failures. Out: what is printed of them, in the format asked for.

pub(super) mod criterion_files;
pub(super) mod json;
pub(super) mod lines;
pub(super) mod markdown;
#[cfg_attr(not(feature = "html"), path = "no_page.rs")]
pub(super) mod page;
pub(super) mod text;

use super::arguments::Format;
use super::measurement::Measurement;
use super::peer::Failure;
use crate::judge::Comparison;
use crate::{escape, units};
use std::time::Duration;

/// What became of one benchmark.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) measured: Result<Measurement, Failure>,
}

/// Wider names are not padded to.
const WIDEST: usize = 60;

/// The column that names take.
pub(super) fn width<'a>(ids: impl Iterator<Item = &'a str>) -> usize {
    ids.map(|id| escape::width(&escape::terminal(id)))
        .filter(|&width| width <= WIDEST)
        .max()
        .unwrap_or(0)
}

/// All of it at once, for formats that are one document or that only machines read.
pub(super) fn whole(format: Format, lines: &[Line], alternatives: &[Comparison]) -> String {
    match format {
        Format::Text => {
            let width = width(lines.iter().map(|line| line.id.as_str()));
            lines.iter().map(|line| text::line(line, width)).collect()
        }
        Format::Json => json::measurements(lines, alternatives),
        Format::Markdown => {
            let compared: String = alternatives
                .iter()
                .map(|one| one.report().markdown())
                .collect();
            format!("{}{compared}", markdown::table(lines))
        }
        Format::Bencher => lines::bencher(lines),
        Format::Go => lines::go(lines),
        Format::Bmf => json::bmf(lines),
        Format::GithubAction => json::github_action(lines),
    }
}

/// What holds for all: on standard error, since results alone go to standard output.
pub(super) fn foot(lines: &[Line], took: Duration) {
    let measured = || lines.iter().filter_map(|line| line.measured.as_ref().ok());
    let loops: Vec<f64> = measured().map(Measurement::loop_cost).collect();
    let kind = measured().next().map(|one| &one.kind);
    if let Some(kind) = kind.filter(|kind| !kind.is_time()) {
        let loop_cost = perf_stats::describe::median(&loops).unwrap_or(f64::NAN);
        let by = if kind.is_instructions() {
            "counted by callgrind within the measured loops alone"
        } else {
            "read around the measured loops"
        };
        eprintln!(
            "{by} · taken off: the loop's own {} an iteration · {} a benchmark",
            kind.print(loop_cost),
            units::duration(took.as_nanos() as f64 / loops.len() as f64),
        );
        return;
    }
    if let Ok(loop_ns) = perf_stats::describe::median(&loops) {
        let clock = crate::clock::Clock::global().info();
        eprintln!(
            "intervals: 95 %, over fresh processes · taken off: the loop's own cost, {} an iteration · clock: {}, step {}",
            units::duration(loop_ns),
            clock.source,
            units::duration(clock.resolution_ns),
        );
    }
}
