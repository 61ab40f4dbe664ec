//! Promise: no undefined behaviour. Small enough for Miri, which `.ci/run` has go through it: every part of the recording path once.
//!
//! `MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-ignore-leaks" cargo +nightly miri test -p perf-core --test small_threads`

use perf_core::{Overhead, Span, snapshot, span};
use std::cell::RefCell;
use std::future::ready;
use std::task::{Context, Waker};

const CALLS: u64 = if cfg!(miri) { 20 } else { 300 }; // more than a ring

struct LateSpan;

impl Drop for LateSpan {
    fn drop(&mut self) {
        drop(span!("small late"));
    }
}

thread_local! {
    static LATE: RefCell<Option<LateSpan>> = const { RefCell::new(None) };
    static KEPT: RefCell<Option<Span>> = const { RefCell::new(None) };
}

fn work() {
    LATE.set(Some(LateSpan));
    KEPT.with_borrow(|kept| assert!(kept.is_none()));
    for n in 0..CALLS {
        let _outer = span!("small outer");
        drop(Span::enter(perf_core::private::labelled(
            perf_core::site!("small label"),
            || n % 3,
        )));
    }
    let _ = std::panic::catch_unwind(|| {
        let _span = span!("small panic");
        std::panic::resume_unwind(Box::new(()));
    });
    let future = perf_core::Measured::new(perf_core::site!("small future", Future), ready(()));
    assert!(Box::pin(future).as_mut().poll_once());
    KEPT.set(Some(span!("small kept")));
}

trait PollOnce {
    fn poll_once(self) -> bool;
}

impl<F: Future> PollOnce for std::pin::Pin<&mut F> {
    fn poll_once(self) -> bool {
        self.poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }
}

#[test]
fn every_part_once_with_a_reader_beside() {
    perf_core::set_overhead(Overhead::FULL);
    let _on = perf_core::enable();
    let threads: Vec<_> = (0..2).map(|_| std::thread::spawn(work)).collect();
    let seen = snapshot();
    assert!(
        seen.site("small outer")
            .is_none_or(|row| row.calls == row.histogram.count())
    );
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    {
        let _paths = perf_core::enable_paths();
        perf_core::measure_block!("small root", { drop(span!("small leaf")) });
    }
    let seen = snapshot();
    for (id, calls) in [
        ("small outer", 2 * CALLS),
        ("small label{1}", 2 * (CALLS.div_ceil(3))),
        ("small panic", 2),
        ("small future", 2),
        ("small kept", 2),
        ("small late", 2),
        ("small leaf", 1),
    ] {
        assert_eq!(seen.site(id).map(|row| row.calls), Some(calls), "{id}");
    }
    assert!(
        seen.contexts
            .iter()
            .any(|node| node.path == ["small root", "small leaf"])
    );
}
