//! Promise: what is exported is what the other tool's format demands, whatever a site is called.

use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use perf_core::export::Format;
use perf_core::{Layout, Session, Snapshot};
use serde_json::Value;

const HOSTILE: &str = "=a;b,\"c\"\n\\d {e}";

fn seen() -> Snapshot {
    let session = Session::options("export").report(false).paths(true).start();
    for _ in 0..500 {
        let _outer = perf_core::span!(HOSTILE);
        let _inner = perf_core::span!("export inner");
    }
    session.finish()
}

#[test]
fn folded_stacks_have_a_number_at_their_end() {
    let seen = seen();
    let folded = seen.export(Format::Folded);
    let nested = folded
        .lines()
        .filter(|line| line.contains(";export inner "));
    assert_eq!(nested.count(), 1);
    let sum: f64 = folded
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum();
    let own: f64 = seen
        .contexts
        .iter()
        .map(|context| context.self_ns.max(0.0))
        .sum();
    assert!((sum - own).abs() <= seen.contexts.len() as f64);
}

#[test]
fn chrome_slices_lie_within_their_callers() {
    let trace: Value = serde_json::from_str(&seen().export(Format::Chrome)).expect("JSON");
    let slice = |name: &str| {
        let events = trace["traceEvents"].as_array().unwrap();
        let event = events.iter().find(|event| event["name"] == name).unwrap();
        let start = event["ts"].as_f64().unwrap();
        (start, start + event["dur"].as_f64().unwrap())
    };
    let (outer, inner) = (slice(HOSTILE), slice("export inner"));
    assert!(outer.0 <= inner.0 && inner.1 <= outer.1 + 1e-6);
}

#[test]
fn the_log_is_read_by_hdrhistogram() {
    let seen = seen();
    let log = seen.export(Format::HdrLog);
    let mut calls = 0;
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        if let LogEntry::Interval(interval) = entry.expect("a log") {
            let text = interval.encoded_histogram();
            let histogram = perf_core::Histogram::from_hdr_base64(Layout::DEFAULT, text);
            calls += histogram.expect("a histogram").count();
        }
    }
    // Of sampled sites the estimate of all calls, as in the rows.
    let rows = seen.rows.iter().map(|row| row.histogram.count());
    assert_eq!(calls, rows.sum::<u64>());
}

#[test]
fn tables_and_metrics_keep_their_shape() {
    let seen = seen();
    let csv = seen.export(Format::Csv);
    assert_eq!(csv.lines().count(), 1 + seen.rows.len());
    let row = csv.lines().find(|line| line.contains("=a;b")).unwrap();
    assert!(row.starts_with("\"'=a;b,\"\"c\"\""), "{row}"); // no formula, quotes doubled
    let metrics = seen.export(Format::OpenMetrics);
    assert!(metrics.ends_with("# EOF\n"));
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(
            value.parse::<f64>().is_ok() && series.ends_with('}'),
            "{line}"
        );
        let inside = series.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(inside.matches('"').count() % 2, 0, "{line}");
    }
}
