//! In: a reference kernel's name. Out: [`Kernel`], work whose time on this machine is a unit for limits that carry from machine to machine.

use crate::bound::Limit;
use crate::clock::Clock;
use crate::units;
use perf_stats::describe::median;
use std::fmt;
use std::hint::black_box;
use std::ops::Mul;

/// A piece of work that every machine can do, timed on the spot as a unit for limits.
///
/// Choose one that uses what your code uses: a machine with a faster processor need not have faster memory.
///
/// ```
/// use perf_core::bound::{Bound, Kernel};
/// let page = [7u8; 4096];
/// let bound = Bound::p99().below(Kernel::memcpy(4096) * 1_000.0);
/// bound.check(|| page.iter().map(|byte| u64::from(*byte)).sum::<u64>());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Work);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Memcpy(usize),
    Multiply(usize),
}

/// Batches whose median counts.
const BATCHES: usize = 31;
/// A batch takes at least about so long.
const BATCH_NS: f64 = 20_000.0;

impl Kernel {
    /// Copies so many bytes within memory that is in the caches already, at most 64 MiB.
    pub const fn memcpy(bytes: usize) -> Self {
        Self(Work::Memcpy(bytes))
    }

    /// So many multiplications, each waiting for the one before: the processor alone.
    pub const fn multiply(number: usize) -> Self {
        Self(Work::Multiply(number))
    }

    /// What it takes here and now, in nanoseconds; some milliseconds of measuring.
    pub(super) fn time(self) -> f64 {
        match self.0 {
            Work::Memcpy(bytes) => {
                let from = vec![7u8; bytes.clamp(1, 1 << 26)];
                let mut to = vec![0u8; from.len()];
                each(|| {
                    to.copy_from_slice(black_box(&from));
                    black_box(&mut to);
                })
            }
            Work::Multiply(number) => each(|| {
                black_box(chain(black_box(number)));
            }),
        }
    }
}

/// So many multiplications, each waiting for the one before. The shift keeps the compiler from folding several into one, which it does with
/// multiplications and additions alone.
#[inline(never)]
pub(super) fn chain(steps: usize) -> u64 {
    let mut x = black_box(1u64);
    for _ in 0..steps {
        x = x.wrapping_mul(0x5851_F42D_4C95_7F2D);
        x ^= x >> 29;
    }
    x
}

/// The median of batches, in nanoseconds a call.
fn each(mut work: impl FnMut()) -> f64 {
    let clock = Clock::global();
    let mut batch = |calls: u32| {
        let start = clock.now();
        (0..calls).for_each(|_| work());
        clock.nanoseconds_f64(clock.now().saturating_sub(start) as f64)
    };
    let mut calls = 1;
    while batch(calls) < BATCH_NS && calls < 1 << 20 {
        calls *= 2;
    }
    let times: Vec<f64> = (0..BATCHES)
        .map(|_| batch(calls) / f64::from(calls))
        .collect();
    median(&times).unwrap_or(0.0)
}

impl Mul<f64> for Kernel {
    type Output = Limit;

    fn mul(self, factor: f64) -> Limit {
        Limit::of_kernel(factor, self)
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Work::Memcpy(bytes) => write!(f, "memcpy({})", units::bytes(bytes as f64)),
            Work::Multiply(number) => write!(f, "multiply({number})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_kernel_is_a_longer_unit() {
        let [short, long] = [1_000, 20_000].map(|number| Kernel::multiply(number).time());
        assert!(short > 0.0 && long > short, "{short} {long}");
        assert!(Kernel::memcpy(4_096).time() > 0.0);
        let limit = Kernel::memcpy(4_096) * 40.0;
        assert_eq!(limit.to_string(), "40 x memcpy(4.00 KiB)");
    }
}
