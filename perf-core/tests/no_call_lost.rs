//! Promise: no call is lost, and every snapshot is consistent, whatever threads do.

#[path = "common/alone.rs"]
mod alone;
#[path = "common/memory.rs"]
mod memory;
#[path = "common/row.rs"]
mod row;
#[path = "common/threads.rs"]
mod threads;

use alone::alone;
use memory::resident_bytes;
use perf_core::{Row, Span, snapshot, span};
use row::row;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{MutexGuard, mpsc};
use std::time::Duration;
use threads::on_threads;

const THREADS: u64 = 8;
const CALLS: u64 = if cfg!(debug_assertions) {
    100_000
} else {
    10_000_000
};

/// Recording every call; one test at a time, since some look at the process's memory.
fn recording() -> (perf_core::Enabled, MutexGuard<'static, ()>) {
    let turn = alone();
    (perf_core::enable(), turn)
}

fn calls(id: &str) -> u64 {
    snapshot().site(id).map_or(0, |row| row.calls)
}

fn consistent(row: &Row) {
    assert_eq!(
        row.recorded, row.calls,
        "{}: all calls are recorded",
        row.id
    );
    assert_eq!(
        row.histogram.count(),
        row.calls,
        "{}: the bins' sum",
        row.id
    );
}

struct RaisedAtTheEnd<'a>(&'a AtomicBool);

impl Drop for RaisedAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn eight_threads_and_a_reader_a_thousand_times_a_second() {
    let _on = recording();
    let (done, looked) = (AtomicBool::new(false), AtomicBool::new(false));
    let entered = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let _end = RaisedAtTheEnd(&looked); // also where an assert fails: the others would go on for ever
            let mut before = [0; 2];
            while !done.load(Relaxed) {
                let seen = snapshot();
                let stood_still = seen.notes.iter().any(|note| note.contains("stood still"));
                for (last, id) in before.iter_mut().zip(["busy outer", "busy inner"]) {
                    let Some(row) = seen.site(id) else { continue };
                    if !stood_still {
                        consistent(row);
                        assert!(row.calls >= *last, "{id}: {} after {last}", row.calls);
                        *last = row.calls;
                    }
                }
                let among_them = seen.site("busy inner").is_some();
                looked.fetch_or(among_them && !stood_still, Relaxed);
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        // Until the reader has seen a consistent snapshot, if the machine kept it from that: else nothing is tested.
        let work = |_| {
            scope.spawn(|| {
                let mut entered = 0;
                while entered < CALLS / 2 || !looked.load(Relaxed) {
                    let _outer = span!("busy outer");
                    let _inner = span!("busy inner");
                    entered += 1;
                }
                entered
            })
        };
        let workers: Vec<_> = (0..THREADS).map(work).collect();
        let entered: u64 = workers.into_iter().map(|t| t.join().unwrap()).sum();
        done.store(true, Relaxed);
        reader.join().unwrap();
        entered
    });
    for id in ["busy outer", "busy inner"] {
        assert_eq!(calls(id), entered);
        consistent(&row(id));
    }
}

#[test]
fn ten_thousand_short_threads_in_bounded_memory() {
    let _on = recording();
    let batch = || {
        on_threads(8, |_| {
            for _ in 0..3 {
                let _span = span!("short thread");
            }
        });
    };
    (0..50).for_each(|_| batch());
    let before = resident_bytes();
    (50..1_250).for_each(|_| batch());
    let growth = resident_bytes().saturating_sub(before);
    assert_eq!(calls("short thread"), 30_000);
    // 9 600 shards of their own would be more than 200 MiB.
    assert!(growth < 8 << 20, "memory grew by {growth} bytes");
}

#[test]
fn an_idle_thread_with_a_part_filled_ring_is_seen() {
    let _on = recording();
    let (entered, has_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        for _ in 0..7 {
            let _span = span!("idle");
        }
        entered.send(()).unwrap();
        may_leave.recv().unwrap_err();
    });
    has_entered.recv().unwrap();
    let seen = row("idle");
    assert_eq!(seen.calls, 7);
    consistent(&seen);
    drop(leave);
    thread.join().unwrap();
    assert_eq!(calls("idle"), 7);
}

thread_local! {
    static KEPT: RefCell<Vec<Span>> = const { RefCell::new(Vec::new()) };
    static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

#[test]
fn spans_open_at_thread_exit_are_counted() {
    let _on = recording();
    for kept_first in [false, true] {
        let before = calls("kept open");
        let thread = std::thread::spawn(move || {
            if kept_first {
                KEPT.with_borrow_mut(|kept| assert!(kept.is_empty())); // destroyed after our thread-local, or before it
            }
            let _first = span!("the thread's first");
            KEPT.with_borrow_mut(|kept| kept.extend((0..5).map(|_| span!("kept open"))));
        });
        thread.join().unwrap();
        assert_eq!(calls("kept open"), before + 5, "kept first: {kept_first}");
    }
    consistent(&row("kept open"));
}

/// Opens spans when its thread ends.
struct AtTheEnd;

const LATE: u64 = 1_000;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        for _ in 0..LATE {
            let span = span!("late");
            span.error();
        }
        let _ = catch_unwind(|| {
            let _span = span!("late panic");
            resume_unwind(Box::new(()));
        });
    }
}

#[test]
fn spans_after_our_thread_local_is_gone_are_counted() {
    let _on = recording();
    let thread = |end_first: bool| {
        std::thread::spawn(move || {
            if end_first {
                AT_THE_END.set(Some(AtTheEnd));
            }
            let _first = span!("the thread's first");
            AT_THE_END.set(Some(AtTheEnd)); // the one that may stand there opens its spans now
        })
    };
    for round in 1..=4 {
        let threads: Vec<_> = (0..THREADS).map(|n| thread(n % 2 == 0)).collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        let ended = round * (THREADS + THREADS / 2);
        let late = row("late");
        assert_eq!((late.calls, late.errors), (ended * LATE, ended * LATE));
        consistent(&late);
        let panics = row("late panic");
        assert_eq!((panics.calls, panics.panicked), (ended, ended));
    }
}

/// Opens a span when it is dropped.
struct SpanInDrop;

impl Drop for SpanInDrop {
    fn drop(&mut self) {
        let _span = span!("in a destructor");
        let _inner = span!("within it");
    }
}

#[test]
fn panics_are_counted_where_they_leave_and_nowhere_else() {
    let _on = recording();
    let times = 1_000;
    for n in 0..times {
        let result = catch_unwind(|| {
            let _outer = span!("unwound");
            let _cleans_up = SpanInDrop;
            let _inner = span!("unwound inside");
            {
                let _before = span!("ended before");
            }
            resume_unwind(Box::new(n));
        });
        assert!(result.is_err());
        let _after = span!("after it");
    }
    for (id, panicked) in [
        ("unwound", times),
        ("unwound inside", times),
        ("ended before", 0),
        ("in a destructor", 0),
        ("within it", 0),
        ("after it", 0),
    ] {
        let row = row(id);
        assert_eq!((row.calls, row.panicked), (times, panicked), "{id}");
        consistent(&row);
        assert_eq!(row.total_ns, row.durations_ns, "{id}: nothing is left open");
    }
}

#[test]
fn panics_of_sampled_calls_are_exact() {
    let _on = recording();
    perf_core::set_overhead("0.001%".parse().unwrap());
    let times = 20_000u64;
    for n in 0..times {
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let span = span!("sampled panic");
            span.error();
            if n % 3 == 0 {
                resume_unwind(Box::new(()));
            }
        }));
    }
    let row = row("sampled panic");
    assert!(
        row.sampled().is_some(),
        "the budget of a thousandth of a percent samples it"
    );
    assert_eq!(
        (row.calls, row.errors, row.panicked),
        (times, times, times.div_ceil(3))
    );
}

#[test]
fn a_forgotten_span_harms_its_own_site_only() {
    let _on = recording();
    let times = 300; // more than one ring
    for _ in 0..times {
        let _caller = span!("caller of a forgotten one");
        {
            let _sibling = span!("sibling before");
            std::hint::black_box(vec![0u8; 1_000]);
        }
        std::mem::forget(span!("forgotten"));
        {
            let _sibling = span!("sibling after");
            std::hint::black_box(vec![0u8; 1_000]);
        }
    }
    assert_eq!(calls("forgotten"), 0);
    let (caller, before, after) = (
        row("caller of a forgotten one"),
        row("sibling before"),
        row("sibling after"),
    );
    for row in [&caller, &before, &after] {
        assert_eq!(row.calls, times);
        consistent(row);
        assert_eq!(
            row.total_ns, row.durations_ns,
            "{}: no call counts as nested",
            row.id
        );
    }
    let callees = before.total_ns + after.total_ns;
    let missing = caller.total_ns - caller.self_ns - callees;
    assert!(
        missing.abs() < 1e-6 * callees,
        "the caller's self time is off by {missing} ns"
    );
}
/// Drops a span of its thread, whose shard another thread has by then, in the middle of that thread's call of the same site.
struct OutlivesItsShard(Option<Span>);

fn handed_over() -> Span {
    span!("handed over")
}

impl Drop for OutlivesItsShard {
    fn drop(&mut self) {
        let (entered, has_entered) = mpsc::channel();
        let (leave, may_leave) = mpsc::channel();
        let next_owner = std::thread::spawn(move || {
            let _outer = handed_over();
            entered.send(()).unwrap();
            may_leave.recv().unwrap();
            let _inner = handed_over();
        });
        has_entered.recv().unwrap();
        self.0 = None;
        leave.send(()).unwrap();
        next_owner.join().unwrap();
    }
}

#[test]
fn a_span_that_outlives_its_shard_leaves_the_next_owner_alone() {
    thread_local!(static OUTLIVES: RefCell<OutlivesItsShard> = const { RefCell::new(OutlivesItsShard(None)) });
    let _on = recording();
    let thread = std::thread::spawn(|| {
        OUTLIVES.with_borrow(|outlives| assert!(outlives.0.is_none())); // destroyed after our thread-local
        let span = handed_over();
        OUTLIVES.with_borrow_mut(|outlives| outlives.0 = Some(span));
    });
    thread.join().unwrap();
    let row = row("handed over");
    consistent(&row);
    assert_eq!(row.calls, 3);
    assert!(
        row.total_ns < row.durations_ns,
        "the next owner's inner call is nested in its outer one"
    );
}
