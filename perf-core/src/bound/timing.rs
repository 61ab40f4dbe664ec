//! In: the user's closure. Out: one call's time in nanoseconds, the closure's value dropped outside of it.

use crate::alloc;
use crate::bound::exact::Taken;
use crate::clock::Clock;
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

/// What is asked of the user's closure: so many calls as one, and what is read around them where it is not the wall clock.
pub(super) struct Ask<'a> {
    pub(super) calls: u32, // at least 1
    pub(super) gauge: Option<&'a mut dyn FnMut() -> f64>,
    /// Where to say what one call takes from the allocator; nothing is timed then.
    pub(super) taken: Option<&'a mut Taken>,
}

impl Ask<'_> {
    /// Wall time of so many calls.
    pub(super) fn wall(calls: u32) -> Self {
        Self {
            calls,
            gauge: None,
            taken: None,
        }
    }
}

/// Makes the calls and gives what one of them took on average: nanoseconds, or the gauge's unit.
pub(super) type TimedCall<'a> = dyn FnMut(Ask<'_>) -> f64 + 'a;

/// Times a closure.
pub(super) fn timed<R>(mut f: impl FnMut() -> R) -> impl FnMut(Ask<'_>) -> f64 {
    timed_with(|| (), move |()| f())
}

/// Times a closure that consumes what `setup` makes; making it is outside of the measured time.
pub(super) fn timed_with<I, R>(
    mut setup: impl FnMut() -> I,
    mut f: impl FnMut(I) -> R,
) -> impl FnMut(Ask<'_>) -> f64 {
    let clock = Clock::global();
    let wall = move |from: u64| clock.nanoseconds_f64(clock.now().saturating_sub(from) as f64);
    move |ask| {
        if let Some(taken) = ask.taken {
            *taken = count(&mut setup, &mut f);
            return 0.0;
        }
        if ask.calls <= 1 && ask.gauge.is_none() {
            let input = setup();
            let start = clock.now();
            let value = black_box(f(black_box(input)));
            let took = wall(start);
            drop(value);
            return took;
        }
        let inputs: Vec<I> = (0..ask.calls).map(|_| setup()).collect();
        let mut values = Vec::with_capacity(ask.calls as usize);
        let work = || {
            for input in inputs {
                values.push(black_box(f(black_box(input))));
            }
        };
        let took = if let Some(gauge) = ask.gauge {
            let before = gauge();
            work();
            gauge() - before
        } else {
            let start = clock.now();
            work();
            wall(start)
        };
        drop(values);
        took / f64::from(ask.calls.max(1))
    }
}

/// What one call takes; what it keeps of its input is its own, what it frees of it is not missed.
fn count<I, R>(setup: &mut impl FnMut() -> I, f: &mut impl FnMut(I) -> R) -> Taken {
    let input = alloc::measure(setup);
    let before = input.still_live;
    let value = input.value;
    let used = alloc::measure(|| drop(black_box(f(black_box(value)))));
    Taken {
        count: used.count,
        bytes: used.bytes,
        peak: used.peak,
        leak: (before + used.still_live).max(0) as u64,
    }
}

/// What an empty call is measured to take: the clock's own part of every call's time, in nanoseconds.
pub(super) fn own_cost() -> f64 {
    static COST: OnceLock<f64> = OnceLock::new();
    *COST.get_or_init(|| {
        let mut empty = timed(|| ());
        let mut times: Vec<f64> = (0..OWN_CALLS).map(|_| empty(Ask::wall(1))).collect();
        times.sort_unstable_by(f64::total_cmp);
        times[OWN_CALLS / 2]
    })
}

/// Empty calls whose median counts.
const OWN_CALLS: usize = 501;

/// Makes a plain closure of an asynchronous one: each call runs its future to the end on this thread, which sleeps while there is
/// nothing to do. For those calls of [`Bound`](super::Bound) that have no asynchronous form.
///
/// It drives this one future only: what needs a runtime's timers or sockets is to be run in that runtime. Nothing is allocated.
///
/// ```
/// use perf_core::bound::{Bound, driven, driven_with, millis};
/// let sum = driven_with(async |numbers: Vec<u32>| std::future::ready(numbers.len()).await);
/// Bound::p99().below(millis(500)).check_with(|| vec![1, 2], sum);
/// Bound::faster(0.001).against(driven(async || 1)).check(driven(async || 2));
/// ```
pub fn driven<R>(mut f: impl AsyncFnMut() -> R) -> impl FnMut() -> R {
    let waker = waker();
    move || block_on(&waker, f())
}

/// [`driven`] for a closure that is given something.
pub fn driven_with<I, R>(mut f: impl AsyncFnMut(I) -> R) -> impl FnMut(I) -> R {
    let waker = waker();
    move |input| block_on(&waker, f(input))
}

/// Wakes the thread that makes it; made before anything is measured, since it is allocated.
fn waker() -> Waker {
    Waker::from(Arc::new(Unpark(std::thread::current())))
}

fn block_on<F: Future>(waker: &Waker, future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(waker);
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
        let mut call = timed_with(setup, body);
        assert!(call(Ask::wall(1)) >= 0.0);
        call(Ask::wall(4));
        let mut gauge = || f64::from(used.get());
        let gauged = Ask {
            calls: 2,
            gauge: Some(&mut gauge),
            taken: None,
        };
        assert_eq!(call(gauged), 5.5); // inputs 5 and 6
        assert_eq!((made.get(), used.get()), (7, 21));
    }

    #[test]
    fn a_future_that_waits_for_another_thread_ends() {
        let (sender, receiver) = std::sync::mpsc::channel::<Waker>();
        let other = std::thread::spawn(move || receiver.recv().map(Waker::wake));
        let mut asked = false;
        let value = block_on(
            &waker(),
            std::future::poll_fn(move |context| {
                if asked {
                    return Poll::Ready(7);
                }
                asked = true;
                sender
                    .send(context.waker().clone())
                    .expect("the other thread listens");
                Poll::Pending
            }),
        );
        assert_eq!(value, 7);
        assert!(other.join().expect("no panic").is_ok());
    }
}
