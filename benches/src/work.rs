//! In: a number. Out: the function of about 2 ns that everything is measured on, bare and between two clock reads; timed stretches of it.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// Two steps of a multiplicative mixer (constants of splitmix64): nothing that folds into one, nothing to allocate.
#[inline(always)]
pub(crate) fn body(x: u64) -> u64 {
    let y = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (y ^ (y >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
}

/// The function as its author wrote it.
#[inline(never)]
pub(crate) fn bare(x: u64) -> u64 {
    body(x)
}

/// R: the function between two raw clock reads.
#[inline(never)]
pub(crate) fn raw(clock: &quanta::Clock, x: u64) -> u64 {
    let start = clock.raw();
    let y = body(x);
    black_box(clock.raw().wrapping_sub(start));
    y
}

/// The asynchronous function as its author wrote it: ready at its first poll.
pub(crate) async fn bare_async(x: u64) -> u64 {
    body(x)
}

/// The function between two readings, their difference in nanoseconds given to `record`: what a hand-written measurement does.
#[cfg(feature = "peers")]
#[inline(always)]
pub(crate) fn timed(clock: &quanta::Clock, x: u64, record: impl FnOnce(u64)) -> u64 {
    let start = clock.raw();
    let y = body(x);
    record(clock.delta_as_nanos(start, clock.raw()));
    y
}

/// Nanoseconds a call over a stretch of calls, each of which waits for the one before.
#[inline(always)]
pub(crate) fn stretch(calls: u64, mut call: impl FnMut(u64) -> u64) -> f64 {
    let start = Instant::now();
    let mut x = 1;
    for _ in 0..calls {
        x = call(x);
    }
    black_box(x);
    start.elapsed().as_nanos() as f64 / calls as f64
}

/// Polls a future that is ready at once.
#[inline(always)]
pub(crate) fn now(future: impl Future<Output = u64>) -> u64 {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => 0,
    }
}

/// A stretch of R.
pub(crate) fn raw_stretch(calls: u64) -> f64 {
    let clock = quanta::Clock::new();
    stretch(calls, |x| raw(&clock, x))
}
