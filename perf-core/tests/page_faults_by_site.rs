//! Promise: `#[measure(faults)]` shows each row the page faults and switches that the kernel counted of its thread, its own and with callees,
//! in every call, for futures on whatever threads, in intervals, files and every form of the report; other rows know nothing of them.
#![cfg(target_os = "linux")]

use perf_core::judge::{Measurement, Metric};
use perf_core::run::Run;
use perf_core::{FaultCounts, Faults, Overhead, Row, Snapshot, measure};
use std::pin::Pin;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    perf_core::set_overhead(Overhead::FULL);
    turn
}

/// Faults of both kinds, waits, times put off: of this thread, as the kernel counts them.
fn kernel() -> [u64; 3] {
    // SAFETY: a `rusage` holds integers only, and one is written to the address given.
    let all = unsafe {
        let mut all: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_THREAD, &raw mut all), 0);
        all
    };
    [all.ru_minflt + all.ru_majflt, all.ru_nvcsw, all.ru_nivcsw].map(|count| count as u64)
}

fn during<T>(work: impl FnOnce() -> T) -> (T, [u64; 3]) {
    let before = kernel();
    let result = work();
    let after = kernel();
    (result, std::array::from_fn(|at| after[at] - before[at]))
}

fn plus(a: [u64; 3], b: [u64; 3]) -> [u64; 3] {
    std::array::from_fn(|at| a[at] + b[at])
}

/// Touches so many pages that nobody has touched; the kernel's counts of that alone.
fn touch(pages: usize) -> [u64; 3] {
    const PAGE: usize = 4096;
    let size = pages * PAGE;
    // SAFETY: a mapping of our own, written within its size, and given back.
    unsafe {
        let (read_write, private) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        );
        let start = libc::mmap(null_mut(), size, read_write, private, -1, 0);
        assert_ne!(start, libc::MAP_FAILED);
        libc::madvise(start, size, libc::MADV_NOHUGEPAGE);
        let page = |at: usize| start.cast::<u8>().add(at * PAGE);
        let ((), seen) = during(|| (0..pages).for_each(|at| page(at).write_volatile(1)));
        libc::munmap(start, size);
        seen
    }
}

#[measure(faults, name = "touches")]
fn touches(pages: usize) -> [u64; 3] {
    touch(pages)
}

#[measure(name = "between")]
fn between(pages: usize) -> [u64; 3] {
    plus(touch(7), touches(pages))
}

#[measure(faults, alloc, cpu, name = "above")]
fn above(pages: usize) -> [u64; 3] {
    plus(touch(30), between(pages))
}

#[measure(faults, name = "deep")]
fn deep(levels: u32) -> [u64; 3] {
    let here = touch(10);
    match levels {
        0 => here,
        more => plus(here, deep(more - 1)),
    }
}

#[measure(faults, err, name = "naps")]
fn naps() -> Result<[u64; 3], ()> {
    let ((), seen) = during(|| std::thread::sleep(Duration::from_millis(2)));
    if seen[1] == 0 { Err(()) } else { Ok(seen) }
}

#[measure(faults, name = "pending")]
async fn pending(pages: usize) -> [u64; 3] {
    let mut seen = touch(pages);
    for _ in 0..2 {
        let mut ready = false;
        std::future::poll_fn(|_| {
            if ready {
                return Poll::Ready(());
            }
            ready = true;
            Poll::Pending
        })
        .await;
        seen = plus(seen, touch(pages));
    }
    seen
}

fn row(seen: &Snapshot, id: &str) -> Row {
    seen.site(id)
        .unwrap_or_else(|| panic!("no row {id}"))
        .clone()
}

fn faults(seen: &Snapshot, id: &str) -> Faults {
    row(seen, id)
        .faults
        .expect("asked for, and this kernel tells")
}

fn three(counts: FaultCounts) -> [u64; 3] {
    [
        counts.faults(),
        counts.voluntary_switches,
        counts.involuntary_switches,
    ]
}

/// What was seen within the call is in the row, and no more than was seen around it.
#[track_caller]
fn lies_between(within: [u64; 3], row: FaultCounts, around: [u64; 3]) {
    for at in 0..3 {
        let found = three(row)[at];
        assert!(
            within[at] <= found && found <= around[at],
            "{within:?} {row:?} {around:?}"
        );
    }
}

#[test]
fn fresh_pages_are_faults_of_whoever_touches_them() {
    const PAGES: usize = 1_000;
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let (within, around) = during(|| touches(PAGES));
    let seen = perf_core::snapshot().since(&before).unwrap();
    // Some sandboxes count none: then there is nothing to compare, and the row says nothing either.
    assert!(within[0] == 0 || within[0] >= PAGES as u64, "{within:?}");
    let found = faults(&seen, "touches");
    assert_eq!((found.calls, found.all), (1, found.own));
    lies_between(within, found.all, around);
    assert!(found.cost_ns > 0.0 && row(&seen, "touches").cost_ns >= found.cost_ns);
}

#[test]
fn own_is_without_measured_callees() {
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let (within, around) = during(|| above(200));
    let seen = perf_core::snapshot().since(&before).unwrap();
    let (above, touches) = (faults(&seen, "above"), faults(&seen, "touches"));
    lies_between(within, above.all, around);
    // Who does not ask is part of its caller, and has no numbers.
    assert_eq!(row(&seen, "between").faults, None);
    let rest = [0, 1, 2].map(|at| three(above.all)[at] - three(touches.all)[at]);
    assert_eq!(three(above.own), rest);
    assert!(within[0] == 0 || above.own.faults() >= 37, "{above:?}");
    assert!(row(&seen, "above").cpu.is_some());
}

#[test]
fn recursion_counts_once() {
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let (within, around) = during(|| deep(3));
    let found = faults(&perf_core::snapshot().since(&before).unwrap(), "deep");
    assert_eq!(found.calls, 4);
    lies_between(within, found.all, around);
    assert_eq!(found.own, found.all);
}

#[test]
fn every_call_counts_where_times_are_sampled() {
    let _alone = alone();
    perf_core::set_overhead("0.1%".parse().unwrap());
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let calls = 20_000;
    let (within, around) = during(|| (0..calls).fold([0; 3], |sum, _| plus(sum, touches(1))));
    let seen = perf_core::snapshot().since(&before).unwrap();
    let found = faults(&seen, "touches");
    assert_eq!((found.calls, row(&seen, "touches").calls), (calls, calls));
    lies_between(within, found.all, around);
}

#[test]
fn who_sleeps_is_switched_away() {
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let (within, around) = during(naps);
    let found = faults(&perf_core::snapshot().since(&before).unwrap(), "naps");
    lies_between(within.expect("a sleep is a switch"), found.all, around);
}

#[test]
fn a_future_meets_what_its_polls_do() {
    let _alone = alone();
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    let mut future: Pin<Box<dyn Future<Output = [u64; 3]> + Send>> = Box::pin(pending(50));
    let mut around = [0; 3];
    let within = loop {
        // Each poll on a thread of its own.
        let poll = || {
            let mut context = Context::from_waker(Waker::noop());
            during(|| future.as_mut().poll(&mut context))
        };
        let (polled, seen) = std::thread::scope(|scope| scope.spawn(poll).join().unwrap());
        around = plus(around, seen);
        if let Poll::Ready(within) = polled {
            break within;
        }
    };
    let found = faults(&perf_core::snapshot().since(&before).unwrap(), "pending");
    assert_eq!((found.calls, found.all), (1, found.own));
    lies_between(within, found.all, around);
}

#[test]
fn intervals_sums_files_metrics_and_reports() {
    let _alone = alone();
    let _on = perf_core::enable();
    touches(10);
    let first = perf_core::snapshot();
    touches(10);
    let both = perf_core::snapshot();
    let second = both.since(&first).unwrap();
    let sum = first.merge(&second).unwrap();
    assert_eq!(
        faults(&sum, "touches").all,
        faults(&both, "touches").all,
        "an interval and what was before it are the whole"
    );
    let run = Run::now("faults", second.clone());
    let text = serde_json::to_string(&run).unwrap();
    let back: Run = serde_json::from_str(&text).unwrap();
    assert_eq!(back, run);
    let values = Measurement::of_run(&back);
    let all = faults(&second, "touches").all;
    let metrics = [
        ("minor-faults", all.minor_faults),
        ("major-faults", all.major_faults),
        ("voluntary-switches", all.voluntary_switches),
        ("involuntary-switches", all.involuntary_switches),
    ];
    for (word, count) in metrics {
        let metric: Metric = format!("touches:{word}").parse().unwrap();
        assert_eq!(values.get(&metric), Some(count as f64), "{word}");
    }
    // A file of a version that did not count them.
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    for row in old["snapshot"]["rows"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("faults");
    }
    let old: Run = serde_json::from_value(old).unwrap();
    assert_eq!(row(&old.snapshot, "touches").faults, None);
    let shown = second.report().text(None, false);
    assert!(
        shown.contains("page faults a call: own")
            && shown.contains("page faults and switches costs"),
        "{shown}"
    );
    assert!(second.report().markdown().contains("faults |"));
}
