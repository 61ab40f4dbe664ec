//! In: bin numbers. Out: [`Bins`], atomic counters whose memory is committed where values fall; one writer, any reader.

use crate::record::layout::{CHUNK_BINS, Layout};
use crate::shim::AtomicU64;
use once_cell::race::OnceBox;
use std::sync::atomic::Ordering::Relaxed;

/// The bins of one cell.
#[derive(Debug)]
pub(crate) struct Bins {
    chunks: Box<[OnceBox<Chunk>]>, // layout.bins() / CHUNK_BINS of them
}

/// The chunk into which the last call fell.
pub(crate) struct Cursor<'a> {
    bins: &'a Bins,
    number: usize,            // usize::MAX before the first call
    chunk: Option<&'a Chunk>, // with that number
}

impl Cursor<'_> {
    /// Adds to a bin.
    #[inline(always)]
    pub(crate) fn add(&mut self, bin: usize, weight: u64) {
        if self.number != bin / CHUNK_BINS {
            self.number = bin / CHUNK_BINS;
            self.chunk = self.bins.chunk(self.number);
        }
        if let Some(chunk) = self.chunk {
            let counter = &chunk[bin % CHUNK_BINS];
            counter.store(counter.load(Relaxed) + weight, Relaxed);
        }
    }
}

type Chunk = [AtomicU64; CHUNK_BINS];

impl Bins {
    pub(crate) fn new(layout: Layout) -> Self {
        let chunks = layout.bins().div_ceil(CHUNK_BINS);
        Self {
            chunks: (0..chunks).map(|_| OnceBox::new()).collect(),
        }
    }

    /// What adds to the bins, quickest where calls fall into the same chunk again. Only the cell's writer calls this.
    #[inline(always)]
    pub(crate) fn cursor(&self) -> Cursor<'_> {
        Cursor {
            bins: self,
            number: usize::MAX,
            chunk: None,
        }
    }

    #[cold]
    #[inline(never)]
    fn chunk(&self, number: usize) -> Option<&Chunk> {
        let slot = self.chunks.get(number)?;
        Some(slot.get().unwrap_or_else(|| Self::commit(slot)))
    }

    #[cold]
    fn commit(slot: &OnceBox<Chunk>) -> &Chunk {
        slot.get_or_init(|| Box::new(std::array::from_fn(|_| AtomicU64::new(0))))
    }

    /// Calls `each` with every bin that is not empty.
    pub(crate) fn each(&self, mut each: impl FnMut(usize, u64)) {
        for (number, slot) in self.chunks.iter().enumerate() {
            let Some(chunk) = slot.get() else { continue };
            for (at, counter) in chunk.iter().enumerate() {
                match counter.load(Relaxed) {
                    0 => {}
                    count => each(number * CHUNK_BINS + at, count),
                }
            }
        }
    }
}
