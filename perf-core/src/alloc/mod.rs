//! In: the program's allocator. Out: what each thread and the process took from it and gave back; [`measure`] for one closure.
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();
//!
//! let used = perf_core::alloc::measure(|| format!("{:>8}", 7));
//! assert_eq!(used.count, 1);
//! ```
//!
//! Counts and bytes are exact for each thread and for the process. So are live bytes once the threads rest; while they run, a reader
//! may see a step half done. The process's peak is exact to 64 KiB a thread, the peak of [`measure`] to the byte. What is freed on
//! another thread than it was allocated on makes that thread's live bytes negative and is right in the sum.
//!
//! Counting needs no memory, no lock and no destructor: 1,024 threads alive at once have counters of their own, in a static table;
//! further ones share a set, which is as exact and slower. What this library allocates for itself is counted apart; where the program drops what it was given, such as a
//! snapshot, that is a free of the program, so that its thread's live bytes fall by it. The process's are right in the sum.

mod counter;
mod counting;
mod here;
mod measure;
pub(crate) mod retained;
mod slot;
mod thread_end;

pub use counting::Counting;
pub use measure::{Allocated, NOT_INSTALLED, measure};

pub(crate) use here::{apart, taken};

use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// What a thread has taken from the allocator and given back since it started. Bytes are those asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadUse {
    /// Allocations.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Frees.
    pub frees: u64,
    /// Bytes allocated and not freed; below zero where the thread freed what others had allocated.
    pub live: i64,
}

/// What the process has taken from the allocator and given back since it started. Bytes are those asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcessUse {
    /// Allocations, without this library's own.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Frees, without this library's own.
    pub frees: u64,
    /// Allocations of this library for itself.
    pub library_count: u64,
    /// Their bytes.
    pub library_bytes: u64,
    /// Bytes allocated and not freed, this library's included.
    pub live: u64,
    /// The most that were live at one moment, to 64 KiB a thread.
    pub peak: u64,
}

impl ProcessUse {
    /// What was taken after `earlier`; live bytes and peak stay those of the later moment.
    #[must_use]
    pub(crate) fn since(self, earlier: &Self) -> Self {
        Self {
            count: self.count.saturating_sub(earlier.count),
            bytes: self.bytes.saturating_sub(earlier.bytes),
            frees: self.frees.saturating_sub(earlier.frees),
            library_count: self.library_count.saturating_sub(earlier.library_count),
            library_bytes: self.library_bytes.saturating_sub(earlier.library_bytes),
            ..self
        }
    }

    /// Both together; live bytes and peak are the higher ones, since the two need not have been alive at once.
    #[must_use]
    pub(crate) fn merge(self, other: &Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            bytes: self.bytes.saturating_add(other.bytes),
            frees: self.frees.saturating_add(other.frees),
            library_count: self.library_count.saturating_add(other.library_count),
            library_bytes: self.library_bytes.saturating_add(other.library_bytes),
            live: self.live.max(other.live),
            peak: self.peak.max(other.peak),
        }
    }
}

/// What the running thread has taken so far; all 0 where the counting allocator is not installed. Cost: some nanoseconds.
///
/// ```
/// # #[global_allocator]
/// # static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();
/// let before = perf_core::alloc::this_thread();
/// let text = String::from("kept");
/// let after = perf_core::alloc::this_thread();
/// assert_eq!(after.count - before.count, 1);
/// assert_eq!(after.live - before.live, text.len() as i64);
/// ```
pub fn this_thread() -> ThreadUse {
    let seen = here::read();
    ThreadUse {
        count: seen.count,
        bytes: seen.bytes,
        frees: seen.frees,
        live: seen.live,
    }
}

/// What the process has taken so far; none where the counting allocator is not installed. Cost: some nanoseconds a thread.
///
/// ```
/// # #[global_allocator]
/// # static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();
/// let million = vec![1u8; 1_000_000];
/// let used = perf_core::alloc::process().expect("the allocator is installed above");
/// assert!(used.live >= million.len() as u64 && used.peak >= used.live);
/// ```
pub fn process() -> Option<ProcessUse> {
    if !installed() {
        return None;
    }
    let (user, library, live, peak) = slot::sums();
    Some(ProcessUse {
        count: user.count,
        bytes: user.bytes,
        frees: user.frees,
        library_count: library.count,
        library_bytes: library.bytes,
        live: live.max(0) as u64,
        peak: peak.max(0) as u64,
    })
}

/// Whether the program's allocator is a [`Counting`] one: found out by one allocation, once.
///
/// ```
/// assert!(!perf_core::alloc::installed()); // this example has the usual allocator
/// ```
pub fn installed() -> bool {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    *KNOWN.get_or_init(|| {
        apart(|| {
            let before = here::library_count();
            drop(std::hint::black_box(Box::new(0u8)));
            here::library_count() != before
        })
    })
}
