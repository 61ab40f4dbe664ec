//! In: how many steps. Out: work of that length, each kind compiled twice: arithmetic, look-ups in a hash map, a walk through memory.

use perf_stats::Rng;
use std::cell::Cell;
use std::collections::HashMap;
use std::hint::black_box;

/// Some 100 ns for 100 steps of a generator.
macro_rules! arithmetic {
    ($name:ident, $id:literal) => {
        /// So many steps of a generator: some 1 ns each.
        #[inline(never)]
        pub fn $name(steps: u64) -> u64 {
            let mut x = black_box($id);
            for i in 0..steps {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                black_box(i); // not unrolled: each step costs the same
            }
            x
        }
    };
}
arithmetic!(arithmetic, 1u64);
arithmetic!(arithmetic_copy, 2u64);

/// A hash map of 100,000 numbers.
#[derive(Debug)]
pub struct Map(HashMap<u64, u64>);

impl Map {
    /// The map that every run has.
    #[must_use]
    pub fn new() -> Self {
        Self((0..100_000u64).map(|i| (key(i), i)).collect())
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

#[inline(always)]
fn key(i: u64) -> u64 {
    i.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

macro_rules! look_ups {
    ($name:ident, $id:literal) => {
        /// So many look-ups of the same keys: some 10 µs for 400.
        #[inline(never)]
        pub fn $name(map: &Map, lookups: u64) -> u64 {
            let mut sum = black_box($id);
            for i in 0..lookups {
                sum ^= map.0.get(&key(i)).copied().unwrap_or(0);
            }
            sum
        }
    };
}
look_ups!(look_ups, 1u64);
look_ups!(look_ups_copy, 2u64);

/// One cycle through memory in random order, so that every load waits for the one before: some 1 ms for 10,000 steps in 64 MiB.
#[derive(Debug)]
pub struct Chain {
    next: Vec<u32>,
}

impl Chain {
    /// A permutation of one cycle (Sattolo), one entry a cache line's sixteenth.
    #[must_use]
    pub fn new(entries: usize) -> Self {
        let mut rng = Rng::new(1);
        let mut next: Vec<u32> = (0..entries as u32).collect();
        for i in (1..entries).rev() {
            next.swap(i, rng.below(i));
        }
        Self { next }
    }
}

macro_rules! walk {
    ($name:ident, $id:literal) => {
        /// So many steps along the chain from where the last walk ended.
        #[inline(never)]
        pub fn $name(chain: &Chain, at: &Cell<u32>, steps: u64) -> u32 {
            let mut now = at.get();
            black_box($id);
            for _ in 0..steps {
                now = chain.next[now as usize];
            }
            at.set(now);
            now
        }
    };
}
walk!(walk, 1u64);
walk!(walk_copy, 2u64);

/// A kind of work by its name, for processes of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// [`arithmetic`].
    Arithmetic,
    /// [`look_ups`].
    Map,
    /// [`walk`], in 4 MiB.
    Memory,
}

impl Kernel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Arithmetic, Self::Map, Self::Memory];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arithmetic => "arithmetic",
            Self::Map => "map",
            Self::Memory => "memory",
        }
    }

    /// The kernel of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kernel| kernel.name() == name)
    }

    /// Calls the kernel's function so often.
    pub fn run(self, steps: u64, calls: u64) {
        match self {
            Self::Arithmetic => (0..calls).for_each(|_| {
                black_box(arithmetic(steps));
            }),
            Self::Map => {
                let map = Map::new();
                (0..calls).for_each(|_| {
                    black_box(look_ups(&map, steps));
                });
            }
            Self::Memory => {
                let (chain, at) = (Chain::new(1 << 20), Cell::new(0));
                (0..calls).for_each(|_| {
                    black_box(walk(&chain, &at, steps));
                });
            }
        }
    }
}
