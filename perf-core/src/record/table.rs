//! In: small numbers. Out: [`Table`], references found by number without a lock; one writer, any reader, memory committed by the chunk.

use crate::record::shard::MAX_CONTEXTS;
use crate::site::MAX_SITES;
use once_cell::race::{OnceBox, OnceRef};

const CHUNK: usize = 64;
const CHUNKS: usize = 321;

/// Numbers below this can be kept: one for each site, the row of further sites, and the calling contexts of a shard.
pub(crate) const CAPACITY: usize = CHUNK * CHUNKS;

const _: () = assert!(CAPACITY > MAX_SITES as usize + MAX_CONTEXTS as usize);

/// A growing array of references that are set once.
#[derive(Debug)]
pub(crate) struct Table<T: 'static> {
    chunks: [OnceBox<[OnceRef<'static, T>; CHUNK]>; CHUNKS],
}

impl<T> Table<T> {
    pub(crate) fn new() -> Self {
        Self {
            chunks: [const { OnceBox::new() }; CHUNKS],
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self, number: u32) -> Option<&'static T> {
        let number = number as usize;
        self.chunks.get(number / CHUNK)?.get()?[number % CHUNK].get()
    }

    /// Keeps a reference under a number that has none; false if the number is too large.
    pub(crate) fn set(&self, number: u32, item: &'static T) -> bool {
        let number = number as usize;
        let Some(slot) = self.chunks.get(number / CHUNK) else {
            return false;
        };
        let chunk = slot.get_or_init(|| Box::new([const { OnceRef::new() }; CHUNK]));
        chunk[number % CHUNK].set(item).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_found_and_nothing_else() {
        let table = Table::<u32>::new();
        assert_eq!(table.get(5), None);
        assert!(table.set(5, &50) && table.set(CAPACITY as u32 - 1, &51));
        assert_eq!(table.get(5), Some(&50));
        assert_eq!(table.get(CAPACITY as u32 - 1), Some(&51));
        assert!(!table.set(CAPACITY as u32, &52));
        assert_eq!(table.get(CAPACITY as u32), None);
        assert_eq!(table.get(6), None);
    }
}
