//! Promise: CPU time is told from waiting, locks say how long they were waited for and held, readers and writers count their bytes,
//! counters and levels are in the snapshot; what cannot be told here is a sentence.

#[path = "common/threads.rs"]
mod threads;

use perf_core::io::Measured;
use perf_core::sync::{Condvar, Mutex, RwLock};
use perf_core::{Overhead, Row, Snapshot, counter, gauge, measure};
use std::hint::black_box;
use std::io::{BufRead, Read, Seek, SeekFrom, Write};
use std::sync::{Barrier, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use threads::on_threads;

fn alone() -> MutexGuard<'static, ()> {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    perf_core::set_overhead(Overhead::FULL);
    turn
}

fn row(seen: &Snapshot, id: &str) -> Row {
    seen.site(id)
        .unwrap_or_else(|| panic!("no row {id}"))
        .clone()
}

const NAP: Duration = Duration::from_millis(20);

#[measure(cpu, name = "naps")]
fn naps() {
    thread::sleep(NAP);
}

#[measure(cpu, name = "works")]
fn works() -> u64 {
    (0..3_000_000u64).fold(1, |sum, x| black_box(sum ^ x.wrapping_mul(sum)))
}

#[measure(cpu, alloc, name = "both")]
async fn both() {
    black_box(works());
}

#[cfg(unix)]
#[test]
fn on_cpu_and_waiting() {
    let _alone = alone();
    let _on = perf_core::enable();
    (0..3).for_each(|_| naps());
    black_box(works());
    let mut future = std::pin::pin!(both());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_ready());
    let seen = perf_core::snapshot();
    // Whoever sleeps is on no CPU, however busy the machine is.
    let (naps, works, both) = (row(&seen, "naps"), row(&seen, "works"), row(&seen, "both"));
    let cpu = naps.cpu.expect("asked for");
    assert_eq!(cpu.calls, 3);
    assert!(
        cpu.waiting_ns >= 3.0 * 0.99 * NAP.as_nanos() as f64,
        "{cpu:?}"
    );
    assert!(works.cpu.expect("asked for").on_cpu_ns > 0.0 && works.cpu.unwrap().calls == 2);
    assert!(both.cpu.expect("asked for").on_cpu_ns > 0.0);
    // This test's allocator is the usual one.
    assert_eq!(both.allocations, None);
    let text = seen.report().text(None, false);
    assert!(
        text.contains("on CPU") && text.contains("allocations are not counted"),
        "{text}"
    );
    assert!(text.contains("CPU time costs"), "{text}");
}

#[test]
fn a_lock_that_is_waited_for() {
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let (lock, both) = (
        Mutex::named("contended", 0u32).timing_holds(),
        Barrier::new(2),
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut guard = lock.lock();
            both.wait();
            // The other one is here or on its way: it waits for what is left of this.
            thread::sleep(NAP);
            *guard += 1;
        });
        both.wait();
        while lock.try_lock().is_some() {}
        *lock.lock() += 1;
    });
    assert_eq!(*lock.lock(), 2);
    let seen = perf_core::snapshot().since(&before).unwrap();
    // Where the scheduler lets the sleeper run first there is nothing to wait for.
    if let Some(waits) = seen.site("contended (wait)") {
        assert!(waits.calls == 1 && waits.total_ns > 0.0);
    }
    let held = row(&seen, "contended (held)");
    assert!(
        held.calls >= 3 && held.max_ns >= 0.99 * NAP.as_nanos() as f64,
        "{held:?}"
    );
    assert_eq!(held.self_ns, 0.0);
}

static LOCK: RwLock<u32> = RwLock::named("known", 1);

#[test]
fn a_wait_of_known_length() {
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    // Whoever holds it lets go only after the other has begun to wait, and a nap.
    let waiting = std::sync::atomic::AtomicBool::new(false);
    let guard = LOCK.write();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            waiting.store(true, std::sync::atomic::Ordering::SeqCst);
            *LOCK.read()
        });
        while !waiting.load(std::sync::atomic::Ordering::SeqCst) {
            thread::yield_now();
        }
        thread::sleep(10 * NAP);
        drop(guard);
        assert_eq!(waiter.join().unwrap(), 1);
    });
    let seen = perf_core::snapshot().since(&before).unwrap();
    // On a busy machine the waiter may come late; not at all would need it to be off a CPU for the whole nap.
    if let Some(waits) = seen.site("known (wait)") {
        assert_eq!(waits.calls, 1);
        assert!(waits.total_ns > 0.0 && waits.self_ns > 0.0);
    }
}

/// A lock that is held for a known time: by the clock that ran beside it.
#[test]
fn a_hold_of_known_length() {
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let lock = Mutex::named("held for w", 0u32).timing_holds();
    let outside = std::time::Instant::now();
    let mut guard = lock.lock();
    let inside = std::time::Instant::now();
    thread::sleep(10 * NAP);
    *guard += 1;
    let least = inside.elapsed();
    drop(guard);
    let most = outside.elapsed();
    let seen = perf_core::snapshot().since(&before).unwrap();
    let held = row(&seen, "held for w (held)");
    // Whatever the machine did in between is in both clocks; 1 % is the histogram's bin and the two clocks' rates.
    let (least, most) = (least.as_nanos() as f64, most.as_nanos() as f64);
    assert!(
        held.total_ns >= 0.99 * least && held.total_ns <= 1.01 * most,
        "{least} {held:?} {most}"
    );
}

/// A condition is waited for, and its lock not held meanwhile.
#[test]
fn a_wait_for_a_condition() {
    static READY: Mutex<bool> = Mutex::named("ready", false).timing_holds();
    static CONDITION: Condvar = Condvar::named("ready: set");
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let waited = thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let _around = perf_core::span!("around the condition");
            let mut ready = READY.lock();
            let begun = std::time::Instant::now();
            CONDITION.wait_while(&mut ready, |ready| !*ready);
            assert!(*ready);
            begun.elapsed()
        });
        thread::sleep(10 * NAP);
        *READY.lock() = true;
        CONDITION.notify_all();
        waiter.join().unwrap()
    });
    let seen = perf_core::snapshot().since(&before).unwrap();
    let waits = seen.site("ready: set (wait)");
    // The waiter holds it once more than it waits, and the other once.
    let held = row(&seen, "ready (held)");
    assert_eq!(held.calls, 2 + waits.map_or(0, |waits| waits.calls));
    if let Some(waits) = waits {
        let outside = row(&seen, "around the condition");
        assert!(
            waits.total_ns <= 1.01 * waited.as_nanos() as f64,
            "{waits:?}"
        );
        assert!(
            outside.total_ns - outside.self_ns >= 0.99 * waits.total_ns,
            "{outside:?}"
        );
    }
    let lock = Mutex::new(());
    let unnamed = Condvar::new();
    assert!(
        unnamed
            .wait_for(&mut lock.lock(), Duration::from_millis(1))
            .timed_out()
    );
    assert!(
        unnamed
            .wait_until(&mut lock.lock(), std::time::Instant::now())
            .timed_out()
    );
    assert!(
        perf_core::snapshot()
            .rows
            .iter()
            .any(|row| row.id.starts_with("condition ") && row.id.ends_with("(wait)"))
    );
}

#[test]
fn free_locks_make_no_row() {
    let _alone = alone();
    let _on = perf_core::enable();
    let lock = Mutex::named("free", 1);
    let many = RwLock::named("free for all", 1);
    for _ in 0..100 {
        *lock.lock() += 1;
        let seen = *many.read();
        *many.write() = seen;
    }
    let seen = perf_core::snapshot();
    assert!(!seen.rows.iter().any(|row| row.id.starts_with("free")));
    assert_eq!((lock.into_inner(), many.into_inner()), (101, 1));
}

#[test]
fn bytes_calls_and_errors_of_a_file() {
    let _alone = alone();
    let _on = perf_core::enable();
    let mut file = Measured::new("file", tempfile::tempfile().unwrap());
    file.write_all(&[7; 10_000]).unwrap();
    file.flush().unwrap();
    file.seek(SeekFrom::Start(4_000)).unwrap();
    let mut back = Vec::new();
    file.read_to_end(&mut back).unwrap();
    assert!(file.seek(SeekFrom::Current(-99_999)).is_err());
    let mut lines = Measured::new("lines", &b"one\ntwo\n"[..]);
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {}
    let seen = perf_core::snapshot();
    let of = |id: &str| (row(&seen, id).bytes, row(&seen, id).errors);
    assert_eq!(of("file write"), (Some(10_000), 0));
    assert_eq!(of("file read"), (Some(6_000), 0));
    assert_eq!(of("file seek"), (Some(0), 1));
    assert_eq!(of("lines read").0, Some(8));
    assert!(
        seen.report()
            .text(None, false)
            .contains("/s of the time covered")
    );
}

fn count_here(amount: u64) {
    counter!("waiting: entries", amount);
}

#[test]
fn counters_and_levels() {
    let _alone = alone();
    counter!("waiting: unseen", 5); // nobody looks
    let _on = perf_core::enable();
    on_threads(4, |_| (0..1_000).for_each(|_| count_here(2)));
    counter!("waiting: entries");
    for level in [5.0, f64::NAN, -1.5, 3.0] {
        gauge!("waiting: level", level);
    }
    let first = perf_core::snapshot();
    let find = |seen: &Snapshot| {
        seen.counters
            .iter()
            .find(|c| c.name == "waiting: entries")
            .cloned()
    };
    let counted = find(&first).unwrap();
    assert!(counted.total == 8_001 && counted.per_second > 0.0);
    assert!(!first.counters.iter().any(|c| c.name == "waiting: unseen"));
    let level = |seen: &Snapshot| {
        seen.gauges
            .iter()
            .find(|g| g.name == "waiting: level")
            .cloned()
            .unwrap()
    };
    let seen = level(&first);
    assert_eq!(
        (seen.sets, seen.last, seen.min, seen.max),
        (3, 3.0, Some(-1.5), Some(5.0))
    );
    count_here(9);
    gauge!("waiting: level", 17.0);
    let interval = perf_core::snapshot().since(&first).unwrap();
    assert_eq!(find(&interval).unwrap().total, 9);
    let seen = level(&interval);
    assert_eq!(
        (seen.sets, seen.last, seen.min, seen.max),
        (1, 17.0, None, Some(17.0))
    );
    let both = first.merge(&interval).unwrap();
    assert_eq!(find(&both).unwrap().total, 8_010);
    let text = first.report().text(None, false);
    assert!(
        text.contains("Counter waiting: entries: 8,001")
            || text.contains("Counter waiting: entries: 8001"),
        "{text}"
    );
    assert!(
        text.contains("Level waiting: level: last 3, min -1.5, max 5"),
        "{text}"
    );
}
