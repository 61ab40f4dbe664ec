//! In: stacks. Out: Chrome's trace format: nested slices, callers around callees, side by side in order of their time.

use crate::snapshot::{OwnAllocations, Snapshot, contexts_or_rows};
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Serialize)]
struct Trace<'a> {
    #[serde(rename = "displayTimeUnit")]
    unit: &'a str,
    #[serde(rename = "traceEvents")]
    events: Vec<Slice<'a>>,
}

/// A complete event, in microseconds.
#[derive(Serialize)]
struct Slice<'a> {
    name: &'a str,
    ph: &'a str,
    ts: f64,
    dur: f64,
    pid: u32,
    tid: u32,
    args: Counts,
}

#[derive(Serialize)]
struct Counts {
    calls: u64,
    self_ns: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_allocations: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_allocated_bytes: Option<u64>,
}

/// A path's sums.
#[derive(Default)]
struct Node<'a> {
    calls: u64,
    own: f64,     // nanoseconds
    beneath: f64, // nanoseconds, its own included
    allocations: Option<OwnAllocations>,
    children: BTreeMap<&'a str, Node<'a>>,
}

pub(super) fn write(snapshot: &Snapshot) -> String {
    let mut root = Node::default();
    let stacks = contexts_or_rows(snapshot);
    for stack in stacks.iter() {
        let own = stack.self_ns.max(0.0);
        let mut at = &mut root;
        for name in &stack.path {
            at = at.children.entry(name).or_default();
            at.beneath += own;
        }
        at.calls += stack.calls;
        at.own += own;
        at.allocations = stack.allocations;
    }
    let mut events = Vec::new();
    lay_out(&root, 0.0, &mut events);
    let trace = Trace { unit: "ns", events };
    serde_json::to_string(&trace).expect("strings and finite numbers are JSON")
}

fn lay_out<'a>(node: &Node<'a>, start_ns: f64, into: &mut Vec<Slice<'a>>) {
    let mut start_ns = start_ns;
    for (name, child) in &node.children {
        into.push(Slice {
            name,
            ph: "X",
            ts: start_ns / 1e3,
            dur: child.beneath / 1e3,
            pid: 1,
            tid: 1,
            args: Counts {
                calls: child.calls,
                self_ns: child.own,
                own_allocations: child.allocations.map(|taken| taken.count),
                own_allocated_bytes: child.allocations.map(|taken| taken.bytes),
            },
        });
        lay_out(child, start_ns, into);
        start_ns += child.beneath;
    }
}
