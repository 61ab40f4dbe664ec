//! In: a site that is entered and left. Out: a recorded or counted call in the thread's shard. This is the recording path.

use crate::record::cell::{Cell, State};
use crate::record::passage::Passage;
use crate::record::ring;
use crate::record::switch::{self, COMPILED_IN};
use crate::record::thread::{self, Place};
use crate::record::watch;
use crate::site::Site;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::Relaxed;

/// One timed passage through a site: begins where it is made, ends where it is dropped, on the same thread.
///
/// It cannot be sent to another thread, and so a future that keeps it across an `.await` cannot be spawned on several threads;
/// use `#[measure]` on the `async fn`, or `Future::measured`, there.
///
/// Zero-sized where recording is not compiled in; one relaxed load and a branch while nobody looks.
/// A span that is forgotten (`mem::forget`) is not recorded, and later spans of its site on this thread count as nested in it.
/// With calling context on, what follows stands beneath it, as it never ended, until the span around it ends or recording with
/// calling context begins anew.
///
/// ```
/// let _looking = perf_core::enable();
/// {
///     let _span = perf_core::span!("load");
/// }
/// let rows = perf_core::snapshot();
/// assert_eq!(rows.site("load").map(|row| row.calls), Some(1));
/// ```
#[derive(Debug)]
#[must_use = "a span ends where it is dropped: bind it with `let _span = ...`"]
pub struct Span {
    active: [Active; COMPILED_IN as usize],
    not_send: PhantomData<*const ()>,
}

impl Span {
    /// Enters the site.
    #[inline(always)]
    pub fn enter(site: &'static Site) -> Self {
        Self {
            active: [Active::enter(site); COMPILED_IN as usize],
            not_send: PhantomData,
        }
    }

    /// Ends the passage by a normal return: cheaper than a drop, which has to find out whether a panic unwinds.
    #[inline(always)]
    pub fn done(self) {
        // Forgotten first: nothing has to be kept for an unwinding out of `finish`.
        let active = self.active;
        std::mem::forget(self);
        if let Some(active) = active.first() {
            active.finish();
        }
    }

    /// What this passage is, while it is measured and its thread owns it.
    #[inline]
    pub(crate) fn passage(&self) -> Option<Passage> {
        let active = self.active.first()?;
        let passage = Passage {
            cell: active.cell?,
            lease: active.flags >> LEASE_SHIFT,
            weight: (active.flags & WEIGHT) as u32,
            nested: active.flags & NESTED != 0,
        };
        (active.flags & LATE == 0 && passage.is_owned()).then_some(passage)
    }

    /// Counts this passage among the site's errors.
    pub fn error(&self) {
        if let Some(active) = self.active.first() {
            active.error();
        }
    }
}

impl Drop for Span {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(active) = self.active.first() {
            active.end();
        }
    }
}

/// An open passage. All fields are whole words: partial ones would be copied piecemeal and stall the loads that follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active {
    cell: Option<&'static Cell>, // none: nothing is measured
    start: u64,                  // ticks; 0 in a skipped call
    siblings: u64, // what the thread's callees had taken when this one began, in ticks
    doubt: u64,    // the shard's `doubt` when this one began
    flags: u64,    // lease, caller's context, LATE, NESTED, UNWINDING, weight
}

/// The lower bits hold the weight; 0 = skipped, only counted.
const WEIGHT: u64 = (1 << 24) - 1;
/// The thread's shard was already gone.
const LATE: u64 = 1 << 25;
/// An outer call of the site is open on this thread.
const NESTED: u64 = 1 << 26;
/// The thread was already panicking.
const UNWINDING: u64 = 1 << 27;
/// Above stands the caller's context + 1, to be restored; 0 = untouched.
const CONTEXT_SHIFT: u32 = 28;
const CONTEXT: u64 = (1 << (LEASE_SHIFT - CONTEXT_SHIFT)) - 1;
/// The upper bits hold the shard's lease at the beginning: a passage that outlives its thread's lease is seen by it.
pub(crate) const LEASE_SHIFT: u32 = 48;

impl Active {
    const NONE: Self = Self {
        cell: None,
        start: 0,
        siblings: 0,
        doubt: 0,
        flags: 0,
    };

    #[inline(always)]
    fn enter(site: &'static Site) -> Self {
        if !COMPILED_IN {
            return Self::NONE;
        }
        let mode = switch::mode();
        let near = if mode == switch::ON {
            thread::cell(site.index())
        } else if mode == switch::OFF {
            return Self::NONE;
        } else {
            None
        };
        match near {
            Some(cell) => Self::begin(cell),
            None => match cell_slowly(site) {
                Some(cell) => Self::begin_with_care(cell),
                None => Self::NONE,
            },
        }
    }

    /// Begins a passage on the thread that owns the cell.
    #[inline(always)]
    pub(crate) fn begin(cell: &'static Cell) -> Self {
        if std::thread::panicking() {
            return Self::begin_with_care(cell);
        }
        let shard = cell.shard;
        let state = cell.state.load(Relaxed);
        let siblings = shard.children.load(Relaxed);
        let doubt = shard.doubt.load(Relaxed);
        if state == State::READY {
            cell.state.store(State::OPEN, Relaxed);
            let flags = shard.plain.load(Relaxed);
            Self {
                cell: Some(cell),
                start: shard.clock.now(),
                siblings,
                doubt,
                flags,
            }
        } else if State::is_skipped(state) {
            cell.state.store((state - 1) | State::OPEN, Relaxed);
            let flags = shard.plain.load(Relaxed) - 1;
            Self {
                cell: Some(cell),
                start: 0,
                siblings,
                doubt,
                flags,
            }
        } else {
            Self::begin_with_care(cell)
        }
    }

    #[inline(always)]
    fn begin_with_care(cell: &'static Cell) -> Self {
        let (flags, start) = begin_rarely(cell);
        let siblings = cell.shard.siblings.load(Relaxed);
        let doubt = cell.shard.doubt.load(Relaxed);
        Self {
            cell: Some(cell),
            start,
            siblings,
            doubt,
            flags,
        }
    }

    /// Ends the passage, by a return or by a panic.
    #[inline(always)]
    pub(crate) fn end(self) {
        if let Some(cell) = self.cell {
            leave(cell, self.start, self.siblings, self.doubt, self.flags);
        }
    }

    /// Ends the passage by a return.
    #[inline(always)]
    pub(crate) fn finish(self) {
        if let Some(cell) = self.cell {
            finish(cell, self.start, self.siblings, self.doubt, self.flags);
        }
    }

    #[cold]
    fn error(&self) {
        let Some(cell) = self.cell else { return };
        let lease = cell.shard.plain.load(Relaxed) >> LEASE_SHIFT;
        if self.flags & LATE == 0 && self.flags >> LEASE_SHIFT == lease {
            Cell::count(&cell.errors, 1);
        } else {
            thread::error_late(cell.site);
        }
    }
}

/// Ends a passage by a return. Out of line, its words in registers; whatever needs more is a tail call. No thread-local is
/// touched: in a library each would cost a call.
#[inline(never)]
fn finish(cell: &'static Cell, start: u64, siblings: u64, doubt: u64, flags: u64) {
    let shard = cell.shard;
    let state = cell.state.load(Relaxed) & State::LEFT;
    let plain = shard.plain.load(Relaxed);
    if flags == plain && shard.doubt.load(Relaxed) == doubt && shard.clock.is_counter() {
        let now = shard.clock.now();
        let elapsed = now.saturating_sub(start);
        let own = own_time(elapsed, siblings, shard.children.load(Relaxed));
        shard
            .children
            .store(siblings.wrapping_add(elapsed), Relaxed);
        cell.state.store(state, Relaxed);
        if shard.ring.push(cell.key, elapsed, own) {
            shard.settle(now);
        }
    } else if flags == plain - 1 {
        shard.children.store(siblings, Relaxed);
        shard.doubt.store(doubt, Relaxed);
        cell.state.store(state, Relaxed);
        Cell::count(&cell.skipped, 1);
    } else {
        end_rarely(cell, start, siblings, doubt, flags);
    }
}

/// Ends a passage, by a return or by a panic.
#[inline(never)]
fn leave(cell: &'static Cell, start: u64, siblings: u64, doubt: u64, flags: u64) {
    if std::thread::panicking() {
        end_rarely(cell, start, siblings, doubt, flags);
    } else {
        finish(cell, start, siblings, doubt, flags);
    }
}

/// A site's cell on this thread, entered by something that is not a span.
pub(crate) struct Entered {
    pub(crate) cell: &'static Cell,
    pub(crate) context: Option<u32>, // the caller's context, to be restored
}

/// The cell of a site on this thread; none where nothing is to be measured, or the thread has given its shard back.
#[inline]
pub(crate) fn cell_for(site: &'static Site) -> Option<Entered> {
    match switch::mode() {
        switch::OFF => None,
        switch::ON => match thread::cell(site.index()) {
            Some(cell) => Some(Entered {
                cell,
                context: None,
            }),
            None => enter_slowly(site),
        },
        _ => enter_slowly(site),
    }
}

#[cold]
fn enter_slowly(site: &'static Site) -> Option<Entered> {
    let cell = cell_slowly(site)?;
    let shard = cell.shard;
    let context = shard.caller.load(Relaxed).checked_sub(1);
    shard.caller.store(0, Relaxed);
    (!shard.late).then_some(Entered { cell, context })
}

/// The cell for the first entry of a site on this thread, or for any entry while calling context is kept; none where nothing is
/// to be measured.
#[cold]
#[inline(never)]
fn cell_slowly(site: &'static Site) -> Option<&'static Cell> {
    let mode = switch::settled_mode();
    if mode == switch::OFF {
        return None;
    }
    let shard = match thread::place() {
        Place::Own(shard) => shard,
        Place::Ended => return thread::late_cell(site),
        Place::Busy => return None,
    };
    let make = || thread::quietly(|| shard.make_cell(site.register(), site.is_full()));
    let base = shard.cell(site.index()).or_else(make)?;
    if mode == switch::PATHS {
        let caller = shard.open_context();
        let cell = thread::quietly(|| shard.cell_in_context(base));
        shard.context.store(cell.number + 1, Relaxed);
        shard.caller.store(caller + 1, Relaxed);
        return Some(cell);
    }
    thread::remember(site.index(), base);
    Some(base)
}

/// Begins a passage that is nested, sampled and due, in context, late, or begun while a panic unwinds. Gives its flags and start.
#[inline(never)]
fn begin_rarely(cell: &'static Cell) -> (u64, u64) {
    let shard = cell.shard;
    if shard.late {
        return (LATE | 1, shard.clock.now());
    }
    let base = cell.base.unwrap_or(cell);
    let opened = base.state.load(Relaxed);
    base.state.store(opened | State::OPEN, Relaxed);
    shard.siblings.store(shard.children.load(Relaxed), Relaxed);
    let mut flags = shard.plain.load(Relaxed) - 1;
    flags |= if State::is_open(opened) { NESTED } else { 0 };
    flags |= if std::thread::panicking() {
        UNWINDING
    } else {
        0
    };
    flags |= u64::from(shard.caller.load(Relaxed)) << CONTEXT_SHIFT;
    shard.caller.store(0, Relaxed);
    if cell.skip_one() {
        return (flags, watch::start(&shard.clock));
    }
    (
        flags | u64::from(shard.controller.take(cell)),
        shard.clock.now(),
    )
}

/// Time without measured callees, in ticks. What callees took only ever grows, by each that ends, so that one which never ends
/// (a forgotten span) takes nothing from its caller.
#[inline(always)]
pub(crate) const fn own_time(elapsed: u64, callees_before: u64, callees_now: u64) -> u64 {
    elapsed.wrapping_sub(callees_now.wrapping_sub(callees_before))
}

/// The variance, in ticks squared, that this passage brings into its caller's self time, which is less the passage's time times its
/// weight. Of a time that is found piece by piece (`before` without this piece) the pieces sum up to that of the whole.
#[inline]
pub(crate) fn sampling_variance(weight: u32, elapsed: u64, before: u64) -> f64 {
    let (weight, elapsed) = (f64::from(weight), elapsed as f64);
    weight * (weight - 1.0) * elapsed * (elapsed + 2.0 * before as f64)
}

/// Ends a passage that was sampled or whose callees were, nested, in context, left by a panic, or whose thread has given its shard back.
#[inline(never)]
fn end_rarely(cell: &'static Cell, start: u64, siblings: u64, doubt: u64, flags: u64) {
    let shard = cell.shard;
    let now = shard.clock.now();
    let elapsed = now.saturating_sub(start);
    let weight = (flags & WEIGHT) as u32;
    let panicked = std::thread::panicking() && flags & UNWINDING == 0;
    watch::ended(cell.site, start, now);
    if flags & LATE != 0 || flags >> LEASE_SHIFT != shard.plain.load(Relaxed) >> LEASE_SHIFT {
        return thread::record_late(cell.site, (weight > 0).then_some(elapsed), panicked);
    }
    if flags & NESTED == 0 {
        let base = cell.base.unwrap_or(cell);
        base.state
            .store(base.state.load(Relaxed) & State::LEFT, Relaxed);
    }
    if let Some(context) = (flags >> CONTEXT_SHIFT & CONTEXT).checked_sub(1) {
        shard.context.store(context as u32, Relaxed);
    }
    Cell::count(&cell.panicked, u64::from(panicked));
    if weight == 0 {
        shard.children.store(siblings, Relaxed);
        shard.doubt.store(doubt, Relaxed);
        Cell::count(&cell.skipped, 1);
        return;
    }
    let elapsed = shard.without_cost(elapsed, weight);
    let own = own_time(elapsed, siblings, shard.children.load(Relaxed));
    let weighted = elapsed.wrapping_mul(u64::from(weight));
    shard
        .children
        .store(siblings.wrapping_add(weighted), Relaxed);
    cell.doubt_of_callees(weight, shard.doubt_since(doubt));
    shard.set_doubt(doubt, sampling_variance(weight, elapsed, 0));
    let key = ring::key(cell.number, weight, flags & NESTED != 0);
    if shard.ring.push(key, elapsed, own) || weight > 1 && shard.controller.is_due(now) {
        shard.settle(now);
    }
}
