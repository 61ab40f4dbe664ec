//! In: how many. Out: so many calls of a function of a few nanoseconds, every one recorded; what studies of the recording path measure.

use perf_core::{Overhead, Session, measure, set_overhead};
use std::hint::black_box;

#[measure]
fn step(x: u64) -> u64 {
    x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)
}

fn main() {
    let calls = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let calls: u64 = calls.unwrap_or(5_000_000);
    set_overhead(Overhead::FULL);
    let _session = Session::options("every_call").report(false).start();
    let mut x = 1;
    for _ in 0..calls {
        x = step(black_box(x));
    }
    black_box(x);
}
