//! Promise: what this library allocates for itself is in no count of the program's: not even at the first annotated call ever.

use perf_core::alloc::{self, Counting};
use perf_core::{MeasureFuture, Overhead, Session, measure};
use std::hint::black_box;
use std::task::{Context, Waker};
use std::thread;

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

#[measure]
fn first_ever(x: u64) -> u64 {
    black_box(x) + 1
}

#[measure(label = x % 100)]
fn labelled(x: u64) -> u64 {
    black_box(x) + 1
}

#[measure]
fn outer(x: u64) -> u64 {
    first_ever(x) + labelled(x)
}

#[measure]
async fn future(x: u64) -> u64 {
    black_box(x) + 1
}

fn poll_once(x: u64) {
    let mut context = Context::from_waker(Waker::noop());
    let mut body = std::pin::pin!(future(x));
    assert!(body.as_mut().poll(&mut context).is_ready());
    let mut named = std::pin::pin!(async { x }.measured("apart: named"));
    assert!(named.as_mut().poll(&mut context).is_ready());
}

/// One test, so that the first call is the first of the process.
#[test]
fn nothing_of_ours_is_counted_as_theirs() {
    let off = alloc::measure(|| first_ever(1)); // asks the environment
    assert_eq!((off.counted, off.count, off.frees), (true, 0, 0));
    let on = alloc::measure(perf_core::enable);
    assert_eq!((on.count, on.still_live), (0, 0));
    let first = alloc::measure(|| first_ever(1));
    assert_eq!((first.count, first.frees, first.peak), (0, 0, 0));
    perf_core::set_overhead(Overhead::FULL);
    let more = alloc::measure(|| (0..3_000).map(outer).sum::<u64>());
    assert_eq!((more.count, more.frees), (0, 0));
    let paths = alloc::measure(|| {
        let _paths = perf_core::enable_paths();
        (0..300).map(outer).sum::<u64>()
    });
    assert_eq!((paths.count, paths.frees), (0, 0));
    let futures = alloc::measure(|| (0..600).for_each(poll_once));
    assert_eq!((futures.count, futures.frees), (0, 0));
    let session = alloc::measure(|| {
        std::mem::forget(perf_core::snapshot());
        drop(black_box(Box::new(5u8)));
        std::mem::forget(Session::options("apart").report(false).start());
    });
    assert_eq!((session.count, session.bytes), (1, 1));
    let threads = alloc::process().expect("installed");
    let on_another = thread::spawn(|| alloc::measure(|| first_ever(1)).count);
    assert_eq!(on_another.join().unwrap(), 0);
    let after = alloc::process().expect("installed");
    assert!(after.library_count > threads.library_count);
}
