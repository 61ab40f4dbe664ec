//! Promise: on request every call is kept under its chain of callers, bounded, also while spans are open.

#[path = "common/alone.rs"]
mod alone;
#[path = "common/threads.rs"]
mod threads;

use alone::alone;
use perf_core::{Context, Enabled, enable_paths, measure_block, snapshot, span};
use std::sync::MutexGuard;
use threads::on_threads;

fn recording() -> (Enabled, MutexGuard<'static, ()>) {
    let guard = alone();
    (enable_paths(), guard)
}

/// Nodes whose path begins with this id, as `a > b` and calls.
fn tree(root: &str) -> Vec<(String, u64)> {
    let from_root = |node: &Context| node.path[0] == root;
    let nodes = snapshot().contexts.into_iter().filter(from_root);
    nodes
        .map(|node| (node.path.join(" > "), node.calls))
        .collect()
}

fn node(path: &[&str]) -> Context {
    let all = snapshot().contexts;
    all.into_iter()
        .find(|node| node.path == path)
        .unwrap_or_else(|| panic!("no {path:?}"))
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

#[test]
fn callers_are_told_apart() {
    let _on = recording();
    let shared = || measure_block!("t shared", { measure_block!("t leaf", {}) });
    for _ in 0..300 {
        measure_block!("t one", { shared() });
        measure_block!("t two", {
            shared();
            shared();
        });
    }
    let expect = |root: &str, times: u64| {
        let node = |path: &str, calls| (format!("{root}{path}"), calls);
        assert_eq!(
            tree(root),
            [
                node("", 300),
                node(" > t shared", 300 * times),
                node(" > t shared > t leaf", 300 * times)
            ]
        );
    };
    expect("t one", 1);
    expect("t two", 2);
    let row = |id: &str| snapshot().site(id).unwrap().clone();
    assert_eq!(
        row("t shared").calls,
        900,
        "the site's row is the sum of its contexts"
    );
    let (one, shared) = (node(&["t one"]), node(&["t one", "t shared"]));
    assert!(
        close(one.total_ns - one.self_ns, shared.total_ns),
        "times of the tree add up"
    );
    let both = shared.total_ns + node(&["t two", "t shared"]).total_ns;
    assert!(close(both, row("t shared").total_ns));
}

fn down(depth: u32) {
    let _span = span!("p direct");
    if depth > 1 {
        down(depth - 1);
    } else {
        measure_block!("p bottom", {});
    }
}

fn ping(depth: u32) {
    let _span = span!("p ping");
    if depth > 1 {
        pong(depth - 1);
    }
}

fn pong(depth: u32) {
    let _span = span!("p pong");
    if depth > 1 {
        ping(depth - 1);
    }
}

#[test]
fn recursion_folds_or_is_bounded() {
    let _on = recording();
    measure_block!("p root", { down(10) });
    let found = tree("p root");
    assert_eq!(
        found,
        [
            ("p root".to_owned(), 1),
            ("p root > p direct".to_owned(), 10),
            ("p root > p direct > p bottom".to_owned(), 1)
        ]
    );
    let (root, direct) = (node(&["p root"]), node(&["p root", "p direct"]));
    assert!(
        close(root.total_ns - root.self_ns, direct.total_ns),
        "inclusive once"
    );

    ping(1_000);
    let nodes = snapshot().contexts;
    let of_both = |node: &&Context| {
        node.path
            .last()
            .is_some_and(|id| id == "p ping" || id == "p pong")
    };
    assert_eq!(
        nodes
            .iter()
            .filter(of_both)
            .map(|node| node.calls)
            .sum::<u64>(),
        1_000
    );
    let deepest = nodes.iter().map(|node| node.path.len()).max().unwrap();
    assert!((10..=65).contains(&deepest), "{deepest} levels");
}

#[test]
fn switching_while_spans_are_open() {
    let top = || measure_block!("s top", { measure_block!("s inner", {}) });
    let _one = alone();
    let plain = perf_core::enable();
    let before = span!("s before");
    {
        let paths = enable_paths();
        top();
        let across = span!("s across");
        measure_block!("s under across", {});
        drop(paths);
        measure_block!("s plain", {});
        drop(across);
    }
    drop(before);
    let paths = enable_paths();
    top();
    drop((paths, plain));
    assert_eq!(
        tree("s top"),
        [("s top".to_owned(), 2), ("s top > s inner".to_owned(), 2)]
    );
    assert_eq!(
        tree("s across"),
        [
            ("s across".to_owned(), 1),
            ("s across > s under across".to_owned(), 1)
        ]
    );
    for id in ["s before", "s plain"] {
        assert_eq!(tree(id), [(id.to_owned(), 1)]);
        let row = snapshot().site(id).unwrap().clone();
        assert_eq!(row.total_ns, row.durations_ns);
    }
}

#[test]
fn a_panic_restores_the_caller() {
    let _on = recording();
    measure_block!("u root", {
        for _ in 0..3 {
            let result = std::panic::catch_unwind(|| {
                let _outer = span!("u outer");
                let _inner = span!("u inner");
                std::panic::resume_unwind(Box::new(()));
            });
            assert!(result.is_err());
        }
        measure_block!("u after", {});
    });
    let paths: Vec<_> = tree("u root")
        .into_iter()
        .map(|(path, calls)| format!("{path} {calls}"))
        .collect();
    assert_eq!(
        paths,
        [
            "u root 1",
            "u root > u after 1",
            "u root > u outer 3",
            "u root > u outer > u inner 3"
        ]
    );
}

#[test]
fn threads_have_their_own_roots_and_one_tree() {
    let _on = recording();
    on_threads(4, |_| {
        for _ in 0..100 {
            measure_block!("w root", { measure_block!("w leaf", {}) });
        }
    });
    assert_eq!(
        tree("w root"),
        [
            ("w root".to_owned(), 400),
            ("w root > w leaf".to_owned(), 400)
        ]
    );
}

/// A forgotten span never ends, and nothing tells that from one that is still open: what follows stands beneath it. But no longer
/// than this recording.
#[test]
fn a_forgotten_root_does_not_outlive_the_recording() {
    std::thread::spawn(|| {
        let on = recording();
        std::mem::forget(span!("g forgotten"));
        measure_block!("g beneath", {});
        assert!(
            tree("g forgotten")
                .iter()
                .any(|node| node.0 == "g forgotten > g beneath")
        );
        drop(on);
        let _on = recording();
        measure_block!("g after", {});
        assert_eq!(tree("g after"), [("g after".to_owned(), 1)]);
    })
    .join()
    .unwrap();
}
