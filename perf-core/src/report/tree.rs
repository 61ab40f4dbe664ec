//! In: a snapshot's calling contexts. Out: the call tree as lines from the root down, heaviest branch first.

use crate::snapshot::{Context, Snapshot};
use crate::units::{NOTHING, count, duration, percent};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// The titles of a node's numbers.
pub(crate) const TITLES: [&str; 4] = ["calls", "self", "share", "total"];

/// What the tree shows.
pub(crate) const TITLE: &str = "Call tree";

/// Beneath a tree with estimates.
pub(crate) const ESTIMATED: &str = "~ estimated from sampled calls; see the site's row for the uncertainty";

/// One level of one branch.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) name: &'a str,
    pub(crate) depth: usize, // 0 = outermost
    pub(crate) sampled: bool,
    pub(crate) cells: [String; 4],
}

/// All nodes, parents before children.
pub(crate) fn nodes<'a>(snapshot: &'a Snapshot) -> Vec<Node<'a>> {
    let sampled: HashSet<&str> = snapshot
        .rows
        .iter()
        .filter(|row| row.sampled().is_some())
        .map(|row| row.id.as_str())
        .collect();
    let mut self_beneath: HashMap<&[String], f64> = HashMap::new();
    let mut known: HashMap<&[String], &Context> = HashMap::new();
    for context in &snapshot.contexts {
        known.insert(&context.path, context);
        for level in 1..=context.path.len() {
            *self_beneath.entry(&context.path[..level]).or_insert(0.0) += context.self_ns;
        }
    }
    let all_self: f64 = snapshot.contexts.iter().map(|context| context.self_ns.max(0.0)).sum();
    let mut paths: Vec<&[String]> = self_beneath.keys().copied().collect();
    paths.sort_by(|a, b| order(a, b, &self_beneath));
    let node = |path: &'a [String]| {
        let name = path.last()?.as_str();
        let sampled = sampled.contains(name);
        let cells = cells(known.get(path).copied(), sampled, all_self);
        Some(Node { name, depth: path.len() - 1, sampled, cells })
    };
    paths.into_iter().filter_map(node).collect()
}

/// Where two branches part, the heavier comes first; a parent comes before what is beneath it.
fn order(a: &[String], b: &[String], self_beneath: &HashMap<&[String], f64>) -> Ordering {
    let Some(parts) = a.iter().zip(b).position(|(a, b)| a != b) else {
        return a.len().cmp(&b.len());
    };
    let weight = |path: &[String]| self_beneath.get(&path[..=parts]).copied().unwrap_or(0.0);
    weight(b).total_cmp(&weight(a)).then_with(|| a[parts].cmp(&b[parts]))
}

/// A context that is missing has not ended yet: only what it called is known.
fn cells(context: Option<&Context>, sampled: bool, all_self: f64) -> [String; 4] {
    let Some(context) = context else { return [NOTHING; 4].map(str::to_owned) };
    let about = if sampled { "~" } else { "" };
    let share = if all_self > 0.0 { percent(context.self_ns.max(0.0) / all_self) } else { NOTHING.to_owned() };
    [
        count(context.calls),
        format!("{about}{}", duration(context.self_ns)),
        share,
        format!("{about}{}", duration(context.total_ns)),
    ]
}
