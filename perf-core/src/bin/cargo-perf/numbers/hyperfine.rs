//! In: hyperfine's `--export-json`. Out: a series a command, one replicate a time.

use crate::numbers::{Numbers, Series};
use perf_core::judge::Unit;
use serde_json::Value;

/// None for another kind of file.
pub(super) fn parse(json: &Value) -> Option<Result<Numbers, String>> {
    let results = json.get("results")?.as_array()?;
    let series: Option<Vec<Series>> = results.iter().map(series).collect();
    Some(match series {
        Some(series) if !series.is_empty() => Ok(Numbers {
            series,
            warnings: Vec::new(),
        }),
        _ => Err("its results hold no times".to_owned()),
    })
}

fn series(result: &Value) -> Option<Series> {
    let times = result.get("times")?.as_array()?;
    let seconds: Option<Vec<f64>> = times.iter().map(Value::as_f64).collect();
    let values: Vec<f64> = seconds?.iter().map(|s| s * 1e9).collect();
    (!values.is_empty()).then(|| Series {
        id: result
            .get("command")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        metric: "wall".to_owned(),
        unit: Unit::Nanoseconds,
        values,
    })
}
