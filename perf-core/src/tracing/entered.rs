//! In: spans entered and left on this thread. Out: what each entry took, with and without its measured callees, in any order.

use crate::record::cell::{Cell, State};
use crate::record::span::own_time;
use crate::record::thread;
use crate::tracing::table::Entries;
use std::cell::RefCell;
use std::sync::atomic::Ordering::Relaxed;

/// Entries a thread keeps. What is entered deeper (guards forgotten in a loop) is not timed.
const MAX_DEPTH: usize = 65_536;

/// One entry that has not been left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) layer: u64, // whose span
    pub(super) id: u64,
    pub(super) cell: &'static Cell,
    weight: u32,          // 0 = not timed
    context: Option<u32>, // the caller's context, to be restored
    again: bool,          // the span is entered already: timed by the outer entry
    start: u64,           // ticks
    siblings: u64,        // what the thread's callees had taken when it began, in ticks
    opened: bool,         // this entry opened the site on this thread
}

thread_local! {
    static ENTERED: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

impl Entry {
    /// An entry of the span into this cell, which must be of this thread's shard.
    pub(super) fn new(
        layer: u64,
        id: u64,
        cell: &'static Cell,
        weight: u32,
        context: Option<u32>,
    ) -> Self {
        Self {
            layer,
            id,
            cell,
            weight,
            context,
            again: false,
            start: 0,
            siblings: 0,
            opened: false,
        }
    }

    fn is(&self, layer: u64, id: u64) -> bool {
        self.id == id && self.layer == layer
    }

    /// Starts the time, as the last thing.
    #[inline]
    fn begin(&mut self) {
        let base = self.cell.base.unwrap_or(self.cell);
        let state = base.state.load(Relaxed);
        self.opened = !State::is_open(state);
        base.state.store(state | State::OPEN, Relaxed);
        let shard = self.cell.shard;
        self.siblings = shard.children.load(Relaxed);
        if self.is_timed() {
            self.start = shard.clock.now();
        }
    }

    #[inline(always)]
    fn is_timed(&self) -> bool {
        self.weight > 0 && !self.again
    }

    /// The time until now, which from here on counts as a callee's.
    #[inline]
    fn pass(&self, now: u64) -> Entries {
        let shard = self.cell.shard;
        if self.again {
            return Entries::default();
        }
        if self.weight == 0 {
            shard.children.store(self.siblings, Relaxed);
            return Entries::default();
        }
        let busy = shard.without_cost(now.saturating_sub(self.start), self.weight);
        let own = own_time(busy, self.siblings, shard.children.load(Relaxed));
        let weighted = busy.wrapping_mul(u64::from(self.weight));
        shard
            .children
            .store(self.siblings.wrapping_add(weighted), Relaxed);
        Entries {
            busy,
            own,
            number: 0,
        }
    }

    /// Leaves the thread as it was found, but for the time.
    #[inline]
    fn close(&self) {
        if self.opened {
            let base = self.cell.base.unwrap_or(self.cell);
            base.state
                .store(base.state.load(Relaxed) & State::LEFT, Relaxed);
        }
        if let Some(context) = self.context {
            self.cell.shard.context.store(context, Relaxed);
        }
    }
}

/// Enters. `inside` tells whether the span is entered on this thread already, where that is known. False where the entry is not
/// kept: a thread that is ending has no stack any more.
#[inline]
pub(super) fn push(mut entry: Entry, inside: Option<bool>) -> bool {
    let kept = ENTERED.try_with(|entered| {
        let Ok(mut entered) = entered.try_borrow_mut() else {
            return false;
        };
        if entered.len() == entered.capacity() {
            if entered.len() >= MAX_DEPTH {
                return false;
            }
            thread::quietly(|| entered.reserve(16));
        }
        let search = || entered.iter().any(|open| open.is(entry.layer, entry.id));
        entry.again = inside.unwrap_or_else(search);
        entry.begin();
        entered.push(entry);
        true
    });
    kept.unwrap_or(false)
}

/// Leaves; gives the entry and what it took. `split` is told what the spans of this layer took so far that were entered later and
/// are still open: theirs is no time of this one.
#[inline]
pub(super) fn pop(
    layer: u64,
    id: u64,
    split: impl FnMut(&Entry, Entries),
) -> Option<(Entry, Entries)> {
    let left = ENTERED.try_with(|entered| {
        let mut entered = entered.try_borrow_mut().ok()?;
        let at_top = entered.last()?.is(layer, id);
        if !at_top {
            return pop_below(&mut entered, layer, id, split);
        }
        let entry = entered.pop()?;
        let now = if entry.is_timed() {
            entry.cell.shard.clock.now()
        } else {
            0
        };
        Some((entry, finished(&entry, now)))
    });
    left.ok().flatten()
}

/// The whole entry.
#[inline]
fn finished(entry: &Entry, now: u64) -> Entries {
    let mut took = entry.pass(now);
    took.number = u64::from(!entry.again);
    entry.close();
    took
}

/// Leaves an entry on which others were entered that stay: these end now and begin anew.
#[cold]
fn pop_below(
    entered: &mut Vec<Entry>,
    layer: u64,
    id: u64,
    mut split: impl FnMut(&Entry, Entries),
) -> Option<(Entry, Entries)> {
    let at = entered.iter().rposition(|entry| entry.is(layer, id))?;
    let entry = entered.remove(at);
    let shard = entry.cell.shard;
    let now = shard.clock.now();
    let above = entered.get_mut(at..).unwrap_or_default();
    for open in above.iter().rev().filter(|open| open.layer == layer) {
        split(open, open.pass(now));
    }
    let took = finished(&entry, now);
    for open in above.iter_mut().filter(|open| open.layer == layer) {
        open.siblings = shard.children.load(Relaxed);
        open.start = now;
    }
    Some((entry, took))
}
