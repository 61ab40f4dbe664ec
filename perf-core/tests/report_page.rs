//! Promise: the page for a browser needs nothing but itself, bears hostile names, stays small, and is the same for the same run.
#![cfg(feature = "html")]

use perf_core::judge::{Alternatives, Comparison};
use perf_core::report::Page;
use perf_core::{ResourceUnit, Series, Session, Snapshot};
use std::time::Duration;

const HOSTILE: &str = "</script><img src=x onerror=\"alert('1')\">&\u{202e}";

fn seen() -> Snapshot {
    let session = Session::options("page").report(false).paths(true).start();
    for _ in 0..1_000 {
        let _outer = perf_core::span!(HOSTILE);
        let _inner = perf_core::span!("inner");
    }
    session.finish()
}

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
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn it_needs_nothing_and_bears_hostile_names() {
    let snapshot = seen();
    let html = Page::new(HOSTILE).snapshot(&snapshot).html();
    holds_nothing_foreign(&html);
    assert!(html.contains("&lt;/script&gt;&lt;img src=x"));
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
    let html = Page::new("large").snapshot(&snapshot).html();
    let mib = html.len() as f64 / 1e6;
    assert!(mib <= 1.5, "{mib:.2} MB");
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
