//! Promise: a sampler sees what lies between the ends, tells of crossed limits once, and costs one bounded thread that ends with it;
//! permits keep the memory of work below the limit.

#![cfg(target_os = "linux")]

#[path = "common/alone.rs"]
mod alone;
#[path = "common/wait.rs"]
mod wait;

use alone::alone;
use perf_core::resource::{
    Allowed, LeakVerdict, Limited, Limits, MemoryPermits, Sampler, headroom, leak,
};
use perf_core::{MOST_STEPS, ResourceUnit, Series, Session};
use proptest::prelude::*;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;
use wait::wait_until;

const MIB: u64 = 1 << 20;

fn threads_named(name: &str) -> usize {
    let threads = perf_core::probe::Probe::new().threads().unwrap();
    threads.iter().filter(|thread| thread.name == name).count()
}

#[test]
fn what_lies_between_the_ends_is_seen_and_kept_in_the_run_file() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let session = Session::options("sampled")
        .report(false)
        .run_file(&path)
        .sample_resources(Duration::from_millis(2))
        .start();
    // A new thread names itself.
    wait_until("a sampler", || threads_named("perf-sampler") == 1);
    let gate = Barrier::new(31);
    std::thread::scope(|scope| {
        for _ in 0..30 {
            scope.spawn(|| gate.wait());
        }
        // Until the sampler itself has looked, twice and at all threads, however busy the machine is.
        wait_until("two looks", || {
            let seen = session.snapshot().resources.unwrap();
            let looked = |name: &str| seen.series(name).map_or(0, Series::samples);
            let most = seen.series("threads").and_then(Series::greatest);
            looked("rss") >= 2 && most >= Some(31.0)
        });
        gate.wait();
    });
    // A joined thread may still be listed for a moment.
    let listed = || perf_core::probe::Probe::new().threads().unwrap().len();
    wait_until("their end", || listed() < 31);
    let seen = session.finish();
    wait_until("its end", || threads_named("perf-sampler") == 0); // with its session
    let resources = seen.resources.as_ref().unwrap();
    let threads = resources.level("threads").unwrap();
    assert!(threads.peak >= 31 && threads.end < 31, "{threads:?}");
    assert!(resources.series("rss").unwrap().samples() >= 2);
    let stored = perf_core::run::Run::read(&path).unwrap();
    assert_eq!(stored.snapshot, seen);
    assert!(seen.report().text(None, false).contains("over time"));
}

/// Daemons close all descriptors that they do not know, and the numbers serve for other files.
#[test]
fn a_sampler_bears_that_its_files_are_taken_away() {
    let _alone = alone();
    let sampler = Sampler::start(Duration::from_millis(1), Limits::new()).unwrap();
    let ours = || -> Vec<i32> {
        let all = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let kept = all.filter(|entry| {
            let target = std::fs::read_link(entry.path()).unwrap_or_default();
            target.starts_with("/proc") && (target.ends_with("statm") || target.ends_with("status"))
        });
        kept.map(|entry| entry.file_name().to_str().unwrap().parse().unwrap())
            .collect()
    };
    wait_until("both files open", || ours().len() == 2);
    let before = ours();
    let foreign = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(foreign.path(), "no numbers").unwrap();
    for &number in &before {
        // SAFETY: both numbers are open; whose the second is is what is tested.
        let answer = unsafe { libc::dup2(foreign.as_raw_fd(), number) };
        assert_eq!(answer, number);
    }
    let looks = |name: &str| {
        let series = sampler.series();
        let series = series.iter().find(|series| series.name == name);
        series.map_or(0, Series::samples)
    };
    let from = (looks("rss"), looks("threads"));
    wait_until("five more looks", || {
        looks("rss") >= from.0 + 5 && looks("threads") > from.1
    });
    let after = ours();
    assert!(after.len() == 2 && after.iter().all(|number| !before.contains(number)));
    for &number in &after {
        // SAFETY: the number is open; that nobody expects this is what is tested.
        assert_eq!(unsafe { libc::close(number) }, 0);
    }
    let series = sampler.stop();
    let rss = series.iter().find(|series| series.name == "rss").unwrap();
    assert!(rss.least() > Some(0.0));
    assert!(ours().is_empty(), "it leaves none open");
    for number in before {
        let target = std::fs::read_link(format!("/proc/self/fd/{number}")).unwrap();
        assert_eq!(target, foreign.path(), "it has closed what is not its own");
        // SAFETY: we have opened it.
        unsafe { libc::close(number) };
    }
}

#[test]
fn a_crossed_limit_is_told_once_with_what_grew() {
    let _alone = alone();
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let rss = perf_core::probe::Probe::new().rss().unwrap();
    let limits = Limits::new()
        .rss(rss + 40 * MIB)
        .descriptors(1_000_000)
        .on_breach(move |breach| heard.lock().unwrap().push(breach.clone()));
    let sampler = Sampler::start(Duration::from_millis(1), limits).unwrap();
    let looks = || sampler.series().first().map_or(0, Series::samples);
    wait_until("a look", || looks() > 0);
    let held = std::hint::black_box(vec![1u8; 80 * MIB as usize]);
    let from = looks();
    wait_until("five more looks", || looks() >= from + 5);
    drop(held);
    drop(sampler);
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].what, Limited::Rss);
    let sentence = told[0].to_string();
    assert!(
        sentence.contains("over its limit of") && sentence.contains("anonymous memory grew by"),
        "{sentence}"
    );
    // With its bounds: more than the limit allows, and no more than was being taken at that moment.
    let (grew, taken) = (&told[0].grew[0], (80 * MIB) as f64);
    assert!(grew.low < grew.by && grew.by < grew.high, "{grew:?}");
    assert!(grew.low <= taken && grew.high >= taken / 2.0, "{grew:?}");
}

#[test]
fn work_under_permits_stays_below_the_limit() {
    let _alone = alone();
    let permits = MemoryPermits::of(64 * MIB);
    let (now, most, done) = (AtomicU64::new(0), AtomicU64::new(0), AtomicUsize::new(0));
    let each = 16 * MIB;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let permit = permits
                        .acquire(each)
                        .expect("16 of 64 MiB fit sooner or later");
                    most.fetch_max(
                        now.fetch_add(permit.bytes(), SeqCst) + permit.bytes(),
                        SeqCst,
                    );
                    std::hint::black_box(vec![1u8; each as usize]);
                    now.fetch_sub(permit.bytes(), SeqCst);
                    done.fetch_add(1, SeqCst);
                }
            });
        }
    });
    assert_eq!((done.into_inner(), permits.reserved()), (40, 0));
    let most = most.into_inner();
    assert!(most <= 64 * MIB, "{most}");
}

#[test]
fn headroom_is_no_more_than_there_is() {
    let room = headroom();
    let memory = room.memory.unwrap();
    let (total, _) = perf_core::probe::Probe::new().memory();
    assert!(memory.bytes <= total.unwrap() && memory.used <= memory.limit);
    assert_eq!(room.items_of(u64::MAX), Some(0));
    assert!(room.cpus.unwrap() > 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// However many samples there are: bounded, in order, nothing lost of extremes, counts and mean.
    #[test]
    fn a_thinned_series_keeps_what_matters(values in proptest::collection::vec(-1e9f64..1e9, 1..3_000)) {
        let mut series = Series::new("x", ResourceUnit::Count);
        for (at, value) in values.iter().enumerate() {
            series.push(at as u64, *value);
        }
        prop_assert!(series.steps.len() <= MOST_STEPS);
        prop_assert_eq!(series.samples(), values.len() as u64);
        prop_assert_eq!(series.greatest(), values.iter().copied().reduce(f64::max));
        prop_assert_eq!(series.least(), values.iter().copied().reduce(f64::min));
        prop_assert!(series.steps.windows(2).all(|two| two[0].to_ns < two[1].from_ns));
        let sum: f64 = series.steps.iter().map(|step| step.mean * f64::from(step.samples)).sum();
        let known: f64 = values.iter().sum();
        prop_assert!((sum - known).abs() <= 1.0, "{} {}", sum, known);
        let json = serde_json::to_string(&series).unwrap();
        prop_assert_eq!(serde_json::from_str::<Series>(&json).unwrap(), series);
    }
}

#[test]
fn too_short_a_history_is_not_judged() {
    let mut series = Series::new("rss", ResourceUnit::Bytes);
    (0..10).for_each(|at| series.push(at * 1_000_000_000, at as f64 * 1e9));
    let found = leak(&series, Allowed::Usual);
    assert_eq!(
        (found.verdict, found.growth),
        (LeakVerdict::Inconclusive, None)
    );
    assert!(found.reason.is_some());
}
