//! Promise: a measured future tells wall time, busy time, polls and cancellations, on any executor and across threads.

#[path = "common/alone.rs"]
mod alone;
#[path = "common/row.rs"]
mod row;
#[path = "common/threads.rs"]
mod threads;

use alone::alone;
use perf_core::site::{Kind, Site};
use perf_core::{Enabled, Measured, Overhead, enable, enable_paths, snapshot, span};
use row::row;
use std::future::{Future, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use threads::on_threads;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

fn recording() -> (Enabled, MutexGuard<'static, ()>) {
    let guard = alone();
    (enable(), guard)
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls until ready.
fn run<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    loop {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
}

/// Pending so many times.
fn pending(mut times: u32) -> impl Future<Output = ()> {
    poll_fn(move |_| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        Poll::Pending
    })
}

macro_rules! measured {
    ($name:expr, $future:expr) => {
        Measured::new(perf_core::site!($name, Future), $future)
    };
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

#[test]
fn wall_busy_and_polls() {
    let _on = recording();
    for _ in 0..300 {
        run(measured!("four pending", pending(4)));
    }
    let row = row("four pending");
    assert_eq!(
        (row.kind, row.calls, row.polls, row.cancelled),
        (Kind::Future, 300, 1_500, 0)
    );
    assert_eq!(row.histogram.count(), 300);
    assert!(row.busy_ns <= row.total_ns && row.self_ns <= row.busy_ns);
}

#[test]
fn what_polls_do_is_theirs_and_waiting_is_not() {
    let _on = recording();
    {
        let _outside = span!("polls by hand");
        let mut future = Box::pin(measured!("waits for its poller", async {
            drop(span!("within the first poll"));
            pending(1).await;
            drop(span!("within the second poll"));
        }));
        assert!(poll(future.as_mut()).is_pending());
        drop(span!("between polls"));
        assert!(poll(future.as_mut()).is_ready());
    }
    let future = row("waits for its poller");
    let within = row("within the first poll").total_ns + row("within the second poll").total_ns;
    assert!(
        close(future.busy_ns - future.self_ns, within),
        "self time is busy time without callees"
    );
    assert!(
        future.total_ns >= future.busy_ns + row("between polls").total_ns,
        "wall time goes on between polls"
    );
    let outside = row("polls by hand");
    let callees = future.busy_ns + row("between polls").total_ns;
    assert!(
        close(outside.total_ns - outside.self_ns, callees),
        "the poller subtracts the polls, not the wall time"
    );
}

/// Workers take tasks from one queue, so that a task is polled on many threads.
fn run_on_threads(tasks: Vec<Task>) {
    let left = std::sync::atomic::AtomicUsize::new(tasks.len());
    let queue = Mutex::new(std::collections::VecDeque::from(tasks));
    on_threads(4, |_| {
        while left.load(std::sync::atomic::Ordering::Relaxed) > 0 {
            let Some(mut task) = queue.lock().unwrap().pop_front() else {
                std::thread::yield_now();
                continue;
            };
            match poll(task.as_mut()) {
                Poll::Ready(()) => {
                    left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
                }
                Poll::Pending => queue.lock().unwrap().push_back(task),
            }
        }
    });
}

#[test]
fn tasks_that_move_between_threads() {
    let _on = recording();
    let times = if cfg!(debug_assertions) {
        2_000
    } else {
        50_000
    };
    let task = |_| -> Task {
        Box::pin(measured!("moves", async {
            measured!("moves inside", pending(3)).await;
            drop(span!("moves leaf"));
        }))
    };
    run_on_threads((0..times).map(task).collect());
    for (id, polls) in [("moves", 4), ("moves inside", 4)] {
        let row = row(id);
        assert_eq!(
            (row.calls, row.recorded, row.polls),
            (times, times, polls * times),
            "{id}"
        );
        assert_eq!(row.histogram.count(), times);
        assert_eq!(
            row.total_ns, row.durations_ns,
            "{id}: none is nested in another's poll"
        );
    }
    assert_eq!(row("moves leaf").calls, times);
}

#[test]
fn dropped_before_ready_is_cancelled_once_polled() {
    let _on = recording();
    drop(measured!("never polled", ready(())));
    assert!(snapshot().site("never polled").is_none());
    for _ in 0..10 {
        // As `select!` does: poll both, take the one that is ready, drop the other.
        let mut slow = Box::pin(measured!("loser", pending(5)));
        let mut fast = Box::pin(measured!("winner", pending(1)));
        loop {
            assert!(poll(slow.as_mut()).is_pending());
            if poll(fast.as_mut()).is_ready() {
                break;
            }
        }
    }
    let (loser, winner) = (row("loser"), row("winner"));
    assert_eq!((loser.calls, loser.cancelled), (0, 10));
    assert_eq!((winner.calls, winner.cancelled), (10, 0));
    run(measured!("loser", pending(0)));
}

#[test]
fn a_panic_in_a_poll_ends_it() {
    let _on = recording();
    let times = 10;
    for _ in 0..times {
        let mut future = Box::pin(measured!("panics", async {
            pending(1).await;
            let _inner = span!("open when it panics");
            resume_unwind(Box::new(()));
        }));
        assert!(poll(future.as_mut()).is_pending());
        assert!(catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).is_err());
        drop(future);
        drop(span!("after the panic"));
    }
    let panics = row("panics");
    assert_eq!(
        (
            panics.calls,
            panics.panicked,
            panics.cancelled,
            panics.polls
        ),
        (times, times, 0, 2 * times)
    );
    assert_eq!(row("open when it panics").panicked, times);
    assert_eq!(row("after the panic").panicked, 0);
    assert_eq!(panics.total_ns, panics.durations_ns, "none is left open");
}

#[test]
fn errors_are_counted_where_asked() {
    static SITE: Site = Site::named("fallible", Kind::Future, file!(), line!(), column!());
    let _on = recording();
    for n in 0..10 {
        let output = if n % 5 == 0 { Err(()) } else { Ok(()) };
        let _ = run(Measured::with_errors(&SITE, ready(output), Result::is_err));
    }
    let row = row("fallible");
    assert_eq!((row.calls, row.errors), (10, 2));
}

#[test]
fn who_looks_late_sees_no_half_futures() {
    let _one = alone();
    let mut begun_unseen = Box::pin(measured!("begun unseen", pending(1)));
    assert!(poll(begun_unseen.as_mut()).is_pending());
    let on = enable();
    let mut ends_unseen = Box::pin(measured!("ends unseen", pending(1)));
    let mut panics_unseen = Box::pin(measured!("panics unseen", async {
        pending(1).await;
        resume_unwind(Box::new(()));
    }));
    assert!(poll(ends_unseen.as_mut()).is_pending());
    assert!(poll(panics_unseen.as_mut()).is_pending());
    assert!(poll(begun_unseen.as_mut()).is_ready());
    drop(on);
    assert!(poll(ends_unseen.as_mut()).is_ready());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(panics_unseen.as_mut()))).is_err());
    let _on = enable();
    drop((begun_unseen, ends_unseen, panics_unseen));
    for id in ["begun unseen", "ends unseen", "panics unseen"] {
        assert!(
            snapshot().site(id).is_none(),
            "{id} was neither measured to its end nor cancelled"
        );
    }
}

#[test]
fn recursion_of_futures_counts_inclusive_time_once() {
    fn down(depth: u32) -> Task {
        Box::pin(measured!("boxed recursion", async move {
            pending(1).await;
            if depth > 1 {
                down(depth - 1).await;
            }
        }))
    }
    let _on = recording();
    (0..10).for_each(|_| run(down(5)));
    let row = row("boxed recursion");
    assert_eq!(row.calls, 50);
    assert!(row.total_ns < row.durations_ns);
    assert!(row.self_ns <= row.busy_ns);
}

#[test]
fn futures_have_their_place_in_the_tree() {
    let _one = alone();
    let _on = enable_paths();
    {
        let leaf = || drop(span!("tree leaf"));
        let _root = span!("tree root");
        let mut future = Box::pin(measured!("tree future", async {
            leaf();
            pending(1).await;
            leaf();
        }));
        assert!(poll(future.as_mut()).is_pending());
        drop(span!("tree sibling"));
        assert!(poll(future.as_mut()).is_ready());
    }
    let from_root = |path: &[String]| path[0] == "tree root";
    let nodes = snapshot().contexts;
    let paths: Vec<_> = nodes
        .iter()
        .filter(|node| from_root(&node.path))
        .map(|node| node.path.join(" > "))
        .collect();
    assert_eq!(
        paths,
        [
            "tree root",
            "tree root > tree future",
            "tree root > tree future > tree leaf",
            "tree root > tree sibling"
        ]
    );
}

/// Calls, polls by estimate, and sums of many overlapping futures under a small budget.
#[test]
fn sampled_side_by_side_is_unbiased() {
    let _on = recording();
    perf_core::set_overhead(Overhead::percent(5.0));
    let (rounds, together) = if cfg!(debug_assertions) {
        (100, 500)
    } else {
        (1_000, 500)
    };
    for _ in 0..rounds {
        let mut futures: Vec<_> = (0..together)
            .map(|_| Box::pin(measured!("together", pending(1))))
            .collect();
        for future in &mut futures {
            assert!(poll(future.as_mut()).is_pending());
        }
        for future in &mut futures {
            assert!(poll(future.as_mut()).is_ready());
        }
    }
    let row = row("together");
    let calls = rounds * together;
    assert_eq!(row.calls, calls);
    assert!(row.sampled().is_some());
    let estimate = row.histogram.count() as f64;
    let sd = ((row.weighted_squares as f64) - estimate).sqrt();
    assert!(
        (estimate - calls as f64).abs() < 6.0 * sd + 2.0,
        "{estimate} of {calls}, standard deviation {sd}"
    );
    assert!(
        sd < 0.2 * calls as f64,
        "the check is worth something: {sd}"
    );
}
