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
    bound!(lock_wait < 5us, || ());
    bound!(site "checkout" mean < 5ms, || ());
    bound!(site "checkout" p99 < 5ms, allocations == 0, || ());
    bound!(site "checkout" p99 < 5ms, site "query" p99 < 1ms);
    bound!(p99 < 2 x baseline(), || ());
    bound!(p99 < 50us, counted, || ());
    bound!(faster_than(|| ()) by 2.0, setup = || 7, |_| ());
}

#[bounded(grows <= n log n over [1, 2])]
fn without_size() {}

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

async fn fetch() -> u8 {
    7
}

fn futures_that_nobody_awaits() {
    bound!(p99 < 50us, || fetch());
    bound!(allocations == 0, fetch);
}
