//! The workloads under our own harness: what `two_executables` and `harnesses` run.
#![forbid(unsafe_code)]

mod workload;

use perf_core::{Bencher, bench};
use workload::{LOADS, LOOK_UPS, STEPS, Table, work};

#[bench]
fn arithmetic(bencher: Bencher) {
    let (mut x, steps) = (1, work(STEPS));
    bencher.bench(|| {
        x = workload::arithmetic(x, steps);
        x
    });
}

#[bench]
fn hash_map(bencher: Bencher) {
    let (map, keys) = (workload::hash_map(), work(LOOK_UPS));
    bencher.bench(|| workload::look_up(&map, keys));
}

#[bench]
fn memory(bencher: Bencher) {
    let (mut table, loads) = (Table::new(), work(LOADS));
    bencher.bench(|| table.walk(loads));
}

/// A function that nobody calls, which a build may be asked to hold: it moves what lies behind it.
macro_rules! unused {
    ($name:ident, $($text:literal)*) => {
        fn $name(value: u64) -> String {
            let mut text = String::new();
            $(if value % $text.len() as u64 == 1 { text.push_str($text) })*
            text
        }
    };
}
unused!(small, "a function");
unused!(large, "one" "two, which is" "longer than" "the first" "and more" "of the same" "up to here, where it" "ends");

unused!(many, "first" "a second" "and the third" "fourth" "5" "and six, a longer one than those before it" "seven" "eight" "nine and" "ten");

/// Which of them this build holds: compiled with `PERF_LAYOUT=1`, `2` or `3`.
#[used]
static UNUSED: fn(u64) -> String = match option_env!("PERF_LAYOUT") {
    Some(which) => match which.as_bytes() {
        b"1" => small,
        b"2" => large,
        b"3" => many,
        _ => nothing,
    },
    None => nothing,
};

fn nothing(_: u64) -> String {
    String::new()
}

perf_core::bench_main!();
