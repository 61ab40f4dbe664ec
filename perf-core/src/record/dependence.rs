//! In: the bin numbers of a cell's calls in their order. Out: [`Dependence`], block sums at doubling block lengths, from which the
//! number of independent calls is estimated (Flyvbjerg & Petersen 1989, on the logarithmic scale of the bins).

use crate::shim::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Calls in a block of the lowest level.
pub(crate) const FIRST_BLOCK: u32 = 32;

/// Levels kept: blocks of 32 to 32 * 2^15 calls.
pub(crate) const LEVELS: usize = if cfg!(loom) { 1 } else { 16 };

/// Finished blocks of one level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LevelSums {
    pub(crate) blocks: u64,
    pub(crate) sum: f64,     // of block sums
    pub(crate) squares: f64, // of block sums
}

/// Block sums of one cell; one writer, any reader. What stands in unfinished blocks is not evidence yet.
#[derive(Debug)]
pub(crate) struct Dependence {
    count: AtomicU64,   // calls in the open block of the lowest level
    pending: AtomicU64, // their sum
    levels: [Level; LEVELS],
}

#[derive(Debug)]
struct Level {
    blocks: AtomicU64,
    sum: AtomicU64,     // f64 bits
    squares: AtomicU64, // f64 bits
    half: AtomicU64,    // f64 bits: the first half of the next level's block, when `blocks` is odd
}

impl Dependence {
    pub(crate) fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            pending: AtomicU64::new(0),
            levels: std::array::from_fn(|_| Level {
                blocks: AtomicU64::new(0),
                sum: AtomicU64::new(0),
                squares: AtomicU64::new(0),
                half: AtomicU64::new(0),
            }),
        }
    }

    /// The writer's hold on the open block while it works through a run of calls.
    #[inline(always)]
    pub(crate) fn open(&self) -> OpenBlock<'_> {
        OpenBlock {
            dependence: self,
            count: self.count.load(Relaxed) as u32,
            sum: self.pending.load(Relaxed),
        }
    }

    #[cold]
    fn close(&self, sum: f64) {
        let mut sum = sum;
        for level in &self.levels {
            let blocks = level.blocks.load(Relaxed) + 1;
            add(&level.sum, sum);
            add(&level.squares, sum * sum);
            level.blocks.store(blocks, Relaxed);
            if blocks % 2 == 1 {
                level.half.store(sum.to_bits(), Relaxed);
                return;
            }
            sum += f64::from_bits(level.half.load(Relaxed));
        }
    }

    /// The finished blocks of every level.
    pub(crate) fn read(&self) -> [LevelSums; LEVELS] {
        std::array::from_fn(|at| {
            let level = &self.levels[at];
            LevelSums {
                blocks: level.blocks.load(Relaxed),
                sum: f64::from_bits(level.sum.load(Relaxed)),
                squares: f64::from_bits(level.squares.load(Relaxed)),
            }
        })
    }
}

fn add(word: &AtomicU64, value: f64) {
    word.store(
        (f64::from_bits(word.load(Relaxed)) + value).to_bits(),
        Relaxed,
    );
}

/// The open block in the writer's registers; written back by [`OpenBlock::keep`].
pub(crate) struct OpenBlock<'a> {
    dependence: &'a Dependence,
    count: u32,
    sum: u64,
}

impl OpenBlock<'_> {
    #[inline(always)]
    pub(crate) fn call(&mut self, bin: usize) {
        self.calls(1, bin as u64);
    }

    /// Calls that the block still takes, at least 1.
    #[inline(always)]
    pub(crate) fn room(&self) -> usize {
        (FIRST_BLOCK - self.count) as usize
    }

    /// Takes up to [`OpenBlock::room`] calls at once, whose bin numbers have this sum.
    #[inline(always)]
    pub(crate) fn calls(&mut self, calls: usize, sum: u64) {
        self.sum += sum;
        self.count += calls as u32;
        if self.count >= FIRST_BLOCK {
            self.dependence.close(self.sum as f64);
            self.count = 0;
            self.sum = 0;
        }
    }

    #[inline(always)]
    pub(crate) fn keep(self) {
        self.dependence.count.store(u64::from(self.count), Relaxed);
        self.dependence.pending.store(self.sum, Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn blocks_double_and_sum_what_they_hold() {
        let dependence = Dependence::new();
        for part in (0..256usize).collect::<Vec<_>>().chunks(5) {
            let mut open = dependence.open();
            for &bin in part {
                open.call(bin);
            }
            open.keep();
        }
        let levels = dependence.read();
        let all = f64::from(255 * 256 / 2);
        for (at, level) in levels.iter().enumerate().take(4) {
            assert_eq!(level.blocks, 8 >> at, "level {at}");
            assert_eq!(level.sum, all);
        }
        assert_eq!(levels[3].squares, all * all);
        assert_eq!(levels[4], LevelSums::default());
    }
}
