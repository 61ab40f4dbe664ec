//! In: calls of one thread. Out: [`Shard`], that thread's cells and ring; the list of all shards; shards of ended threads for new ones.

use crate::clock::Clock;
use crate::record::cell::{Cell, CellPicture, State};
use crate::record::cost;
use crate::record::layout::Layout;
use crate::record::meter::Meters;
use crate::record::ring::{Patience, Ring};
use crate::record::sampling::Controller;
use crate::record::span::LEASE_SHIFT;
use crate::record::switch;
use crate::record::table::{CAPACITY, Table};
use crate::record::thread;
use crate::shim::{AtomicU32, AtomicU64};
use parking_lot::Mutex;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Cells up to which a shard makes new ones for calling contexts; further contexts stand by themselves, as if nobody had called them.
pub(crate) const MAX_CONTEXTS: u32 = 4_096;

/// Measured callers above one another in a context; what is called deeper (mutual recursion) stands by itself.
const MAX_DEPTH: usize = 64;

/// What one thread records. Its owner writes, with plain loads and stores; any thread may read.
///
/// A shard is never freed: when its thread ends, the next new thread goes on with it, so that memory is bounded by the number of
/// threads alive at once and nothing recorded is lost.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) clock: Clock,
    pub(crate) layout: Layout,
    pub(crate) inside: u64, // ticks of its own cost that are taken off a recorded call among counted ones
    pub(crate) plain: AtomicU64, // the running lease and a weight of 1: what a passage without peculiarities carries
    pub(crate) children: AtomicU64, // ticks that measured callees of the open spans have taken; owner only
    pub(crate) doubt: AtomicU64, // f64 bits: variance of `children` through sampling, in ticks squared; owner only
    pub(crate) siblings: AtomicU64, // `children` before the passage that was begun with care just now; owner only
    pub(crate) ring: Ring,
    paths_era: AtomicU32, // the era of `context`, see `switch`; owner only
    pub(crate) context: AtomicU32, // number + 1 of the open cell where calling context is kept, 0 = none; owner only
    pub(crate) caller: AtomicU32, // `context` + 1 before the passage that is being entered, 0 = untouched; owner only
    pub(crate) late: bool,        // shared, under a lock, by threads whose own shard is gone
    pub(crate) controller: Controller,
    pub(crate) meters: Meters, // of sites that ask for more than time
    by_site: Table<Cell>,      // the site's own cell
    by_number: Table<Cell>,    // every cell, in order of creation
    cells: AtomicU32,
}

impl Shard {
    pub(crate) fn new(clock: &Clock, layout: Layout, late: bool) -> Self {
        Self {
            clock: clock.clone(),
            layout,
            inside: cost::known().map_or(0, |cost| cost.taken_off_ticks().round() as u64),
            plain: AtomicU64::new(1),
            children: AtomicU64::new(0),
            doubt: AtomicU64::new(0),
            siblings: AtomicU64::new(0),
            ring: Ring::new(),
            paths_era: AtomicU32::new(0),
            context: AtomicU32::new(0),
            caller: AtomicU32::new(0),
            late,
            controller: Controller::new(clock),
            meters: Meters::new(),
            by_site: Table::new(),
            by_number: Table::new(),
            cells: AtomicU32::new(0),
        }
    }

    /// What a call of this weight took, in ticks. A sampled call stands for others that did not pay for being recorded.
    #[inline]
    pub(crate) fn without_cost(&self, elapsed: u64, weight: u32) -> u64 {
        if weight > 1 {
            elapsed.saturating_sub(self.inside)
        } else {
            elapsed
        }
    }

    /// The variance that sampled callees brought since `doubt` stood at this. Owner only.
    #[inline]
    pub(crate) fn doubt_since(&self, before: u64) -> f64 {
        f64::from_bits(self.doubt.load(Relaxed)) - f64::from_bits(before)
    }

    /// Sets `doubt` to what it was, and more. Owner only.
    #[inline]
    pub(crate) fn set_doubt(&self, before: u64, more: f64) {
        let doubt = f64::from_bits(before) + more;
        self.doubt.store(doubt.to_bits(), Relaxed);
    }

    /// The site's own cell, if this shard has seen the site.
    #[inline(always)]
    pub(crate) fn cell(&self, site: u32) -> Option<&'static Cell> {
        self.by_site.get(site)
    }

    /// The cell with this number.
    #[inline(always)]
    pub(crate) fn numbered(&self, number: u32) -> Option<&'static Cell> {
        self.by_number.get(number)
    }

    /// The site's own cell, made now if need be. `None` only when the shard is full. Owner only.
    #[cold]
    pub(crate) fn make_cell(&'static self, site: u32, full: bool) -> Option<&'static Cell> {
        if let Some(cell) = self.cell(site) {
            return Some(cell);
        }
        let cell = self.leak(|number| Cell::new(self, site, full, number))?;
        self.by_site.set(site, cell);
        Some(cell)
    }

    /// The open context; none where recording with calling context has begun anew since it was opened. Owner only.
    pub(crate) fn open_context(&self) -> u32 {
        let era = switch::paths_era();
        if self.paths_era.load(Relaxed) != era {
            self.paths_era.store(era, Relaxed);
            self.context.store(0, Relaxed);
        }
        self.context.load(Relaxed)
    }

    /// The cell of the open context, if calling context is kept now. Owner only.
    pub(crate) fn open_cell(&self) -> Option<&'static Cell> {
        let of_now = self.paths_era.load(Relaxed) == switch::paths_era();
        let kept = switch::mode() == switch::PATHS && of_now;
        let number = self.context.load(Relaxed).checked_sub(1)?;
        kept.then(|| self.numbered(number)).flatten()
    }

    /// The cell of `base`'s site under the open caller. Owner only.
    pub(crate) fn cell_in_context(&'static self, base: &'static Cell) -> &'static Cell {
        let Some(parent) = self.context.load(Relaxed).checked_sub(1) else {
            return base;
        };
        let Some(caller) = self.numbered(parent) else {
            return base;
        };
        if caller.site == base.site {
            return caller; // direct recursion folds into one level
        }
        let mut slot = &caller.child;
        while let Some(known) = slot.get() {
            if known.site == base.site {
                return known;
            }
            slot = &known.next;
        }
        if self.cells.load(Relaxed) >= MAX_CONTEXTS || self.depth(caller) >= MAX_DEPTH {
            return base;
        }
        let made = self.leak(|number| {
            let mut cell = Cell::new(self, base.site, base.full, number);
            cell.parent = Some(parent);
            cell.base = Some(base);
            cell
        });
        if let Some(cell) = made {
            let _ = slot.set(cell);
        }
        made.unwrap_or(base)
    }

    /// Callers above a cell, itself included.
    fn depth(&self, cell: &Cell) -> usize {
        let above = |cell: &&Cell| self.numbered(cell.parent?);
        std::iter::successors(Some(cell), above).count()
    }

    fn leak(&self, make: impl FnOnce(u32) -> Cell) -> Option<&'static Cell> {
        let number = self.cells.load(Relaxed);
        if number as usize >= CAPACITY {
            return None;
        }
        let cell: &'static Cell = Box::leak(Box::new(make(number)));
        self.by_number.set(number, cell);
        self.cells.store(number + 1, Release);
        Some(cell)
    }

    /// Moves the ring into the bins and sets the sampling weights anew. Owner only.
    #[cold]
    #[inline(never)]
    pub(crate) fn settle(&self, now: u64) {
        thread::quietly(|| self.settle_quietly(now));
    }

    fn settle_quietly(&self, now: u64) {
        let recorded = self.ring.len() as u64;
        let window = self.controller.window();
        self.ring.drain(|run| {
            if let Some(cell) = self.numbered(run.cell()) {
                cell.absorb(run, window);
            }
        });
        self.controller.adjust(self, now, recorded);
    }

    /// Makes a reused shard fit for its new owner.
    pub(crate) fn begin_lease(&self) {
        self.children.store(0, Relaxed);
        self.doubt.store(0, Relaxed);
        self.context.store(0, Relaxed);
    }

    /// The owner's last word.
    pub(crate) fn end_lease(&self) {
        let lease = (self.plain.load(Relaxed) >> LEASE_SHIFT).wrapping_add(1);
        self.plain.store(lease << LEASE_SHIFT | 1, Relaxed);
        for cell in self.each_cell() {
            cell.state
                .store(cell.state.load(Relaxed) & !State::OPEN, Relaxed);
        }
    }

    /// All cells made so far. Any thread.
    pub(crate) fn each_cell(&self) -> impl Iterator<Item = &'static Cell> {
        (0..self.cells.load(Acquire)).filter_map(|number| self.numbered(number))
    }

    /// [`Shard::read_within`] with a patience of its own.
    pub(crate) fn read(&self, cell: &Cell) -> (CellPicture, bool) {
        self.read_within(&mut Patience::default(), cell)
    }

    /// One cell with its calls still in the ring, at one moment; false where the moment could not be had (see [`Ring::read`]).
    pub(crate) fn read_within(&self, patience: &mut Patience, cell: &Cell) -> (CellPicture, bool) {
        let mut picture = None;
        let exact = self.ring.read(patience, |calls| {
            let mut seen = cell.read();
            for call in calls.filter(|call| call.cell == cell.number) {
                seen.tally.call(&call);
                let bin = self.layout.bin(self.clock.nanoseconds(call.elapsed));
                seen.bins.push((bin, u64::from(call.weight)));
            }
            picture = Some(seen);
        });
        (picture.unwrap_or_else(|| cell.read()), exact)
    }

    /// Site and calls of each cell at one moment: recorded, still in the ring, or only counted. Any thread.
    pub(crate) fn read_calls(&self, patience: &mut Patience, into: &mut Vec<(u32, u64)>) {
        self.ring.read(patience, |calls| {
            into.clear();
            into.extend(self.each_cell().map(|cell| (cell.site, cell.ended())));
            for call in calls {
                if let Some(cell) = into.get_mut(call.cell as usize) {
                    cell.1 += 1;
                }
            }
        });
    }
}

static SHARDS: Mutex<Shards> = Mutex::new(Shards {
    all: Vec::new(),
    free: Vec::new(),
});

struct Shards {
    all: Vec<&'static Shard>,
    free: Vec<&'static Shard>, // their threads have ended
}

/// A shard for a new thread: one of an ended thread, or a new one.
pub(crate) fn lease() -> &'static Shard {
    let reused = SHARDS.lock().free.pop();
    reused
        .inspect(|shard| shard.begin_lease())
        .unwrap_or_else(|| make(false))
}

/// The shard for calls whose thread has given its own back.
pub(crate) fn make_late() -> &'static Shard {
    make(true)
}

fn make(late: bool) -> &'static Shard {
    let made = Shard::new(Clock::global(), crate::record::precision::layout(), late);
    let shard: &'static Shard = Box::leak(Box::new(made));
    shard
        .controller
        .seed(std::ptr::from_ref(shard).addr() as u64);
    SHARDS.lock().all.push(shard);
    shard
}

/// Gives a shard back when its thread ends. The lock hands over all that the thread wrote; passages that are still open will see
/// that their lease is over.
pub(crate) fn release(shard: &'static Shard) {
    shard.end_lease();
    SHARDS.lock().free.push(shard);
}

/// Every shard there is.
pub(crate) fn all() -> Vec<&'static Shard> {
    SHARDS.lock().all.clone()
}
