//! Promise: where resources are sampled, the calls of each site over time add up to its calls, in bounded memory, in the run file, and on
//! the page; sessions, limits and their crossings are marked in what was sampled.

#![cfg(target_os = "linux")]

#[path = "common/alone.rs"]
mod alone;
#[path = "common/threads.rs"]
mod threads;
#[path = "common/wait.rs"]
mod wait;

use alone::alone;
use perf_core::resource::Limits;
use perf_core::run::Run;
use perf_core::{MOST_STEPS, Overhead, Session, Snapshot, measure, measure_block};
use std::time::Duration;
use threads::on_threads;
use wait::wait_until;

const EVERY: Duration = Duration::from_millis(5);

fn calls(seen: &Snapshot, id: &str) -> Vec<u64> {
    let known = seen.calls_over_time.as_ref().expect("it was sampled");
    let site = known.site(id).unwrap_or_else(|| panic!("no {id}"));
    assert_eq!(site.calls.len(), known.ends_ns.len());
    site.calls.clone()
}

#[measure(label = kind, name = "c labelled")]
fn labelled(kind: &str) {
    std::hint::black_box(kind);
}

#[test]
fn they_add_up_to_the_calls_however_the_program_goes() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let session = Session::options("calls")
        .report(false)
        .run_file(&path)
        .sample_resources(EVERY)
        .start();
    perf_core::set_overhead(Overhead::percent(0.01));
    for _ in 0..10_000 {
        measure_block!("c early", {}); // so often that most are only counted
    }
    perf_core::set_overhead(Overhead::default());
    let looks = || {
        let seen = session.snapshot().calls_over_time;
        seen.map_or(0, |known| known.ends_ns.len())
    };
    wait_until("a look that saw them", || {
        let seen = session.snapshot().calls_over_time;
        let site = seen.as_ref().and_then(|known| known.site("c early"));
        site.is_some_and(|site| site.calls.iter().sum::<u64>() == 10_000)
    });
    // A look soon after another one is of its step, and steps may be joined two and two meanwhile.
    let from = looks();
    wait_until("further steps", || looks() >= from + 4 || looks() < from);
    on_threads(4, |_| (0..7).for_each(|_| measure_block!("c late", {})));
    ["a", "b", "a"].iter().for_each(|kind| labelled(kind));
    let seen = session.finish();

    assert!(seen.site("c early").unwrap().sampled().is_some());
    let known = seen.calls_over_time.as_ref().unwrap();
    for row in &seen.rows {
        let sum: u64 = calls(&seen, &row.id).iter().sum();
        assert_eq!(sum, row.calls, "{}", row.id);
    }
    assert_eq!(calls(&seen, "c labelled{a}").iter().sum::<u64>(), 2);
    assert!(known.ends_ns.len() <= MOST_STEPS && known.left_out == 0);
    assert!(known.steps().all(|(from, to)| from <= to));
    let (early, late) = (calls(&seen, "c early"), calls(&seen, "c late"));
    let first = |of: &[u64]| of.iter().position(|&calls| calls > 0);
    assert!(first(&early) <= first(&late), "{early:?} {late:?}");
    let sampled = Duration::from_nanos(*known.ends_ns.last().unwrap());
    if sampled < 100 * EVERY {
        // No step was joined with its neighbour yet.
        assert!(first(&early) < first(&late), "{early:?} {late:?}");
    }

    assert_eq!(Run::read(&path).unwrap().snapshot, seen);
    let mut older = serde_json::to_value(&seen).unwrap();
    older
        .as_object_mut()
        .unwrap()
        .remove("calls_over_time")
        .unwrap();
    let older: Snapshot = serde_json::from_value(older).unwrap();
    assert_eq!(older.calls_over_time, None);
}

#[test]
fn without_a_sampler_nothing_is_kept_or_written() {
    let _alone = alone();
    let session = Session::options("bare").report(false).start();
    measure_block!("c bare", {});
    let seen = session.finish();
    assert_eq!(seen.calls_over_time, None);
    let json = serde_json::to_string(&seen).unwrap();
    assert!(!json.contains("\"calls_over_time\":") && !json.contains("\"sessions\""));
}

#[test]
fn an_interval_has_its_own_steps() {
    let _alone = alone();
    let session = Session::options("interval")
        .report(false)
        .sample_resources(EVERY)
        .start();
    let sum = |seen: &Snapshot, id: &str| -> u64 {
        let known = seen.calls_over_time.as_ref();
        let site = known.and_then(|known| known.site(id));
        site.map_or(0, |site| site.calls.iter().sum())
    };
    measure_block!("c first", {});
    wait_until("the first call", || {
        sum(&session.snapshot(), "c first") == 1
    });
    let earlier = session.snapshot();
    measure_block!("c second", {});
    wait_until("the second call", || {
        sum(&session.snapshot(), "c second") == 1
    });
    let interval = session.snapshot().since(&earlier).unwrap();
    assert_eq!(
        (sum(&interval, "c first"), sum(&interval, "c second")),
        (0, 1)
    );
    let merged = interval.merge(&interval).unwrap();
    assert_eq!(merged.calls_over_time, None, "of one process");
}

#[test]
fn sessions_limits_and_crossings_are_marked() {
    let _alone = alone();
    let limits = Limits::new()
        .rss(4_096)
        .threads(1_000_000)
        .on_breach(|_| {});
    let outer = Session::options("outer session")
        .report(false)
        .sample_resources(EVERY)
        .limits(limits)
        .start();
    let looks = || {
        let resources = outer.snapshot().resources.unwrap();
        resources
            .series("rss")
            .map_or(0, perf_core::Series::samples)
    };
    wait_until("a look", || looks() > 0);
    let inner = Session::options("inner session").report(false).start();
    let from = looks();
    wait_until("a look within", || looks() > from);
    inner.finish();
    let resources = outer.finish().resources.unwrap();
    let session = |name: &str| {
        let mut all = resources.sessions.iter();
        all.find(|session| session.name == name).unwrap()
    };
    let (outer, inner) = (session("outer session"), session("inner session"));
    assert!(outer.to_ns.is_none(), "it was alive at the end");
    assert!(outer.from_ns < inner.from_ns && inner.from_ns < inner.to_ns);
    let line = |series: &str| {
        let mut all = resources.limits.iter();
        all.find(|line| line.series == series)
            .map(|line| line.value)
    };
    assert_eq!((line("rss"), line("threads")), (Some(4_096.0), Some(1e6)));
    let [crossing] = resources.crossings.as_slice() else {
        panic!("{:?}", resources.crossings);
    };
    assert!(crossing.series == "rss" && crossing.value > 4_096.0);
}
