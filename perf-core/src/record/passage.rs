//! In: an open span. Out: [`Passage`], what those know of it that measure beside it.

use crate::record::cell::Cell;
use crate::record::span::LEASE_SHIFT;
use std::sync::atomic::Ordering::Relaxed;

/// An open passage as others see it that measure beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    pub(crate) cell: &'static Cell,
    pub(crate) weight: u32,  // how many calls it stands for; 0 = only counted
    pub(crate) nested: bool, // an outer call of the site is open on this thread
    pub(crate) lease: u64,   // of the shard when it began
}

impl Passage {
    /// Whether the thread that began it still has the shard.
    #[inline]
    pub(crate) fn is_owned(&self) -> bool {
        self.lease == self.cell.shard.plain.load(Relaxed) >> LEASE_SHIFT
    }
}
