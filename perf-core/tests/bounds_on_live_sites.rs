//! Promise: a bound on a live site counts every call that begins after it was registered, whatever the overhead budget records, and says where
//! the time went.
//!
//! Verdicts rest on sleeps that a busy machine can only lengthen, or on limits far beyond them.

#[path = "common/threads.rs"]
mod threads;

use perf_core::bound::{Bound, Live, Reason, Verdict, millis, nanos, secs};
use perf_core::{MeasureFuture, Overhead};
use std::task::{Context, Waker};
use std::time::Duration;
use threads::on_threads;

/// No call takes so long, not even on a machine that stands still.
const AN_HOUR: Duration = secs(3_600);

fn p99(limit: Duration) -> Bound {
    Bound::p99().below(limit).even_unoptimised()
}

/// All calls and those beyond the limit.
fn counts(live: &Live) -> (u64, u64) {
    let outcome = live.judge();
    (outcome.calls, outcome.exceeded)
}

#[perf_core::measure]
fn request() {
    query();
    let _span = perf_core::span!("render");
}

#[perf_core::measure]
fn query() {
    std::thread::sleep(millis(2));
}

#[perf_core::measure(span)]
fn both() {}

fn id(name: &str) -> String {
    format!("{}::{name}", module_path!())
}

#[test]
fn a_driven_server_is_judged_and_the_message_names_the_children() {
    let slow = p99(millis(1)).on_site(id("request"));
    let fast = p99(AN_HOUR).on_site(id("request"));
    on_threads(4, |_| (0..100).for_each(|_| request()));
    assert_eq!(counts(&slow), (400, 400));
    assert_eq!(counts(&fast), (400, 0));
    assert_eq!(fast.judge().verdict, Verdict::Holds);
    let broken = slow.judge();
    let busy = matches!(
        broken.verdict,
        Verdict::Inconclusive(Reason::BusyMachine { .. })
    );
    assert!(broken.verdict == Verdict::Broken || busy, "{broken}");
    let message = broken.to_string();
    assert!(message.contains("inside"), "{message}");
    let first = format!("{} ", id("query"));
    let inside = message
        .lines()
        .find(|line| line.contains("inside"))
        .unwrap_or("");
    assert!(
        inside.contains(&first) && inside.contains("render"),
        "{message}"
    );
    // The dearer one first: where the machine stood still in one of the others, that may be `render`.
    let seen = perf_core::snapshot();
    let total = |id: &str| seen.site(id).map_or(0.0, |row| row.total_ns);
    assert_eq!(
        inside.find(&first) < inside.find("render"),
        total(&id("query")) > total("render"),
        "{message}"
    );
    assert!(inside.contains("(400 calls)"), "{message}");
}

#[test]
fn calls_before_and_after_are_not_counted_and_those_open_at_the_beginning_neither() {
    fn step_of(time: Duration) {
        let _span = perf_core::span!("step");
        std::thread::sleep(time);
    }
    let step = || step_of(Duration::ZERO);
    let _on = perf_core::enable();
    step();
    let open = perf_core::span!("open before");
    let live = p99(AN_HOUR).on_site("step");
    let other = p99(AN_HOUR).on_site("open before");
    drop(open);
    (0..50).for_each(|_| step());
    assert_eq!(counts(&live), (50, 0));
    assert_eq!(counts(&other), (0, 0));
    drop((live, other));
    step();
    let again = p99(nanos(1)).on_site("step");
    step_of(millis(1));
    assert_eq!(counts(&again), (1, 1));
}

#[test]
fn a_sampled_site_is_counted_in_full() {
    perf_core::set_overhead(Overhead::percent(0.01));
    let live = p99(AN_HOUR).on_site("hot");
    for _ in 0..200_000 {
        let _span = perf_core::span!("hot");
    }
    perf_core::set_overhead(Overhead::default());
    assert_eq!(live.judge().calls, 200_000);
    let seen = perf_core::snapshot();
    let row = seen.site("hot").expect("entered");
    assert!(row.recorded < 200_000, "it was sampled: {}", row.recorded);
}

#[test]
fn futures_count_from_their_first_poll_to_ready() {
    let live = p99(millis(1)).on_site("answer");
    for _ in 0..30 {
        let mut polled = false;
        let twice = std::future::poll_fn(|_| {
            std::thread::sleep(millis(1));
            let ready = std::mem::replace(&mut polled, true);
            if ready {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        });
        let mut future = std::pin::pin!(twice.measured("answer"));
        let mut context = Context::from_waker(Waker::noop());
        while future.as_mut().poll(&mut context).is_pending() {}
    }
    assert_eq!(counts(&live), (30, 30));
}

#[test]
fn spans_of_tracing_count_from_creation_to_close() {
    use tracing_subscriber::layer::SubscriberExt;
    let subscriber = tracing_subscriber::registry().with(perf_core::tracing::layer());
    tracing::subscriber::with_default(subscriber, || {
        let live = p99(AN_HOUR).on_site("traced");
        (0..40).for_each(|_| drop(tracing::info_span!("traced").entered()));
        assert_eq!(counts(&live), (40, 0));
        let twofold = p99(AN_HOUR).on_site(id("both"));
        (0..40).for_each(|_| both());
        assert_eq!(counts(&twofold), (40, 0)); // once, not as a span too
    });
}

#[test]
fn what_cannot_be_answered_is_said() {
    let never = p99(AN_HOUR).on_site("no such site").judge();
    assert!(
        never
            .to_string()
            .contains("no call of a site \"no such site\""),
        "{never}"
    );
    let mean = Bound::mean().below(AN_HOUR).even_unoptimised();
    let mean = mean.on_site("step").judge();
    assert!(matches!(
        mean.verdict,
        Verdict::Inconclusive(Reason::Unanswerable { .. })
    ));
    let unjudged = Bound::p99().below(AN_HOUR).built_unoptimised(true);
    let unjudged = unjudged.on_site("step").judge();
    assert_eq!(unjudged.verdict, Verdict::Inconclusive(Reason::Unoptimised));
}
