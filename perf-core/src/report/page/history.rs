//! In: a history's entries and where they changed. Out: each changed number over time with its levels and commits; the steady ones as a table.

use crate::history::{Answer, Began, Changes, Entry, LEAST, Level, Series};
use crate::judge::{Metric, Unit};
use crate::report::page::axis::Axis;
use crate::report::page::frame::moment;
use crate::report::page::plot::{self, WIDTH};
use crate::units::percent;
use maud::{Markup, html};
use std::fmt::Write;

/// Pixels of a plot's height.
const HEIGHT: f64 = 100.0;
/// A word at a change further right than this share of the plot stands on the left of its line.
const LATE: f64 = 0.8;

/// Points of a picture; of more, every second, third, ... is drawn.
const POINTS: usize = 1_000;
/// Numbers drawn; the others are listed.
const DRAWN: usize = 60;

/// The lines of the first screen: what changed last.
pub(super) fn headlines(number: usize, changes: &Changes) -> Markup {
    let mut all: Vec<(&Series, &Level)> = changes
        .series
        .iter()
        .filter_map(|series| Some((series, levels(series).last().filter(|l| l.began.is_some())?)))
        .collect();
    all.sort_by_key(|(_, level)| {
        std::cmp::Reverse(level.began.as_ref().map_or(0, |began| began.unix_ms))
    });
    html! {
        @for (series, level) in all.iter().take(3) {
            @if let Some(began) = &level.began {
                li.warns[is_worse(began)] { a href=(format!("#history-{number}")) { (name(series)) ": " (words(began, unit(series), level.median)) } }
            }
        }
        @if all.is_empty() { li { "No number of the history changed." } }
        li { (changes.judged()) " numbers judged, " (format!("{:.2}", changes.false_alarms_expected())) " false alarms expected among them." }
    }
}

/// The section.
pub(super) fn section(number: usize, entries: &[Entry], changes: &Changes) -> Markup {
    let (changed, steady): (Vec<&Series>, Vec<&Series>) = changes
        .series
        .iter()
        .partition(|series| levels(series).len() > 1);
    let (drawn, listed) = changed.split_at(changed.len().min(DRAWN));
    let rest: Vec<&Series> = listed.iter().chain(&steady).copied().collect();
    html! {
        section.history id=(format!("history-{number}")) aria-labelledby=(format!("history-title-{number}")) {
            h2 id=(format!("history-title-{number}")) { "History: " (entries.len()) " entries" }
            @for series in drawn { (changed_series(series, entries)) }
            @if !rest.is_empty() { (others(&rest, drawn.is_empty())) }
            p.quiet { "A steady number is said to have changed with a probability of " (percent(changes.alpha)) " (E-divisive, permutations)." }
        }
    }
}

fn levels(series: &Series) -> &[Level] {
    match &series.answer {
        Answer::Levels(levels) => levels,
        Answer::TooFew => &[],
    }
}

fn unit(series: &Series) -> Unit {
    series
        .metric
        .parse::<Metric>()
        .map_or(Unit::Other, |metric| metric.unit())
}

fn name(series: &Series) -> String {
    let of = series.workload.iter().map(|work| format!(" on {work}"));
    format!(
        "{}{} {}",
        series.program,
        of.collect::<String>(),
        series.metric
    )
}

/// More is worse for all that runs hold.
fn is_worse(began: &Began) -> bool {
    began.change.is_some_and(|(_, low, _)| low > 0.0)
}

fn short(commit: Option<&String>) -> String {
    let text = commit.map_or("unknown", String::as_str);
    text.chars().take(10).collect()
}

fn change_words(began: &Began) -> String {
    began
        .change
        .map_or_else(String::new, |(estimate, low, high)| {
            format!(
                "{:+.1} % [{:+.1}, {:+.1}]",
                100.0 * estimate,
                100.0 * low,
                100.0 * high
            )
        })
}

fn words(began: &Began, unit: Unit, median: f64) -> String {
    format!(
        "{} since {} (after {}), {}",
        unit.print(median),
        short(began.commit.as_ref()),
        short(began.after.as_ref()),
        change_words(began)
    )
}

/// Its values and commits, oldest first, as `check` took them.
fn points<'a>(series: &Series, entries: &'a [Entry]) -> Vec<(&'a Entry, f64)> {
    let same = |entry: &&Entry| {
        entry.program == series.program
            && entry.workload == series.workload
            && entry.machine == series.machine
    };
    let value = |entry: &'a Entry| Some((entry, *entry.values.get(&series.metric)?));
    let all = entries.iter().filter(same).filter_map(value);
    all.filter(|point| point.1.is_finite()).collect()
}

fn changed_series(series: &Series, entries: &[Entry]) -> Markup {
    let worse = levels(series)
        .last()
        .and_then(|level| level.began.as_ref())
        .is_some_and(is_worse);
    html! {
        article.regressed[worse] {
            h3 { (name(series)) }
            (picture(series, &points(series, entries)))
            div.scroll tabindex="0" role="group" aria-label=(format!("levels of {}", name(series))) { (level_table(series)) }
        }
    }
}

fn picture(series: &Series, points: &[(&Entry, f64)]) -> Markup {
    let values = || points.iter().map(|point| point.1);
    let (low, high) = (
        values().fold(f64::INFINITY, f64::min),
        values().fold(f64::NEG_INFINITY, f64::max),
    );
    let room = (high - low).max(high.abs() * 1e-3) * 0.08;
    let x = Axis::linear(-0.5, points.len() as f64 - 0.5, 0.0, WIDTH);
    let y = Axis::linear(low - room, high + room, HEIGHT, 2.0);
    let unit = unit(series);
    let mut dots = String::new();
    let every = points.len().div_ceil(POINTS).max(1);
    for (at, point) in points.iter().enumerate().step_by(every) {
        let _ = write!(dots, "M{} {}h0", x.at(at as f64), y.at(point.1));
    }
    let mut from = 0;
    let steps: Vec<(usize, &Level)> = levels(series)
        .iter()
        .map(|level| {
            let start = from;
            from += level.entries;
            (start, level)
        })
        .collect();
    let drawn = html! {
        (plot::levels(&y, &y.ticks_in(unit, 4), |tick| unit.print(tick)))
        path.dots d=(dots) {}
        @for (start, level) in &steps {
            @let (left, right) = (x.at(*start as f64 - 0.5), x.at((start + level.entries) as f64 - 0.5));
            line.interval x1=(left) x2=(right) y1=(y.at(level.median)) y2=(y.at(level.median)) {}
            @if let Some(began) = &level.began {
                line.limit x1=(left) x2=(left) y1="-2" y2=(HEIGHT) { title { (words(began, unit, level.median)) } }
                text class=(if left > LATE * WIDTH { "end" } else { "middle" }) x=(left) y="-6" { (short(began.commit.as_ref())) }
            }
        }
        @for (at, anchor) in [(0, "side"), (points.len().saturating_sub(1), "end side")] {
            @if let Some((entry, _)) = points.get(at) {
                text class=(anchor) x=(if at == 0 { 0.0 } else { WIDTH }) y=(HEIGHT + 23.0) { (moment(entry.unix_ms)) }
            }
        }
    };
    let label = format!(
        "{} over time, {} levels; the table beneath has the numbers",
        series.metric,
        steps.len()
    );
    html! {
        figure {
            (plot::picture(&label, -24.0, HEIGHT, &drawn))
            figcaption { (points.len()) " entries in the order in which they were added; lines are the levels' medians, each broken line a change with the commit where it began." }
        }
    }
}

fn level_table(series: &Series) -> Markup {
    let unit = unit(series);
    html! {
        table.plain {
            thead { tr { @for title in ["level", "entries", "began with", "after", "when", "change", "p"] { th scope="col" { (title) } } } }
            tbody {
                @for level in levels(series) {
                    tr {
                        th scope="row" { (unit.print(level.median)) }
                        td.number { (level.entries) }
                        @if let Some(began) = &level.began {
                            td { (short(began.commit.as_ref())) }
                            td { (short(began.after.as_ref())) }
                            td { (moment(began.unix_ms)) }
                            td.number { (change_words(began)) }
                            td.number { (percent(began.p)) }
                        } @else { td colspan="5" { "the first" } }
                    }
                }
            }
        }
    }
}

fn others(rest: &[&Series], open: bool) -> Markup {
    html! {
        details open[open] {
            summary { (rest.len()) " further numbers" }
            div.scroll tabindex="0" role="group" aria-label="further numbers" {
                table.plain {
                    thead { tr { @for title in ["number", "entries", "answer"] { th scope="col" { (title) } } } }
                    tbody {
                        @for series in rest {
                            tr {
                                th scope="row" { (name(series)) }
                                td.number { (series.entries) }
                                td {
                                    @match levels(series).last() {
                                        None => { "not judged: " (LEAST) " entries are needed" },
                                        Some(level) => {
                                            @match &level.began {
                                                None => { "steady at " (unit(series).print(level.median)) },
                                                Some(began) => { (words(began, unit(series), level.median)) },
                                            }
                                        },
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
