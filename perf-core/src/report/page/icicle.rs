//! In: calling contexts and what they are weighed by. Out: the call tree as an icicle chart, wide where most of it was taken.

use crate::report::page::axis::rounded;
use crate::snapshot::{Context, Weight};
use crate::units::{bytes, count, duration, percent};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Pixels.
const WIDTH: f64 = 1_000.0;
const ROW: f64 = 20.0;

/// What is narrower than this share of the whole is not drawn.
const LEAST: f64 = 0.000_5;

/// A place in the tree.
#[derive(Default)]
struct Node<'a> {
    own: Option<&'a Context>,
    beneath: f64, // what it weighs with all below
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

/// What the whole of a chart is, and how its boxes are described.
pub(super) fn whole(by: Weight) -> &'static str {
    match by {
        Weight::SelfTime => "time",
        Weight::Allocations => "allocations",
        Weight::Bytes => "allocated bytes",
    }
}

/// The chart; nothing where the tree weighs nothing.
pub(super) fn chart(contexts: &[Context], by: Weight) -> Option<Markup> {
    let root = tree_of(contexts, by);
    if root.beneath <= 0.0 {
        return None;
    }
    let mut boxes = Vec::new();
    lay_out(&root, &root, by, 0, 0.0, &mut boxes);
    let deepest = boxes.iter().map(|one| one.depth).max().unwrap_or(0);
    let height = (deepest + 1) as f64 * ROW;
    let label = format!("call tree by {}", whole(by));
    Some(html! {
        div.scroll tabindex="0" role="group" aria-label=(format!("{label} as a picture")) {
            svg.icicle viewBox=(format!("0 0 {WIDTH} {height}")) preserveAspectRatio="none" width="100%" height=(height) role="group" aria-label=(label) {
                @for one in &boxes {
                    svg class=(format!("hue{}", hue(one.name))) data-from=(short(one.from)) data-share=(short(one.share)) data-depth=(one.depth)
                        x=(rounded(one.from * WIDTH)) y=(one.depth as f64 * ROW) width=(rounded(one.share * WIDTH)) height=(ROW) role="img" aria-label=(one.title) {
                        title { (one.title) }
                        rect width="100%" height=(ROW - 1.0) {}
                        text x="4" y=(ROW - 6.0) { (one.name) }
                    }
                }
            }
        }
    })
}

/// Six decimals.
fn short(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

/// One of six colours, the same for a name wherever it stands.
fn hue(name: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(name.as_bytes()) % 6
}

fn tree_of(contexts: &[Context], by: Weight) -> Node<'_> {
    let mut root = Node::default();
    for context in contexts {
        let own = context.weight(by).unwrap_or(0.0);
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

fn lay_out<'a>(
    root: &Node<'a>,
    node: &Node<'a>,
    by: Weight,
    depth: usize,
    from: f64,
    into: &mut Vec<Box<'a>>,
) {
    let mut from = from;
    let mut children: Vec<_> = node.children.iter().collect();
    children.sort_by(|a, b| b.1.beneath.total_cmp(&a.1.beneath));
    for (name, child) in children {
        let share = child.beneath / root.beneath;
        if share < LEAST {
            break;
        }
        let own = child.own.map_or_else(String::new, |own| words(own, by));
        into.push(Box {
            name,
            depth,
            from,
            share,
            title: format!("{name}: {} of the {}{own}", percent(share), whole(by)),
        });
        lay_out(root, child, by, depth + 1, from, into);
        from += share;
    }
}

/// A context's own numbers.
fn words(own: &Context, by: Weight) -> String {
    let calls = count(own.calls);
    match (by, own.allocations) {
        (Weight::SelfTime, _) => format!(
            "; {calls} calls, self {}, total {}",
            duration(own.self_ns),
            duration(own.total_ns)
        ),
        (_, Some(taken)) => format!(
            "; {calls} calls, {} allocations of its own, {}",
            count(taken.count),
            bytes(taken.bytes as f64)
        ),
        (_, None) => format!("; {calls} calls, its own allocations were not counted"),
    }
}
