//! In: allocations of the running thread. Out: which of them are remembered: one byte in so many at random, and the block around it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes until the next one that is looked for: exponential, so that no pattern of sizes locks in, and each block is remembered
/// independently of all others, with probability 1 - exp(-size / gap).
struct Countdown {
    left: Cell<u64>,
    gap: Cell<f64>, // the mean it was drawn with
    era: Cell<u64>, // of tracking, in which it was drawn
    seed: Cell<u64>,
}

thread_local! {
    static COUNTDOWN: Countdown = const {
        Countdown { left: Cell::new(0), gap: Cell::new(0.0), era: Cell::new(0), seed: Cell::new(0) }
    };
}

const _: () = assert!(!std::mem::needs_drop::<Countdown>());

/// Counts a block down. Where it is to be remembered: its rank, the widest mean gap with which it would still be.
///
/// The place of the byte within the block says it: at a gap g it would have come after x g / gap bytes instead of x.
#[inline(always)]
pub(super) fn rank(size: u64, era: u64, gap: impl Fn() -> f64) -> Option<f64> {
    COUNTDOWN.with(|here| {
        let left = here.left.get();
        if size < left && here.era.get() == era {
            here.left.set(left - size);
            return None;
        }
        here.reached(size, era, gap())
    })
}

impl Countdown {
    #[cold]
    #[inline(never)]
    fn reached(&self, size: u64, era: u64, gap: f64) -> Option<f64> {
        if self.era.replace(era) != era {
            self.draw(gap);
            let left = self.left.get();
            if size < left {
                self.left.set(left - size);
                return None;
            }
        }
        // Somewhere within its last byte.
        let into = self.left.get() as f64 - self.uniform();
        let rank = self.gap.get() * size as f64 / into.max(f64::MIN_POSITIVE);
        self.draw(gap);
        Some(rank)
    }

    fn draw(&self, gap: f64) {
        self.gap.set(gap);
        let bytes = -self.uniform().ln() * gap;
        self.left.set(bytes.ceil().max(1.0) as u64);
    }

    /// In (0, 1]: xorshift (Marsaglia 2003), begun from a number of the thread's own.
    fn uniform(&self) -> f64 {
        static THREADS: AtomicU64 = AtomicU64::new(0);
        let mut x = self.seed.get();
        if x == 0 {
            let place = std::ptr::from_ref(self).addr() as u64;
            let number = THREADS.fetch_add(1, Relaxed) + 1;
            x = (place ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15))
                .wrapping_mul(0xD134_2543_DE82_EF95)
                | 1;
        }
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.seed.set(x);
        ((x >> 11) + 1) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known from the gap: how many blocks of a size are remembered, and how many of them would be at four times the gap.
    #[test]
    #[cfg_attr(miri, ignore = "a simulation")]
    fn blocks_are_remembered_as_often_as_their_size_says() {
        for size in [1u64, 100, 5_000] {
            let (gap, blocks) = (2_000.0, 400_000.0);
            let ranks: Vec<f64> = (0..400_000)
                .filter_map(|_| rank(size, size, || gap))
                .collect();
            for times in [1.0, 4.0] {
                let p = -(-(size as f64) / (times * gap)).exp_m1();
                let kept = ranks.iter().filter(|&&rank| rank >= times * gap).count() as f64;
                let sd = (blocks * p * (1.0 - p)).sqrt();
                assert!(
                    (kept - blocks * p).abs() < 5.0 * sd + 1.0,
                    "{size} at {times}: {kept}, not {}",
                    blocks * p
                );
            }
        }
    }
}
