// Three functions that the benches of every harness measure, each compiled into their executables. One called `...plus2` does 2 % more
// work: so two sides may be the same bytes, the same bytes doing more, or two builds.

use std::collections::HashMap;
use std::hint::black_box;

/// Entries of the table that `Table` walks: 32 MiB, as large as the last cache of the machine it was made for.
const ENTRIES: usize = 1 << 23;

/// Adding an odd number and multiplying by one more than a multiple of four visits every entry before it comes back.
const STRIDE: u32 = 0x3C6E_F35F;
const FACTOR: u32 = 1_664_525;

/// Amounts of work: some 100 ns, 10 µs and 1 ms.
pub(crate) const STEPS: u64 = 100;
pub(crate) const LOOK_UPS: u64 = 1_200;
pub(crate) const LOADS: u64 = 8_000;

/// Arithmetic, each step waiting for the one before.
pub(crate) fn arithmetic(steps: u64) -> u64 {
    let mut x = black_box(1u64);
    for i in 0..black_box(steps) {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        black_box(i); // not unrolled: each step costs the same
    }
    x
}

/// A map of 100,000.
pub(crate) fn hash_map() -> HashMap<u64, u64> {
    (0..100_000).map(|i| (key(i), i)).collect()
}

fn key(i: u64) -> u64 {
    i.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Look-ups of so many keys.
pub(crate) fn look_up(map: &HashMap<u64, u64>, keys: u64) -> u64 {
    (0..black_box(keys))
        .filter_map(|i| map.get(&key(i)))
        .fold(0, |sum, found| sum ^ found)
}

/// Loads from all over a large table, each waiting for the one before. Made in a few milliseconds.
pub(crate) struct Table {
    entries: Vec<u32>,
    at: u32,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self {
            entries: vec![STRIDE; ENTRIES],
            at: 0,
        }
    }

    pub(crate) fn walk(&mut self, loads: u64) -> u32 {
        for _ in 0..black_box(loads) {
            let added = self.entries[self.at as usize];
            self.at = self.at.wrapping_mul(FACTOR).wrapping_add(added) % ENTRIES as u32;
        }
        self.at
    }
}

/// So much work, or some hundredths more where the name of the executable ends in `plus` and their number.
pub(crate) fn work(amount: u64) -> u64 {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let more = name
        .rsplit_once("plus")
        .and_then(|(_, more)| more.parse::<u64>().ok());
    amount + amount * more.unwrap_or(0) / 100
}
