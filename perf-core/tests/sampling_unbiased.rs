//! Promise: sampling keeps the cost of recording within its budget, counts exactly, and its sums agree with each other.
//!
//! That the sums are unbiased is shown by simulation beside the recording path (`record::simulation`), where durations are known.

#[path = "common/row.rs"]
mod row;

use perf_core::{Overhead, snapshot, span};
use row::row;
use std::sync::Mutex;

static ONE: Mutex<()> = Mutex::new(());

const CALLS: u64 = if cfg!(debug_assertions) {
    1_000_000
} else {
    50_000_000
};

#[test]
fn a_hot_loop_stays_within_the_budget() {
    let _one = ONE.lock();
    for percent in [1.0, 0.1] {
        perf_core::set_overhead(Overhead::percent(percent));
        let _on = perf_core::enable();
        std::thread::spawn(|| (0..1_000).for_each(|_| drop(span!("hot"))))
            .join()
            .unwrap();
        let before = snapshot();
        std::thread::spawn(|| (0..CALLS).for_each(|_| drop(span!("hot"))))
            .join()
            .unwrap();
        let interval = snapshot().since(&before).unwrap();
        let row = interval
            .rows
            .iter()
            .find(|row| row.calls == CALLS)
            .expect("every call is counted");
        assert!(
            row.recorded > 0 && row.recorded < CALLS / 10,
            "{} recorded",
            row.recorded
        );
        // Up to the first adjustments every call is recorded: two rings.
        let cost = (row.recorded - row.recorded.min(512)) as f64 * interval.cost.recorded_call_ns;
        let share = cost / interval.covers_ns as f64;
        assert!(
            share <= percent / 100.0,
            "recording took {share} of the time"
        );
    }
}

/// One call of the caller holds all calls of the sampled site: what it does not have itself is their total, to the tick.
#[test]
fn the_caller_subtracts_what_the_callee_shows() {
    let _one = ONE.lock();
    perf_core::set_overhead(Overhead::default());
    let _on = perf_core::enable();
    {
        let _caller = span!("caller");
        for _ in 0..CALLS / 10 {
            let _callee = span!("callee");
            let _inner = span!("inner");
        }
    }
    let (caller, callee, inner) = (row("caller"), row("callee"), row("inner"));
    assert_eq!(
        (caller.calls, callee.calls, inner.calls),
        (1, CALLS / 10, CALLS / 10)
    );
    assert!(caller.sampled().is_none() && callee.sampled().is_some() && inner.sampled().is_some());
    let off = caller.total_ns - caller.self_ns - callee.total_ns;
    assert!(off.abs() <= 1e-6 * callee.total_ns, "off by {off} ns");
    assert!(callee.total_sampling_sd_ns > 0.0);
    assert_eq!(caller.total_sampling_sd_ns, 0.0);
    for row in [callee, inner] {
        let (estimate, calls) = (row.histogram.count() as f64, row.calls as f64);
        let sd = (row.weighted_squares as f64 - estimate).sqrt();
        assert!(
            (estimate - calls).abs() < 6.0 * sd,
            "{}: {estimate} of {calls}, sd {sd}",
            row.id
        );
    }
}

#[test]
fn a_full_budget_reaches_sites_that_wait_for_a_far_call() {
    let _one = ONE.lock();
    let _on = perf_core::enable();
    perf_core::set_overhead("0.001%".parse().unwrap());
    std::thread::spawn(|| {
        let [rare, often] = [perf_core::site!("rare"), perf_core::site!("often")];
        for site in [rare, often] {
            (0..100_000).for_each(|_| drop(perf_core::Span::enter(site)));
        }
        perf_core::set_overhead(Overhead::FULL);
        let recorded = |id: &str| row(id).recorded;
        let before = recorded("often");
        while recorded("often") == before {
            (0..100_000).for_each(|_| drop(perf_core::Span::enter(often)));
        }
        let before = recorded("rare");
        drop(perf_core::Span::enter(rare));
        assert_eq!(recorded("rare"), before + 1);
    })
    .join()
    .unwrap();
}

/// A site written with `full` is recorded whatever the budget says.
#[test]
fn a_full_site_is_never_sampled() {
    use perf_core::site::{Kind, Site};
    static FULL: Site = Site::named("always", Kind::Block, file!(), line!(), column!()).full();
    let _one = ONE.lock();
    let _on = perf_core::enable();
    perf_core::set_overhead("0.01%".parse().unwrap());
    for _ in 0..CALLS / 20 {
        drop(perf_core::Span::enter(&FULL));
        drop(span!("beside it"));
    }
    assert_eq!(row("always").recorded, CALLS / 20);
    assert!(row("beside it").sampled().is_some());
}
