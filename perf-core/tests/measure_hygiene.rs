//! `#[measure]` beside code that bears our names and forbids what can be forbidden: nothing is captured, nothing is shadowed,
//! nothing is warned of.
#![forbid(unsafe_code)]
#![deny(warnings)]
#![deny(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    let_underscore_drop
)]
#![deny(clippy::pedantic)]

#[perf_core::measure]
fn locals(span: u32, site: u32, here: u32) -> u32 {
    let __perf_span = span;
    let __perf_result = site;
    let result = here;
    __perf_span + __perf_result + result
}

#[perf_core::measure(err, label = __perf_result)]
fn arguments(__perf_span: u32, __perf_result: u32) -> Result<u32, String> {
    Ok(__perf_span + __perf_result)
}

#[perf_core::measure]
async fn asynchronous(__perf_result: u32, (__perf_argument_1, _): (u32, u32)) -> u32 {
    let __perf_argument_0 = __perf_result;
    __perf_argument_0 + __perf_argument_1
}

/// Items that a careless expansion would find instead of its own.
#[allow(non_upper_case_globals, dead_code, non_camel_case_types)]
mod items {
    const SITE: u32 = 1;
    const __perf: u32 = 1;
    fn here() -> u32 {
        2
    }
    struct Span;
    struct Site;
    struct Box;
    enum Option {}
    struct str;
    mod core {}
    mod std {}
    mod perf_core {}
    trait Outcome {
        fn is_failure(&self) -> bool;
    }
    impl<T> Outcome for T {
        fn is_failure(&self) -> bool {
            true
        }
    }
    #[allow(unused_macros)]
    macro_rules! line {
        () => {
            compile_error!("not this one")
        };
    }

    #[::perf_core::measure]
    pub(super) fn sync() -> u32 {
        SITE + here()
    }

    #[::perf_core::measure(err)]
    pub(super) fn err() -> Result<u32, u32> {
        Ok(SITE)
    }

    #[::perf_core::measure]
    pub(super) async fn asynchronous() -> u32 {
        here()
    }

    #[::perf_core::measure]
    pub(super) fn boxed() -> ::core::pin::Pin<::std::boxed::Box<dyn Future<Output = u32>>> {
        if SITE == 1 {
            return ::std::boxed::Box::pin(async { 1 });
        }
        ::std::boxed::Box::pin(async { 2 })
    }
}

/// The body sees none of our items.
#[perf_core::measure]
fn here() -> &'static str {
    fn inner() -> &'static str {
        "user's"
    }
    inner()
}

#[perf_core::measure(err)]
fn unused(_a: u32, _: u32, #[allow(unused_variables)] b: u32) -> Result<(), String> {
    Ok(())
}

#[perf_core::measure]
async fn unused_async(_a: u32, _: u32, mut c: u32) {
    c += 1;
    std::future::ready(c).await;
}

#[perf_core::measure]
fn returns_at_once() -> u32 {
    return 1;
}

macro_rules! make {
    ($name:ident, $argument:ident, $ty:ty) => {
        #[perf_core::measure]
        fn $name($argument: $ty) -> $ty {
            let span = $argument;
            span
        }
    };
}
make!(by_macro, span, u32);

fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("a future of a test that waits for nothing"),
    }
}

#[test]
fn names_of_ours_are_free_for_the_user() {
    let _on = perf_core::enable();
    assert_eq!(locals(1, 2, 3), 6);
    assert_eq!(arguments(1, 2), Ok(3));
    assert_eq!(ready(asynchronous(1, (2, 3))), 3);
    assert_eq!(items::sync(), 3);
    assert_eq!(items::err(), Ok(1));
    assert_eq!(ready(items::asynchronous()) + ready(items::boxed()), 3);
    assert_eq!(here(), "user's");
    assert_eq!(by_macro(4), 4);
    assert_eq!(returns_at_once(), 1);
    assert_eq!(unused(1, 2, 3), Ok(()));
    ready(unused_async(1, 2, 3));
    let rows = perf_core::snapshot();
    for (id, errors) in [
        ("measure_hygiene::locals", 0),
        ("measure_hygiene::arguments{2}", 0),
        ("measure_hygiene::asynchronous", 0),
        ("measure_hygiene::items::sync", 0),
        ("measure_hygiene::items::err", 0),
        ("measure_hygiene::here", 0),
        ("measure_hygiene::by_macro", 0),
    ] {
        let row = rows.site(id).unwrap_or_else(|| panic!("no row {id}"));
        assert_eq!((row.calls, row.errors), (1, errors), "{id}");
    }
}
