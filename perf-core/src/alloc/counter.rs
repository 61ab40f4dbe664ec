//! In: sizes taken and given back. Out: [`Counter`], their counts and sums; one writer with plain loads and stores, any reader.

use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::{AtomicI64, AtomicU64};

/// Net bytes a counter keeps to itself before the process hears of them. A thread has two counters, its own and the library's on
/// it, so that the process knows each thread's part to 64 KiB.
pub(super) const GRANULE: i64 = 32 * 1024;

/// No peak is looked for.
const UNWATCHED: i64 = i64::MAX;

/// What one thread, or the library on one thread, took and gave back.
#[derive(Debug)]
pub(super) struct Counter {
    count: AtomicU64,
    bytes: AtomicU64,
    frees: AtomicU64,
    freed: AtomicU64, // bytes of them; apart from `bytes`, so that a step does not wait for the store of the step before
    high: AtomicI64,  // net bytes above which there is something to settle or a new peak
    low: AtomicI64, // net bytes below which there is something to settle: a granule less than what is settled
    peak: AtomicI64, // highest net bytes while watched, else UNWATCHED
}

/// One step of an allocator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) count: u64, // allocations
    pub(super) bytes: u64, // of them
    pub(super) frees: u64,
    pub(super) freed: u64, // bytes of them
}

/// What a counter shows at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) count: u64,
    pub(super) bytes: u64,
    pub(super) frees: u64,
    pub(super) live: i64,
}

impl Step {
    #[inline(always)]
    pub(super) const fn taken(size: usize) -> Self {
        Self {
            count: 1,
            bytes: size as u64,
            frees: 0,
            freed: 0,
        }
    }

    #[inline(always)]
    pub(super) const fn given_back(size: usize) -> Self {
        Self {
            count: 0,
            bytes: 0,
            frees: 1,
            freed: size as u64,
        }
    }

    /// An allocation of the new size and a free of the old one, at one moment.
    #[inline(always)]
    pub(super) const fn resized(old: usize, new: usize) -> Self {
        Self {
            count: 1,
            bytes: new as u64,
            frees: 1,
            freed: old as u64,
        }
    }

    /// Bytes more than before.
    pub(super) const fn net(&self) -> i64 {
        self.bytes.wrapping_sub(self.freed).cast_signed()
    }
}

impl Counter {
    pub(super) const fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            frees: AtomicU64::new(0),
            freed: AtomicU64::new(0),
            high: AtomicI64::new(GRANULE),
            low: AtomicI64::new(-GRANULE),
            peak: AtomicI64::new(UNWATCHED),
        }
    }

    /// Counts a step; true when [`Counter::settle`] has to follow. Writer only.
    #[inline(always)]
    pub(super) fn count(&self, step: Step) -> bool {
        // What is constantly zero in a step is compiled away.
        let (mut bytes, mut freed) = (self.bytes.load(Relaxed), self.freed.load(Relaxed));
        if step.count > 0 {
            add(&self.count, step.count);
            bytes = bytes.wrapping_add(step.bytes);
            self.bytes.store(bytes, Relaxed);
        }
        if step.frees > 0 {
            add(&self.frees, step.frees);
            freed = freed.wrapping_add(step.freed);
            self.freed.store(freed, Relaxed);
        }
        let live = bytes.wrapping_sub(freed).cast_signed();
        let above = step.count > 0 && live > self.high.load(Relaxed);
        let below = step.frees > 0 && live < self.low.load(Relaxed);
        above || below
    }

    /// Keeps the peak, and gives the net bytes that the process has to hear of. Writer only.
    #[cold]
    pub(super) fn settle(&self) -> i64 {
        let (live, settled) = (self.live(), self.settled());
        let peak = self.peak.load(Relaxed).max(live);
        self.peak.store(peak, Relaxed);
        if (live - settled).abs() > GRANULE {
            self.set_limits(live, peak);
            live - settled
        } else {
            self.set_limits(settled, peak);
            0
        }
    }

    /// Gives all net bytes that the process has not heard of, and watches no longer. Writer only.
    #[cfg(unix)]
    pub(super) fn settle_all(&self) -> i64 {
        let (live, settled) = (self.live(), self.settled());
        self.peak.store(UNWATCHED, Relaxed);
        self.set_limits(live, UNWATCHED);
        live - settled
    }

    /// Looks for a new peak from now on; gives the one looked for so far, to be given back to [`Counter::unwatch`]. Writer only.
    pub(super) fn watch(&self) -> i64 {
        let live = self.live();
        let outer = self.peak.load(Relaxed);
        self.peak.store(live, Relaxed);
        self.set_limits(self.settled(), live);
        outer
    }

    /// Ends a watch and gives its peak of net bytes. Writer only.
    pub(super) fn unwatch(&self, outer: i64) -> i64 {
        let peak = self.peak.load(Relaxed);
        let outer = outer.max(peak); // nothing is higher than UNWATCHED
        self.peak.store(outer, Relaxed);
        self.set_limits(self.settled(), outer);
        peak
    }

    fn set_limits(&self, settled: i64, peak: i64) {
        self.high.store(peak.min(settled + GRANULE), Relaxed);
        self.low.store(settled - GRANULE, Relaxed);
    }

    /// Net bytes. Writer only, or while it rests.
    #[inline(always)]
    fn live(&self) -> i64 {
        let (bytes, freed) = (self.bytes.load(Relaxed), self.freed.load(Relaxed));
        bytes.wrapping_sub(freed).cast_signed()
    }

    /// Net bytes that the process has heard of.
    fn settled(&self) -> i64 {
        self.low.load(Relaxed) + GRANULE
    }

    /// The counts so far. Any thread; of one moment only while the writer rests.
    #[inline]
    pub(super) fn read(&self) -> Reading {
        Reading {
            count: self.count.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            frees: self.frees.load(Relaxed),
            live: self.live(),
        }
    }

    /// Allocations and their bytes. Writer only.
    #[inline(always)]
    pub(super) fn taken(&self) -> (u64, u64) {
        (self.count.load(Relaxed), self.bytes.load(Relaxed))
    }

    /// Net bytes the process has not heard of. Any thread: a pair of sums between two steps of a busy writer is read again, and 0
    /// taken in the end, which is within a granule of the truth.
    pub(super) fn unsettled(&self) -> i64 {
        const TRIES: usize = 8;
        let now = || (self.bytes.load(Acquire), self.low.load(Acquire));
        let seen = (0..TRIES).find_map(|_| {
            let before = now();
            let freed = self.freed.load(Acquire);
            let live = before.0.wrapping_sub(freed).cast_signed();
            (before == now()).then(|| live - (before.1 + GRANULE))
        });
        // Freed bytes may have moved on between: what is unsettled is never more than this.
        seen.unwrap_or(0).clamp(-GRANULE, GRANULE)
    }
}

#[inline(always)]
fn add(counter: &AtomicU64, more: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(more), Relaxed);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn step(counter: &Counter, step: Step, heard: &mut i64) {
        if counter.count(step) {
            *heard += counter.settle();
        }
        assert!((*heard - counter.read().live).abs() <= GRANULE);
    }

    #[test]
    fn the_process_hears_of_all_but_a_granule() {
        let (counter, mut heard) = (Counter::new(), 0);
        for size in [100, 40_000, 1, 32_768, 7] {
            step(&counter, Step::taken(size), &mut heard);
        }
        step(&counter, Step::resized(40_000, 10), &mut heard);
        step(&counter, Step::given_back(32_768), &mut heard);
        let expected = Reading {
            count: 6,
            bytes: 72_886,
            frees: 2,
            live: 118,
        };
        assert_eq!(counter.read(), expected);
        heard += counter.settle_all();
        assert_eq!((heard, counter.unsettled()), (118, 0));
    }

    #[test]
    fn a_watched_peak_is_exact_and_known_to_the_outer_watch() {
        let (counter, mut heard) = (Counter::new(), 0);
        step(&counter, Step::taken(1_000), &mut heard);
        let none = counter.watch();
        step(&counter, Step::taken(5), &mut heard);
        step(&counter, Step::given_back(5), &mut heard);
        let outer = counter.watch();
        step(&counter, Step::taken(100_000), &mut heard);
        step(&counter, Step::resized(100_000, 100_001), &mut heard);
        step(&counter, Step::given_back(100_001), &mut heard);
        step(&counter, Step::given_back(1_000), &mut heard); // of before: the net is below zero
        step(&counter, Step::taken(7), &mut heard);
        assert_eq!(counter.unwatch(outer), 101_001);
        step(&counter, Step::taken(3), &mut heard);
        assert_eq!(counter.unwatch(none), 101_001);
        step(&counter, Step::taken(200_000), &mut heard);
        let none = counter.watch();
        assert_eq!(counter.unwatch(none), 200_010);
    }
}
