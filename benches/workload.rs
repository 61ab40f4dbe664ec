// Three functions that the benches of every harness measure, each compiled into their executables. A number in the file says by how many
// hundredths they do more work, so that two sides may be the same bytes but for this one.

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

/// Arithmetic, each step waiting for the one before, and the first one for the call before: turns of ten steps, and those that are left.
///
/// Time must follow work. In calls that do not wait for each other the end of one runs beside the beginning of the next, and loops of many
/// turns end with a branch that is predicted or not: 2 % more steps then took up to 2.7 % more time, or 2 % *less*.
pub(crate) fn arithmetic(before: u64, steps: u64) -> u64 {
    let steps = black_box(steps);
    let (mut x, left) = (before ^ 0x9E37_79B9_7F4A_7C15, steps % 10);
    macro_rules! one_step_if {
        ($($condition:expr),*) => {
            $(if $condition {
                x = (x ^ (x >> 32)).wrapping_mul(0xBF58_476D_1CE4_E5B9); // nothing that folds with the next one
                black_box(0u8); // a branch, no choice between two results; and each step costs the same
            })*
        };
    }
    for _ in 0..steps / 10 {
        one_step_if!(true, true, true, true, true, true, true, true, true, true);
    }
    one_step_if!(
        left > 0,
        left > 1,
        left > 2,
        left > 3,
        left > 4,
        left > 5,
        left > 6,
        left > 7,
        left > 8
    );
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

/// By how many hundredths this file does more work: the last byte, which `patched` overwrites in a copy.
static MORE: [u8; 30] = *b"perf-benches: more work by % \0";

/// So much work, or some hundredths more.
pub(crate) fn work(amount: u64) -> u64 {
    let [.., more] = *black_box(&MORE); // what the file holds, not what the compiler knows of it
    amount + amount * u64::from(more) / 100
}
