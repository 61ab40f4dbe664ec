//! In: one thread's calls of one site. Out: [`Cell`], where that thread keeps them; one writer, any reader.

use crate::clock::Clock;
use crate::record::bins::{Bins, Cursor};
use crate::record::dependence::{Dependence, LEVELS, LevelSums, OpenBlock};
use crate::record::layout::{self, Layout};
use crate::record::ring::{self, Entry, Run};
use crate::record::shard::Shard;
use crate::record::tally::Tally;
use crate::shim::{AtomicU32, AtomicU64};
use once_cell::race::OnceRef;
use std::sync::atomic::Ordering::Relaxed;

/// What one shard knows of one site (or of one site under one caller, where calling context is kept).
///
/// Every word is written by the shard's owner only, with plain loads and stores. The words of a [`Tally`] and the bins change only
/// while the shard's sequence number is odd; the single counters below them may be read at any time.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) site: u32,                   // the site's number
    pub(crate) number: u32,                 // this cell's number within the shard
    pub(crate) shard: &'static Shard,       // whose cell it is
    pub(crate) key: u64,                    // this cell in the ring, for a plain call of weight 1
    pub(crate) full: bool,                  // never sampled
    pub(crate) parent: Option<u32>,         // the caller's cell, for calling context
    pub(crate) base: Option<&'static Cell>, // the site's own cell, for a cell that stands under a caller
    // Working words: of interest to the owner only.
    pub(crate) state: AtomicU32,              // see `State`
    pub(crate) weight: AtomicU32, // how many calls a recorded one stands for: the mean gap
    pub(crate) window: AtomicU32, // the window in which it was last recorded
    pub(crate) in_window: AtomicU32, // calls recorded in that window
    pub(crate) child: OnceRef<'static, Cell>, // first callee
    pub(crate) next: OnceRef<'static, Cell>, // next callee of the same caller
    // Counters of single events, exact.
    pub(crate) skipped: AtomicU64,
    pub(crate) panicked: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) polls: AtomicU64, // of recorded futures, weighted
    pub(crate) busy: AtomicU64,  // ticks within polls, weighted
    callees_variance: AtomicU64, // f64 bits: ticks squared, of the sum of own times through sampled callees
    // Under the sequence number.
    sums: Sums,
    bins: Bins,
    dependence: Dependence,
}

#[derive(Debug)]
struct Sums {
    recorded: AtomicU64,
    weighted: AtomicU64,
    weighted_squares: AtomicU64,
    total: AtomicU64,
    nested: AtomicU64,
    own: AtomicU64,
    total_variance: AtomicU64,
    own_variance: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
}

/// The owner's word on a cell: whether a call is open, and how many calls are left until one is recorded (0 and 1: the next one).
pub(crate) struct State;

impl State {
    /// No call open, every call recorded.
    pub(crate) const READY: u32 = 0;
    /// A call of this site is open on this thread.
    pub(crate) const OPEN: u32 = 1 << 31;
    /// Calls until the next recorded one, itself included.
    pub(crate) const LEFT: u32 = Self::OPEN - 1;

    pub(crate) const fn is_open(state: u32) -> bool {
        state & Self::OPEN != 0
    }

    /// No call is open, and the next one is only counted.
    #[inline(always)]
    pub(crate) const fn is_skipped(state: u32) -> bool {
        state.wrapping_sub(2) < Self::OPEN - 2
    }
}

/// What a reader gets of a cell.
#[derive(Clone, Debug)]
pub(crate) struct CellPicture {
    pub(crate) tally: Tally,
    pub(crate) bins: Vec<(usize, u64)>, // ascending, no zeros; a bin of calls still in the ring may come again at the end
    pub(crate) dependence: [LevelSums; LEVELS],
}

impl Cell {
    pub(crate) fn new(shard: &'static Shard, site: u32, full: bool, number: u32) -> Self {
        Self {
            shard,
            key: ring::key(number, 1, false),
            site,
            number,
            full,
            parent: None,
            base: None,
            state: AtomicU32::new(State::READY),
            weight: AtomicU32::new(1),
            window: AtomicU32::new(0),
            in_window: AtomicU32::new(0),
            child: OnceRef::new(),
            next: OnceRef::new(),
            skipped: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            polls: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            callees_variance: AtomicU64::new(0),
            sums: Sums::new(),
            bins: Bins::new(shard.layout),
            dependence: Dependence::new(),
        }
    }

    /// Sets how many calls stand for one, and the calls until the next recorded one, itself included. Owner only.
    pub(crate) fn set_gap(&self, weight: u32, left: u32) {
        let open = self.state.load(Relaxed) & State::OPEN;
        self.weight.store(weight, Relaxed);
        self.state.store(
            open | if weight > 1 { left.min(State::LEFT) } else { 0 },
            Relaxed,
        );
    }

    /// Counts the gap down by one call; false when this call is to be recorded. Owner only.
    pub(crate) fn skip_one(&self) -> bool {
        let state = self.state.load(Relaxed);
        let skip = state & State::LEFT > 1;
        if skip {
            self.state.store(state - 1, Relaxed);
        }
        skip
    }

    /// Takes a run of calls of this cell. The caller holds the shard's sequence number odd.
    #[inline(always)]
    pub(crate) fn absorb(&self, run: &Run<'_>, window: u32) {
        let (clock, layout) = (&self.shard.clock, self.shard.layout);
        let mut tally = Tally::EMPTY;
        let mut block = self.dependence.open();
        if run.key() == self.key {
            self.absorb_plain(run.entries(), &mut tally, &mut block);
        } else {
            let mut into = self.bins.cursor();
            for call in run.entries().iter().map(Entry::call) {
                tally.call(&call);
                let bin = layout.bin(clock.nanoseconds(call.elapsed));
                into.add(bin, u64::from(call.weight));
                block.call(bin);
            }
        }
        block.keep();
        let before = if self.window.load(Relaxed) == window {
            self.in_window.load(Relaxed)
        } else {
            0
        };
        self.window.store(window, Relaxed);
        self.in_window
            .store(before.wrapping_add(tally.recorded as u32), Relaxed);
        self.sums.add(&tally);
    }

    /// Takes calls of weight 1, not nested: sums first, then bins, so that either loop keeps its words in registers.
    #[inline(always)]
    fn absorb_plain(&self, entries: &[Entry], tally: &mut Tally, block: &mut OpenBlock<'_>) {
        let (clock, layout) = (&self.shard.clock, self.shard.layout);
        let mut into = self.bins.cursor();
        let mut left = entries;
        while !left.is_empty() {
            let (part, rest) = left.split_at(left.len().min(block.room()));
            for entry in part {
                let (elapsed, own) = entry.times();
                tally.plain_call(elapsed, own);
            }
            let sum = match layout {
                Layout::DEFAULT => {
                    Self::bin_part::<{ Layout::DEFAULT.sub_bits() }>(clock, part, &mut into)
                }
                _ => Self::bin_part::<{ Layout::FINE.sub_bits() }>(clock, part, &mut into),
            };
            block.calls(part.len(), sum);
            left = rest;
        }
        tally.plain_calls(entries.len() as u64);
    }

    /// Bins calls of weight 1; gives the sum of their bin numbers. Out of line, so that its words stay in registers.
    #[inline(never)]
    fn bin_part<const SUB_BITS: u32>(clock: &Clock, part: &[Entry], into: &mut Cursor<'_>) -> u64 {
        let scale = clock.scale();
        let mut sum = 0;
        for entry in part {
            let bin = layout::bin::<SUB_BITS>(scale.nanoseconds(entry.elapsed()));
            into.add(bin, 1);
            sum += bin as u64;
        }
        sum
    }

    /// Reads everything under the sequence number; the caller checks that it stood still.
    pub(crate) fn read(&self) -> CellPicture {
        let mut bins = Vec::new();
        self.bins.each(|bin, count| bins.push((bin, count)));
        let mut tally = self.sums.read();
        tally.own_variance += f64::from_bits(self.callees_variance.load(Relaxed));
        CellPicture {
            tally,
            bins,
            dependence: self.dependence.read(),
        }
    }

    /// Calls that ended and left the ring, recorded or only counted; read as [`Cell::read`].
    pub(crate) fn ended(&self) -> u64 {
        self.sums.recorded.load(Relaxed) + self.skipped.load(Relaxed)
    }

    /// Takes note of how uncertain sampled callees made the own time of a call of this weight: of the first stage's variance the
    /// calls' own times tell, of the second stage's each counts `weight` times (Durbin 1967). Owner only.
    #[inline]
    pub(crate) fn doubt_of_callees(&self, weight: u32, variance: f64) {
        if variance > 0.0 {
            let all = f64::from_bits(self.callees_variance.load(Relaxed));
            let all = all + f64::from(weight) * variance;
            self.callees_variance.store(all.to_bits(), Relaxed);
        }
    }

    /// Counts one event. Owner only.
    #[inline(always)]
    pub(crate) fn count(counter: &AtomicU64, events: u64) {
        counter.store(counter.load(Relaxed).wrapping_add(events), Relaxed);
    }
}

impl Sums {
    fn new() -> Self {
        Self {
            recorded: AtomicU64::new(0),
            weighted: AtomicU64::new(0),
            weighted_squares: AtomicU64::new(0),
            total: AtomicU64::new(0),
            nested: AtomicU64::new(0),
            own: AtomicU64::new(0),
            total_variance: AtomicU64::new(0),
            own_variance: AtomicU64::new(0),
            min: AtomicU64::new(u64::MAX),
            max: AtomicU64::new(0),
        }
    }

    fn read(&self) -> Tally {
        Tally {
            recorded: self.recorded.load(Relaxed),
            weighted: self.weighted.load(Relaxed),
            weighted_squares: self.weighted_squares.load(Relaxed),
            total: self.total.load(Relaxed),
            nested: self.nested.load(Relaxed),
            own: self.own.load(Relaxed) as i64,
            total_variance: f64::from_bits(self.total_variance.load(Relaxed)),
            own_variance: f64::from_bits(self.own_variance.load(Relaxed)),
            min: self.min.load(Relaxed),
            max: self.max.load(Relaxed),
        }
    }

    #[inline(always)]
    fn add(&self, more: &Tally) {
        let mut tally = self.read();
        tally.merge(more);
        self.recorded.store(tally.recorded, Relaxed);
        self.weighted.store(tally.weighted, Relaxed);
        self.weighted_squares.store(tally.weighted_squares, Relaxed);
        self.total.store(tally.total, Relaxed);
        self.nested.store(tally.nested, Relaxed);
        self.own.store(tally.own as u64, Relaxed);
        self.total_variance
            .store(tally.total_variance.to_bits(), Relaxed);
        self.own_variance
            .store(tally.own_variance.to_bits(), Relaxed);
        self.min.store(tally.min, Relaxed);
        self.max.store(tally.max, Relaxed);
    }
}
