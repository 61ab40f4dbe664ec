//! In: the running thread. Out: its shard, leased at its first span and given back when it ends; one locked shard for what comes later.

use crate::alloc;
use crate::record::cell::Cell;
use crate::record::shard::{self, Shard};
use crate::site::Site;
use parking_lot::Mutex;
use std::cell::Cell as StdCell;

/// Sites whose cells a thread finds by one load; the others take some nanoseconds more.
const NEAR: usize = if cfg!(miri) { 8 } else { 512 };

const _: () = assert!(NEAR.is_power_of_two());

/// What a thread keeps at hand. No destructor, so that it costs one access and stays readable to the thread's very end.
struct Local {
    limit: StdCell<u32>, // numbers below it may be looked up: NEAR, or 0 while the thread has no shard or is busy
    shard: StdCell<Option<&'static Shard>>,
    busy: StdCell<bool>,
    cells: [StdCell<Option<&'static Cell>>; NEAR], // by the site's number; 0 stays empty
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            limit: StdCell::new(0),
            shard: StdCell::new(None),
            busy: StdCell::new(false),
            cells: [const { StdCell::new(None) }; NEAR],
        }
    };
    static LEASE: Lease = const { Lease { shard: StdCell::new(None) } };
}

/// The thread's hold on its shard; its destructor gives the shard back.
struct Lease {
    shard: StdCell<Option<&'static Shard>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(shard) = self.shard.take() {
            LOCAL.with(|local| {
                local.limit.set(0);
                local.shard.set(None);
            });
            shard.settle(shard.clock.now());
            alloc::apart(|| shard::release(shard));
        }
    }
}

/// Where a span of this thread can go.
pub(crate) enum Place {
    /// The thread's own shard.
    Own(&'static Shard),
    /// The thread is ending and its shard is gone.
    Ended,
    /// The library itself is at work on this thread (an allocator that is measured, say): nothing is recorded.
    Busy,
}

/// The thread's cell of the site with this number, if it is at hand.
#[inline(always)]
pub(crate) fn cell(site: u32) -> Option<&'static Cell> {
    LOCAL.with(|local| {
        // The limit is at most NEAR: the mask changes nothing and spares a second comparison.
        let slot = &local.cells[site as usize & (NEAR - 1)];
        if site < local.limit.get() {
            slot.get()
        } else {
            None
        }
    })
}

/// Keeps the thread's cell of the site with this number at hand.
pub(crate) fn remember(site: u32, cell: &'static Cell) {
    LOCAL.with(|local| {
        if let Some(slot) = local.cells.get(site as usize) {
            slot.set(Some(cell));
        }
    });
}

/// The thread's own shard; none while the library itself is at work on this thread, or when the thread has given it back.
#[inline]
pub(crate) fn own_shard() -> Option<&'static Shard> {
    let near = LOCAL.with(|local| {
        let free = local.limit.get() > 0;
        local.shard.get().filter(|_| free)
    });
    near.or_else(|| match place() {
        Place::Own(shard) => Some(shard),
        Place::Ended | Place::Busy => None,
    })
}

/// The number of the innermost site that is open on this thread, 0 for none: known only while calling context is kept. Neither
/// allocates nor locks.
pub(crate) fn open_site() -> u32 {
    LOCAL.with(|local| {
        let shard = local.shard.get().filter(|_| !local.busy.get());
        let cell = shard.and_then(Shard::open_cell);
        cell.map_or(0, |cell| cell.site)
    })
}

/// The thread's shard, leased now if need be.
#[cold]
pub(crate) fn place() -> Place {
    let (busy, shard) = LOCAL.with(|local| (local.busy.get(), local.shard.get()));
    if busy {
        return Place::Busy;
    }
    if let Some(shard) = shard {
        return Place::Own(shard);
    }
    let leased = quietly(|| {
        LEASE.try_with(|lease| {
            let shard = shard::lease();
            lease.shard.set(Some(shard));
            shard
        })
    });
    match leased {
        Ok(shard) => {
            LOCAL.with(|local| {
                local.limit.set(NEAR as u32);
                local.shard.set(Some(shard));
            });
            Place::Own(shard)
        }
        Err(_) => Place::Ended,
    }
}

/// Runs the library's own cold work: spans begun within it (in an allocator that is measured, say) are not recorded, and what it
/// allocates is counted apart.
pub(crate) fn quietly<R>(work: impl FnOnce() -> R) -> R {
    struct Restore(bool, u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            LOCAL.with(|local| {
                local.busy.set(self.0);
                local.limit.set(self.1);
            });
        }
    }
    let _restore = LOCAL.with(|local| Restore(local.busy.replace(true), local.limit.replace(0)));
    alloc::apart(work)
}

/// The one shard that all threads share whose own is gone.
static LATE: Mutex<Option<&'static Shard>> = Mutex::new(None);

/// The cell of a site in the late shard; `None` while the library itself is at work on this thread.
#[cold]
pub(crate) fn late_cell(site: &'static Site) -> Option<&'static Cell> {
    late(|shard| shard.make_cell(site.register(), true)).flatten()
}

/// Records a call of a thread whose shard is gone; without a time it is counted.
#[cold]
pub(crate) fn record_late(site: u32, elapsed: Option<u64>, panicked: bool) {
    late(|shard| {
        let Some(cell) = shard.make_cell(site, true) else {
            return;
        };
        Cell::count(&cell.panicked, u64::from(panicked));
        let Some(elapsed) = elapsed else {
            Cell::count(&cell.skipped, 1);
            return;
        };
        if shard.ring.push(cell.key, elapsed, elapsed) {
            shard.settle(shard.clock.now());
        }
    });
}

/// Counts a failed call of a thread whose shard is gone.
#[cold]
pub(crate) fn error_late(site: u32) {
    late(|shard| {
        if let Some(cell) = shard.make_cell(site, true) {
            Cell::count(&cell.errors, 1);
        }
    });
}

fn late<R>(work: impl FnOnce(&'static Shard) -> R) -> Option<R> {
    if LOCAL.with(|local| local.busy.get()) {
        return None;
    }
    quietly(|| Some(work(LATE.lock().get_or_insert_with(shard::make_late))))
}
