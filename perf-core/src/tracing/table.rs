//! In: ids of open spans. Out: [`Slot`]s, found by id from any thread without a lock; memory follows the most spans open at once.

use crate::record::thread;
use once_cell::race::OnceBox;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Slots that are looked through one after the other.
const WAYS: usize = 4;

/// Buckets committed together.
const PAGE: usize = 16;
const PAGES: usize = 256;

const BUCKET_BITS: u32 = (PAGE * PAGES).trailing_zeros();

/// The uppermost bits of an id count how often its place was used before. Left out, so that a place keeps its bucket, warm in the
/// cache. Where a subscriber numbers its spans otherwise this costs time, not correctness.
const GENERATION_BITS: u32 = 13;

/// No span has this id: the slot is being filled.
const RESERVED: u64 = u64::MAX;

/// What is known of one open span. Two cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Slot {
    id: AtomicU64,                 // 0 = free
    pub(super) call: AtomicU64,    // site << 32 | flags | weight
    pub(super) created: AtomicU64, // ticks
    pub(super) home: AtomicU64,    // address of the shard that created it
    pub(super) cell: AtomicU64,    // number of its cell there
    pub(super) failed: AtomicU64,  // 1 = an event at ERROR was seen within
    inside: AtomicU64,             // entries of the home thread that are open; written there only
    near: Sums,                    // of the home thread, which alone writes them
    far: Sums,                     // of all others
}

/// Sums over the finished entries of a span, in ticks.
#[derive(Debug)]
struct Sums {
    busy: AtomicU64,
    own: AtomicU64, // may wrap below zero
    entries: AtomicU64,
}

/// What the entries of a span add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entries {
    pub(super) busy: u64, // ticks
    pub(super) own: u64,  // ticks without measured callees; may wrap below zero
    pub(super) number: u64,
}

impl Slot {
    const fn new() -> Self {
        Self {
            id: AtomicU64::new(0),
            call: AtomicU64::new(0),
            created: AtomicU64::new(0),
            home: AtomicU64::new(0),
            cell: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            inside: AtomicU64::new(0),
            near: Sums::new(),
            far: Sums::new(),
        }
    }

    /// Adds entries made on the thread whose shard has this address.
    #[inline]
    pub(super) fn add(&self, shard: u64, more: Entries) {
        if shard == self.home.load(Relaxed) {
            for (sum, more) in self.near.with(more) {
                sum.store(sum.load(Relaxed).wrapping_add(more), Relaxed);
            }
        } else {
            for (sum, more) in self.far.with(more) {
                sum.fetch_add(more, Relaxed);
            }
        }
    }

    /// Whether the thread whose shard has this address is within the span; `None` where the slot cannot tell.
    #[inline]
    pub(super) fn is_inside(&self, shard: u64) -> Option<bool> {
        (shard == self.home.load(Relaxed)).then(|| self.inside.load(Relaxed) > 0)
    }

    /// The thread has entered the span, or left it by so many.
    #[inline]
    pub(super) fn step(&self, shard: u64, by: i64) {
        if shard == self.home.load(Relaxed) {
            let inside = self.inside.load(Relaxed);
            self.inside.store(inside.wrapping_add_signed(by), Relaxed);
        }
    }

    /// All entries so far.
    #[inline]
    pub(super) fn entries(&self) -> Entries {
        let both = |of: fn(&Sums) -> &AtomicU64| {
            let (near, far) = (of(&self.near).load(Relaxed), of(&self.far).load(Relaxed));
            near.wrapping_add(far)
        };
        Entries {
            busy: both(|sums| &sums.busy),
            own: both(|sums| &sums.own),
            number: both(|sums| &sums.entries),
        }
    }

    /// Forgets the span that had the slot before.
    #[inline]
    fn clear(&self) {
        self.failed.store(0, Relaxed);
        self.inside.store(0, Relaxed);
        for sums in [&self.near, &self.far] {
            for (sum, _) in sums.with(Entries::default()) {
                sum.store(0, Relaxed);
            }
        }
    }

    /// Makes room for another span.
    #[inline]
    pub(super) fn free(&self) {
        self.id.store(0, Release);
    }
}

impl Sums {
    const fn new() -> Self {
        Self {
            busy: AtomicU64::new(0),
            own: AtomicU64::new(0),
            entries: AtomicU64::new(0),
        }
    }

    #[inline(always)]
    fn with(&self, entries: Entries) -> [(&AtomicU64, u64); 3] {
        [
            (&self.busy, entries.busy),
            (&self.own, entries.own),
            (&self.entries, entries.number),
        ]
    }
}

/// Slots in which an id can lie, and where to look further.
#[derive(Debug)]
struct Bucket {
    slots: [Slot; WAYS],
    next: OnceBox<Bucket>,
}

impl Bucket {
    const fn new() -> Self {
        Self {
            slots: [const { Slot::new() }; WAYS],
            next: OnceBox::new(),
        }
    }
}

type Page = [Bucket; PAGE];

/// The open spans of one subscriber, whose ids differ from each other.
#[derive(Debug)]
pub(super) struct Table {
    pages: [OnceBox<Page>; PAGES],
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            pages: [const { OnceBox::new() }; PAGES],
        }
    }

    /// The slot of a span that is open.
    #[inline]
    pub(super) fn find(&self, id: u64) -> Option<&Slot> {
        let (page, bucket) = place(id);
        let mut bucket = &self.pages[page].get()?[bucket];
        loop {
            for slot in &bucket.slots {
                if slot.id.load(Acquire) == id {
                    return Some(slot);
                }
            }
            bucket = bucket.next.get()?;
        }
    }

    /// Takes a slot for a span and fills it; others find it only when it is filled.
    #[inline]
    pub(super) fn insert(&self, id: u64, fill: impl FnOnce(&Slot)) {
        let (page, bucket) = place(id);
        let page = self.pages[page]
            .get_or_init(|| thread::quietly(|| Box::new([const { Bucket::new() }; PAGE])));
        let mut bucket = &page[bucket];
        loop {
            for slot in &bucket.slots {
                let free = slot.id.load(Relaxed) == 0;
                if free
                    && slot
                        .id
                        .compare_exchange(0, RESERVED, Acquire, Relaxed)
                        .is_ok()
                {
                    slot.clear();
                    fill(slot);
                    slot.id.store(id, Release);
                    return;
                }
            }
            bucket = bucket
                .next
                .get_or_init(|| thread::quietly(|| Box::new(Bucket::new())));
        }
    }

    /// Every open span.
    pub(super) fn each(&self, mut tell: impl FnMut(&Slot)) {
        for page in self.pages.iter().filter_map(OnceBox::get) {
            for first in page {
                let mut bucket = Some(first);
                while let Some(here) = bucket {
                    let open = |slot: &&Slot| !matches!(slot.id.load(Acquire), 0 | RESERVED);
                    here.slots.iter().filter(open).for_each(&mut tell);
                    bucket = here.next.get();
                }
            }
        }
    }
}

/// Page and bucket of an id.
#[inline(always)]
fn place(id: u64) -> (usize, usize) {
    let mixed = (id << GENERATION_BITS).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let bucket = (mixed >> (u64::BITS - BUCKET_BITS)) as usize;
    (bucket / PAGE, bucket % PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_found_however_many_there_are() {
        let table = Table::new();
        // Far more than there are buckets, half of them differing in their uppermost bits only.
        let ids = (1..=30_000u64).flat_map(|n| [n, n | 5 << 60]);
        for id in ids.clone() {
            assert!(table.find(id).is_none());
            table.insert(id, |slot| slot.created.store(!id, Relaxed));
        }
        for id in ids.clone() {
            let slot = table.find(id).expect("it is open");
            assert_eq!(slot.created.load(Relaxed), !id);
        }
        let mut open = 0;
        table.each(|_| open += 1);
        assert_eq!(open, 60_000);
        for id in ids.clone() {
            table.find(id).expect("it is open").free();
            assert!(table.find(id).is_none());
        }
        table.each(|_| panic!("all are closed"));
    }

    #[test]
    fn threads_take_different_slots_and_add_to_one() {
        let table = Table::new();
        table.insert(1, |slot| slot.home.store(7, Relaxed));
        let one = Entries {
            busy: 3,
            own: 1u64.wrapping_neg(),
            number: 1,
        };
        std::thread::scope(|scope| {
            for thread in 1..=4u64 {
                let table = &table;
                scope.spawn(move || {
                    for n in 0..if cfg!(miri) { 20 } else { 10_000 } {
                        let id = thread << 38 | (n % 50 + 2);
                        table.insert(id, |slot| slot.created.store(id, Relaxed));
                        let slot = table.find(id).expect("it is open");
                        assert_eq!(slot.created.load(Relaxed), id);
                        assert_eq!(slot.entries(), Entries::default());
                        slot.add(0, one);
                        slot.free();
                        table.find(1).expect("it is open").add(6 + thread, one);
                    }
                });
            }
        });
        let seen = table.find(1).expect("it is open").entries();
        let calls = if cfg!(miri) { 80 } else { 40_000 };
        assert_eq!((seen.busy, seen.number), (3 * calls, calls));
        assert_eq!(seen.own, calls.wrapping_neg());
    }
}
