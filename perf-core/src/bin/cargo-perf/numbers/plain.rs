//! In: a JSON array of numbers, or lines of one number each. Out: one series without a name.

use crate::numbers::{Numbers, Series};
use perf_core::judge::Unit;

pub(super) fn parse(text: &str) -> Result<Numbers, String> {
    let values = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
            .map_err(|error| format!("as an array of numbers it is broken: {error}"))?
    } else {
        lines(text)?
    };
    if values.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(Numbers {
        series: vec![Series {
            id: String::new(),
            metric: "value".to_owned(),
            unit: Unit::Other,
            values,
        }],
        warnings: Vec::new(),
    })
}

/// Empty lines and those that start with `#` are passed over.
fn lines(text: &str) -> Result<Vec<f64>, String> {
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            line.parse().map_err(|_| {
                let shown: String = line.chars().take(40).collect();
                format!(
                    "line {} is {shown:?} where one number was expected",
                    number + 1
                )
            })
        })
        .collect()
}
