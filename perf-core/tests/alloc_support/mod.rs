//! In: an allocator's calls. Out: [`Reference`], counts of them made in the plainest way there is, to hold ours against.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};

/// Counts every call with atomic additions, for the process, and in thread-local words, for the thread.
pub(crate) struct Reference;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    pub(crate) frees: u64,
    pub(crate) live: i64,
    pub(crate) peak: i64,
}

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static FREES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static SEEN: Cell<Seen> = const {
        Cell::new(Seen { count: 0, bytes: 0, frees: 0, live: 0, peak: 0 })
    };
}

fn count(bytes: Option<usize>, freed: Option<usize>) {
    let net = bytes.map_or(0, |b| b as i64) - freed.map_or(0, |b| b as i64);
    COUNT.fetch_add(u64::from(bytes.is_some()), SeqCst);
    BYTES.fetch_add(bytes.unwrap_or(0) as u64, SeqCst);
    FREES.fetch_add(u64::from(freed.is_some()), SeqCst);
    PEAK.fetch_max(LIVE.fetch_add(net, SeqCst) + net, SeqCst);
    let mut seen = SEEN.get();
    seen.count += u64::from(bytes.is_some());
    seen.bytes += bytes.unwrap_or(0) as u64;
    seen.frees += u64::from(freed.is_some());
    seen.live += net;
    seen.peak = seen.peak.max(seen.live);
    SEEN.set(seen);
}

/// Of this thread. The peak counts from here on.
pub(crate) fn begin() -> Seen {
    let mut seen = SEEN.get();
    seen.peak = seen.live;
    SEEN.set(seen);
    seen
}

/// Of this thread since `before`.
pub(crate) fn since(before: Seen) -> Seen {
    let now = SEEN.get();
    Seen {
        count: now.count - before.count,
        bytes: now.bytes - before.bytes,
        frees: now.frees - before.frees,
        live: now.live - before.live,
        peak: now.peak - before.live,
    }
}

/// Of the process.
pub(crate) fn process() -> Seen {
    Seen {
        count: COUNT.load(SeqCst),
        bytes: BYTES.load(SeqCst),
        frees: FREES.load(SeqCst),
        live: LIVE.load(SeqCst),
        peak: PEAK.load(SeqCst),
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Reference {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promised.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            count(Some(layout.size()), None);
        }
        block
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(None, Some(layout.size()));
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(block, layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(Some(layout.size()), None);
        // SAFETY: as the caller promised.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(Some(new_size), Some(layout.size()));
        // SAFETY: as the caller promised.
        unsafe { System.realloc(block, layout, new_size) }
    }
}
