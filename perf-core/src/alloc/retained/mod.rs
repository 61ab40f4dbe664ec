//! In: allocations and frees while leaks are tracked. Out: [`picture`], what was allocated at which site and is still there, estimated
//! from a sample of bounded size.
//!
//! One byte in [`FINEST`] on average, at random, is looked for among those allocated; the block that holds it is remembered until it is
//! freed. Where more than [`MOST`] blocks are remembered, the mean gap doubles and blocks are forgotten at random, those that would not
//! have been remembered at the new gap. So a block of s bytes is among those remembered at a gap g with probability p = 1 - exp(-s / g),
//! independently of the others, and counts for s / p bytes (Horvitz & Thompson 1952).

mod countdown;
mod table;

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use table::Block;

/// The mean gap that tracking begins with, in bytes.
const FINEST: f64 = 65_536.0;

/// Blocks that are remembered; with sets of eight, twice as many sets as blocks leave one block in 5,000 without a place.
const MOST: usize = if cfg!(miri) { 16 } else { 4_096 };

#[cfg(not(loom))]
type Table = table::Table<{ MOST / 2 }>;

#[cfg(not(loom))]
static TABLE: Table = Table::new();

/// 0: nobody tracks. Else the number of the stretch in which somebody does. Every step of every thread looks here: no other word that
/// somebody writes is on its cache line, or on the next.
static ERA: Apart = Apart(AtomicU64::new(0));
/// The mean gap's bits.
static GAP: AtomicU64 = AtomicU64::new(0);
static REMEMBERED: AtomicUsize = AtomicUsize::new(0);
/// Blocks that should have been remembered and found no place.
static LOST: AtomicU64 = AtomicU64::new(0);
static THINNING: AtomicBool = AtomicBool::new(false);
/// Tells the number of the innermost measured place that is open on the running thread; 0 = none.
static LOCATE: OnceLock<fn() -> u32> = OnceLock::new();
static HOLDS: Mutex<(u64, u32)> = Mutex::new((0, 0)); // eras so far, and who tracks now

#[repr(align(128))] // neighbours are fetched in pairs
struct Apart(AtomicU64);

/// What stays is tracked at least as long as this lives.
#[derive(Debug)]
pub(crate) struct Tracking(());

/// What one site allocated and nobody has freed, estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) bytes: f64,
    pub(crate) variance: f64, // of `bytes`
    pub(crate) blocks: f64,
    pub(crate) samples: u64,
}

/// All of it at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    pub(crate) gap: f64,
    pub(crate) lost: u64,
    pub(crate) sites: BTreeMap<u32, Kept>, // 0: outside of measured places
}

impl Tracking {
    /// Tracks from now on; `locate` neither allocates nor locks.
    pub(crate) fn start(locate: fn() -> u32) -> Self {
        let _ = LOCATE.set(locate);
        let mut holds = HOLDS.lock();
        holds.1 += 1;
        if holds.1 == 1 {
            holds.0 += 1;
            GAP.store(FINEST.to_bits(), Relaxed);
            LOST.store(0, Relaxed);
            // On first, then cleared: what is remembered from here on is seen when it is freed.
            ERA.0.store(holds.0, Release);
            forget(|_| true);
        }
        Self(())
    }
}

impl Drop for Tracking {
    fn drop(&mut self) {
        let mut holds = HOLDS.lock();
        holds.1 -= 1;
        if holds.1 == 0 {
            ERA.0.store(0, Release);
        }
    }
}

/// The stretch of tracking, 0 while nobody tracks: one relaxed load.
#[inline(always)]
pub(super) fn era() -> u64 {
    ERA.0.load(Relaxed)
}

/// A block was allocated in this era of tracking, by the program and not by the library.
#[inline(always)]
pub(super) fn allocated(block: *mut u8, size: usize, era: u64) {
    if let Some(rank) = countdown::rank(size as u64, era, gap) {
        remember(block.addr() as u64, size as u64, rank);
    }
}

/// A block is about to be freed; what was known of it.
#[inline(always)]
pub(super) fn freed(block: *mut u8) -> Option<Remembered> {
    #[cfg(not(loom))]
    if let Some(known) = TABLE.remove(block.addr() as u64) {
        REMEMBERED.fetch_sub(1, Relaxed);
        return Some(Remembered(known));
    }
    None
}

/// What was known of a block that is moved.
#[derive(Debug)]
pub(super) struct Remembered(Block);

impl Remembered {
    /// It was not moved after all.
    #[cold]
    pub(super) fn back(self, block: *mut u8) {
        insert(block.addr() as u64, self.0);
    }
}

#[cold]
#[inline(never)]
fn remember(address: u64, size: u64, rank: f64) {
    if rank < gap() || super::here::is_library() {
        return;
    }
    let site = LOCATE.get().map_or(0, |locate| locate());
    insert(
        address,
        Block {
            size,
            site,
            rank: rank as f32,
        },
    );
    if REMEMBERED.load(Relaxed) > MOST {
        thin();
    }
}

fn insert(address: u64, block: Block) {
    #[cfg(not(loom))]
    if TABLE.insert(address, block) {
        REMEMBERED.fetch_add(1, Relaxed);
        return;
    }
    LOST.fetch_add(1, Relaxed);
}

/// Widens the gap until no more are remembered than should be. One thread at a time; the others go on.
#[cold]
#[inline(never)]
fn thin() {
    if THINNING.swap(true, Acquire) {
        return;
    }
    while REMEMBERED.load(Relaxed) > MOST {
        let wider = 2.0 * gap();
        GAP.store(wider.to_bits(), Release);
        forget(|block| f64::from(block.rank) < wider);
    }
    THINNING.store(false, Release);
}

fn forget(which: impl Fn(&Block) -> bool) {
    #[cfg(not(loom))]
    REMEMBERED.fetch_sub(TABLE.remove_all(which), AcqRel);
}

fn gap() -> f64 {
    f64::from_bits(GAP.load(Acquire))
}

/// What is still there; none while nobody tracks.
pub(crate) fn picture() -> Option<Picture> {
    /// A gap that widens meanwhile makes the picture a mixture: it is taken again.
    const TRIES: u32 = 8;
    if era() == 0 {
        return None;
    }
    let mut seen = once();
    for _ in 1..TRIES {
        if seen.gap == gap() {
            break;
        }
        seen = once();
    }
    Some(seen)
}

fn once() -> Picture {
    let gap = gap();
    let mut sites: BTreeMap<u32, Kept> = BTreeMap::new();
    #[cfg(not(loom))]
    TABLE.each(|block| {
        if f64::from(block.rank) >= gap {
            sites
                .entry(block.site)
                .or_default()
                .add(block.size as f64, gap);
        }
    });
    Picture {
        gap,
        lost: LOST.load(Relaxed),
        sites,
    }
}

impl Kept {
    /// Both together.
    pub(crate) fn join(&mut self, more: &Self) {
        self.bytes += more.bytes;
        self.variance += more.variance;
        self.blocks += more.blocks;
        self.samples += more.samples;
    }

    fn add(&mut self, size: f64, gap: f64) {
        let p = -(-size / gap).exp_m1();
        self.bytes += size / p;
        self.variance += size * size * (1.0 - p) / (p * p);
        self.blocks += 1.0 / p;
        self.samples += 1;
    }
}
