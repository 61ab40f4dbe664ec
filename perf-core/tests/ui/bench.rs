//! What `#[bench]` and `bench_main!` refuse, each at its place.

use perf_core::{Bencher, Threads, bench};

#[bench(what = 3)]
fn unknown() {}

#[bench(args = [1], args = [2])]
fn twice(_: u8) {}

#[bench(args = [1])]
fn no_argument() {}

#[bench]
fn no_values(_: u8) {}

#[bench(args = [1])]
fn too_many(_: Bencher, _: u8, _: u8) {}

#[bench(args)]
fn no_value(_: u8) {}

#[bench(types = [u8])]
fn not_generic() {}

#[bench]
fn generic<T>() {}

#[bench(consts = [])]
fn empty<const N: usize>() {}

#[bench(name = 3)]
fn number() {}

#[bench(group = "")]
fn nameless() {}

#[bench(baseline = "a", compare = "b")]
fn both() {}

#[bench(bytes = 1, items = 2)]
fn two_rates() {}

#[bench(threads = 2)]
fn wrong_bencher(_: Bencher) {}

#[bench]
fn how_many(_: Threads) {}

#[bench(block_on = run)]
fn not_async() {}

#[bench]
async fn async_bencher(_: Bencher<'_>) {}

#[bench]
unsafe fn dangerous() {}

#[bench]
struct NoFunction;

struct Data;

impl Data {
    #[bench]
    fn method(&self) {}
}

perf_core::bench_main!(1 + 2);
