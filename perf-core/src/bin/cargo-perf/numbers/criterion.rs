//! In: criterion's `sample.json` or `estimates.json`. Out: one replicate, the median time of an iteration.

use crate::numbers::{Numbers, Series};
use perf_core::judge::Unit;
use serde_json::Value;
use std::path::Path;

/// None for another kind of file.
pub(super) fn parse(json: &Value, path: &Path) -> Option<Result<Numbers, String>> {
    let numbers = |key: &str| -> Option<Vec<f64>> {
        json.get(key)?
            .as_array()?
            .iter()
            .map(Value::as_f64)
            .collect()
    };
    let value = match numbers("iters").zip(numbers("times")) {
        Some((iterations, times)) => median_time(&iterations, &times),
        None => Ok(json.get("median")?.get("point_estimate")?.as_f64()?),
    };
    Some(value.map(|value| Numbers {
        series: vec![Series {
            id: name(path),
            metric: "wall".to_owned(),
            unit: Unit::Nanoseconds,
            values: vec![value],
        }],
        warnings: Vec::new(),
    }))
}

/// Samples of one process are no replicates: they share its layout and its stretch of the machine's time.
fn median_time(iterations: &[f64], times: &[f64]) -> Result<f64, String> {
    if iterations.len() != times.len() || iterations.iter().any(|n| *n <= 0.0) {
        return Err("its times and iterations do not fit together".to_owned());
    }
    let each: Vec<f64> = times.iter().zip(iterations).map(|(t, n)| t / n).collect();
    perf_core::stats::describe::median(&each).map_err(|error| error.to_string())
}

/// The benchmark's full name, which criterion keeps beside the samples; where it does not, nothing.
fn name(path: &Path) -> String {
    let beside = path.with_file_name("benchmark.json");
    let read = || -> Option<String> {
        let text = std::fs::read_to_string(beside).ok()?;
        let json: Value = serde_json::from_str(&text).ok()?;
        Some(json.get("full_id")?.as_str()?.to_owned())
    };
    read().unwrap_or_default()
}
