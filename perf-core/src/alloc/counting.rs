//! In: an allocator. Out: [`Counting`], the same allocator, counted.
//!
//! Invariant 1: every call is handed to the inner allocator with what the caller gave, and its answer is handed back unchanged; so
//! the contract of `GlobalAlloc` holds for the whole as it holds for the inner one.
//! Invariant 2: counting neither allocates nor unwinds, and touches no memory that was allocated.

#![allow(unsafe_code)]

use crate::alloc::counter::Step;
use crate::alloc::{here, retained};
use std::alloc::{GlobalAlloc, Layout, System};

/// An allocator that counts what passes through it, around any other.
///
/// ```
/// use perf_core::alloc::Counting;
/// use std::alloc::System;
///
/// #[global_allocator]
/// static ALLOCATOR: Counting<System> = Counting::system();
///
/// let used = perf_core::alloc::measure(|| vec![0u8; 1_000]);
/// assert_eq!((used.count, used.bytes, used.still_live), (1, 1_000, 1_000));
/// ```
///
/// A `realloc` counts as an allocation of the new size and a free of the old one, whether or not the block stays where it is. What
/// fails counts as nothing. It costs a few plain loads and stores a call, about 1 ns a pair of allocation and free, and no lock;
/// a step that brings a thread's net bytes across 32 KiB also adds to a number that all threads share.
#[derive(Debug, Default)]
pub struct Counting<A = System> {
    inner: A,
}

impl Counting<System> {
    /// The system's allocator, counted.
    pub const fn system() -> Self {
        Self::new(System)
    }
}

impl<A> Counting<A> {
    /// Any allocator, counted.
    ///
    /// ```
    /// use perf_core::alloc::Counting;
    /// use std::alloc::System;
    /// static ALLOCATOR: Counting<Counting<System>> = Counting::new(Counting::system()); // counts everything twice
    /// ```
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

// SAFETY: invariants 1 and 2.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: invariant 1.
        let block = unsafe { self.inner.alloc(layout) };
        if !block.is_null() {
            here::count(Step::taken(layout.size()));
            allocated(block, layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        here::count(Step::given_back(layout.size())); // first: then nothing has to be kept over the call
        if retained::era() != 0 {
            retained::freed(block);
        }
        // SAFETY: invariant 1.
        unsafe { self.inner.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: invariant 1.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        if !block.is_null() {
            here::count(Step::taken(layout.size()));
            allocated(block, layout.size());
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // Before the call: after it the address may be somebody else's.
        let known = if retained::era() == 0 {
            None
        } else {
            retained::freed(block)
        };
        // SAFETY: invariant 1.
        let moved = unsafe { self.inner.realloc(block, layout, new_size) };
        if !moved.is_null() {
            here::count(Step::resized(layout.size(), new_size));
            allocated(moved, new_size);
        } else if let Some(known) = known {
            known.back(block);
        }
        moved
    }
}

/// What leaks may begin here, while somebody tracks them.
#[inline(always)]
fn allocated(block: *mut u8, size: usize) {
    let era = retained::era();
    if era != 0 {
        retained::allocated(block, size, era);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::thread;

    thread_local! {
        static SITE: Cell<u32> = const { Cell::new(0) };
    }

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).expect("a size")
    }

    /// More blocks than Miri's table remembers, some of them moved, all of them freed on another thread.
    #[test]
    fn tracked_blocks_come_and_go() {
        const SIZE: usize = 262_144;
        let tracking = retained::Tracking::start(|| SITE.get());
        SITE.set(7);
        let allocator = Counting::system();
        let block = |times: usize| {
            // SAFETY: the layout is not empty; the block is moved with the layout and size that it has.
            unsafe {
                let block = allocator.alloc(layout(SIZE));
                allocator
                    .realloc(block, layout(SIZE), SIZE * times)
                    .expose_provenance()
            }
        };
        let blocks: Vec<(usize, usize)> = (0..40)
            .map(|n| (block(1 + n % 2), SIZE * (1 + n % 2)))
            .collect();
        let seen = retained::picture().expect("it is on");
        let kept = seen.sites[&7];
        assert!(
            kept.samples > 4 && kept.samples <= 40 && seen.lost < 40,
            "{seen:?}"
        );
        let freed = thread::spawn(move || {
            for (block, size) in blocks {
                let block = std::ptr::with_exposed_provenance_mut(block);
                // SAFETY: it was allocated above with this size, and nobody else frees it.
                unsafe { Counting::system().dealloc(block, layout(size)) };
            }
        });
        freed.join().expect("no panic");
        let after = retained::picture().expect("it is on");
        assert!(!after.sites.contains_key(&7), "{after:?}");
        drop(tracking);
        assert_eq!(retained::picture(), None);
    }
}
