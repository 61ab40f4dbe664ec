//! `#[measure]` on whatever gives a future, and `measured("name")`: first poll to ready, cancelled futures told apart, on any
//! executor and across threads, and dropped as the bare future would be.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![allow(clippy::pedantic)] // odd forms are the subject

use perf_core::{MeasureFuture, measure};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Calls, errors, panics and cancellations of a row; zeros where there is none.
fn counts(id: &str) -> (u64, u64, u64, u64) {
    let rows = perf_core::snapshot();
    rows.site(id).map_or((0, 0, 0, 0), |row| {
        (row.calls, row.errors, row.panicked, row.cancelled)
    })
}

/// Runs a future to its end on this thread.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Polls once and drops.
fn give_up<T>(future: impl Future<Output = T>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(future).poll(&mut context).is_pending());
}

/// Pending once, and at once to be polled again.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

mod forms {
    use super::{Pin, measure, pause};

    #[measure]
    pub(super) async fn plain(x: u32) -> u32 {
        pause().await;
        x + 1
    }

    #[measure]
    pub(super) async fn borrows<'a>(text: &'a str, _more: &str) -> &'a str {
        pause().await;
        text.trim()
    }

    #[measure]
    pub(super) async fn early(x: u32) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        if x == 0 {
            return Err("of another type".into());
        }
        let y: u32 = "1".parse()?;
        pause().await;
        Ok(x + y)
    }

    // The first `return` alone would settle on another type.
    #[measure]
    pub(super) async fn coerced(yes: bool) -> Box<dyn Fn() -> u32> {
        if yes {
            return Box::new(|| 1);
        }
        Box::new(|| 2)
    }

    #[measure(err)]
    pub(super) async fn fails(text: &str) -> Result<u32, std::num::ParseIntError> {
        let x = text.parse()?;
        pause().await;
        Ok(x)
    }

    #[measure]
    pub(super) async fn panics() {
        pause().await;
        panic!("as it should");
    }

    #[measure]
    pub(super) async fn never() -> ! {
        loop {
            pause().await;
        }
    }

    #[measure]
    pub(super) async fn generic<T: Clone>(x: T, f: impl FnOnce(T) -> T) -> T {
        f(x)
    }

    #[measure(label = a)]
    pub(super) async fn labelled((a, mut b): (u32, u32), mut c: u32) -> u32 {
        b += 1;
        c += 1;
        a + b + c
    }

    // A lock's guard in the tail must be gone before the lock is.
    #[measure]
    pub(super) async fn tail(lock: std::sync::Mutex<u32>) -> u32 {
        *lock.lock().unwrap()
    }

    #[measure]
    pub(super) async fn recursive(n: u32) -> u32 {
        if n == 0 {
            0
        } else {
            Box::pin(recursive(n - 1)).await + 1
        }
    }

    #[measure]
    pub(super) fn opaque(x: u32) -> impl Future<Output = Result<u32, String>> + Send {
        async move {
            let y: u32 = "1".parse().map_err(|_| "of another type")?;
            pause().await;
            Ok(x + y)
        }
    }

    #[measure(err)]
    pub(super) fn opaque_early(x: u32) -> impl Future<Output = Result<u32, u32>> {
        if x == 0 {
            return std::future::ready(Err(0));
        }
        std::future::ready(Ok(x))
    }

    #[measure]
    pub(super) fn boxed<'a>(x: &'a u32) -> Pin<Box<dyn Future<Output = u32> + Send + 'a>> {
        let y = *x;
        Box::pin(async move {
            pause().await;
            *x + y
        })
    }

    #[measure(err)]
    pub(super) fn boxed_early(
        x: u32,
    ) -> std::pin::Pin<std::boxed::Box<dyn std::future::Future<Output = Result<u32, u32>>>> {
        if x == 0 {
            return Box::pin(std::future::ready(Err(0)));
        }
        match x {
            1 => Box::pin(async { Ok(1) }),
            _ => Box::pin(async move { Ok(x) }),
        }
    }

    pub(super) struct Counter(pub(super) u32);

    #[measure]
    impl Counter {
        pub(super) async fn add(&mut self, x: u32) -> &mut u32 {
            pause().await;
            self.0 += x;
            &mut self.0
        }

        pub(super) async fn into_inner(self) -> u32 {
            self.0
        }
    }

    pub(super) trait Fetch {
        fn fetch(&self) -> impl Future<Output = u32> + Send;
    }

    #[measure]
    impl Fetch for Counter {
        async fn fetch(&self) -> u32 {
            pause().await;
            self.0
        }
    }

    #[async_trait::async_trait]
    pub(super) trait Load {
        async fn above(&self, x: &str) -> Result<u32, std::num::ParseIntError>;
        async fn below(&self, x: &str) -> Result<u32, std::num::ParseIntError>;
        #[measure]
        async fn default(&self) -> u32 {
            pause().await;
            4
        }
    }

    #[async_trait::async_trait]
    impl Load for Counter {
        #[measure(err)]
        async fn above(&self, x: &str) -> Result<u32, std::num::ParseIntError> {
            let y: u32 = x.parse()?;
            pause().await;
            Ok(self.0 + y)
        }

        async fn below(&self, x: &str) -> Result<u32, std::num::ParseIntError> {
            let inner = Wrapped(self);
            inner.below(x).await
        }
    }

    pub(super) struct Wrapped<'a>(&'a Counter);

    #[measure]
    #[async_trait::async_trait]
    impl Load for Wrapped<'_> {
        async fn above(&self, x: &str) -> Result<u32, std::num::ParseIntError> {
            self.0.above(x).await
        }

        #[measure(err)]
        async fn below(&self, x: &str) -> Result<u32, std::num::ParseIntError> {
            let y: u32 = x.parse()?;
            pause().await;
            Ok(self.0.0 + y)
        }
    }
}

#[test]
fn every_form_is_measured_from_first_poll_to_ready() {
    let _on = perf_core::enable();
    assert_eq!(run(forms::plain(1)), 2);
    assert_eq!(run(forms::borrows(" a ", "")), "a");
    assert_eq!(
        run(forms::coerced(true))() + run(forms::coerced(false))(),
        3
    );
    assert_eq!(run(forms::generic(1, |x| x + 1)), 2);
    assert_eq!(run(forms::labelled((1, 2), 3)), 8);
    assert_eq!(run(forms::tail(std::sync::Mutex::new(3))), 3);
    assert_eq!(run(forms::recursive(3)), 3);
    assert_eq!(run(forms::opaque(1)), Ok(2));
    assert_eq!(run(forms::boxed(&2)), 4);
    let mut counter = forms::Counter(1);
    assert_eq!(*run(counter.add(1)), 2);
    assert_eq!(run(forms::Fetch::fetch(&counter)), 2);
    assert_eq!(run(counter.into_inner()), 2);
    for (name, expected) in [
        ("plain", 1),
        ("borrows", 1),
        ("coerced", 2),
        ("generic", 1),
        ("labelled{1}", 1),
        ("tail", 1),
        ("recursive", 4),
        ("opaque", 1),
        ("boxed", 1),
        ("Counter::add", 1),
        ("Counter::into_inner", 1),
    ] {
        let id = format!("measure_futures::forms::{name}");
        assert_eq!(counts(&id), (expected, 0, 0, 0), "{id}");
    }
    let id = "<measure_futures::forms::Counter as measure_futures::forms::Fetch>::fetch";
    assert_eq!(counts(id), (1, 0, 0, 0));
    assert_eq!(
        perf_core::snapshot().site(id).unwrap().kind,
        perf_core::site::Kind::Future
    );
}

#[test]
fn errors_are_counted_where_asked() {
    let _on = perf_core::enable();
    assert!(run(forms::early(0)).is_err() && run(forms::early(1)).is_ok());
    assert_eq!(counts("measure_futures::forms::early"), (2, 0, 0, 0));
    assert!(run(forms::fails("x")).is_err() && run(forms::fails("1")).is_ok());
    assert_eq!(counts("measure_futures::forms::fails"), (2, 1, 0, 0));
    assert_eq!(
        (run(forms::opaque_early(0)), run(forms::opaque_early(1))),
        (Err(0), Ok(1))
    );
    assert_eq!(counts("measure_futures::forms::opaque_early"), (2, 1, 0, 0));
    assert_eq!(
        (run(forms::boxed_early(0)), run(forms::boxed_early(1))),
        (Err(0), Ok(1))
    );
    assert_eq!(run(forms::boxed_early(2)), Ok(2));
    assert_eq!(counts("measure_futures::forms::boxed_early"), (3, 1, 0, 0));
}

#[test]
fn async_trait_is_measured_on_either_side() {
    use forms::Load;
    let _on = perf_core::enable();
    let counter = forms::Counter(1);
    assert!(run(counter.above("x")).is_err());
    assert_eq!(run(counter.above("2")), Ok(3));
    assert_eq!(run(counter.below("2")), Ok(3));
    assert!(run(counter.below("x")).is_err());
    assert_eq!(run(counter.default()), 4);
    let load = "measure_futures::forms::Load";
    let of = |ty: &str, method| format!("<measure_futures::forms::{ty} as {load}>::{method}");
    assert_eq!(counts(&of("Counter", "above")), (2, 1, 0, 0));
    assert_eq!(counts(&of("Wrapped", "below")), (2, 1, 0, 0));
    assert_eq!(counts(&format!("{load}::default")), (1, 0, 0, 0));
}

#[test]
fn a_cancelled_future_is_no_call() {
    let _on = perf_core::enable();
    give_up(forms::never());
    drop(forms::never());
    assert_eq!(counts("measure_futures::forms::never"), (0, 0, 0, 1));
    assert!(catch_unwind(|| run(forms::panics())).is_err());
    assert_eq!(counts("measure_futures::forms::panics"), (1, 0, 1, 0));
}

/// Notes when it is dropped.
struct Noted<'a>(&'static str, &'a RefCell<Vec<&'static str>>);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

mod dropped {
    use super::{Noted, measure, pause};

    #[measure]
    pub(super) async fn measured(
        a: Noted<'_>,
        _: Noted<'_>,
        (b, _): (Noted<'_>, Noted<'_>),
        c: Noted<'_>,
    ) {
        pause().await;
        let _used = (&c, &a, &b);
    }

    pub(super) async fn bare(
        a: Noted<'_>,
        _: Noted<'_>,
        (b, _): (Noted<'_>, Noted<'_>),
        c: Noted<'_>,
    ) {
        pause().await;
        let _used = (&c, &a, &b);
    }
}

#[test]
fn arguments_are_dropped_in_the_order_of_the_bare_function() {
    let notes = RefCell::new(Vec::new());
    let note = |name| Noted(name, &notes);
    macro_rules! call {
        ($function:ident) => {
            dropped::$function(note("a"), note("_"), (note("b"), note("b rest")), note("c"))
        };
    }
    macro_rules! same_order {
        ($end:expr) => {
            $end(call!(measured));
            let measured = notes.take();
            $end(call!(bare));
            assert_eq!(measured, notes.take());
        };
    }
    same_order!(run);
    same_order!(drop);
    same_order!(give_up);
}

/// `Send`, but not `Sync`: an argument that is only borrowed inside must not make the future unfit for threads.
#[measure]
async fn sends(cell: Cell<u32>) -> u32 {
    cell.set(cell.get() + 1);
    pause().await;
    cell.get()
}

#[test]
fn a_future_moves_between_threads_between_polls() {
    let _on = perf_core::enable();
    let mut future = Box::pin(sends(Cell::new(1)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    let output = std::thread::spawn(move || run(future)).join().unwrap();
    assert_eq!(output, 2);
    assert_eq!(counts("measure_futures::sends"), (1, 0, 0, 0));
}

#[test]
fn futures_are_measured_by_name() {
    let _on = perf_core::enable();
    for _ in 0..2 {
        assert_eq!(run(async { 1 }.measured("futures: by name")), 1);
    }
    let elsewhere = || run(std::future::ready(2).measured("futures: by name"));
    assert_eq!(std::thread::spawn(elsewhere).join().unwrap(), 2);
    assert_eq!(counts("futures: by name"), (3, 0, 0, 0));
    give_up(std::future::pending::<()>().measured("futures: cancelled by name"));
    assert_eq!(counts("futures: cancelled by name"), (0, 0, 0, 1));
    let panics = async { panic!("as it should") };
    assert!(catch_unwind(AssertUnwindSafe(|| run(panics.measured("futures: panic")))).is_err());
    assert_eq!(counts("futures: panic"), (1, 0, 1, 0));
}

#[measure]
#[tokio::main(flavor = "current_thread")]
async fn runtime_below() -> u32 {
    tokio::task::yield_now().await;
    1
}

#[tokio::main(flavor = "current_thread")]
#[measure]
async fn runtime_above() -> u32 {
    tokio::task::yield_now().await;
    tokio::spawn(spawned()).await.unwrap()
}

#[measure]
fn spawned() -> impl Future<Output = u32> + Send {
    async {
        pause().await;
        2
    }
}

#[test]
fn a_runtime_s_main_is_measured_on_either_side() {
    let _on = perf_core::enable();
    assert_eq!((runtime_below(), runtime_above()), (1, 2));
    for id in [
        "measure_futures::runtime_below",
        "measure_futures::runtime_above",
    ] {
        assert_eq!(counts(id), (1, 0, 0, 0), "{id}");
    }
}

#[tokio::test]
#[measure]
async fn a_runtime_s_test_is_measured_below() {
    pause().await;
}

#[measure]
#[tokio::test]
async fn a_runtime_s_test_is_measured_above() {
    pause().await;
}
