//! In: the report's rows. Out: the table of sites: sortable, searchable, each with its distribution, callers and callees to unfold.

use crate::report::column::Column;
use crate::report::model::{Line, Model};
use crate::report::page::axis::Axis;
use crate::report::page::calls;
use crate::report::page::distribution::{self, SMALL};
use crate::snapshot::{Context, Row, Snapshot};
use crate::units::{count, duration};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Callers and callees that are named.
const NAMED: usize = 12;

/// What a link to the row of this number points at; `page` tells the runs of one page apart.
pub(super) fn anchor(page: usize, row: usize) -> String {
    format!("site-{page}-{row}")
}

/// The section.
pub(super) fn section(page: usize, snapshot: &Snapshot, model: &Model<'_>) -> Markup {
    let recorded = || {
        model
            .rows
            .iter()
            .map(|line| line.row)
            .filter(|row| row.recorded > 0)
    };
    let low = recorded()
        .map(|row| row.min_ns)
        .fold(f64::INFINITY, f64::min);
    let high = recorded().map(|row| row.max_ns).fold(1.0, f64::max);
    let axis = Axis::logarithmic(low.clamp(1.0, 1e18), high, 1.0, SMALL.0 - 1.0);
    let columns = Column::of(snapshot);
    html! {
        section.sites id=(format!("sites-{page}")) aria-labelledby=(format!("sites-title-{page}")) {
            h2 id=(format!("sites-title-{page}")) { "Sites" }
            @if model.rows.is_empty() {
                p { (crate::report::frame::EMPTY) }
            } @else {
                p.needs-script hidden {
                    label { "Search " input type="search" data-search autocomplete="off"; }
                    " " span.quiet data-found aria-live="polite" {}
                }
                div.scroll tabindex="0" role="group" aria-label="table of sites" {
                    table.sorted {
                        thead { tr { (heads(&axis, &columns)) } }
                        @for (at, line) in model.rows.iter().enumerate() {
                            (site(&anchor(page, at), line, &axis, snapshot, &columns))
                        }
                    }
                }
            }
        }
    }
}

fn heads(axis: &Axis, columns: &[Column]) -> Markup {
    let (low, high) = axis.ends();
    html! {
        th scope="col" data-sort="text" { "site" }
        th scope="col" {
            "distribution"
            span.quiet { (duration(low)) " to " (duration(high)) ", logarithmic" }
        }
        @for &column in columns {
            th.number scope="col" data-sort="number" aria-sort=[(column == Column::SelfTime).then_some("descending")] { (column.title()) }
        }
    }
}

/// What a column is sorted by, before it is rounded.
fn value(row: &Row, column: Column) -> f64 {
    let quantile = |p: f64| row.quantile(p).map_or(-1.0, |estimate| estimate.value);
    match column {
        Column::Calls => row.calls as f64,
        Column::SelfTime | Column::Share => row.self_ns,
        Column::Total => row.total_ns,
        Column::Mean => row.mean_ns().unwrap_or(-1.0),
        Column::P50 => quantile(0.5),
        Column::P90 => quantile(0.9),
        Column::P99 => quantile(0.99),
        Column::Max => row.max_ns,
        Column::Allocs => row
            .allocations
            .map_or(-1.0, |taken| 1e3 * taken.own_count_per_call()),
        Column::OnCpu => row
            .cpu
            .map_or(-1.0, |cpu| 1e6 * cpu.on_cpu_ns / row.total_ns.max(1.0)),
        Column::Faults => row
            .faults
            .map_or(-1.0, |met| 1e3 * met.own_faults_per_call()),
    }
}

fn site(
    anchor: &str,
    line: &Line<'_>,
    axis: &Axis,
    snapshot: &Snapshot,
    columns: &[Column],
) -> Markup {
    let row = line.row;
    html! {
        tbody id=(anchor) {
            tr {
                th scope="row" { (breakable(&row.id)) }
                td { (distribution::small(row, axis)) }
                @for &column in columns {
                    td.number data-value=(value(row, column).round()) { (line.cell(column)) }
                }
            }
            tr.more {
                td colspan=(columns.len() + 2) {
                    details {
                        summary { "more" span.unseen { " about " (row.id) } }
                        ul.remarks {
                            li { (row.file) ":" (row.line) }
                            @for detail in &line.details {
                                li.warns[detail.warns] { (detail.text) }
                            }
                        }
                        (distribution::large(row))
                        (calls::picture(row, snapshot))
                        (neighbours(row, snapshot))
                    }
                }
            }
        }
    }
}

/// A path with places where a line may end.
fn breakable(name: &str) -> Markup {
    html! {
        @for (at, part) in name.split("::").enumerate() { @if at > 0 { "::" wbr; } (part) }
    }
}

/// Who called the site, and whom it called, where calling context was kept.
fn neighbours(row: &Row, snapshot: &Snapshot) -> Markup {
    let mut callers: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    let mut callees: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    let mut add = |into: bool, name, context: &Context| {
        let map = if into { &mut callees } else { &mut callers };
        let known = map.entry(name).or_insert((0, 0.0));
        known.0 += context.calls;
        known.1 += context.total_ns;
    };
    for context in &snapshot.contexts {
        let mut from_end = context.path.iter().rev().map(String::as_str);
        let (own, caller) = (from_end.next(), from_end.next());
        if own == Some(row.id.as_str()) {
            add(false, caller.unwrap_or("(nobody measured)"), context);
        } else if let (Some(own), true) = (own, caller == Some(row.id.as_str())) {
            add(true, own, context);
        }
    }
    html! {
        @for (title, map) in [("Called by", callers), ("Calls", callees)] {
            @if !map.is_empty() {
                table.plain {
                    caption { (title) }
                    thead { tr { th scope="col" { "site" } th scope="col" { "calls" } th scope="col" { "total" } } }
                    tbody {
                        @for (name, (calls, total)) in heaviest(map) {
                            tr { th scope="row" { (name) } td { (count(calls)) } td { (duration(total)) } }
                        }
                    }
                }
            }
        }
    }
}

fn heaviest(map: BTreeMap<&str, (u64, f64)>) -> Vec<(&str, (u64, f64))> {
    let mut all: Vec<_> = map.into_iter().collect();
    all.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
    all.truncate(NAMED);
    all
}
