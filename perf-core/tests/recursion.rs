//! Promise: in recursion inclusive time counts once per outermost call, and self time is right; also where calls are sampled.

#[path = "common/row.rs"]
mod row;

use perf_core::{Overhead, span};
use row::row;
use std::sync::{Mutex, MutexGuard};

fn recording(overhead: Overhead) -> (perf_core::Enabled, MutexGuard<'static, ()>) {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    perf_core::set_overhead(overhead);
    (perf_core::enable(), guard)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

fn direct(depth: u32) {
    let _span = span!("direct");
    if depth > 1 {
        direct(depth - 1);
    }
}

fn even(depth: u32) {
    let _span = span!("even");
    if depth > 1 {
        odd(depth - 1);
    }
}

fn odd(depth: u32) {
    let _span = span!("odd");
    if depth > 1 {
        even(depth - 1);
    }
}

#[test]
fn direct_recursion() {
    let _on = recording(Overhead::FULL);
    for _ in 0..100 {
        let _around = span!("around direct");
        direct(10);
    }
    let (around, direct) = (row("around direct"), row("direct"));
    assert_eq!((direct.calls, direct.recorded), (1_000, 1_000));
    // All time within the outermost calls is the site's own, and what the caller does not have itself.
    assert!(
        close(direct.self_ns, direct.total_ns),
        "{} of {}",
        direct.self_ns,
        direct.total_ns
    );
    assert!(close(around.total_ns - around.self_ns, direct.total_ns));
    assert!(direct.durations_ns > direct.total_ns);
    assert!(direct.max_ns <= direct.total_ns);
}

#[test]
fn mutual_recursion() {
    let _on = recording(Overhead::FULL);
    for _ in 0..100 {
        let _around = span!("around mutual");
        even(10);
    }
    let (around, even, odd) = (row("around mutual"), row("even"), row("odd"));
    assert_eq!((even.calls, odd.calls), (500, 500));
    assert!(
        close(even.self_ns + odd.self_ns, even.total_ns),
        "self times add up to the outermost calls"
    );
    assert!(close(around.total_ns - around.self_ns, even.total_ns));
    assert!(odd.total_ns < even.total_ns && odd.total_ns > odd.self_ns);
}

#[test]
fn a_panic_out_of_recursion_closes_all_of_it() {
    fn deep(depth: u32) {
        let _span = span!("deep panic");
        if depth == 0 {
            std::panic::resume_unwind(Box::new(()));
        }
        deep(depth - 1);
    }
    let _on = recording(Overhead::FULL);
    for _ in 0..10 {
        assert!(std::panic::catch_unwind(|| deep(9)).is_err());
    }
    let row = row("deep panic");
    assert_eq!((row.calls, row.panicked), (100, 100));
    assert!(close(row.self_ns, row.total_ns));
}

/// The exact times of sampled recursion are pinned by the simulation beside the recording path; here the whole path is taken.
#[test]
fn sampled_recursion_keeps_its_sums() {
    let _on = recording(Overhead::percent(0.05));
    let times = if cfg!(debug_assertions) {
        20_000
    } else {
        200_000
    };
    {
        let _around = span!("around sampled");
        for _ in 0..times {
            even_sampled(6);
        }
    }
    let (around, even, odd) = (
        row("around sampled"),
        row("even sampled"),
        row("odd sampled"),
    );
    assert_eq!((even.calls, odd.calls), (3 * times, 3 * times));
    assert!(even.sampled().is_some() && odd.sampled().is_some());
    // The caller subtracts a call nearest to it or, where that was only counted, nothing: what remains is exact in sum.
    assert!(around.sampled().is_none());
    assert!(even.histogram.count() > 0 && odd.histogram.count() > 0);
    // Weighted counts estimate the calls: standard error of the estimate sqrt(sum w(w-1)).
    for row in [even, odd] {
        let sd = ((row.weighted_squares - row.histogram.count()) as f64).sqrt();
        let off = row.histogram.count() as f64 - row.calls as f64;
        // The last gap of every thread is open: one weight more or less.
        assert!(
            off.abs() < 6.0 * sd,
            "{}: off by {off}, standard deviation {sd}",
            row.id
        );
    }
}

fn even_sampled(depth: u32) {
    let _span = span!("even sampled");
    if depth > 1 {
        odd_sampled(depth - 1);
    }
}

fn odd_sampled(depth: u32) {
    let _span = span!("odd sampled");
    if depth > 1 {
        even_sampled(depth - 1);
    }
}
