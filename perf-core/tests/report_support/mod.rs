//! In: few numbers. Out: snapshots as they would come from a run file, for the report's tests.
#![allow(dead_code, missing_docs, unreachable_pub)]

use perf_core::{Histogram, Layout, Snapshot};
use serde_json::{Value, json};

/// A row of calls recorded in full, of these durations.
pub fn row(id: &str, durations: &[u64]) -> Value {
    let total: f64 = durations.iter().map(|&d| d as f64).sum();
    json!({
        "id": id, "file": "src/lib.rs", "line": 1, "column": 1, "kind": "function",
        "calls": durations.len(), "recorded": durations.len(),
        "panicked": 0, "errors": 0, "cancelled": 0, "polls": 0, "busy_ns": 0.0,
        "total_ns": total, "self_ns": total, "durations_ns": total,
        "total_sampling_sd_ns": 0.0, "self_sampling_sd_ns": 0.0,
        "min_ns": durations.iter().min().copied().unwrap_or(0) as f64,
        "max_ns": durations.iter().max().copied().unwrap_or(0) as f64,
        "histogram": Histogram::of(Layout::DEFAULT, durations.iter().copied()),
        "weighted_squares": durations.len(), "cost_ns": 27.0 * durations.len() as f64,
    })
}

/// A row of which one call in `weight` was recorded, each standing for `weight` calls.
pub fn sampled(id: &str, durations: &[u64], weight: u64) -> Value {
    let repeated = durations
        .iter()
        .flat_map(|&d| std::iter::repeat_n(d, weight as usize));
    let all: Vec<u64> = repeated.collect();
    let mut sampled = row(id, &all);
    sampled["recorded"] = json!(durations.len());
    sampled["weighted_squares"] = json!(durations.len() as u64 * weight * weight);
    sampled
}

/// The row with one field set.
pub fn with(mut row: Value, field: &str, value: Value) -> Value {
    row[field] = value;
    row
}

/// A snapshot of these rows: one second covered, 27 ns a recorded call, 3 ns a counted one, a budget of 1 %.
pub fn snapshot(rows: Vec<Value>) -> Snapshot {
    build(json!({}), rows)
}

/// The same with fields of the snapshot set.
#[expect(
    clippy::needless_pass_by_value,
    reason = "callers write the values in place"
)]
pub fn build(fields: Value, rows: Vec<Value>) -> Snapshot {
    let mut all = json!({
        "schema": 1, "taken_unix_ms": 1, "covers_ns": 1_000_000_000u64,
        "clock": { "source": "counter", "reason": "it is steady", "ns_per_tick": 0.5, "resolution_ns": 8.0 },
        "cost": { "budget": "1 %", "recorded_call_ns": 27.0, "counted_call_ns": 3.0, "inside_ns": 9.0, "total_ns": 2.5e6 },
        "layout": Layout::DEFAULT, "rows": rows,
    });
    if let (Some(all), Some(fields)) = (all.as_object_mut(), fields.as_object()) {
        all.extend(fields.clone());
    }
    serde_json::from_value(all).expect("the fields above are a snapshot's")
}

/// `n` durations around `center`, all different.
pub fn spread(n: u64, center: u64) -> Vec<u64> {
    (0..n)
        .map(|i| center * 3 / 4 + center * ((i * 7919) % n) / (2 * n))
        .collect()
}
