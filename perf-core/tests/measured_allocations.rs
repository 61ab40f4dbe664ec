//! Promise: `#[measure(alloc)]` shows each row its own and its inclusive allocations exactly, sampled or not, on all threads, for
//! futures, in intervals and sums, and in every form of the report.

#[path = "common/threads.rs"]
mod threads;

use perf_core::alloc::Counting;
use perf_core::{Overhead, Row, Snapshot, measure};
use std::hint::black_box;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use threads::on_threads;

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[measure(alloc, name = "inner")]
fn inner() {
    drop(black_box(Box::new([0u8; 16])));
}

#[measure(name = "plain")]
fn plain() {
    drop(black_box(Box::new([0u8; 5])));
    inner();
}

#[measure(alloc, name = "outer")]
fn outer(times: u32) {
    drop(black_box(vec![1u8; 100]));
    (0..times).for_each(|_| inner());
    plain();
}

#[measure(alloc, name = "deep")]
fn deep(levels: u32) {
    drop(black_box(Box::new([0u8; 10])));
    if levels > 0 {
        deep(levels - 1);
    }
}

#[measure(alloc, err, name = "fails")]
fn fails(x: u32) -> Result<String, String> {
    if x.is_multiple_of(2) {
        Err(format!("{x}"))
    } else {
        Ok(x.to_string())
    }
}

fn row(seen: &Snapshot, id: &str) -> Row {
    seen.site(id)
        .unwrap_or_else(|| panic!("no row {id}"))
        .clone()
}

/// Calls, own count and bytes, inclusive count and bytes.
fn numbers(row: &Row) -> [u64; 5] {
    let seen = row
        .allocations
        .expect("asked for, and the allocator is installed");
    [
        seen.calls,
        seen.own_count,
        seen.own_bytes,
        seen.count,
        seen.bytes,
    ]
}

#[test]
fn own_and_inclusive_on_threads_and_sampled() {
    let _alone = alone();
    for overhead in ["full", "0.01%"] {
        perf_core::set_overhead(overhead.parse().unwrap());
        let _on = perf_core::enable();
        let before = perf_core::snapshot();
        on_threads(4, |_| (0..5_000).for_each(|_| outer(3)));
        let seen = perf_core::snapshot().since(&before).unwrap();
        let n = 20_000;
        assert_eq!(
            numbers(&row(&seen, "inner")),
            [4 * n, 4 * n, 64 * n, 4 * n, 64 * n]
        );
        // What a callee without `alloc` takes is its caller's own.
        assert_eq!(
            numbers(&row(&seen, "outer")),
            [n, 2 * n, 105 * n, 6 * n, 169 * n]
        );
        assert_eq!(row(&seen, "plain").allocations, None);
        let twice = seen.merge(&seen).unwrap();
        assert_eq!(
            numbers(&row(&twice, "outer")),
            [2 * n, 4 * n, 210 * n, 12 * n, 338 * n]
        );
        let again: Snapshot = serde_json::from_str(&seen.report().json()).unwrap();
        assert_eq!(again, seen);
        let text = seen.report().text(None, false);
        let remark = "allocations a call: own 2 (105 B), with callees 6 (169 B)";
        assert!(
            text.contains(remark) && text.lines().all(|l| l.chars().count() <= 100),
            "{text}"
        );
        assert!(seen.report().markdown().contains("with callees 6"));
    }
    perf_core::set_overhead(Overhead::FULL);
}

#[test]
fn recursion_and_errors() {
    let _alone = alone();
    perf_core::set_overhead(Overhead::FULL);
    let _on = perf_core::enable();
    (0..10).for_each(|_| deep(4));
    (0..10).for_each(|x| drop(fails(x)));
    let _paths = perf_core::enable_paths();
    (0..10).for_each(|_| deep(4));
    let seen = perf_core::snapshot();
    assert_eq!(numbers(&row(&seen, "deep")), [100, 100, 1_000, 100, 1_000]);
    let [calls, own, ..] = numbers(&row(&seen, "fails"));
    assert_eq!((calls, own, row(&seen, "fails").errors), (10, 10, 5));
}

/// Pending once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[measure(alloc, name = "moving")]
async fn moving() -> usize {
    let first = black_box(vec![1u8; 50]);
    inner();
    Yield(false).await;
    let second = black_box(vec![1u8; 7]);
    first.len() + second.len()
}

#[test]
fn a_future_on_two_threads() {
    let _alone = alone();
    perf_core::set_overhead(Overhead::FULL);
    let _on = perf_core::enable();
    for _ in 0..20 {
        let mut future: Pin<Box<dyn Future<Output = usize> + Send>> = Box::pin(moving());
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        let done = thread::spawn(move || {
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
        });
        assert_eq!(done.join().unwrap(), Poll::Ready(57));
    }
    let cancelled = Box::pin(moving());
    drop(cancelled); // never polled
    let seen = perf_core::snapshot();
    assert_eq!(
        numbers(&row(&seen, "moving")),
        [20, 40, 20 * 57, 60, 20 * 73]
    );
}

#[test]
fn the_process_is_in_the_snapshot() {
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let kept = black_box(vec![1u8; 3_000_000]);
    let seen = perf_core::snapshot().since(&before).unwrap();
    let used = seen.allocations.expect("installed");
    assert!(used.bytes >= 3_000_000 && used.live >= 3_000_000 && used.peak >= used.live);
    assert!(seen.report().text(None, false).contains("Allocator: "));
    drop(kept);
}

/// `outer` allocates 100 bytes and calls `inner`, itself and through `plain`, whose own allocation counts with its caller's.
#[test]
fn calling_contexts_hold_what_they_took_themselves() {
    let _alone = alone();
    {
        let _without = perf_core::enable(); // what came before calling context was kept is no part of the interval
        outer(1);
        inner();
    }
    let on = perf_core::enable_paths();
    let before = perf_core::snapshot();
    outer(3);
    perf_core::measure_block!("t root", { outer(0) });
    inner();
    let seen = perf_core::snapshot().since(&before).unwrap();
    drop(on);
    let own = |path: &[&str]| {
        let context = seen.contexts.iter().find(|context| context.path == path);
        let context = context.unwrap_or_else(|| panic!("no {path:?}"));
        context.allocations.map(|taken| (taken.count, taken.bytes))
    };
    assert_eq!(own(&["outer"]), Some((2, 105)));
    assert_eq!(own(&["outer", "inner"]), Some((3, 48)));
    assert_eq!(own(&["outer", "plain"]), None, "not asked for");
    assert_eq!(own(&["outer", "plain", "inner"]), Some((1, 16)));
    assert_eq!(own(&["t root", "outer"]), Some((2, 105)));
    assert_eq!(own(&["inner"]), Some((1, 16)));
    for id in ["inner", "outer"] {
        let all = seen
            .contexts
            .iter()
            .filter(|context| context.path.last().is_some_and(|last| last == id));
        let sum: u64 = all.map(|context| context.allocations.unwrap().bytes).sum();
        assert_eq!(sum, row(&seen, id).allocations.unwrap().own_bytes, "{id}");
    }

    let folded = seen.folded(perf_core::Weight::Bytes);
    let lines: Vec<&str> = folded.lines().collect();
    assert!(
        lines.contains(&"outer;plain;inner 16") && lines.contains(&"t root;outer 105"),
        "{folded}"
    );
    assert!(!folded.contains("outer;plain 0"), "{folded}");
    let folded = seen.folded(perf_core::Weight::Allocations);
    assert!(
        folded.lines().any(|line| line == "outer;inner 3"),
        "{folded}"
    );
    assert_eq!(
        seen.folded(perf_core::Weight::SelfTime),
        seen.export(perf_core::export::Format::Folded)
    );
}
