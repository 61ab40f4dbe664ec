//! A cache with a promise: what its tests assert, what a broken promise looks like, and what is said where nothing can be told.
//!
//! `cargo run --release --example latency_bounds`. In a test the same lines stand under `#[test]`, with `check` in place of `judge`.

use perf_core::bound::{Bound, Kernel, Outcome, micros, millis};
use perf_core::stats::model::ComplexityClass;
use std::collections::HashMap;
use std::hint::black_box;

fn main() {
    let cache = Cache::of(10_000);
    let show = |title: &str, outcome: Outcome| println!("# {title}\n{outcome}\n");

    show(
        "a limit with room: holds, after some hundred calls",
        Bound::p99()
            .below(micros(50))
            .judge(|| cache.find(black_box(7))),
    );
    show(
        "in units of this machine's memcpy",
        Bound::p99()
            .below(Kernel::memcpy(4096) * 100.0)
            .judge(|| cache.find(black_box(7))),
    );
    show(
        "a scan where a look-up was promised: broken, with the evidence",
        Bound::p99()
            .below(micros(1))
            .judge(|| cache.scan(black_box(9_999))),
    );
    show(
        "the index against the scan: the same on every machine",
        Bound::faster(10.0)
            .against(|| cache.scan(black_box(9_999)))
            .judge(|| cache.find(black_box(9_999))),
    );
    show(
        "input that the call consumes is made outside of the measured time",
        Bound::p95().below(millis(20)).judge_with(
            || (0..1_000).rev().collect(),
            |keys: Vec<u64>| Cache::with(&keys),
        ),
    );
    show(
        "how the scan grows",
        Bound::growth(ComplexityClass::Logarithmic).judge_sizes(
            (0..8).map(|i| 512 << i),
            Cache::of,
            |cache| cache.scan(u64::MAX),
        ),
    );
    let driven = Bound::p99().below(micros(1)).on_site("request");
    for key in 0..2_000 {
        perf_core::measure_block!("request", {
            let key = perf_core::measure_block!("parse", { key % 100 + 9_900 });
            perf_core::measure_block!("look up", { black_box(cache.scan(key)) });
        });
    }
    show(
        "a site of the running program: the message names the children that took the time",
        driven.judge(),
    );
    show(
        "too few calls within the budget: inconclusive, never a failure",
        Bound::p99()
            .below(millis(50))
            .budget(millis(20))
            .judge(|| Cache::of(20_000)),
    );
}

/// Keys with their places.
struct Cache {
    keys: Vec<u64>,
    index: HashMap<u64, usize>,
}

impl Cache {
    fn of(size: u64) -> Self {
        Self::with(&(0..size).collect::<Vec<_>>())
    }

    fn with(keys: &[u64]) -> Self {
        let index = keys
            .iter()
            .enumerate()
            .map(|(at, key)| (*key, at))
            .collect();
        Self {
            keys: keys.to_vec(),
            index,
        }
    }

    fn find(&self, key: u64) -> Option<usize> {
        self.index.get(&key).copied()
    }

    fn scan(&self, key: u64) -> Option<usize> {
        self.keys.iter().position(|known| *known == key)
    }
}
