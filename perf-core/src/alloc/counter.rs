//! In: sizes taken and given back. Out: [`Counter`], their counts and sums; one writer with plain loads and stores, any reader.

use std::sync::atomic::Ordering::Relaxed;
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
    unsettled: AtomicI64, // net bytes since they were last settled, between -GRANULE and `limit`
    limit: AtomicI64,     // beyond it there is something to settle or a new peak
    settled: AtomicI64,   // net bytes before
    peak: AtomicI64,      // highest net bytes while watched, else UNWATCHED
}

/// One step of an allocator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) count: u64, // allocations
    pub(super) bytes: u64, // of them
    pub(super) frees: u64,
    pub(super) net: i64, // bytes more than before
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
            net: size as i64,
        }
    }

    #[inline(always)]
    pub(super) const fn given_back(size: usize) -> Self {
        Self {
            count: 0,
            bytes: 0,
            frees: 1,
            net: -(size as i64),
        }
    }

    /// An allocation of the new size and a free of the old one, at one moment.
    #[inline(always)]
    pub(super) const fn resized(old: usize, new: usize) -> Self {
        Self {
            count: 1,
            bytes: new as u64,
            frees: 1,
            net: new as i64 - old as i64,
        }
    }
}

impl Counter {
    pub(super) const fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            frees: AtomicU64::new(0),
            unsettled: AtomicI64::new(0),
            limit: AtomicI64::new(GRANULE),
            settled: AtomicI64::new(0),
            peak: AtomicI64::new(UNWATCHED),
        }
    }

    /// Counts a step; true when [`Counter::settle`] has to follow. Writer only.
    #[inline(always)]
    pub(super) fn count(&self, step: Step) -> bool {
        // What is constantly zero in a step is compiled away.
        if step.count > 0 {
            add(&self.count, step.count);
            add(&self.bytes, step.bytes);
        }
        if step.frees > 0 {
            add(&self.frees, step.frees);
        }
        let unsettled = self.unsettled.load(Relaxed).wrapping_add(step.net);
        self.unsettled.store(unsettled, Relaxed);
        let above = step.count > 0 && unsettled > self.limit.load(Relaxed);
        let below = step.frees > 0 && unsettled < -GRANULE;
        above || below
    }

    /// Keeps the peak, and gives the net bytes that the process has to hear of. Writer only.
    #[cold]
    pub(super) fn settle(&self) -> i64 {
        let mut unsettled = self.unsettled.load(Relaxed);
        let mut settled = self.settled.load(Relaxed);
        let peak = self.peak.load(Relaxed).max(settled + unsettled);
        self.peak.store(peak, Relaxed);
        let mut news = 0;
        if unsettled.abs() > GRANULE {
            news = unsettled;
            settled += unsettled;
            unsettled = 0;
            self.settled.store(settled, Relaxed);
            self.unsettled.store(unsettled, Relaxed);
        }
        self.set_limit(settled, peak);
        news
    }

    /// Gives all net bytes that the process has not heard of, and watches no longer. Writer only.
    #[cfg(unix)]
    pub(super) fn settle_all(&self) -> i64 {
        let unsettled = self.unsettled.load(Relaxed);
        let settled = self.settled.load(Relaxed) + unsettled;
        self.settled.store(settled, Relaxed);
        self.unsettled.store(0, Relaxed);
        self.peak.store(UNWATCHED, Relaxed);
        self.set_limit(settled, UNWATCHED);
        unsettled
    }

    /// Looks for a new peak from now on; gives the one looked for so far, to be given back to [`Counter::unwatch`]. Writer only.
    pub(super) fn watch(&self) -> i64 {
        let settled = self.settled.load(Relaxed);
        let live = settled + self.unsettled.load(Relaxed);
        let outer = self.peak.load(Relaxed);
        self.peak.store(live, Relaxed);
        self.set_limit(settled, live);
        outer
    }

    /// Ends a watch and gives its peak of net bytes. Writer only.
    pub(super) fn unwatch(&self, outer: i64) -> i64 {
        let peak = self.peak.load(Relaxed);
        let outer = outer.max(peak); // nothing is higher than UNWATCHED
        self.peak.store(outer, Relaxed);
        self.set_limit(self.settled.load(Relaxed), outer);
        peak
    }

    fn set_limit(&self, settled: i64, peak: i64) {
        let limit = peak.saturating_sub(settled).min(GRANULE);
        self.limit.store(limit, Relaxed);
    }

    /// The counts so far. Any thread; of one moment only while the writer rests.
    #[inline]
    pub(super) fn read(&self) -> Reading {
        Reading {
            count: self.count.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            frees: self.frees.load(Relaxed),
            live: self.settled.load(Relaxed) + self.unsettled.load(Relaxed),
        }
    }

    /// Allocations and their bytes. Writer only.
    #[inline(always)]
    pub(super) fn taken(&self) -> (u64, u64) {
        (self.count.load(Relaxed), self.bytes.load(Relaxed))
    }

    /// Net bytes the process has not heard of. Any thread.
    pub(super) fn unsettled(&self) -> i64 {
        self.unsettled.load(Relaxed)
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
