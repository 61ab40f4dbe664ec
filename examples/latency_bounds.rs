//! A cache with a promise: what its tests assert, what a broken promise looks like, and what is said where nothing can be told.
//!
//! `cargo run --release --example latency_bounds`. In a test the same lines stand under `#[test]`, with `check` in place of `judge`, or as
//! `bound!(p99 < 50us, || cache.find(7))`.

use perf_core::bound::{Baseline, Bound, Kernel, Outcome, micros, millis};
use perf_core::stats::model::ComplexityClass;
use perf_core::sync::Mutex;
use std::collections::HashMap;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();

fn main() {
    let cache = Cache::of(10_000);
    three_answers(&cache);
    limits_that_carry(&cache);
    other_calls(&cache);
    other_costs(&cache);
    a_running_program(&cache);
}

fn show(title: &str, outcome: &Outcome) {
    println!("# {title}\n{outcome}\n");
}

fn three_answers(cache: &Cache) {
    let p99 = || Bound::p99().below(micros(50));
    show(
        "a limit with room: holds, after some hundred calls",
        &p99().judge(|| cache.find(black_box(7))),
    );
    let tight = Bound::p99().below(micros(1));
    show(
        "a scan where a look-up was promised: broken, confirmed by fresh calls, with the evidence",
        &tight.judge(|| cache.scan(black_box(9_999))),
    );
    let few = Bound::p99().below(millis(50)).budget(millis(20));
    show(
        "too few calls within the budget: inconclusive, never a failure",
        &few.judge(|| Cache::of(20_000)),
    );
}

fn limits_that_carry(cache: &Cache) {
    let pages = Bound::p99().below(Kernel::memcpy(4096) * 100.0);
    show(
        "in units of this machine's memcpy",
        &pages.judge(|| cache.find(black_box(7))),
    );
    let index = Bound::faster(10.0).against(|| cache.scan(black_box(9_999)));
    show(
        "the index against the scan: the same on every machine",
        &index.judge(|| cache.find(black_box(9_999))),
    );
    let before = Baseline::file("target/latency_bounds.json");
    show(
        "against what it took before: PERF_BOUND_STORE=1 writes the file",
        &Bound::p50()
            .below(before * 1.5)
            .judge(|| cache.scan(black_box(9_999))),
    );
}

fn other_calls(cache: &Cache) {
    let built = Bound::p95().below(millis(20));
    let keys = || (0..1_000).rev().collect();
    show(
        "input that the call consumes is made outside of the measured time",
        &built.judge_with(keys, |keys: Vec<u64>| Cache::with(&keys)),
    );
    let answered = Bound::p99().below(micros(50));
    show(
        "a future, driven on this thread",
        &answered.judge_async(async || cache.answer(black_box(7)).await),
    );
}

fn other_costs(cache: &Cache) {
    show(
        "what a call takes from the allocator, exactly",
        &Bound::allocations()
            .exactly(0)
            .judge(|| cache.find(black_box(7))),
    );
    show(
        "what a thousand calls leave in memory, whoever allocated it",
        &Bound::rss_growth(16 << 20).judge(|| Cache::of(1_000)),
    );
    let shared = Mutex::named("recent", 0);
    show(
        "what calls wait for locks",
        &Bound::lock_wait(0.99).below(micros(5)).judge(|| {
            *shared.lock() = black_box(7);
        }),
    );
    let sizes = (0..8).map(|i| 512 << i);
    show(
        "how the scan grows: linearly, where a logarithm was promised",
        &Bound::growth(ComplexityClass::Logarithmic)
            .judge_sizes(sizes, Cache::of, |cache| cache.scan(u64::MAX)),
    );
}

fn a_running_program(cache: &Cache) {
    let driven = perf_core::bound!(site "request" p99 < 1us);
    for key in 0..20_000 {
        perf_core::measure_block!("request", {
            let key = perf_core::measure_block!("parse", { key % 100 + 9_900 });
            perf_core::measure_block!("look up", { black_box(cache.scan(key)) });
        });
    }
    show(
        "a site of the running program: the message names the children that took the time",
        &driven.judge(),
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

    async fn answer(&self, key: u64) -> Option<usize> {
        std::future::ready(self.find(key)).await
    }

    fn scan(&self, key: u64) -> Option<usize> {
        self.keys.iter().position(|known| *known == key)
    }
}
