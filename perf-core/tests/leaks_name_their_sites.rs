//! Promise: a leak is told from memory that comes and goes and from a cache that fills, and named by the site that allocated it, with
//! an interval that holds what it really keeps.

use perf_core::alloc::Counting;
use perf_core::resource::{Allowed, LeakVerdict, Sampler, leak_of_memory};
use perf_core::{Overhead, RetainedBytes, Session, Snapshot, measure, span};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tracked() -> Session {
    Session::options("leaks")
        .report(false)
        .track_leaks()
        .start()
}

fn row<'a>(seen: &'a Snapshot, id: &str) -> &'a RetainedBytes {
    let kept = seen.retained.as_ref().expect("tracked");
    kept.site(id)
        .unwrap_or_else(|| panic!("no {id} among {kept:?}"))
}

#[allow(clippy::vec_box, reason = "small blocks by the thousand")]
#[measure(name = "keeps small blocks")]
fn keeps_small() -> Vec<Box<[u8; 100]>> {
    (0..50_000).map(|_| Box::new([1; 100])).collect()
}

#[measure(name = "keeps large blocks")]
fn keeps_large() -> Vec<Vec<u8>> {
    let _inner = span!("large: inside");
    (0..20).map(|_| vec![1; 3 << 20]).collect()
}

#[measure(name = "churns")]
fn churns() {
    for size in 1..2_000usize {
        drop(std::hint::black_box(vec![0u8; size * 7]));
    }
}

/// Whatever the sample: so unlikely is it to be outside that no run of this test will see it (five standard deviations).
fn holds(row: &RetainedBytes, truth: f64) {
    let half = (row.bytes.high - row.bytes.low) / 2.0;
    assert!(
        (row.bytes.value - truth).abs() <= 2.6 * half,
        "{truth}: {row:?}"
    );
}

#[test]
fn what_stays_is_estimated_by_site_and_what_goes_is_not_there() {
    let _alone = alone();
    let session = tracked();
    let small = keeps_small();
    let large = keeps_large();
    (0..5).for_each(|_| churns());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(churns);
        }
    });
    let seen = session.snapshot();
    holds(row(&seen, "keeps small blocks"), 50_000.0 * 108.0); // with the vector of boxes
    let inside = row(&seen, "large: inside");
    // 3 MiB blocks are seen for certain at this gap: p = 1 - exp(-48).
    assert_eq!(
        (inside.samples, inside.bytes.value),
        (20, f64::from(60 << 20))
    );
    assert!(
        inside.bytes.high - inside.bytes.low < f64::from(1 << 20),
        "{inside:?}"
    );
    let kept = seen.retained.as_ref().unwrap();
    assert!(kept.site("churns").is_none(), "{kept:?}");
    assert!(kept.lost < 10 && kept.all.samples >= inside.samples);
    let text = seen.report().text(None, false);
    assert!(
        text.contains("by large: inside 60.0 MiB") || text.contains("large: inside"),
        "{text}"
    );
    let json = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), seen);
    // Freed on another thread.
    thread::spawn(move || drop((small, large))).join().unwrap();
    let after = session.finish();
    let kept = after.retained.as_ref().unwrap();
    assert!(
        kept.site("large: inside").is_none() && kept.site("keeps small blocks").is_none(),
        "{kept:?}"
    );
    assert!(
        perf_core::snapshot().retained.is_none(),
        "nobody tracks any more"
    );
}

/// More than fit: the sample is thinned, and stays a sample.
#[test]
fn more_blocks_than_are_remembered() {
    let _alone = alone();
    let session = tracked();
    let before = session.snapshot();
    let all: Vec<_> = (0..400)
        .map(|_| {
            let _span = span!("many");
            (
                vec![0u8; 1 << 20],
                vec![0u8; 300_000],
                [1; 30].map(|n| Box::new([n; 64])),
            )
        })
        .collect();
    let seen = session.finish();
    let kept = seen.retained.as_ref().unwrap();
    assert!(
        kept.all.samples <= 4_097 && kept.mean_gap >= 65_536.0,
        "{kept:?}"
    );
    holds(
        row(&seen, "many"),
        400.0 * (1_048_576.0 + 300_000.0 + 30.0 * 256.0),
    );
    assert!(before.retained.is_some());
    drop(all);
}

#[test]
fn blocks_that_grow_are_those_they_became() {
    let _alone = alone();
    let session = tracked();
    let mut grown = {
        let _span = span!("grown");
        let mut grown = Vec::new();
        (0..3_000_000u64).for_each(|n| grown.push(n));
        grown
    };
    let seen = session.snapshot();
    let bytes = (grown.capacity() * 8) as f64;
    assert_eq!(
        (row(&seen, "grown").samples, row(&seen, "grown").bytes.value),
        (1, bytes)
    );
    grown.truncate(1);
    grown.shrink_to_fit();
    let seen = session.finish();
    let left = seen
        .retained
        .as_ref()
        .unwrap()
        .site("grown")
        .map_or(0.0, |row| row.bytes.value);
    assert!(left <= 200_000.0, "8 bytes are left, not {left}"); // at most in the sample by a great chance
}

/// A cache that fills and a leak: both grow, one of them leaks. On a machine that stands still in between the verdict may come late.
#[test]
fn the_verdict_names_who_leaks() {
    let _alone = alone();
    perf_core::set_overhead(Overhead::FULL);
    let session = Session::options("leaks")
        .report(false)
        .track_leaks()
        .sample_resources(Duration::from_millis(5))
        .start();
    let (mut leaked, mut cache) = (Vec::new(), Vec::new());
    for step in 0..300usize {
        {
            let _span = span!("leaks");
            leaked.push(vec![1u8; 200_000]);
        }
        {
            let _span = span!("cache");
            let page = vec![1u8; 300_000];
            if cache.len() < 60 {
                cache.push(page);
            } else {
                cache[step % 60] = page;
            }
        }
        churns();
        thread::sleep(Duration::from_millis(5));
    }
    let seen = session.finish();
    let resources = seen.resources.as_ref().unwrap();
    let found = leak_of_memory(resources, Allowed::Usual).expect("sampled");
    let names: Vec<&str> = found.sites.iter().map(|site| site.of.as_str()).collect();
    if found.verdict == LeakVerdict::Leaking {
        assert!(!names.contains(&"cache"), "{found}");
        if names == ["leaks"] {
            assert!(
                found.to_string().contains("; allocated by leaks "),
                "{found}"
            );
            assert!(
                seen.report()
                    .text(None, false)
                    .contains("allocated by leaks")
            );
        }
    }
    eprintln!("{found}");
    holds(row(&seen, "leaks"), 300.0 * 200_000.0);
    holds(row(&seen, "cache"), 60.0 * 300_000.0);
    drop((leaked, cache));
    // Known moments instead of a clock: the same series, looked at evenly.
    let even = |name: &str, level: fn(u64) -> u64| {
        let mut series = perf_core::Series::new(name, perf_core::ResourceUnit::Bytes);
        (0..600u64).for_each(|s| series.push(s * 1_000_000_000, (level(s) + s % 7 * 4_096) as f64));
        series
    };
    let mut known = perf_core::Resources::default();
    known.attach(vec![
        even("live", |s| (10 << 20) + s * 200_000 + s.min(60) * 300_000),
        even("kept by leaks", |s| s * 200_000),
        even("kept by cache", |s| s.min(60) * 300_000),
    ]);
    let found = leak_of_memory(&known, Allowed::Usual).expect("a series");
    assert_eq!(found.verdict, LeakVerdict::Leaking);
    let names: Vec<&str> = found.sites.iter().map(|site| site.of.as_str()).collect();
    assert_eq!(names, ["leaks"]);
}

/// Over the whole time it grows more than is allowed for certain; its last half leaves it open, and the report says so.
#[test]
fn what_stays_open_says_why_in_the_report() {
    let mut rss = perf_core::Series::new("rss", perf_core::ResourceUnit::Bytes);
    for s in 0..200u64 {
        let mebibytes = 3 * s.min(120) + 2 * s.saturating_sub(120) * (s % 2);
        let grain = s * s % 7 * 4_096;
        rss.push(s * 1_000_000_000, ((mebibytes << 20) + grain) as f64);
    }
    let mut seen = perf_core::snapshot();
    seen.resources.as_mut().unwrap().attach(vec![rss]);
    let found = leak_of_memory(seen.resources.as_ref().unwrap(), Allowed::Usual).unwrap();
    let (_, whole) = found.growth.unwrap();
    assert_eq!(found.verdict, LeakVerdict::Inconclusive, "{found}");
    assert!(whole.low > found.allowed, "{found}");
    let reason = found.reason.as_deref().unwrap();
    assert!(
        reason.contains("not for certain more than allowed"),
        "{reason}"
    );
    let text = seen.report().text(None, false);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" "); // without its line breaks
    assert!(
        text.contains(" · inconclusive: grows ") && text.contains(reason),
        "{text}"
    );
}

#[test]
fn without_being_asked_nothing_is_tracked() {
    let _alone = alone();
    let session = Session::options("plain").report(false).start();
    let sampler = Sampler::start(Duration::from_millis(1), perf_core::resource::Limits::new());
    let kept = keeps_large();
    assert!(session.finish().retained.is_none());
    let series = sampler.map(Sampler::stop).unwrap_or_default();
    assert!(
        series
            .iter()
            .all(|series| !series.name.starts_with("kept by"))
    );
    drop(kept);
}
