//! Mistakes in bounds, each at its own place.
use perf_core::{bound, bounded};

fn main() {
    bound!();
    bound!(p99 < 50us);
    bound!(p99 < 50, || ());
    bound!(p99 < 50parsecs, || ());
    bound!(p99 > 50us, || ());
    bound!(median < 50us, || ());
    bound!(p99 < 50us || ());
    bound!(p99 < 50us, bugdet = 3s, || ());
    bound!(p99 < 50us, || (), budget = 3s);
    bound!(beyond < 1%, || ());
    bound!(beyond(50us) < 1, || ());
    bound!(|| ());
    bound!(throughput < 1M/s, || ());
    bound!(throughput > 1M, || ());
    bound!(faster_than by 2.0, || ());
    bound!(p99 < 40 x memset(4 KiB), || ());
    bound!(grows <= n log n, |n| n);
    bound!(grows <= n^4 over [1, 2], |n| n);
    bound!(faster_than(|| ()) > 2.0, || ());
}

#[bounded(p99 < 50us)]
fn with_argument(_x: u8) {}

#[bounded(p99 < 50us, || ())]
fn with_closure() {}

#[bounded(p99 < 50us)]
fn with_value() -> u8 {
    3
}

#[bounded]
fn without_bound() {}

#[bounded(p99 < 50us)]
struct NoFunction;
