//! In: a subscriber's spans as they are created, entered, left and closed. Out: their calls in this thread's shard.

use crate::clock::Clock;
use crate::record::cell::{Cell, State};
use crate::record::unfinished::{self, Keeper, SpanCost};
use crate::record::{ring, switch, thread, watch};
use crate::site::Site;
use crate::tracing::entered::{self, Entry};
use crate::tracing::path::{self, Parent};
use crate::tracing::table::{Entries, Slot, Table};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// The lower bits of a call: how many calls it stands for; 0 = only counted.
const WEIGHT: u64 = (1 << 24) - 1;
/// An outer span of the site was entered on the creating thread.
const NESTED: u64 = 1 << 24;
/// The creating thread was already panicking.
const UNWINDING: u64 = 1 << 25;
/// A measured function records it: only its duration is wanted.
const WATCHED: u64 = 1 << 26;

/// The open spans of one layer.
#[derive(Debug)]
pub(super) struct Spans {
    number: u64, // tells layers apart
    table: Table,
}

/// What a new span stands beneath.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beneath {
    /// What is entered on this thread.
    Entered,
    /// The span with this id.
    Span(u64),
    /// Nothing.
    Nothing,
}

/// A span that has closed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub(super) site: u32,
    pub(super) wall: u64, // ticks; 0 where it was not timed
    pub(super) now: u64,  // ticks
}

impl Spans {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Self {
            number: NUMBER.fetch_add(1, Relaxed),
            table: Table::new(),
        }
    }

    /// A span is created. What it stands beneath is of interest only where calling context is kept.
    #[inline]
    pub(super) fn create(&self, id: u64, site: &'static Site, beneath: Beneath) {
        let cell = match switch::mode() {
            switch::ON => match thread::cell(site.index()) {
                Some(cell) => Some(cell),
                None => path::plain_cell(site.register()),
            },
            switch::OFF => return,
            _ => self.cell_in_context(site, beneath),
        };
        let Some(cell) = cell else { return };
        let shard = cell.shard;
        let base = cell.base.unwrap_or(cell);
        let weight = if cell.skip_one() {
            0
        } else {
            shard.controller.take(cell)
        };
        let mut call = u64::from(cell.site) << 32 | u64::from(weight);
        if State::is_open(base.state.load(Relaxed)) {
            call |= NESTED;
        }
        if std::thread::panicking() {
            call |= UNWINDING;
        }
        let created = if weight > 0 {
            shard.clock.now()
        } else {
            watch::start(&shard.clock)
        };
        self.table.insert(id, |slot| {
            slot.call.store(call, Relaxed);
            slot.created.store(created, Relaxed);
            slot.home.store(path::address(shard), Relaxed);
            slot.cell.store(u64::from(cell.number), Relaxed);
        });
    }

    /// A span is created that a measured function records itself.
    pub(super) fn watch(&self, id: u64, site: &'static Site) {
        if switch::mode() == switch::OFF {
            return;
        }
        let site = u64::from(site.register());
        self.table.insert(id, |slot| {
            slot.call.store(site << 32 | WATCHED, Relaxed);
            slot.created.store(Clock::global().now(), Relaxed);
            slot.home.store(0, Relaxed);
        });
    }

    #[cold]
    fn cell_in_context(&self, site: &'static Site, beneath: Beneath) -> Option<&'static Cell> {
        if switch::settled_mode() == switch::OFF {
            return None;
        }
        let index = site.register();
        if switch::mode() == switch::ON {
            return path::plain_cell(index);
        }
        let parent = match beneath {
            Beneath::Entered => Parent::Open,
            Beneath::Nothing => Parent::Root,
            Beneath::Span(id) => self.table.find(id).map_or(Parent::Root, Parent::Span),
        };
        path::cell_beneath(index, &parent)
    }

    /// A label's row is known for a span.
    pub(super) fn label(&self, id: u64, row: &'static Site) {
        if let Some(slot) = self.table.find(id) {
            let call = slot.call.load(Relaxed);
            let site = u64::from(row.register());
            slot.call
                .store(site << 32 | call & u64::from(u32::MAX), Relaxed);
        }
    }

    /// Something failed within a span.
    pub(super) fn fail(&self, id: u64) {
        if let Some(slot) = self.table.find(id) {
            slot.failed.store(1, Relaxed);
        }
    }

    #[inline]
    pub(super) fn enter(&self, id: u64) {
        let Some(slot) = self.table.find(id) else {
            return;
        };
        let call = slot.call.load(Relaxed);
        if call & WATCHED != 0 {
            return;
        }
        let weight = (call & WEIGHT) as u32;
        let enter = |cell: &'static Cell, context: Option<u32>| {
            let home = path::address(cell.shard);
            let entry = Entry::new(self.number, id, cell, weight, context);
            let kept = entered::push(entry, slot.is_inside(home));
            slot.step(home, i64::from(kept));
            kept
        };
        if switch::mode() == switch::ON {
            if let Some(cell) = path::plain_cell((call >> 32) as u32) {
                enter(cell, None);
            }
        } else if let Some(cell) = path::cell_of(slot) {
            let context = &cell.shard.context;
            if enter(cell, Some(context.load(Relaxed))) {
                context.store(cell.number + 1, Relaxed);
            }
        }
    }

    #[inline]
    pub(super) fn leave(&self, id: u64) {
        let tell = |entry: &Entry, took: Entries| {
            if let Some(slot) = self.table.find(entry.id) {
                slot.add(path::address(entry.cell.shard), took);
            }
        };
        if let Some((entry, took)) = entered::pop(self.number, id, tell)
            && let Some(slot) = self.table.find(id)
        {
            let home = path::address(entry.cell.shard);
            slot.add(home, took);
            slot.step(home, -1);
        }
    }

    /// A span is closed: its call is recorded here, on the thread that let go of it last.
    #[inline]
    pub(super) fn close(&self, id: u64) -> Option<Closed> {
        let slot = self.table.find(id)?;
        let call = slot.call.load(Relaxed);
        let site = (call >> 32) as u32;
        let weight = (call & WEIGHT) as u32;
        let mut closed = Closed {
            site,
            wall: 0,
            now: 0,
        };
        let clock = Clock::global();
        if watch::any() && call & WATCHED == 0 {
            watch::ended(site, slot.created.load(Relaxed), clock.now());
        }
        if weight > 0 || call & WATCHED != 0 {
            closed.now = clock.now();
            closed.wall = closed.now.saturating_sub(slot.created.load(Relaxed));
        }
        if call & WATCHED == 0 {
            record(slot, call, closed);
        }
        slot.free();
        Some(closed)
    }
}

/// Records the call of a span that closes.
#[inline]
fn record(slot: &Slot, call: u64, closed: Closed) {
    let weight = (call & WEIGHT) as u32;
    let panicked = std::thread::panicking() && call & UNWINDING == 0;
    let cell = if switch::mode() == switch::ON {
        path::plain_cell(closed.site)
    } else {
        path::cell_of(slot)
    };
    let Some(cell) = cell else {
        if switch::mode() != switch::OFF {
            thread::record_late(closed.site, (weight > 0).then_some(closed.wall), panicked);
        }
        return;
    };
    if panicked {
        Cell::count(&cell.panicked, 1);
    }
    if slot.failed.load(Relaxed) != 0 {
        Cell::count(&cell.errors, 1);
    }
    if weight == 0 {
        Cell::count(&cell.skipped, 1);
        return;
    }
    let Entries { busy, own, number } = slot.entries();
    Cell::count(&cell.busy, busy.wrapping_mul(u64::from(weight)));
    Cell::count(&cell.polls, number * u64::from(weight));
    let shard = cell.shard;
    let wall = shard.without_cost(closed.wall, weight);
    let key = ring::key(cell.number, weight, call & NESTED != 0);
    let full = shard.ring.push(key, wall, own);
    if full || weight > 1 && shard.controller.is_due(closed.now) {
        shard.settle(closed.now);
    }
}

impl Keeper for Spans {
    fn each_open(&self, tell: &mut dyn FnMut(u32)) {
        self.table.each(|slot| {
            let call = slot.call.load(Relaxed);
            if call & WATCHED == 0 {
                tell((call >> 32) as u32);
            }
        });
    }
}

/// Spans a calibration times at once.
const CALLS: u32 = 256;
const GOES: usize = 15;

/// Measures what a span costs here beyond one on the stack: its slot, and two more readings of the clock.
pub(super) fn calibrate() {
    unfinished::calibrate(|| {
        let (clock, spans) = (Clock::global(), Spans::new());
        let time = |work: &dyn Fn()| {
            let mut goes = [0.0; GOES];
            for go in &mut goes {
                let start = clock.now();
                for _ in 0..CALLS {
                    work();
                }
                *go = clock.now().saturating_sub(start) as f64 / f64::from(CALLS);
            }
            goes.sort_unstable_by(f64::total_cmp);
            goes[GOES / 2]
        };
        let read_ticks = time(&|| {
            std::hint::black_box(clock.now());
        });
        let slot_ticks = time(&|| {
            spans.table.insert(1, |slot| slot.home.store(1, Relaxed));
            for _ in 0..3 {
                if let Some(slot) = std::hint::black_box(spans.table.find(1)) {
                    slot.add(1, Entries::default());
                }
            }
            if let Some(slot) = spans.table.find(1) {
                slot.free();
            }
        });
        SpanCost {
            recorded_ticks: slot_ticks + 2.0 * read_ticks,
            skipped_ticks: slot_ticks,
        }
    });
}
