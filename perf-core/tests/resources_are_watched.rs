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
