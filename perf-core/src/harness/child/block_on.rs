//! In: a future. Out: its value: polled on this thread, which sleeps until it is woken.

use std::cell::OnceCell;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    static WAKER: OnceCell<Waker> = const { OnceCell::new() };
}

/// Runs a future to its end on this thread.
#[doc(hidden)]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = WAKER.with(|waker| {
        waker
            .get_or_init(|| Waker::from(Arc::new(Unpark(std::thread::current()))))
            .clone()
    });
    let mut future = pin!(future);
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_future_that_is_woken_from_elsewhere_ends() {
        let mut woken = false;
        let value = super::block_on(std::future::poll_fn(move |context| {
            if woken {
                return std::task::Poll::Ready(7);
            }
            woken = true;
            let waker = context.waker().clone();
            std::thread::spawn(move || waker.wake());
            std::task::Poll::Pending
        }));
        assert_eq!(value, 7);
    }
}
