//! In: how many calls a thread recorded in how much time. Out: [`Controller`], the sampling weights that keep recording within its budget.

use crate::clock::Clock;
use crate::record::budget::{self, Overhead};
use crate::record::cell::Cell;
use crate::record::cost;
use crate::record::ring::MAX_WEIGHT;
use crate::record::shard::Shard;
use crate::shim::{AtomicU32, AtomicU64};
use std::sync::atomic::Ordering::Relaxed;

/// The share of the budget that is planned for, so that bursts before an adjustment stay within the whole.
const PLANNED: f64 = 0.8;

/// A thread with sampled sites looks again at its weights after this time, however few calls it recorded.
const ADJUST_AFTER_NS: u64 = 10_000_000;

/// The largest mean gap: beyond it a site that falls quiet would wait too long for its next recorded call.
const MAX_GAP: f64 = 1_048_576.0;

const _: () = assert!(MAX_GAP < MAX_WEIGHT as f64);

/// One thread's adjustment of its cells' weights. All words are the owner's.
///
/// Every call of a cell with weight `w` is recorded with probability `1/w`, independently (geometric gaps), and counts `w` times.
/// The weight depends on the past only, so sums stay unbiased (Horvitz & Thompson 1952). The allowed recordings are shared by
/// max-min fairness: rarely called sites are recorded in full, frequent ones share the rest equally.
#[derive(Debug)]
pub(crate) struct Controller {
    window_start: AtomicU64, // ticks
    adjust_after: u64,       // ticks
    window: AtomicU32,       // number of the running window
    sampled: AtomicU32,      // cells whose weight is above 1
    random: AtomicU64,       // state of the generator
}

impl Controller {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self {
            window_start: AtomicU64::new(clock.now()),
            adjust_after: clock.ticks(ADJUST_AFTER_NS),
            window: AtomicU32::new(1),
            sampled: AtomicU32::new(0),
            random: AtomicU64::new(0x9E37_79B9_7F4A_7C15),
        }
    }

    /// Seeds the gaps, so that threads differ.
    pub(crate) fn seed(&self, seed: u64) {
        self.random.store(seed | 1, Relaxed);
    }

    /// Takes a call that is due: gives its weight, and draws the gap to the next one now, at the beginning, so that calls which
    /// begin before this one ends (recursion, futures side by side) are recorded with their own probability, not with this one's.
    #[inline]
    pub(crate) fn take(&self, cell: &Cell) -> u32 {
        let weight = cell.weight.load(Relaxed);
        if weight > 1 {
            self.draw(cell);
        }
        weight
    }

    /// Whether it is time to look at the weights again.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        now.saturating_sub(self.window_start.load(Relaxed)) >= self.adjust_after
            || budget::get() == Overhead::FULL
    }

    #[cold]
    #[inline(never)]
    fn draw(&self, cell: &Cell) {
        let weight = cell.weight.load(Relaxed);
        cell.set_gap(weight, self.gap(weight));
    }

    /// A geometric number with this mean, at least 1.
    fn gap(&self, mean: u32) -> u32 {
        if mean <= 1 {
            return 1;
        }
        let failure = (-1.0 / f64::from(mean)).ln_1p();
        let gap = 1.0 + (self.uniform().ln() / failure).floor();
        gap.min(f64::from(u32::MAX)) as u32
    }

    /// Uniform in (0, 1): xorshift64* (Vigna 2016).
    fn uniform(&self) -> f64 {
        let mut x = self.random.load(Relaxed);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.random.store(x, Relaxed);
        let bits = x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 12;
        (bits as f64 + 0.5) * 2f64.powi(-52)
    }

    /// Sets the weights after a window in which `recorded` calls were recorded.
    pub(crate) fn adjust(&self, shard: &Shard, now: u64, recorded: u64) {
        let elapsed = now.saturating_sub(self.window_start.load(Relaxed));
        self.window_start.store(now, Relaxed);
        let window = self.window.load(Relaxed);
        self.window.store(window.wrapping_add(1), Relaxed);
        let allowed = allowed_recordings(elapsed);
        if recorded as f64 <= allowed && self.sampled.load(Relaxed) == 0 {
            return;
        }
        if allowed == f64::INFINITY {
            shard.each_cell().for_each(|cell| self.weigh(cell, 1.0)); // also those that wait for a far call
            return;
        }
        let seen = || {
            shard
                .each_cell()
                .filter(move |cell| cell.window.load(Relaxed) == window)
        };
        let exempt: f64 = seen().filter(|cell| cell.full).map(frequency).sum();
        let share = fair_share(
            || seen().filter(|cell| !cell.full).map(frequency),
            allowed - exempt,
        );
        for cell in seen().filter(|cell| !cell.full) {
            self.weigh(cell, frequency(cell) / share);
        }
    }

    fn weigh(&self, cell: &Cell, mean: f64) {
        let weight = if mean > 1.0 {
            mean.min(MAX_GAP).ceil() as u32
        } else {
            1
        };
        let before = cell.weight.load(Relaxed);
        if weight == before {
            return;
        }
        let sampled = self.sampled.load(Relaxed) + u32::from(weight > 1) - u32::from(before > 1);
        self.sampled.store(sampled, Relaxed);
        cell.weight.store(weight, Relaxed);
        self.draw(cell);
    }

    /// The number of the running window: cells count their recorded calls by it.
    #[inline(always)]
    pub(crate) fn window(&self) -> u32 {
        self.window.load(Relaxed)
    }
}

/// Estimated calls of a cell in the window that ends now.
fn frequency(cell: &'static Cell) -> f64 {
    f64::from(cell.in_window.load(Relaxed)) * f64::from(cell.weight.load(Relaxed))
}

/// Calls that may be recorded in a window of this many ticks; infinite without a budget.
fn allowed_recordings(elapsed: u64) -> f64 {
    match (budget::get().fraction(), cost::known()) {
        (Some(fraction), Some(cost)) if cost.sampled_ticks > 0.0 => {
            PLANNED * fraction * elapsed as f64 / cost.sampled_ticks
        }
        _ => f64::INFINITY,
    }
}

/// The largest number of recordings a site may have so that all together stay within `allowed`; infinite where none needs a limit.
fn fair_share<I: Iterator<Item = f64>>(frequencies: impl Fn() -> I, allowed: f64) -> f64 {
    let mut share = 0.0;
    loop {
        let (mut kept, mut limited) = (0.0, 0.0);
        for frequency in frequencies() {
            if frequency <= share {
                kept += frequency;
            } else {
                limited += 1.0;
            }
        }
        if limited == 0.0 {
            return f64::INFINITY;
        }
        let next = (allowed - kept) / limited;
        if next <= share {
            return share.max(1e-3);
        }
        share = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_sites_are_kept_and_frequent_ones_share() {
        assert_eq!(
            fair_share(|| [10.0, 20.0].into_iter(), 100.0),
            f64::INFINITY
        );
        assert_eq!(fair_share(|| [900.0, 10.0, 200.0].into_iter(), 110.0), 50.0);
        assert_eq!(fair_share(|| [200.0].into_iter(), 100.0), 100.0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "a simulation")]
    fn gaps_have_their_mean() {
        let controller = Controller::new(Clock::global());
        for mean in [2u32, 10, 1000] {
            let n = 200_000;
            let sum: f64 = (0..n).map(|_| f64::from(controller.gap(mean))).sum();
            let relative = sum / f64::from(n) / f64::from(mean) - 1.0;
            // The standard error of the mean of a geometric number is about 1/sqrt(n) of it: 0.22 %.
            assert!(relative.abs() < 0.011, "mean {mean}: off by {relative}");
        }
        assert_eq!(controller.gap(1), 1);
    }
}
