//! In: rows. Out: OpenMetrics text: counters of calls and outcomes, and summaries with the quantiles that are known, in seconds.

use crate::snapshot::{Row, Snapshot};
use std::fmt::Write;

/// Quantiles that are exported.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// A counter: its name, what it counts, and where it stands in a row.
type Counter = (&'static str, &'static str, fn(&Row) -> f64);

const COUNTERS: [Counter; 4] = [
    ("perf_panicked", "Calls that panicked.", |row| {
        row.panicked as f64
    }),
    ("perf_errors", "Calls that gave Err.", |row| {
        row.errors as f64
    }),
    (
        "perf_cancelled",
        "Futures dropped before they were ready.",
        |row| row.cancelled as f64,
    ),
    (
        "perf_self_seconds",
        "Time without measured callees.",
        |row| row.self_ns.max(0.0) / 1e9,
    ),
];

pub(super) fn write(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    // A string takes whatever is written.
    let _ = writeln!(
        text,
        "# TYPE perf_call_seconds summary\n# HELP perf_call_seconds Durations of calls."
    );
    for row in &snapshot.rows {
        let site = escaped(&row.id);
        for p in QUANTILES {
            if let Some(estimate) = row.quantile(p) {
                let _ = writeln!(
                    text,
                    "perf_call_seconds{{site=\"{site}\",quantile=\"{p}\"}} {:e}",
                    estimate.value / 1e9
                );
            }
        }
        let _ = writeln!(
            text,
            "perf_call_seconds_count{{site=\"{site}\"}} {}",
            row.calls
        );
        let _ = writeln!(
            text,
            "perf_call_seconds_sum{{site=\"{site}\"}} {:e}",
            row.durations_ns / 1e9
        );
    }
    for (name, help, value) in COUNTERS {
        let _ = writeln!(text, "# TYPE {name} counter\n# HELP {name} {help}");
        for row in &snapshot.rows {
            let _ = writeln!(
                text,
                "{name}_total{{site=\"{}\"}} {}",
                escaped(&row.id),
                value(row)
            );
        }
    }
    text.push_str("# EOF\n");
    text
}

/// As a label's value must be.
fn escaped(name: &str) -> String {
    let name = crate::escape::terminal(name);
    name.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
