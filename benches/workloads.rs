//! What `two_executables` measures: three functions, each in a copy that its bench executable's own name makes slower: one called
//! `...plus2` does 2 % more work. So two sides may be the same bytes, the same bytes doing more, or two builds.
#![forbid(unsafe_code)]

use perf_core::{Bencher, bench, black_box};
use std::collections::HashMap;

/// Entries of the table that `memory` walks: 32 MiB, as large as the last cache of the machine it was made for.
const ENTRIES: usize = 1 << 23;

/// Adding an odd number and multiplying by one more than a multiple of four visits every entry before it comes back.
const STRIDE: u32 = 0x3C6E_F35F;
const FACTOR: u32 = 1_664_525;

/// Some 100 ns of arithmetic, each step waiting for the one before.
#[bench]
fn arithmetic(bencher: Bencher) {
    let steps = work(100);
    bencher.bench(|| {
        let mut x = black_box(1u64);
        for i in 0..black_box(steps) {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            black_box(i); // not unrolled: each step costs the same
        }
        x
    });
}

/// Some 10 µs of look-ups in a map of 100,000.
#[bench]
fn hash_map(bencher: Bencher) {
    let key = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let map: HashMap<u64, u64> = (0..100_000).map(|i| (key(i), i)).collect();
    let lookups = work(400);
    bencher.bench(|| {
        (0..black_box(lookups))
            .filter_map(|i| map.get(&key(i)))
            .fold(0, |sum, found| sum ^ found)
    });
}

/// Some 1 ms of loads that each wait for the one before, from all over a large table. Made in a few milliseconds.
#[bench]
fn memory(bencher: Bencher) {
    let table = vec![STRIDE; ENTRIES];
    let steps = work(STEPS);
    let mut at = 0u32;
    bencher.bench(|| {
        for _ in 0..black_box(steps) {
            at = at.wrapping_mul(FACTOR).wrapping_add(table[at as usize]) % ENTRIES as u32;
        }
        at
    });
}

#[bench]
fn stream(bencher: Bencher) {
    let table = vec![STRIDE; ENTRIES];
    let lines = work(ENTRIES as u64 / 17) as usize;
    bencher.bench(|| {
        black_box(&table)
            .iter()
            .step_by(16)
            .take(lines)
            .copied()
            .fold(0u32, u32::wrapping_add)
    });
}

/// Steps of `memory`.
const STEPS: u64 = 10_000;

/// So much work, or some hundredths more where the name of the executable ends in `plus` and their number.
fn work(amount: u64) -> u64 {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let more = name
        .rsplit_once("plus")
        .and_then(|(_, more)| more.parse::<u64>().ok());
    amount + amount * more.unwrap_or(0) / 100
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

/// Which of them this build holds: compiled with `PERF_LAYOUT=1` or `2`.
#[used]
static UNUSED: fn(u64) -> String = match option_env!("PERF_LAYOUT") {
    Some(which) => match which.as_bytes() {
        b"1" => small,
        b"2" => large,
        _ => nothing,
    },
    None => nothing,
};

fn nothing(_: u64) -> String {
    String::new()
}

perf_core::bench_main!();
