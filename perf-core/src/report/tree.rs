//! In: a snapshot's calling contexts. Out: the call tree as lines from the root down, heaviest branch first.

use crate::snapshot::{Context, OwnAllocations, Snapshot};
use crate::units::{NOTHING, count, duration, percent};
use std::collections::{HashMap, HashSet};

/// The titles of a node's numbers.
pub(crate) const TITLES: [&str; 4] = ["calls", "self", "share", "total"];

/// What the tree shows.
pub(crate) const TITLE: &str = "Call tree";

/// Beneath a tree with estimates.
pub(crate) const ESTIMATED: &str =
    "~ estimated from sampled calls; see the site's row for the uncertainty";

/// One level of one branch.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) name: &'a str,
    pub(crate) depth: usize, // 0 = outermost
    pub(crate) sampled: bool,
    pub(crate) cells: [String; 4],
    #[cfg_attr(
        not(feature = "html"),
        allow(dead_code, reason = "the page alone has columns for them")
    )]
    pub(crate) allocations: Option<OwnAllocations>,
}

/// A place in the tree while it is built.
#[derive(Default)]
struct Place<'a> {
    name: &'a str,
    depth: usize,
    context: Option<&'a Context>,
    self_beneath: f64, // nanoseconds, its own included
    children: Vec<usize>,
}

/// The `most` heaviest nodes, parents before children, and what is said of the others.
pub(crate) fn nodes(snapshot: &Snapshot, most: usize) -> (Vec<Node<'_>>, Option<String>) {
    let sampled: HashSet<&str> = snapshot
        .rows
        .iter()
        .filter(|row| row.sampled().is_some())
        .map(|row| row.id.as_str())
        .collect();
    let all_self: f64 = snapshot
        .contexts
        .iter()
        .map(|context| context.self_ns.max(0.0))
        .sum();
    let places = places(&snapshot.contexts);
    let shown = heaviest(&places, most);
    let mut nodes = Vec::with_capacity(places.len());
    let mut open = heaviest_last(&places, 0);
    while let Some(at) = open.pop() {
        if !shown.contains(&at) {
            continue;
        }
        let place = &places[at];
        let sampled = sampled.contains(place.name);
        let cells = cells(place.context, sampled, all_self);
        nodes.push(Node {
            name: place.name,
            depth: place.depth,
            sampled,
            cells,
            allocations: place.context.and_then(|context| context.allocations),
        });
        open.extend(heaviest_last(&places, at));
    }
    let (all, kept) = (places.len() - 1, nodes.len());
    let hidden = (kept < all).then(|| {
        format!(
            "{} of {} contexts shown, the heaviest with their callers. PERF_ROWS=all (cargo perf report: --all) shows every one.",
            count(kept as u64),
            count(all as u64)
        )
    });
    (nodes, hidden)
}

/// The places that are shown.
fn heaviest(places: &[Place<'_>], most: usize) -> HashSet<usize> {
    let mut order: Vec<usize> = (1..places.len()).collect();
    // What lies beneath a caller is at least what lies beneath its callees: callers come first. They were made first, too.
    order.sort_by(|&a, &b| {
        let beneath = |at: usize| places[at].self_beneath;
        beneath(b).total_cmp(&beneath(a)).then(a.cmp(&b))
    });
    order.truncate(most);
    order.into_iter().collect()
}

/// The tree; the first place is above the outermost callers.
fn places(contexts: &[Context]) -> Vec<Place<'_>> {
    let mut places = vec![Place::default()];
    let mut known: HashMap<(usize, &str), usize> = HashMap::new();
    for context in contexts {
        let mut at = 0;
        for (depth, name) in context.path.iter().enumerate() {
            let next = *known.entry((at, name)).or_insert_with(|| {
                let new = places.len();
                places.push(Place {
                    name,
                    depth,
                    ..Place::default()
                });
                places[at].children.push(new);
                new
            });
            places[next].self_beneath += context.self_ns;
            at = next;
        }
        places[at].context = Some(context);
    }
    places
}

/// The children of a place, to be taken from the end.
fn heaviest_last(places: &[Place<'_>], of: usize) -> Vec<usize> {
    let mut children = places[of].children.clone();
    children.sort_by(|&a, &b| {
        let (a, b) = (&places[a], &places[b]);
        a.self_beneath
            .total_cmp(&b.self_beneath)
            .then_with(|| b.name.cmp(a.name))
    });
    children
}

/// A context that is missing has not ended yet: only what it called is known.
fn cells(context: Option<&Context>, sampled: bool, all_self: f64) -> [String; 4] {
    let Some(context) = context else {
        return [NOTHING; 4].map(str::to_owned);
    };
    let about = if sampled { "~" } else { "" };
    let share = if all_self > 0.0 {
        percent(context.self_ns.max(0.0) / all_self)
    } else {
        NOTHING.to_owned()
    };
    [
        count(context.calls),
        format!("{about}{}", duration(context.self_ns)),
        share,
        format!("{about}{}", duration(context.total_ns)),
    ]
}
