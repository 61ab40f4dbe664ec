//! In: the user's closure. Out: one call's time in nanoseconds, the closure's value dropped outside of it.

use crate::clock::Clock;
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

/// A call: made when asked for, timed by itself, the mean of a batch where there is one.
pub(super) type TimedCall<'a> = dyn FnMut() -> f64 + 'a;

/// Times a closure call by call, or `batch` calls as one.
pub(super) fn timed<R>(batch: Option<u32>, mut f: impl FnMut() -> R) -> impl FnMut() -> f64 {
    timed_with(batch, || (), move |()| f())
}

/// Times a closure that consumes what `setup` makes; making it is outside of the measured time.
pub(super) fn timed_with<I, R>(
    batch: Option<u32>,
    mut setup: impl FnMut() -> I,
    mut f: impl FnMut(I) -> R,
) -> impl FnMut() -> f64 {
    let clock = Clock::global();
    let batch = batch.unwrap_or(1).max(1);
    move || {
        if batch == 1 {
            let input = setup();
            let start = clock.now();
            let value = black_box(f(black_box(input)));
            let end = clock.now();
            drop(value);
            return clock.nanoseconds_f64(end.saturating_sub(start) as f64);
        }
        let inputs: Vec<I> = (0..batch).map(|_| setup()).collect();
        let mut values = Vec::with_capacity(batch as usize);
        let start = clock.now();
        for input in inputs {
            values.push(black_box(f(black_box(input))));
        }
        let end = clock.now();
        drop(values);
        clock.nanoseconds_f64(end.saturating_sub(start) as f64) / f64::from(batch)
    }
}

/// What an empty call is measured to take: the clock's own part of every call's time, in nanoseconds.
pub(super) fn own_cost() -> f64 {
    static COST: OnceLock<f64> = OnceLock::new();
    *COST.get_or_init(|| {
        let mut empty = timed(None, || ());
        let mut times: Vec<f64> = (0..OWN_CALLS).map(|_| empty()).collect();
        times.sort_unstable_by(f64::total_cmp);
        times[OWN_CALLS / 2]
    })
}

/// Empty calls whose median counts.
const OWN_CALLS: usize = 501;

/// Runs a future to its end on this thread, which sleeps while there is nothing to do.
///
/// It drives this one future only: what needs a runtime's timers or sockets is to be run in that runtime.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn every_call_is_made_once_with_an_input_of_its_own() {
        let (made, used) = (Cell::new(0), Cell::new(0));
        let setup = || made.replace(made.get() + 1);
        let body = |input: i32| used.set(used.get() + input);
        let mut single = timed_with(None, setup, body);
        assert!(single() >= 0.0);
        drop(single);
        timed_with(Some(4), setup, body)();
        assert_eq!((made.get(), used.get()), (5, 10));
    }

    #[test]
    fn a_future_that_waits_for_another_thread_ends() {
        let (sender, receiver) = std::sync::mpsc::channel::<Waker>();
        let other = std::thread::spawn(move || receiver.recv().map(Waker::wake));
        let mut asked = false;
        let value = block_on(std::future::poll_fn(move |context| {
            if asked {
                return Poll::Ready(7);
            }
            asked = true;
            sender
                .send(context.waker().clone())
                .expect("the other thread listens");
            Poll::Pending
        }));
        assert_eq!(value, 7);
        assert!(other.join().expect("no panic").is_ok());
    }
}
