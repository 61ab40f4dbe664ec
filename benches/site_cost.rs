//! What a measured call costs by what its site asks for beside time: `cargo bench -p perf-benches --bench site_cost`.
//!
//! All are called in one process, every call recorded, in rounds of random order; each round gives a difference to the site that asks for
//! time alone, of which the median and the middle half are shown.

use perf_core::{Overhead, measure};
use std::hint::black_box;
use std::time::Instant;

/// So that `alloc` has something to count.
#[global_allocator]
static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();

const ROUNDS: usize = 201;
const CALLS: u32 = 2_000;

fn body(x: u64) -> u64 {
    black_box(x).wrapping_mul(0x5851_F42D_4C95_7F2D)
}

#[inline(never)]
fn bare(x: u64) -> u64 {
    body(x)
}

#[measure]
#[inline(never)]
fn time_alone(x: u64) -> u64 {
    body(x)
}

#[measure(alloc)]
#[inline(never)]
fn with_alloc(x: u64) -> u64 {
    body(x)
}

#[measure(cpu)]
#[inline(never)]
fn with_cpu(x: u64) -> u64 {
    body(x)
}

#[measure(faults)]
#[inline(never)]
fn with_faults(x: u64) -> u64 {
    body(x)
}

#[measure(cpu, faults)]
#[inline(never)]
fn with_both(x: u64) -> u64 {
    body(x)
}

type Call = fn(u64) -> u64;

const CONTENDERS: [(&str, Call); 6] = [
    ("time alone", time_alone),
    ("bare", bare),
    ("alloc", with_alloc),
    ("cpu", with_cpu),
    ("faults", with_faults),
    ("cpu, faults", with_both),
];

/// Nanoseconds a call.
fn time(call: Call) -> f64 {
    let start = Instant::now();
    for x in 0..CALLS {
        black_box(call(u64::from(x)));
    }
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

fn main() {
    perf_core::set_overhead(Overhead::FULL);
    let _on = perf_core::enable();
    let mut times = vec![Vec::new(); CONTENDERS.len()];
    let mut rng = perf_stats::Rng::new(perf_stats::Rng::DEFAULT_SEED);
    for (_, call) in CONTENDERS {
        time(call);
    }
    for _ in 0..ROUNDS {
        let mut order: Vec<usize> = (0..CONTENDERS.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, (rng.uniform() * (at + 1) as f64) as usize);
        }
        for at in order {
            times[at].push(time(CONTENDERS[at].1));
        }
    }
    println!(
        "| `#[measure(...)]` | ns a call | added to time alone, ns | middle half |\n|---|--:|--:|--:|"
    );
    for ((name, _), own) in CONTENDERS.iter().zip(&times) {
        let mut added: Vec<f64> = own.iter().zip(&times[0]).map(|(a, b)| a - b).collect();
        let mut own = own.clone();
        own.sort_unstable_by(f64::total_cmp);
        added.sort_unstable_by(f64::total_cmp);
        println!(
            "| {name} | {:.1} | {:.1} | {:.1} to {:.1} |",
            own[ROUNDS / 2],
            added[ROUNDS / 2],
            added[ROUNDS / 4],
            added[3 * ROUNDS / 4]
        );
    }
}
