//! Promise: counts, bytes, frees, live bytes and peak are those of a second allocator that counts in the plainest way, on one thread
//! and on eight, on real text; and nothing is missed at a thread's ends.

mod alloc_support;

use alloc_support::{Reference, Seen};
use perf_core::alloc::{self, Allocated, Counting, ProcessUse};
use std::alloc::Layout;
use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting<Reference> = Counting::new(Reference);

/// The peak is the whole process's: tests take turns.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    assert!(alloc::installed()); // found out by an allocation, once
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn of<R>(used: &Allocated<R>) -> Seen {
    assert!(used.counted);
    Seen {
        count: used.count,
        bytes: used.bytes,
        frees: used.frees,
        live: used.still_live,
        peak: used.peak as i64,
    }
}

/// Both pictures of the process, while nobody allocates.
fn process() -> (ProcessUse, Seen) {
    for _ in 0..100_000 {
        let before = alloc_support::process();
        let ours = alloc::process().expect("the allocator is ours");
        if before == alloc_support::process() {
            return (ours, before);
        }
        thread::yield_now();
    }
    panic!("somebody allocates all the time");
}

fn assert_equal_in_the_sum() {
    // The harness may have been stopped between the two counts of one call; that passes, what is wrong stays.
    let both = || {
        let (ours, reference) = process();
        let sums = [
            (ours.count + ours.library_count) as i64,
            (ours.bytes + ours.library_bytes) as i64,
            ours.live as i64,
        ];
        let known = [
            reference.count as i64,
            reference.bytes as i64,
            reference.live,
        ];
        (sums, known)
    };
    let mut seen = both();
    for _ in 0..1_000 {
        if seen.0 == seen.1 {
            break;
        }
        thread::sleep(Duration::from_millis(10));
        seen = both();
    }
    assert_eq!(seen.0, seen.1, "count, bytes, live");
}

/// Words of this package's own source text: strings, growing vectors, trees and maps, JSON there and back.
fn real_work(seed: usize) -> BTreeMap<String, Vec<usize>> {
    let texts = [
        include_str!("allocations_equal_a_reference.rs"),
        include_str!("../src/lib.rs"),
        include_str!("../src/record/span.rs"),
        include_str!("../src/units.rs"),
    ];
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for text in texts.iter().cycle().skip(seed % 4).take(3) {
        for (at, word) in text.split(|c: char| !c.is_alphanumeric()).enumerate() {
            places.entry(word).or_default().push(at);
        }
    }
    let mut sorted: Vec<_> = places.into_iter().collect();
    sorted.sort();
    let json = serde_json::to_string(&sorted).unwrap();
    let back: Vec<(String, Vec<usize>)> = serde_json::from_str(&json).unwrap();
    back.into_iter()
        .filter(|(word, _)| word.len() > seed % 7)
        .collect()
}

fn compare_here(seed: usize) {
    for round in 0..3 {
        let before = alloc_support::begin();
        let used = alloc::measure(|| real_work(seed + round));
        let reference = alloc_support::since(before);
        assert_eq!(of(&used), reference);
        assert!(used.count > 1_000 && used.peak > 100_000 && used.still_live > 10_000);
    }
}

#[test]
fn one_thread() {
    let _alone = alone();
    compare_here(0);
    assert_equal_in_the_sum();
}

#[test]
fn eight_threads() {
    let _alone = alone();
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for seed in 0..8 {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                compare_here(seed);
            });
        }
    });
    assert_equal_in_the_sum();
}

#[test]
fn what_others_do_meanwhile_is_not_in_it() {
    let _alone = alone();
    let (stop, stopped) = mpsc::channel::<()>();
    let started = Arc::new(Barrier::new(2));
    let both = Arc::clone(&started);
    let noise = thread::spawn(move || {
        both.wait(); // else a busy machine might let it run only when all is over
        let mut rounds = 0u64;
        loop {
            std::hint::black_box(vec![1u8; 10_000]);
            rounds += 1;
            if stopped.try_recv() != Err(mpsc::TryRecvError::Empty) {
                return rounds;
            }
        }
    });
    started.wait();
    for _ in 0..200 {
        let used = alloc::measure(|| std::hint::black_box(Box::new([0u8; 24])));
        assert_eq!(
            (used.count, used.bytes, used.peak, used.still_live),
            (1, 24, 24, 24)
        );
        thread::yield_now();
    }
    drop(stop);
    assert!(noise.join().unwrap() > 0);
}

#[test]
fn freed_on_another_thread() {
    let _alone = alone();
    let (there, back) = (mpsc::channel::<Vec<u8>>(), mpsc::channel());
    let other = thread::spawn(move || {
        let before = alloc::this_thread();
        drop(there.1.recv().unwrap());
        let after = alloc::this_thread();
        back.0
            .send((after.frees - before.frees, after.live - before.live))
            .unwrap();
    });
    let (before, live_before) = (alloc::this_thread(), process().0.live);
    there.0.send(vec![7u8; 5_000_000]).unwrap();
    let (frees, live) = back.1.recv().unwrap();
    other.join().unwrap();
    let kept = alloc::this_thread().live - before.live;
    assert!(
        frees >= 1 && (-5_001_000..=-4_990_000).contains(&live),
        "{frees} {live}"
    );
    assert!((4_990_000..5_010_000).contains(&kept), "{kept}");
    let live = process().0.live as i64 - live_before as i64;
    assert!(live.abs() < 20_000, "{live} bytes more in the sum");
    assert_equal_in_the_sum();
}

#[repr(align(4096))]
struct Page([u8; 4096]);

#[test]
fn every_kind_of_call() {
    let _alone = alone();
    let growing = alloc::measure(|| {
        let mut bytes = Vec::<u8>::with_capacity(100);
        bytes.resize(100, 1);
        bytes.reserve_exact(900); // realloc
        bytes.shrink_to_fit(); // realloc
        bytes
    });
    let seen = (
        growing.count,
        growing.bytes,
        growing.frees,
        growing.peak,
        growing.still_live,
    );
    assert_eq!(seen, (3, 1_200, 2, 1_000, 100));
    let zeroed = alloc::measure(|| vec![0u64; 1_000]);
    assert_eq!((zeroed.count, zeroed.bytes), (1, 8_000));
    let nothing = alloc::measure(|| (vec![(); 1_000], Box::new(()), String::new()));
    assert_eq!((nothing.count, nothing.bytes, nothing.frees), (0, 0, 0));
    let aligned = alloc::measure(|| Box::new(Page([3; 4096])).0[17]);
    assert_eq!(
        (
            aligned.count,
            aligned.bytes,
            aligned.peak,
            aligned.still_live
        ),
        (1, 4096, 4096, 0)
    );
    let nested = alloc::measure(|| {
        let inner = alloc::measure(|| drop(vec![1u8; 1_000]));
        let kept = vec![1u8; 10];
        (inner.peak, kept)
    });
    assert_eq!(
        (nested.value.0, nested.peak, nested.count, nested.still_live),
        (1_000, 1_000, 2, 10)
    );
    let older = vec![1u8; 300];
    assert_eq!(alloc::measure(|| drop(older)).still_live, -300);
}

#[test]
fn what_fails_counts_as_nothing() {
    let _alone = alone();
    let huge = Layout::from_size_align(isize::MAX as usize - 4095, 1).unwrap();
    let before = alloc::this_thread();
    // SAFETY: the size is not zero, and nothing is done with the block.
    let block = unsafe { std::hint::black_box(std::alloc::alloc(huge)) };
    assert!(block.is_null());
    assert_eq!(alloc::this_thread(), before);
}

#[test]
fn a_panic_ends_the_watch() {
    let _alone = alone();
    let outer = alloc::measure(|| {
        let caught = std::panic::catch_unwind(|| {
            alloc::measure(|| {
                let _kept = vec![1u8; 70_000];
                std::panic::resume_unwind(Box::new(1u8));
            })
        });
        assert!(caught.is_err());
    });
    assert!((70_000..71_000).contains(&outer.peak), "{}", outer.peak);
    assert_eq!(alloc::measure(|| drop(vec![1u8; 9])).peak, 9);
}

#[test]
fn the_peak_of_the_process_to_64_kib_a_thread() {
    const THREADS: usize = 8;
    let _alone = alone();
    // High enough that no earlier peak stands in the way.
    let floor = alloc::process().unwrap().peak as usize + 1_000_000;
    let step = Barrier::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let step = &step;
            scope.spawn(move || {
                let mut kept = Vec::new();
                for round in 1..200usize {
                    let size = (round * 7_919 + number * 104_729) % 60_000 + 1;
                    kept.push(vec![1u8; size]);
                    if round % 3 == 0 {
                        kept.swap_remove(round % kept.len());
                    }
                }
                step.wait();
                kept.push(vec![1u8; floor / THREADS]);
                step.wait(); // all of it is live now
            });
        }
    });
    let (ours, reference) = process();
    let off = ours.peak as i64 - reference.peak;
    let most = 64 * 1024 * (THREADS as i64 + 16); // the harness's threads too
    assert!(
        reference.peak > floor as i64 && off.abs() <= most,
        "off by {off} bytes"
    );
}

#[test]
fn more_threads_than_have_room_and_many_in_turn() {
    let _alone = alone();
    let mut waiting = Vec::new();
    let (ready, done) = (mpsc::channel(), mpsc::channel::<()>());
    let done = std::sync::Arc::new(Mutex::new(done.1));
    drop(done.lock());
    for _ in 0..1_100 {
        let ready = ready.0.clone();
        let spawned = thread::Builder::new().stack_size(64 * 1024).spawn(move || {
            let used = alloc::measure(|| {
                let kept = vec![1u8; 100];
                drop(vec![1u8; 50_000]);
                kept
            });
            ready
                .send((used.count, used.bytes, used.peak, used.still_live))
                .unwrap();
            thread::park();
        });
        match spawned {
            Ok(thread) => waiting.push(thread),
            Err(_) => break, // this machine allows no more: those there are have to do
        }
    }
    for _ in 0..waiting.len() {
        assert_eq!(ready.1.recv().unwrap(), (2, 50_100, 50_100, 100));
    }
    assert_equal_in_the_sum();
    for thread in waiting {
        thread.thread().unpark();
        thread.join().unwrap();
    }
    for _ in 0..2_000 {
        let short = thread::Builder::new().stack_size(64 * 1024);
        let Ok(thread) = short.spawn(|| drop(std::hint::black_box(Box::new(1u8)))) else {
            break;
        };
        thread.join().unwrap();
    }
    assert_equal_in_the_sum();
}

struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        std::hint::black_box(Box::new([0u8; 333]));
    }
}

thread_local! {
    static AT_THE_END: AtTheEnd = const { AtTheEnd };
}

#[test]
fn in_the_destructors_of_thread_locals() {
    let _alone = alone();
    let used = alloc::measure(|| {
        thread::spawn(|| AT_THE_END.with(|_| ())).join().unwrap();
    });
    assert!(used.count > 0);
    assert_equal_in_the_sum();
}

#[cfg(target_os = "linux")]
mod before_and_after {
    use super::{alloc, alloc_support, alone, assert_equal_in_the_sum};
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    static BEFORE_MAIN: AtomicU64 = AtomicU64::new(0);
    static AFTER_ALL: AtomicU64 = AtomicU64::new(0);

    extern "C" fn early() {
        let before = alloc::this_thread().count;
        std::hint::black_box(Box::new([0u8; 1_234]));
        BEFORE_MAIN.store(alloc::this_thread().count - before, SeqCst);
    }

    #[used]
    // SAFETY: a function without arguments, as the section's entries are called.
    #[unsafe(link_section = ".init_array")]
    static EARLY: extern "C" fn() = early;

    #[test]
    fn before_main() {
        assert_eq!(BEFORE_MAIN.load(SeqCst), 1);
    }

    unsafe extern "C" {
        fn pthread_key_create(key: *mut u32, destructor: extern "C" fn(*mut u8)) -> i32;
        fn pthread_setspecific(key: u32, value: *const u8) -> i32;
    }

    extern "C" fn late(_: *mut u8) {
        let (before, reference) = (alloc::this_thread(), alloc_support::begin());
        let used = alloc::measure(|| drop(std::hint::black_box(vec![0u8; 100_000])));
        assert_eq!((used.count, used.peak, used.still_live), (1, 100_000, 0));
        let after = alloc::this_thread();
        assert_eq!(
            after.count - before.count,
            alloc_support::since(reference).count
        );
        AFTER_ALL.fetch_add(1, SeqCst);
    }

    /// Keys are looked at in the order of their making: this one's turn comes after the allocator's own.
    #[test]
    fn after_the_thread_has_given_its_counters_back() {
        let _alone = alone();
        drop(std::hint::black_box(Box::new(1u8)));
        let mut key = 0;
        // SAFETY: the key is written to, the destructor does not unwind unless the test fails, which aborts.
        assert_eq!(unsafe { pthread_key_create(&raw mut key, late) }, 0);
        let thread = std::thread::spawn(move || {
            // SAFETY: the key was made above; the value is never followed.
            unsafe { pthread_setspecific(key, std::ptr::without_provenance(1)) }
        });
        assert_eq!(thread.join().unwrap(), 0);
        assert_eq!(AFTER_ALL.load(SeqCst), 1);
        assert_equal_in_the_sum();
    }
}
