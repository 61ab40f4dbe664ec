//! In: threads that come and go. Out: a [`Slot`] of counters for each; one shared by those the table has no room for; the process's sums.

use crate::alloc::counter::{Counter, Reading, Step};
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize};

/// Threads alive at once that count for themselves. Static, so that no memory has to be asked for; untouched pages cost none.
pub(super) const SLOTS: usize = 1_024;

/// One thread's counters, on cache lines of their own. The next thread goes on with what an ended one has counted.
#[repr(align(128))] // two lines: neighbours are fetched in pairs
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) user: Counter,
    pub(super) library: Counter,
    taken: AtomicBool,
}

static TABLE: [Slot; SLOTS] = [const {
    Slot {
        user: Counter::new(),
        library: Counter::new(),
        taken: AtomicBool::new(false),
    }
}; SLOTS];

/// Slots from here on were never taken.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Where a free slot is likely.
static HINT: AtomicUsize = AtomicUsize::new(0);

/// Settled net bytes of all threads, and the highest they have been.
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

/// Of threads without a slot: before their first, beyond the table, and at their very end.
static SHARED_USER: Shared = Shared::new();
static SHARED_LIBRARY: Shared = Shared::new();

/// Counts of many writers. Slower, as exact.
#[derive(Debug)]
struct Shared {
    count: AtomicU64,
    bytes: AtomicU64,
    frees: AtomicU64,
}

impl Shared {
    const fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            frees: AtomicU64::new(0),
        }
    }

    fn read(&self) -> Reading {
        Reading {
            count: self.count.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            frees: self.frees.load(Relaxed),
            live: 0, // settled at once
        }
    }
}

/// A slot for a thread that has none; none if all are taken.
#[cold]
pub(super) fn lease() -> Option<&'static Slot> {
    let from = HINT.load(Relaxed) % SLOTS;
    for at in (from..SLOTS).chain(0..from) {
        let slot = &TABLE[at];
        // The acquire takes over what the slot's last owner has written.
        if !slot.taken.load(Relaxed) && !slot.taken.swap(true, Acquire) {
            USED.fetch_max(at + 1, Relaxed);
            HINT.store(at + 1, Relaxed);
            return Some(slot);
        }
    }
    None
}

/// Gives a slot back when its thread ends.
#[cfg(unix)]
pub(super) fn release(slot: &'static Slot) {
    settle(slot.user.settle_all() + slot.library.settle_all());
    HINT.store(number(slot), Relaxed);
    slot.taken
        .store(false, std::sync::atomic::Ordering::Release);
}

/// A slot's place in the table.
#[cfg(unix)]
pub(super) fn number(slot: &'static Slot) -> usize {
    let bytes = std::ptr::from_ref(slot).addr() - TABLE.as_ptr().addr();
    bytes / size_of::<Slot>()
}

/// The slot at a place in the table.
#[cfg(unix)]
pub(super) fn numbered(number: usize) -> Option<&'static Slot> {
    TABLE.get(number)
}

/// Adds a thread's news to what the process knows.
pub(super) fn settle(net: i64) {
    let live = LIVE.fetch_add(net, Relaxed).wrapping_add(net);
    if live > PEAK.load(Relaxed) {
        PEAK.fetch_max(live, Relaxed);
    }
}

/// Counts a step of a thread without a slot.
#[cold]
pub(super) fn count_shared(step: Step, library: bool) {
    let shared = if library {
        &SHARED_LIBRARY
    } else {
        &SHARED_USER
    };
    shared.count.fetch_add(step.count, Relaxed);
    shared.bytes.fetch_add(step.bytes, Relaxed);
    shared.frees.fetch_add(step.frees, Relaxed);
    settle(step.net());
}

/// Everything all threads have counted: the program's, the library's, live bytes of both, and their peak.
pub(super) fn sums() -> (Reading, Reading, i64, i64) {
    let (mut user, mut library) = (SHARED_USER.read(), SHARED_LIBRARY.read());
    let mut live = LIVE.load(Relaxed);
    for slot in &TABLE[..USED.load(Relaxed)] {
        add(&mut user, slot.user.read());
        add(&mut library, slot.library.read());
        live += slot.user.unsettled() + slot.library.unsettled();
    }
    (user, library, live, PEAK.load(Relaxed).max(live))
}

fn add(sum: &mut Reading, more: Reading) {
    sum.count += more.count;
    sum.bytes += more.bytes;
    sum.frees += more.frees;
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::alloc::Counting;
    use crate::alloc::here;
    use std::alloc::{GlobalAlloc, Layout};

    /// Threads in turn, more than the table has slots, of which each finds one.
    #[test]
    #[cfg_attr(miri, ignore = "threads by the thousand")]
    fn an_ended_thread_leaves_its_slot_to_the_next() {
        for _ in 0..SLOTS + 10 {
            let has_slot = std::thread::spawn(|| {
                let allocator = Counting::system();
                #[allow(unsafe_code)]
                // SAFETY: the layout is not empty, and the block goes back with it.
                unsafe {
                    let block = allocator.alloc(Layout::new::<u64>());
                    allocator.dealloc(block, Layout::new::<u64>());
                }
                here::has_slot()
            });
            assert!(has_slot.join().unwrap());
        }
    }
}
