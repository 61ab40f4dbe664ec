//! In: one writer, one reader, an owner after the other. Out: whether in every order of their steps each call is seen exactly once.
//!
//! The reader is always the spawned thread. loom remembers one last access of a word, so a writer's own load hides that a reader
//! loaded before it: were the reader to run first, loom would take the one order for all. Each model asserts that it saw many.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p perf-core --release --lib loom`. Rings hold two calls here, chunks sixteen bins.

use crate::clock::Clock;
use crate::record::layout::Layout;
use crate::record::ring::{self, Patience, Ring};
use crate::record::shard::Shard;
use loom::sync::atomic::{AtomicU64, Ordering::Relaxed};
use loom::sync::{Arc, Mutex};
use std::sync::atomic::AtomicU64 as Plain;

/// Orders tried at most. One filling and one emptying with a reader beside them has 63 004; longer models are tried in part.
const MOST: usize = 100_000;

/// Every order of steps with at most so many involuntary switches between threads.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    check_some(preemptions, MOST, model);
}

/// As [`check`], `most` of them: a shard is left behind in memory for each.
fn check_some(preemptions: usize, most: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.checkpoint_interval = most;
    builder.max_permutations = Some(most);
    builder.max_branches = 20_000;
    let orders = &*Box::leak(Box::new(Plain::new(0)));
    builder.check(move || {
        orders.fetch_add(1, Relaxed);
        model();
    });
    let orders = orders.load(Relaxed);
    println!("{orders} orders");
    assert!(orders > 50, "{orders} orders are no check");
}

/// What a ring is emptied into: a count and a sum, plainly written by the owner.
struct Emptied {
    ring: Ring,
    count: AtomicU64,
    sum: AtomicU64,
}

impl Emptied {
    fn push(&self, elapsed: u64) {
        if self.ring.push(ring::key(0, 1, false), elapsed, elapsed) {
            self.drain();
        }
    }

    fn drain(&self) {
        self.ring.drain(|run| {
            for entry in run.entries() {
                self.count.store(self.count.load(Relaxed) + 1, Relaxed);
                self.sum
                    .store(self.sum.load(Relaxed) + entry.times().0, Relaxed);
            }
        });
    }

    /// Calls and their sum, at one moment.
    fn look(&self) -> (u64, u64) {
        let mut seen = (0, 0);
        let exact = self.ring.read(&mut Patience::default(), |calls| {
            seen = (self.count.load(Relaxed), self.sum.load(Relaxed));
            for call in calls {
                seen.0 += 1;
                seen.1 += call.elapsed;
            }
        });
        assert!(exact, "the writer does not stand still here");
        seen
    }
}

/// The durations are 1, 2, 4, ...: their sum tells which calls were seen.
fn ring_model(calls: u32, looks: usize) -> impl Fn() + Sync + Send + 'static {
    move || {
        let emptied = Arc::new(Emptied {
            ring: Ring::new(),
            count: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        });
        let reader = {
            let emptied = emptied.clone();
            loom::thread::spawn(move || {
                let mut before = 0;
                for _ in 0..looks {
                    let (count, sum) = emptied.look();
                    assert_eq!(sum, (1 << count) - 1, "the first {count} calls, each once");
                    assert!(count >= before);
                    before = count;
                }
            })
        };
        (0..calls).for_each(|n| emptied.push(1 << n));
        reader.join().expect("the reader ends");
        assert_eq!(emptied.look(), (u64::from(calls), (1 << calls) - 1));
    }
}

#[test]
fn loom_ring_and_reader() {
    check(3, ring_model(3, 1));
}

#[test]
fn loom_ring_emptied_twice() {
    check(1, ring_model(4, 1));
}

/// A shard with one call of site 1, binned, and none of site 2: loom does not see that cells and chunks are handed to readers by
/// `once_cell`, so they are made before the reader is there.
fn known_shard() -> &'static Shard {
    let clock = Clock::by_hand(Box::leak(Box::default()));
    let shard: &'static Shard = Box::leak(Box::new(Shard::new(&clock, Layout::DEFAULT, false)));
    record(shard, 1);
    shard.settle(1);
    assert!(shard.make_cell(2, true).is_some());
    shard
}

fn record(shard: &'static Shard, site: u32) {
    let cell = shard.make_cell(site, true).expect("there is room");
    if shard.ring.push(cell.key, 5, 5) {
        shard.settle(1);
    }
}

/// Calls that the reader sees of a site; whatever it sees agrees with itself.
fn seen(shard: &Shard, site: u32) -> u64 {
    let Some(cell) = shard.cell(site) else {
        return 0;
    };
    let (picture, exact) = shard.read(cell);
    assert!(exact);
    let bins: u64 = picture.bins.iter().map(|bin| bin.1).sum();
    assert_eq!(
        (picture.tally.weighted, picture.tally.recorded),
        (bins, bins)
    );
    assert_eq!(
        (picture.tally.total, picture.tally.own),
        (5 * bins, 5 * bins as i64)
    );
    bins
}

#[test]
fn loom_shard_and_reader() {
    check_some(1, 20_000, || {
        let shard = known_shard();
        let reader = loom::thread::spawn(move || assert!((1..=3).contains(&seen(shard, 1))));
        record(shard, 1);
        record(shard, 2);
        record(shard, 1);
        reader.join().expect("the reader ends");
        assert_eq!((seen(shard, 1), seen(shard, 2)), (3, 1));
    });
}

/// One owner after the other on the same shard, as `lease` and `release` hand it over through a lock.
#[test]
fn loom_lease_and_release() {
    check(4, || {
        let free = Arc::new(Mutex::new(vec![known_shard()]));
        let owner = |free: &Arc<Mutex<Vec<&'static Shard>>>| {
            let free = free.clone();
            loom::thread::spawn(move || {
                let leased = free.lock().expect("no panic").pop();
                let Some(shard) = leased else { return 0 };
                shard.begin_lease();
                record(shard, 1);
                shard.settle(1);
                shard.end_lease();
                free.lock().expect("no panic").push(shard);
                1
            })
        };
        let shard = free.lock().expect("no panic")[0];
        let lease = shard.plain.load(Relaxed);
        let (one, other) = (owner(&free), owner(&free));
        let owners = one.join().expect("ends") + other.join().expect("ends");
        assert_eq!(seen(shard, 1), 1 + owners);
        assert_eq!(
            (shard.plain.load(Relaxed) - lease) >> crate::record::span::LEASE_SHIFT,
            owners
        );
    });
}
