//! In: blocks that are remembered, by address. Out: [`Table`], those that are still there; of fixed size, without a lock.
//!
//! A block has its place in one set of eight, found by its address. A byte a place tells whether it is worth looking there, so that a
//! block which is not remembered, as nearly all are, costs one load from 16 KiB.
//!
//! A place is claimed by a compare-and-swap of its address (0 to 1, or the address to 1), and belongs to whoever did it until he stores
//! the address, or 0. Writers of one address never meet: who frees a block got it from whoever allocated it. A reader takes what it read
//! where the address was the same before and after; that the same block was freed, and remembered again in the same place, within those
//! two loads, would mix two blocks of one address.

use crate::shim::{AtomicU64, fence};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// Blocks whose addresses lead to the same set.
pub(super) const WAYS: usize = 8;

const EMPTY: u64 = 0;
const CLAIMED: u64 = 1;

/// A remembered block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) size: u64, // bytes
    pub(super) site: u32,
    pub(super) rank: f32, // the widest mean gap at which it would have been remembered, in bytes
}

/// Sets by hash; `SETS` is a power of two, at most 2^24.
#[derive(Debug)]
pub(super) struct Table<const SETS: usize> {
    marks: [AtomicU64; SETS], // a byte of the hash for each place that is taken, else 0
    addresses: [Eight; SETS],
    blocks: [[Words; WAYS]; SETS],
}

#[repr(align(64))] // one cache line
#[derive(Debug)]
struct Eight([AtomicU64; WAYS]);

#[derive(Debug)]
struct Words {
    size: AtomicU64,
    about: AtomicU64, // site << 32 | rank's bits
}

/// Where an address belongs.
#[derive(Clone, Copy)]
struct Spot {
    set: usize,
    mark: u8, // never 0
}

impl<const SETS: usize> Table<SETS> {
    /// Nothing is remembered.
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        const { assert!(SETS.is_power_of_two() && SETS <= 1 << 24) };
        Self {
            marks: [const { AtomicU64::new(0) }; SETS],
            addresses: [const { Eight([const { AtomicU64::new(EMPTY) }; WAYS]) }; SETS],
            blocks: [const {
                [const {
                    Words {
                        size: AtomicU64::new(0),
                        about: AtomicU64::new(0),
                    }
                }; WAYS]
            }; SETS],
        }
    }

    /// The same; loom's atomics are made at run time.
    #[cfg(loom)]
    pub(super) fn new() -> Self {
        use std::array::from_fn;
        let zero = || AtomicU64::new(0);
        Self {
            marks: from_fn(|_| zero()),
            addresses: from_fn(|_| Eight(from_fn(|_| zero()))),
            blocks: from_fn(|_| {
                from_fn(|_| Words {
                    size: zero(),
                    about: zero(),
                })
            }),
        }
    }

    /// Remembers a block; false where its set is full. Only by whoever has just allocated it.
    #[cold]
    pub(super) fn insert(&self, address: u64, block: Block) -> bool {
        let Spot { set, mark } = Self::spot(address);
        for (way, word) in self.addresses[set].0.iter().enumerate() {
            let free = word.load(Relaxed) == EMPTY;
            if !free
                || word
                    .compare_exchange(EMPTY, CLAIMED, Acquire, Relaxed)
                    .is_err()
            {
                continue;
            }
            fence(Release); // who reads a word of the new block sees that the address is no longer the old one
            self.blocks[set][way].store(block);
            self.marks[set].fetch_or(u64::from(mark) << (8 * way), Relaxed);
            word.store(address, Release);
            return true;
        }
        false
    }

    /// Forgets a block that is about to be freed, if it is remembered.
    #[inline(always)]
    pub(super) fn remove(&self, address: u64) -> Option<Block> {
        let spot = Self::spot(address);
        // Its own mark, if it has one, is known to whoever was handed the block.
        if holds(self.marks[spot.set].load(Relaxed), spot.mark) {
            self.remove_marked(address, spot)
        } else {
            None
        }
    }

    #[cold]
    #[inline(never)]
    fn remove_marked(&self, address: u64, Spot { set, .. }: Spot) -> Option<Block> {
        let ways = self.addresses[set].0.iter();
        let way = ways
            .enumerate()
            .find(|(_, word)| word.load(Relaxed) == address)?
            .0;
        self.take(set, way, address)
    }

    /// Takes a block out, unless somebody else just did.
    fn take(&self, set: usize, way: usize, address: u64) -> Option<Block> {
        let word = &self.addresses[set].0[way];
        word.compare_exchange(address, CLAIMED, AcqRel, Relaxed)
            .ok()?;
        let block = self.blocks[set][way].load();
        self.marks[set].fetch_and(!(0xFF << (8 * way)), Relaxed);
        word.store(EMPTY, Release);
        Some(block)
    }

    /// Forgets the blocks that `which` names; how many those were. Any thread.
    pub(super) fn remove_all(&self, which: impl Fn(&Block) -> bool) -> usize {
        let mut removed = 0;
        self.visit(|set, way, address, block| {
            removed += usize::from(which(&block) && self.take(set, way, address).is_some());
        });
        removed
    }

    /// Shows every block that is remembered. Any thread.
    pub(super) fn each(&self, mut show: impl FnMut(Block)) {
        self.visit(|_, _, _, block| show(block));
    }

    fn visit(&self, mut show: impl FnMut(usize, usize, u64, Block)) {
        for (set, marks) in self.marks.iter().enumerate() {
            if marks.load(Relaxed) == 0 {
                continue;
            }
            for (way, word) in self.addresses[set].0.iter().enumerate() {
                let address = word.load(Acquire);
                if address <= CLAIMED {
                    continue;
                }
                let block = self.blocks[set][way].load();
                fence(Acquire);
                if word.load(Relaxed) == address {
                    show(set, way, address, block);
                }
            }
        }
    }

    /// Blocks begin at multiples of 16 nearly always; the product's upper bits depend on all others.
    #[inline(always)]
    fn spot(address: u64) -> Spot {
        let hash = (address >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Spot {
            set: (hash >> 40) as usize & (SETS - 1),
            mark: ((hash >> 32) as u8).max(1),
        }
    }
}

impl Words {
    fn store(&self, block: Block) {
        self.size.store(block.size, Relaxed);
        let about = u64::from(block.site) << 32 | u64::from(block.rank.to_bits());
        self.about.store(about, Relaxed);
    }

    fn load(&self) -> Block {
        let about = self.about.load(Relaxed);
        Block {
            size: self.size.load(Relaxed),
            site: (about >> 32) as u32,
            rank: f32::from_bits(about as u32),
        }
    }
}

/// Whether one of the eight bytes is this one: of their difference to it, one is zero (Mycroft 1987).
#[inline(always)]
const fn holds(bytes: u64, byte: u8) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    let difference = bytes ^ (byte as u64 * ONES);
    difference.wrapping_sub(ONES) & !difference & (ONES << 7) != 0
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn block(size: u64) -> Block {
        Block {
            size,
            site: size as u32 % 7,
            rank: size as f32,
        }
    }

    #[test]
    fn it_remembers_what_a_map_remembers() {
        let table = Box::new(Table::<64>::new());
        let (mut map, mut full) = (HashMap::<u64, Block>::new(), 0);
        let steps = if cfg!(miri) { 200 } else { 2_000 };
        for step in 0..steps {
            let address = 16 * (step * 7_919 % 300 + 1);
            if let Some(known) = map.remove(&address) {
                assert_eq!(table.remove(address), Some(known));
            } else if table.insert(address, block(step)) {
                map.insert(address, block(step));
            } else {
                full += 1;
                assert_eq!(table.remove(address), None);
            }
        }
        assert!(map.len() > 50 && full < 20, "{} {full}", map.len());
        let heavy = |block: &Block| block.size.is_multiple_of(3);
        let before = map.len();
        map.retain(|_, block| !heavy(block));
        assert_eq!(table.remove_all(heavy), before - map.len());
        let mut seen = 0;
        table.each(|block| {
            seen += 1;
            assert!(map.values().any(|known| *known == block));
        });
        assert_eq!(seen, map.len());
        assert!(
            map.into_iter()
                .all(|(address, block)| table.remove(address) == Some(block))
        );
        table.each(|block| panic!("{block:?} is left"));
    }

    #[test]
    fn a_byte_among_eight() {
        for byte in [1u8, 0x7F, 0x80, 0xFF] {
            for way in 0..8 {
                assert!(holds(u64::from(byte) << (8 * way), byte));
            }
            assert!(!holds(0, byte) && !holds(0x0202_0202_0202_0202, byte));
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "long; the small test of allocations goes through it")]
    fn threads_find_their_own_blocks_again() {
        let table = Box::new(Table::<16>::new());
        std::thread::scope(|scope| {
            for thread in 0..4u64 {
                let table = &table;
                scope.spawn(move || {
                    for step in 0..20_000 {
                        let address = 16 * (thread * 1_000_000 + step % 24 + 1);
                        let own = Block {
                            size: address,
                            site: thread as u32,
                            rank: 1.0,
                        };
                        if table.insert(address, own) {
                            assert_eq!(table.remove(address), Some(own));
                        }
                    }
                });
            }
            for _ in 0..200 {
                table.each(|block| assert_eq!((block.size / 16_000_000) as u32, block.site));
            }
        });
        table.each(|block| panic!("{block:?} is left"));
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use loom::sync::Arc;
    use loom::thread::spawn;

    const A: Block = Block {
        size: 10,
        site: 1,
        rank: 1.0,
    };
    const B: Block = Block {
        size: 20,
        site: 2,
        rank: 9.0,
    };

    /// One place is left and reused while another thread thins and reads: nobody loses his block, nobody sees a mixture.
    #[test]
    fn loom_blocks_of_one_set() {
        loom::model(|| {
            let table = Arc::new(Table::<1>::new());
            assert!(table.insert(16, A));
            let ours = Arc::clone(&table);
            let owner = spawn(move || {
                ours.remove(16); // unless it was thinned
                assert!(ours.insert(32, B));
            });
            table.remove_all(|block| block.rank < 5.0);
            table.each(|block| assert!(block == A || block == B));
            owner.join().unwrap();
            assert_eq!((table.remove(16), table.remove(32)), (None, Some(B)));
        });
    }
}
