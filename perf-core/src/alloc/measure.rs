//! In: a closure. Out: [`Allocated`], what it took from the allocator on this thread.

use crate::alloc::here::{Watch, as_user};
use crate::alloc::installed;
use std::sync::Once;

/// What a closure gave, and what it took from the allocator on its thread.
///
/// Nothing is known where the counting allocator is not installed: `counted` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allocated<R> {
    /// What the closure gave. What it holds counts as still live.
    pub value: R,
    /// Whether the counting allocator is installed; without it all numbers are 0 and mean nothing.
    pub counted: bool,
    /// Allocations, a `realloc` being one.
    pub count: u64,
    /// Bytes asked for by them, in all.
    pub bytes: u64,
    /// Frees, a `realloc` being one.
    pub frees: u64,
    /// Most bytes that were live at one moment beyond what was live at the beginning. Exact.
    pub peak: u64,
    /// Bytes live at the end beyond what was live at the beginning; below zero where the closure freed what is older.
    pub still_live: i64,
}

/// Runs a closure and counts what it takes from the allocator, on this thread alone: what other threads do meanwhile is not in it.
///
/// Needs [`Counting`](crate::alloc::Counting) as the program's allocator; without it one warning line is written and `counted` is
/// false. What this library allocates for itself within is left out. Closures may be nested. Cost: some ten nanoseconds, and one
/// more for each allocation that makes a new peak.
///
/// ```
/// # #[global_allocator]
/// # static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();
/// let used = perf_core::alloc::measure(|| {
///     let mut text = String::with_capacity(10);
///     text.push_str("0123456789abcdef"); // has to grow
///     drop(vec![0u8; 500]);
///     text
/// });
/// assert!(used.counted);
/// assert_eq!((used.count, used.frees), (3, 2));
/// assert_eq!(used.still_live, used.value.capacity() as i64);
/// assert_eq!(used.peak, 500 + used.value.capacity() as u64);
/// ```
pub fn measure<R>(work: impl FnOnce() -> R) -> Allocated<R> {
    static WARNED: Once = Once::new();
    let counted = installed();
    if !counted {
        WARNED.call_once(|| crate::error::warn(&NOT_INSTALLED));
    }
    let watch = Watch::begin();
    let value = as_user(work);
    let (seen, peak) = watch.end();
    Allocated {
        value,
        counted,
        count: seen.count,
        bytes: seen.bytes,
        frees: seen.frees,
        peak,
        still_live: seen.live,
    }
}

/// What to do where nothing is counted.
pub const NOT_INSTALLED: &str = "allocations are not counted, because the program's allocator is another one: write \
     `#[global_allocator] static A: perf_core::alloc::Counting = perf_core::alloc::Counting::system();` in the program or test";
