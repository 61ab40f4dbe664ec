//! In: an allocator's steps on the running thread. Out: where they are counted: the thread's slot, the library's part of it, or a
//! shared place.
//!
//! The thread-local has a constant start and no destructor: it is plain memory that is there before the thread's first and after its
//! last destructor, and reading it never allocates. What a thread counts before its first slot, or after it has given the slot back,
//! goes to counters that all such threads share.

use crate::alloc::counter::{Counter, Reading, Step};
use crate::alloc::slot::{self, Slot};
use crate::alloc::thread_end;
use std::cell::Cell;

struct Here {
    now: Cell<Option<&'static Counter>>, // where to count; none: ask `slow`
    slot: Cell<Option<&'static Slot>>,
    stage: Cell<Stage>,
    library: Cell<bool>, // the library itself is at work on this thread
    base: Cell<Reading>, // what the slot's earlier threads had counted
    // Without a slot: this thread's counts, beside the shared ones.
    user: Counter,
    apart: Counter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was counted yet.
    New,
    /// The thread has a slot.
    Own,
    /// The thread has none: the table was full, or the slot was given back.
    Shared,
}

thread_local! {
    static HERE: Here = const {
        Here {
            now: Cell::new(None),
            slot: Cell::new(None),
            stage: Cell::new(Stage::New),
            library: Cell::new(false),
            base: Cell::new(Reading { count: 0, bytes: 0, frees: 0, live: 0 }),
            user: Counter::new(),
            apart: Counter::new(),
        }
    };
}

const _: () = assert!(!std::mem::needs_drop::<Here>());

/// Counts a step of the running thread.
#[inline(always)]
pub(super) fn count(step: Step) {
    // No more than the look: with the counting inside, `with` is a call, and the step goes to it through memory.
    match HERE.with(|here| here.now.get()) {
        Some(counter) => count_in(counter, step),
        None => slow(step.count, step.bytes, step.frees, step.freed),
    }
}

#[inline(always)]
fn count_in(counter: &Counter, step: Step) {
    if counter.count(step) {
        settle(counter);
    }
}

#[cold]
#[inline(never)]
fn settle(counter: &Counter) {
    slot::settle(counter.settle());
}

/// The parts of a step travel in registers; a step as a whole would be written to memory before each look.
#[cold]
#[inline(never)]
fn slow(count: u64, bytes: u64, frees: u64, freed: u64) {
    let step = Step {
        count,
        bytes,
        frees,
        freed,
    };
    HERE.with(|here| here.slow(step));
}

impl Here {
    /// The first step of a thread, or one of a thread without a slot.
    fn slow(&self, step: Step) {
        self.settle_in();
        if let Some(counter) = self.now.get() {
            return count_in(counter, step);
        }
        let library = self.library.get();
        let own = if library { &self.apart } else { &self.user };
        if own.count(step) {
            own.settle(); // the process hears of each step at once
        }
        slot::count_shared(step, library);
    }

    /// Takes a slot where there was none yet.
    fn settle_in(&self) {
        if self.stage.get() != Stage::New {
            return;
        }
        let slot = slot::lease();
        self.slot.set(slot);
        self.stage.set(slot.map_or(Stage::Shared, |_| Stage::Own));
        if let Some(slot) = slot {
            self.base.set(slot.user.read());
            self.point();
            // From here on an allocation within finds its counter.
            thread_end::watch(slot);
        }
    }

    /// Points at the counter in use.
    fn point(&self) {
        let counter = |slot: &'static Slot| {
            if self.library.get() {
                &slot.library
            } else {
                &slot.user
            }
        };
        self.now.set(self.slot.get().map(counter));
    }

    /// The thread's own counter.
    #[inline(always)]
    fn user(&self) -> &Counter {
        self.slot.get().map_or(&self.user, |slot| &slot.user)
    }
}

/// Whether the running thread counts for itself.
#[cfg(all(test, unix))]
pub(super) fn has_slot() -> bool {
    HERE.with(|here| here.slot.get().is_some())
}

/// The thread ends: it counts with all others that have no slot.
#[cfg(unix)]
pub(super) fn ended() {
    HERE.with(|here| {
        here.now.set(None);
        here.slot.set(None);
        here.stage.set(Stage::Shared);
    });
}

/// Whether the library itself is at work on this thread.
pub(super) fn is_library() -> bool {
    HERE.with(|here| here.library.get())
}

/// Runs work of the library itself, the allocations of which are counted apart.
pub(crate) fn apart<R>(work: impl FnOnce() -> R) -> R {
    as_library(true, work)
}

/// Runs the user's work, from within the library's or not.
pub(super) fn as_user<R>(work: impl FnOnce() -> R) -> R {
    as_library(false, work)
}

#[inline]
fn as_library<R>(library: bool, work: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            switch(self.0);
        }
    }
    let _restore = Restore(switch(library));
    work()
}

#[inline]
fn switch(library: bool) -> bool {
    HERE.with(|here| {
        let before = here.library.replace(library);
        here.point();
        before
    })
}

/// Allocations of this thread so far and their bytes, including those of earlier threads in its slot: for differences.
#[inline]
pub(crate) fn taken() -> (u64, u64) {
    HERE.with(|here| {
        if here.stage.get() == Stage::New {
            here.settle_in(); // else a difference could have its ends in two counters
        }
        here.user().taken()
    })
}

/// Allocations of the library on this thread.
pub(super) fn library_count() -> u64 {
    HERE.with(|here| {
        let slot = here.slot.get();
        slot.map_or(&here.apart, |slot| &slot.library).read().count
    })
}

/// What this thread has counted.
pub(super) fn read() -> Reading {
    HERE.with(|here| {
        let (all, before) = (here.user().read(), here.base.get());
        if here.slot.get().is_none() {
            return all;
        }
        Reading {
            count: all.count - before.count,
            bytes: all.bytes - before.bytes,
            frees: all.frees - before.frees,
            live: all.live - before.live,
        }
    })
}

/// A stretch of this thread whose peak is looked for.
pub(super) struct Watch {
    outer: Option<i64>, // the peak looked for before; none once it was given back
    before: Reading,
}

impl Watch {
    pub(super) fn begin() -> Self {
        HERE.with(|here| {
            here.settle_in();
            Self {
                before: here.user().read(),
                outer: Some(here.user().watch()),
            }
        })
    }

    /// What was counted since, and by how much the net bytes rose at most.
    pub(super) fn end(mut self) -> (Reading, u64) {
        HERE.with(|here| {
            let (after, before) = (here.user().read(), self.before);
            let peak = self.stop().unwrap_or(before.live);
            let since = Reading {
                count: after.count - before.count,
                bytes: after.bytes - before.bytes,
                frees: after.frees - before.frees,
                live: after.live - before.live,
            };
            (since, peak.saturating_sub(before.live).max(0) as u64)
        })
    }

    fn stop(&mut self) -> Option<i64> {
        let outer = self.outer.take()?;
        Some(HERE.with(|here| here.user().unwatch(outer)))
    }
}

impl Drop for Watch {
    /// The peak counts for the outer watch, also where a panic ends this one.
    fn drop(&mut self) {
        self.stop();
    }
}
