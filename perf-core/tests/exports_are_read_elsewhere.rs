//! Promise: what is exported is what the other tool's format demands, whatever a site is called.

use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use perf_core::escape::terminal;
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
    assert_eq!(folded.lines().count(), seen.contexts.len());
    for (line, context) in folded.lines().zip(&seen.contexts) {
        let (stack, weight) = line.rsplit_once(' ').unwrap();
        assert_eq!(stack.split(';').count(), context.path.len(), "{line}");
        let off = weight.parse::<f64>().unwrap() - context.self_ns.max(0.0);
        assert!(off.abs() <= 1.0, "{line}: {off}");
    }
    let nested = |line: &&str| line.contains(";export inner ");
    assert_eq!(folded.lines().filter(nested).count(), 1);
}

#[test]
fn chrome_slices_lie_within_their_callers() {
    let seen = seen();
    let trace: Value = serde_json::from_str(&seen.export(Format::Chrome)).expect("JSON");
    let slice = |name: &str| {
        let events = trace["traceEvents"].as_array().unwrap();
        let event = events.iter().find(|event| event["name"] == name).unwrap();
        // Sessions of tests beside this one see its calls too.
        let known = |path: &[String]| path.last().is_some_and(|last| last == name);
        let context = seen.contexts.iter().find(|context| known(&context.path));
        let calls = context.map(|context| context.calls);
        assert_eq!(event["args"]["calls"].as_u64(), calls);
        assert_eq!(event["ph"], "X");
        let start = event["ts"].as_f64().unwrap();
        (start, start + event["dur"].as_f64().unwrap())
    };
    let (outer, inner) = (slice(HOSTILE), slice("export inner"));
    assert!(outer.0 <= inner.0 && inner.1 <= outer.1 + 1e-6);
    let beneath = seen
        .contexts
        .iter()
        .filter(|context| context.path[0] == HOSTILE);
    let microseconds: f64 = beneath.map(|context| context.self_ns.max(0.0) / 1e3).sum();
    assert!((outer.1 - outer.0 - microseconds).abs() <= 1e-6 * microseconds);
}

#[test]
fn the_log_is_read_by_hdrhistogram() {
    let seen = seen();
    let log = seen.export(Format::HdrLog);
    let mut tags = Vec::new();
    for entry in IntervalLogIterator::new(log.as_bytes()) {
        if let LogEntry::Interval(interval) = entry.expect("a log") {
            let text = interval.encoded_histogram();
            let histogram = perf_core::Histogram::from_hdr_base64(Layout::DEFAULT, text);
            let tag = interval.tag().expect("a site").as_str().to_owned();
            tags.push((tag, histogram.expect("a histogram").count()));
        }
    }
    // Of sampled sites the estimate of all calls, as in the rows.
    let row = |row: &perf_core::Row| {
        (
            terminal(&row.id).replace([',', ' '], "_"),
            row.histogram.count(),
        )
    };
    assert_eq!(tags, seen.rows.iter().map(row).collect::<Vec<_>>());
}

/// The cells of a line, quotes undone.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut inside, mut letters) = (false, line.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if inside && letters.next_if_eq(&'"').is_some() => {
                cells.last_mut().unwrap().push('"');
            }
            '"' => inside = !inside,
            ',' if !inside => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

#[test]
fn tables_keep_their_shape() {
    let seen = seen();
    let csv = seen.export(Format::Csv);
    assert_eq!(csv.lines().count(), 1 + seen.rows.len());
    let head = cells(csv.lines().next().unwrap());
    for (line, row) in csv.lines().skip(1).zip(&seen.rows) {
        let cells = cells(line);
        assert_eq!(cells.len(), head.len(), "{line}");
        // No formula in a spreadsheet.
        let guard = if row.id.starts_with('=') { "'" } else { "" };
        assert_eq!(cells[0], format!("{guard}{}", terminal(&row.id)));
        let column = |name: &str| &cells[head.iter().position(|title| title == name).unwrap()];
        assert_eq!(*column("calls"), row.calls.to_string());
        assert_eq!(*column("total_ns"), format!("{:.0}", row.total_ns));
    }
}

/// What a label's value says; it ends at the first quote that is not escaped.
fn label(text: &str) -> (String, &str) {
    let (mut value, mut letters) = (String::new(), text.chars());
    loop {
        match letters.next().expect("it ends") {
            '"' => return (value, letters.as_str()),
            '\\' => match letters.next() {
                Some('n') => value.push('\n'),
                Some(escaped @ ('"' | '\\')) => value.push(escaped),
                other => panic!("\\{other:?} in {text}"),
            },
            other => value.push(other),
        }
    }
}

#[test]
fn metrics_keep_their_shape() {
    let seen = seen();
    let metrics = seen.export(Format::OpenMetrics);
    assert!(metrics.ends_with("# EOF\n"));
    let mut counted = Vec::new();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once("{site=\"").unwrap();
        let (site, rest) = label(rest);
        let rest = match rest.strip_prefix(",quantile=\"") {
            Some(rest) => label(rest).1,
            None => rest,
        };
        let value = rest
            .strip_prefix("} ")
            .and_then(|value| value.parse::<f64>().ok());
        let value = value.unwrap_or_else(|| panic!("{line}"));
        if name == "perf_call_seconds_count" {
            counted.push((site, value));
        }
    }
    let row = |row: &perf_core::Row| (terminal(&row.id).into_owned(), row.calls as f64);
    assert_eq!(counted, seen.rows.iter().map(row).collect::<Vec<_>>());
}
