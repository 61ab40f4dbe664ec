//! In: a snapshot's calling contexts. Out: the call tree by time, and by allocations where they were counted, as pictures and a table.

use crate::report::page::icicle::{chart, whole};
use crate::report::tree;
use crate::snapshot::{Snapshot, Weight};
use crate::units::{bytes, count};
use maud::{Markup, html};

/// Contexts in the table.
const LISTED: usize = 60;

/// The section; nothing where no calling context was kept.
pub(super) fn section(page: usize, snapshot: &Snapshot) -> Markup {
    if snapshot.contexts.is_empty() {
        return html! {};
    }
    let charts: Vec<(Weight, Markup)> = Weight::ALL
        .into_iter()
        .filter_map(|by| Some((by, chart(&snapshot.contexts, by)?)))
        .collect();
    html! {
        section.flame id=(format!("tree-{page}")) aria-labelledby=(format!("tree-title-{page}")) {
            h2 id=(format!("tree-title-{page}")) { (tree::TITLE) }
            p.quiet { "Callers above, callees below; as wide as what was taken by itself and all beneath." span.needs-script hidden { " Choose a box to see it in full width; Escape shows all, arrow keys go from box to box." } }
            div.needs-script hidden {
                @if charts.len() > 1 {
                    p role="group" aria-label="what the call tree is drawn by" {
                        "By "
                        @for (at, (by, _)) in charts.iter().enumerate() {
                            button type="button" data-by=(by.name()) aria-pressed=(if at == 0 { "true" } else { "false" }) { (title(*by)) }
                            " "
                        }
                    }
                }
                p {
                    label { "Find " input type="search" data-find autocomplete="off"; }
                    " " span.quiet data-found aria-live="polite" {}
                }
            }
            @for (by, chart) in &charts {
                div.weighed data-weight=(by.name()) data-whole=(whole(*by)) {
                    @if charts.len() > 1 { p.quiet { "By " (title(*by)) @if *by != Weight::SelfTime { ", of sites that count their allocations" } ":" } }
                    (chart)
                }
            }
            (table(snapshot))
        }
    }
}

fn title(by: Weight) -> &'static str {
    match by {
        Weight::SelfTime => "self time",
        other => whole(other),
    }
}

fn table(snapshot: &Snapshot) -> Markup {
    let (nodes, hidden) = tree::nodes(snapshot, LISTED);
    let counts = nodes.iter().any(|node| node.allocations.is_some());
    html! {
        details {
            summary { "the tree as a table" }
            div.scroll tabindex="0" role="group" aria-label="the tree as a table" {
                table.plain {
                    thead { tr {
                        th scope="col" { "site" }
                        @for title in tree::TITLES { th scope="col" { (title) } }
                        @if counts { th scope="col" { "own allocations" } th scope="col" { "their bytes" } }
                    } }
                    tbody {
                        @for node in &nodes {
                            tr {
                                th scope="row" { (indent(node.depth)) (node.name) }
                                @for cell in &node.cells { td { (cell) } }
                                @if counts {
                                    td { @if let Some(taken) = node.allocations { (count(taken.count)) } }
                                    td { @if let Some(taken) = node.allocations { (bytes(taken.bytes as f64)) } }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(hidden) = hidden { p.quiet { (hidden) } }
            @if nodes.iter().any(|node| node.sampled) { p.quiet { (tree::ESTIMATED) } }
        }
    }
}

fn indent(depth: usize) -> String {
    "\u{a0}\u{a0}".repeat(depth.min(40))
}
