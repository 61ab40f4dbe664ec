//! Promise: the page for a browser needs nothing but itself, bears hostile names, stays small, and is the same for the same run.
#![cfg(feature = "html")]

#[path = "common/pages.rs"]
mod pages;

use pages::{HOSTILE, allocating, experiment, marked, nights, seen, studied};
use perf_core::history::check;
use perf_core::judge::{
    Alternatives, Arm, ArmError, Comparison, Experiment, Measurement, Metric, Replicate, SiteMetric,
};
use perf_core::report::Page;
use perf_core::stats::Rng;
use perf_core::study;
use perf_core::{ResourceUnit, Series, Session};
use std::time::Duration;

/// Tags that a page of ours never has, whatever it is fed.
fn holds_nothing_foreign(html: &str) {
    for tag in [
        "<img", "<link", "<iframe", "<object", " onerror", " onclick", " src=", "http:", "https:",
        "style=",
    ] {
        let found = html
            .find(tag)
            .map(|at| &html[at.saturating_sub(80)..(at + 80).min(html.len())]);
        let only_text =
            found.is_none_or(|around| around.contains("&lt;img") || around.contains("&quot;"));
        assert!(only_text, "{tag} in {found:?}");
    }
    assert_eq!(html.matches("<script").count(), 1);
    let reorders = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!html.contains(reorders), "a name turns the text around it");
    assert!(html.contains("default-src 'none'"));
}

/// Keeps a page for the eye where `PERF_PAGES` names a folder.
fn keep(name: &str, html: &str) {
    if let Some(folder) = std::env::var_os("PERF_PAGES") {
        let path = std::path::Path::new(&folder).join(name);
        std::fs::write(path, html).expect("a folder that is there");
    }
}

#[test]
fn it_needs_nothing_and_bears_hostile_names() {
    let snapshot = seen();
    let html = Page::new(HOSTILE).snapshot(&snapshot).html();
    holds_nothing_foreign(&html);
    assert!(html.contains("&lt;/script&gt;&lt;img src=x"));
    assert!(html.contains("&amp;\\u{202e}"), "what was hidden is shown");
    assert_eq!(html, Page::new(HOSTILE).snapshot(&snapshot).html());
    // Without scripts nothing is lost: every picture has its words or its table.
    assert!(html.contains("<details") && html.contains("the tree as a table"));
    assert_eq!(
        html.matches("role=\"img\"").count(),
        html.matches("role=\"img\" aria-label=\"").count()
    );
}

#[test]
fn an_experiment_shows_its_verdict_and_its_course() {
    let found: Comparison = Alternatives::new(HOSTILE)
        .time(Duration::from_millis(20))
        .compare(
            || std::hint::black_box(1) + 1,
            || std::hint::black_box(1) + 1,
        );
    let html = Page::new("experiment").comparison(found.report()).html();
    holds_nothing_foreign(&html);
    assert!(html.contains("Baseline against candidate") && html.contains("smallest slowdown"));
}

#[test]
fn an_experiment_shows_both_distributions_and_where_the_change_comes_from() {
    let found = experiment();
    let wall = found.outcome(&Metric::WALL).expect("compared");
    let samples = wall.samples.as_ref().expect("it decides");
    assert!(samples.baseline.len() >= 10 && samples.baseline.len() == samples.candidate.len());
    assert!(wall.looks.contains(&10), "{:?}", wall.looks);
    let again: Comparison = serde_json::from_str(&found.json()).expect("its own JSON");
    assert_eq!(again.results[0].samples, wall.samples);

    let html = Page::new("import")
        .comparison(found.report())
        .command("cargo perf ab --seed=7")
        .html();
    keep("experiment.html", &html);
    holds_nothing_foreign(&html);
    for part in [
        "both distributions: baseline around",
        "the shift of each decile",
        "Where the change of the whole comes from",
        "import::parse",
        "not in any site",
        "Shown, not deciding",
        "It was looked after 10",
        "cargo perf ab --seed=7",
    ] {
        assert!(html.contains(part), "{part} is missing");
    }
    assert_eq!(html, {
        let page = Page::new("import").comparison(found.report());
        page.command("cargo perf ab --seed=7").html()
    });
}

#[test]
fn an_experiment_with_two_hundred_sites_stays_small() {
    struct Many(Rng);
    impl Arm for Many {
        fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
            for site in 0..200 {
                let name = format!("workspace::module_{site}::function_with_a_usual_name");
                for &of in SiteMetric::ALL {
                    into.set(Metric::site(&name, of), 1e6 + 1e3 * self.0.normal());
                }
            }
            into.set(Metric::WALL, 1e9 + 1e6 * self.0.normal());
            Ok(())
        }
    }
    let found = Experiment::new("large")
        .unit(Replicate::ProcessPair)
        .pairs(10)
        .run(&mut Many(Rng::new(1)), &mut Many(Rng::new(2)))
        .expect("nothing can fail here");
    let html = Page::new("large").comparison(found.report()).html();
    let size = html.len() as f64 / 1e6;
    assert!(found.results.len() > 1_000 && size <= 1.5, "{size:.2} MB");
    assert!(html.contains("further numbers, none of them claimed"));
}

#[test]
fn a_history_shows_its_changes_with_their_commits() {
    let entries = nights();
    let changes = check(&entries, 0.001).expect("judged");
    let html = Page::new("nights").history(&entries, &changes).html();
    keep("history.html", &html);
    holds_nothing_foreign(&html);
    for part in [
        "since c35 (after c34)",
        "History: 60 entries",
        "1 further numbers",
        "steady at",
    ] {
        assert!(html.contains(part), "{part} is missing");
    }
}

#[test]
fn a_study_shows_prediction_against_measurement_and_its_guards() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (asked, opened) = studied(folder.path());
    assert!(asked.contains("Opportunities") && asked.contains("twice as fast saves"));
    let html = study::page(opened.dossier()).html();
    keep("study.html", &html);
    holds_nothing_foreign(&html);
    for part in [
        "prediction against measurement",
        "expected -25.00 % to -15.00 %",
        "Hypothesis 1 is confirmed",
        "Guards: what must be shown",
        "peak-rss",
        "the change may be kept",
        "To do it again",
    ] {
        assert!(html.contains(part), "{part} is missing");
    }
    assert_eq!(html, study::page(opened.dossier()).html());
}

#[test]
fn the_call_tree_is_drawn_by_time_and_by_allocations() {
    let html = Page::new("tree").snapshot(&allocating()).html();
    keep("tree.html", &html);
    holds_nothing_foreign(&html);
    for part in [
        "aria-label=\"call tree by time\"",
        "aria-label=\"call tree by allocations\"",
        "aria-label=\"call tree by allocated bytes\"",
        "often: 75.0 % of the allocations; 5 calls, 3 allocations of its own, 1000 B",
        "often: 25.0 % of the allocated bytes",
        "main: 100 % of the allocations; 5 calls, its own allocations were not counted",
        "own allocations",
    ] {
        assert!(html.contains(part), "{part} is missing");
    }
    let plain = Page::new("tree").snapshot(&seen()).html();
    assert!(plain.contains("call tree by time") && !plain.contains("data-by="));
}

#[test]
fn what_was_sampled_is_marked_with_sessions_and_limits() {
    let snapshot = marked();
    let html = Page::new("marks").snapshot(&snapshot).html();
    keep("marks.html", &html);
    holds_nothing_foreign(&html);
    for part in [
        "1 whole from before it to the end; 2 ",
        "from 250 ms to 500 ms",
        "starts at 250 ms",
        "the program's limit 80 B",
        "limit crossed at 810 ms with 81 B",
        "the program's limit 1.00 M", // in words: too far above to be drawn
        "calls over time: 1,000 between 0 ns and 1.00 s of sampling, 200 to 1,800 a second in 2 steps",
    ] {
        assert!(html.contains(part), "{part} is missing");
    }
    assert_eq!(html.matches("line class=\"limit\"").count(), 1);
    assert_eq!(html.matches("circle class=\"crossing\"").count(), 1);
    assert_eq!(
        html.matches("line class=\"session\"").count(),
        4,
        "two in each picture"
    );
}

#[test]
fn two_hundred_sites_and_long_series_stay_small() {
    let mut snapshot = seen();
    let pattern = snapshot.rows[0].clone();
    for site in 0..200 {
        let mut row = pattern.clone();
        row.id = format!("workspace::module_{site}::function_with_a_usual_name");
        // 1 us to 100 ms, some hundred bins.
        let values = (0..5_000u64).map(|i| 1_000 + (i * i * 4 + site * 17));
        row.histogram = perf_core::Histogram::of(snapshot.layout, values);
        snapshot.rows.push(row);
    }
    if let Some(resources) = &mut snapshot.resources {
        let series = ["rss", "cpu", "threads"].map(|name| {
            let mut series = Series::new(name, ResourceUnit::Count);
            (0..1_000).for_each(|i| series.push(i * 1_000_000, (i % 97) as f64));
            series
        });
        resources.attach(series.into());
    }
    let sites: Vec<_> = (0..200u64)
        .map(|site| {
            let calls: Vec<u64> = (0..256).map(|step| step * site % 9_973).collect();
            serde_json::json!({ "site": snapshot.rows[site as usize + 2].id, "calls": calls })
        })
        .collect();
    let ends: Vec<u64> = (1..=256).map(|step| step * 1_000_000).collect();
    let over_time = serde_json::json!({ "from_ns": 0, "ends_ns": ends, "sites": sites });
    snapshot.calls_over_time = Some(serde_json::from_value(over_time).expect("calls"));
    let html = Page::new("large").snapshot(&snapshot).html();
    assert!(html.matches("calls over time:").count() >= 200);
    keep("large.html", &html);
    let size = html.len() as f64 / 1e6;
    assert!(size <= 1.5, "{size:.2} MB");
}

#[test]
fn it_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("out.html");
    Session::options("page")
        .report(false)
        .html(&path)
        .start()
        .finish();
    let text = std::fs::read_to_string(&path).expect("the session has written it");
    assert!(text.starts_with("<!DOCTYPE html>") && text.trim_end().ends_with("</html>"));
    let nowhere = folder.path().join("no/such/folder/out.html");
    let error = Page::new("x")
        .write(&nowhere)
        .expect_err("there is no such folder");
    assert!(error.to_string().contains("out.html"), "{error}");
}
