//! In: calls from one writer. Out: [`Ring`], the calls not yet binned, readable at any time together with the bins through a sequence number.

use crate::record::tally::Call;
use crate::shim::{AtomicU32, AtomicU64, fence};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

/// Calls a ring holds before they are binned.
///
/// Few where every access is costly: in models, and for the interpreter, which looks at a ring's every word whenever a shard is named.
pub(crate) const RING: usize = if cfg!(loom) {
    2
} else if cfg!(miri) {
    8
} else {
    256
};

/// Times a reader looks again before it lets the writer run.
const SPINS: u32 = 100;

/// How long one snapshot sleeps, over all cells, for writers that were stopped in the middle of binning.
const MOST_WAIT: Duration = Duration::from_millis(200);

/// A reader's single sleep.
const NAP: Duration = Duration::from_micros(50);

/// So much of a sleep counts at most: a machine that stood still has let the writer run no more than the reader.
const MOST_OF_A_NAP: Duration = Duration::from_millis(10);

/// What identifies a call in the ring: its cell, how many calls it stands for, whether an outer call of its site is open.
pub(crate) const fn key(cell: u32, weight: u32, nested: bool) -> u64 {
    let low = weight | if nested { NESTED } else { 0 };
    (cell as u64) << 32 | low as u64
}

const NESTED: u32 = 1 << 31;
const WEIGHT: u32 = NESTED - 1;

/// The largest weight a call can carry.
pub(crate) const MAX_WEIGHT: u32 = (1 << 24) - 1;

/// A fixed array that its owner fills and empties, with the sequence number that covers it and everything it is emptied into.
///
/// The protocol, for one writer and any number of readers:
/// 1. `push` writes a call's words, then the new length (release).
/// 2. `drain` makes the sequence odd, moves every call into the bins, sets the length to zero, makes the sequence even (release).
/// 3. A reader takes the sequence (acquire, even), copies bins and calls, and keeps the copy if the sequence has not changed.
///
/// So a call is seen exactly once: in the ring before a drain, in the bins after it.
#[derive(Debug)]
pub(crate) struct Ring {
    sequence: AtomicU32,
    length: AtomicU32,
    entries: [Entry; RING],
}

#[derive(Debug)]
pub(crate) struct Entry {
    key: AtomicU64, // cell << 32 | nested << 31 | weight
    elapsed: AtomicU64,
    own: AtomicU64,
}

impl Ring {
    pub(crate) fn new() -> Self {
        let entry = |_| Entry {
            key: AtomicU64::new(0),
            elapsed: AtomicU64::new(0),
            own: AtomicU64::new(0),
        };
        Self {
            sequence: AtomicU32::new(0),
            length: AtomicU32::new(0),
            entries: std::array::from_fn(entry),
        }
    }

    /// Appends a call; true when the ring is full and must be drained before the next push. Owner only.
    #[inline(always)]
    pub(crate) fn push(&self, key: u64, elapsed: u64, own: u64) -> bool {
        let length = self.length.load(Relaxed);
        let entry = &self.entries[length as usize % RING];
        entry.key.store(key, Relaxed);
        entry.elapsed.store(elapsed, Relaxed);
        entry.own.store(own, Relaxed);
        self.length.store(length + 1, Release);
        length as usize + 1 >= RING
    }

    /// Empties the ring into `take`, which gets the calls in stretches of equal key. Owner only.
    #[inline(always)]
    pub(crate) fn drain(&self, mut take: impl FnMut(&Run<'_>)) {
        let sequence = self.sequence.load(Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Relaxed);
        fence(Release);
        let mut left = &self.entries[..(self.length.load(Relaxed) as usize).min(RING)];
        while let Some(first) = left.first() {
            let key = first.key.load(Relaxed);
            let same = left
                .iter()
                .take_while(|entry| entry.key.load(Relaxed) == key)
                .count();
            let (entries, rest) = left.split_at(same);
            take(&Run { key, entries });
            left = rest;
        }
        self.length.store(0, Relaxed);
        self.sequence.store(sequence.wrapping_add(2), Release);
    }

    /// The calls in the ring now. Owner only.
    pub(crate) fn len(&self) -> usize {
        self.length.load(Relaxed) as usize
    }

    /// Runs `copy` until it has seen bins and ring at one moment; `copy` gets the calls not yet binned. False if the writer
    /// stood still in the middle of binning until patience ended: then the copy may miss or double up to one ring.
    pub(crate) fn read(
        &self,
        patience: &mut Patience,
        mut copy: impl FnMut(&mut dyn Iterator<Item = Call>),
    ) -> bool {
        let mut attempt = 0;
        loop {
            let before = self.sequence.load(Acquire);
            if before.is_multiple_of(2) {
                let length = (self.length.load(Acquire) as usize).min(RING);
                copy(&mut self.entries[..length].iter().map(Entry::call));
                fence(Acquire);
                if self.sequence.load(Relaxed) == before {
                    return true;
                }
            }
            if !patience.wait(attempt) {
                break;
            }
            attempt += 1;
        }
        copy(&mut std::iter::empty());
        false
    }
}

/// How long a reader has waited for writers that the system had stopped in the middle of binning, and may still.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    waited: Duration,
    used_up: Duration, // of [`MOST_WAIT`]
}

impl Patience {
    /// None at all: a look that does not succeed at once is given up.
    pub(crate) fn none() -> Self {
        Self {
            waited: Duration::ZERO,
            used_up: MOST_WAIT,
        }
    }

    /// The time slept so far.
    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// Spins at first; then lets the writer, which may share this core, run on. False when it has been long enough.
    #[cfg(not(loom))]
    fn wait(&mut self, attempt: u32) -> bool {
        if attempt < SPINS {
            std::hint::spin_loop();
            return true;
        }
        if self.used_up >= MOST_WAIT {
            return false;
        }
        let start = std::time::Instant::now();
        std::thread::sleep(NAP);
        let nap = start.elapsed().max(NAP);
        self.waited += nap;
        self.used_up += nap.min(MOST_OF_A_NAP);
        true
    }

    #[cfg(loom)]
    fn wait(&mut self, attempt: u32) -> bool {
        loom::thread::yield_now();
        self.waited += NAP;
        self.used_up += NAP;
        attempt < SPINS && self.used_up < MOST_WAIT
    }
}

impl Entry {
    #[inline(always)]
    pub(crate) fn call(&self) -> Call {
        let key = self.key.load(Relaxed);
        let (elapsed, own) = self.times();
        Call {
            cell: (key >> 32) as u32,
            weight: key as u32 & WEIGHT,
            nested: key as u32 & NESTED != 0,
            elapsed,
            own,
        }
    }

    /// Elapsed ticks.
    #[inline(always)]
    pub(crate) fn elapsed(&self) -> u64 {
        self.elapsed.load(Relaxed)
    }

    /// Elapsed and own ticks.
    #[inline(always)]
    pub(crate) fn times(&self) -> (u64, i64) {
        (self.elapsed.load(Relaxed), self.own.load(Relaxed) as i64)
    }
}

/// A stretch of calls of equal key.
pub(crate) struct Run<'a> {
    key: u64,
    entries: &'a [Entry], // not empty
}

impl<'a> Run<'a> {
    pub(crate) fn key(&self) -> u64 {
        self.key
    }

    pub(crate) fn cell(&self) -> u32 {
        (self.key >> 32) as u32
    }

    pub(crate) fn entries(&self) -> &'a [Entry] {
        self.entries
    }
}
