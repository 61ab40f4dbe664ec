//! In: measurements. Out: JSON: our own object, Bencher's metric format, github-action-benchmark's list.

use super::Line;
use crate::judge::{Circumstances, Comparison};
use serde_json::{Map, Value, json};

/// The version of our own object.
const SCHEMA: u32 = 1;

/// One object: `schema`, `benchmarks`, `alternatives`, `failures`, `environment`.
pub(in crate::harness) fn measurements(lines: &[Line], alternatives: &[Comparison]) -> String {
    let measured: Vec<Value> = lines
        .iter()
        .filter_map(|line| line.measured.as_ref().ok())
        .map(|measured| {
            let mut object = json!(measured);
            object["unit"] = json!(measured.kind.unit);
            object["metric"] = json!(measured.kind.name);
            let loop_cost = if measured.kind.is_time() {
                "loop_ns"
            } else {
                "loop_cost"
            };
            object[loop_cost] = json!(measured.loop_cost());
            object["exact"] = json!(measured.is_exact());
            object["quantiles"] = json!(measured.tails());
            object
        })
        .collect();
    let object = json!({
        "schema": SCHEMA,
        "benchmarks": measured,
        "alternatives": alternatives,
        "failures": failures(lines),
        "environment": Circumstances::here(),
    });
    format!("{object}\n")
}

/// The benchmarks without an answer: `id` and `reason`.
pub(in crate::harness) fn failures(lines: &[Line]) -> Vec<Value> {
    let failed = |line: &Line| {
        let reason = line.measured.as_ref().err()?.to_string();
        Some(json!({ "id": line.id, "reason": reason }))
    };
    lines.iter().filter_map(failed).collect()
}

/// Bencher Metric Format: an object of `latency` measures by name.
pub(in crate::harness) fn bmf(lines: &[Line]) -> String {
    let mut object = Map::new();
    for measured in lines.iter().filter_map(|line| line.measured.as_ref().ok()) {
        let mut latency = json!({ "value": measured.estimate.max(0.0) });
        if let (Some(low), Some(high)) = (measured.low, measured.high) {
            latency["lower_value"] = json!(low.max(0.0));
            latency["upper_value"] = json!(high);
        }
        object.insert(measured.id.clone(), json!({ "latency": latency }));
    }
    format!("{}\n", Value::Object(object))
}

/// What github-action-benchmark reads as `customSmallerIsBetter`.
pub(in crate::harness) fn github_action(lines: &[Line]) -> String {
    let entry = |line: &Line| {
        let measured = line.measured.as_ref().ok()?;
        let mut entry =
            json!({ "name": measured.id, "unit": "ns/iter", "value": measured.estimate.max(0.0) });
        if let (Some(low), Some(high)) = (measured.low, measured.high) {
            entry["range"] = json!(format!("± {:.3}", (high - low) / 2.0));
        }
        Some(entry)
    };
    let entries: Vec<Value> = lines.iter().filter_map(entry).collect();
    format!("{}\n", Value::Array(entries))
}
