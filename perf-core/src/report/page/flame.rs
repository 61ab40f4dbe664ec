//! In: a snapshot's calling contexts. Out: the call tree as an icicle chart, wide where time was spent, and as a table.

use crate::report::page::axis::rounded;
use crate::report::tree;
use crate::snapshot::{Context, Snapshot};
use crate::units::{count, duration, percent};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Pixels.
const WIDTH: f64 = 1_000.0;
const ROW: f64 = 20.0;

/// What is narrower than this share of the whole is not drawn.
const LEAST: f64 = 0.000_5;

/// Contexts in the table.
const LISTED: usize = 60;

/// A place in the tree.
#[derive(Default)]
struct Node<'a> {
    own: Option<&'a Context>,
    beneath: f64, // self time here and below, nanoseconds
    children: BTreeMap<&'a str, Node<'a>>,
}

/// A box of the chart.
struct Box<'a> {
    name: &'a str,
    depth: usize,
    from: f64,  // share of the whole, 0 to 1
    share: f64, // likewise
    title: String,
}

/// The section; nothing where no calling context was kept.
pub(super) fn section(page: usize, snapshot: &Snapshot) -> Markup {
    if snapshot.contexts.is_empty() {
        return html! {};
    }
    let root = tree_of(&snapshot.contexts);
    let mut boxes = Vec::new();
    lay_out(&root, root.beneath.max(1e-300), 0, 0.0, &mut boxes);
    let deepest = boxes.iter().map(|one| one.depth).max().unwrap_or(0);
    let height = (deepest + 1) as f64 * ROW;
    let (nodes, hidden) = tree::nodes(snapshot, LISTED);
    html! {
        section.flame id=(format!("tree-{page}")) aria-labelledby=(format!("tree-title-{page}")) {
            h2 id=(format!("tree-title-{page}")) { (tree::TITLE) }
            p.quiet { "Callers above, callees below; as wide as the self time of all beneath." span.needs-script hidden { " Choose a box to see it in full width; Escape shows all." } }
            p.needs-script hidden {
                label { "Find " input type="search" data-find autocomplete="off"; }
                " " span.quiet data-found aria-live="polite" {}
            }
            div.scroll tabindex="0" role="region" aria-label="call tree as a picture" {
                svg.icicle viewBox=(format!("0 0 {WIDTH} {height}")) preserveAspectRatio="none" width="100%" height=(height) role="group" aria-label="call tree" {
                    @for one in &boxes {
                        svg class=(format!("hue{}", hue(one.name))) data-from=(short(one.from)) data-share=(short(one.share)) data-depth=(one.depth)
                            x=(rounded(one.from * WIDTH)) y=(one.depth as f64 * ROW) width=(rounded(one.share * WIDTH)) height=(ROW) tabindex="0" role="button" aria-label=(one.title) {
                            title { (one.title) }
                            rect width="100%" height=(ROW - 1.0) {}
                            text x="4" y=(ROW - 6.0) { (one.name) }
                        }
                    }
                }
            }
            details {
                summary { "the tree as a table" }
                table.plain {
                    thead { tr { th scope="col" { "site" } @for title in tree::TITLES { th scope="col" { (title) } } } }
                    tbody {
                        @for node in &nodes {
                            tr { th scope="row" { (indent(node.depth)) (node.name) } @for cell in &node.cells { td { (cell) } } }
                        }
                    }
                }
                @if let Some(hidden) = hidden { p.quiet { (hidden) } }
                @if nodes.iter().any(|node| node.sampled) { p.quiet { (tree::ESTIMATED) } }
            }
        }
    }
}

fn indent(depth: usize) -> String {
    "\u{a0}\u{a0}".repeat(depth.min(40))
}

/// Four decimals.
fn short(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

/// One of six colours, the same for a name wherever it stands.
fn hue(name: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(name.as_bytes()) % 6
}

fn tree_of(contexts: &[Context]) -> Node<'_> {
    let mut root = Node::default();
    for context in contexts {
        let own = context.self_ns.max(0.0);
        root.beneath += own;
        let mut at = &mut root;
        for name in &context.path {
            at = at.children.entry(name).or_default();
            at.beneath += own;
        }
        at.own = Some(context);
    }
    root
}

fn lay_out<'a>(node: &Node<'a>, all: f64, depth: usize, from: f64, into: &mut Vec<Box<'a>>) {
    let mut from = from;
    let mut children: Vec<_> = node.children.iter().collect();
    children.sort_by(|a, b| b.1.beneath.total_cmp(&a.1.beneath));
    for (name, child) in children {
        let share = child.beneath / all;
        if share < LEAST {
            break;
        }
        let own = child.own.map_or_else(String::new, |own| {
            format!(
                "; {} calls, self {}, total {}",
                count(own.calls),
                duration(own.self_ns),
                duration(own.total_ns)
            )
        });
        into.push(Box {
            name,
            depth,
            from,
            share,
            title: format!("{name}: {} of the time{own}", percent(share)),
        });
        lay_out(child, all, depth + 1, from, into);
        from += share;
    }
}
