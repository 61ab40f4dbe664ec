//! In: what `go test -bench` prints. Out: one replicate a benchmark and unit: the median of its lines; or each line where the file says
//! that each is of a process of its own, as benchmarks of this library do.

use crate::numbers::{Numbers, Series};
use perf_core::judge::Unit;
use std::path::Path;

/// Says that lines are replicates.
const REPLICATE: &str = "replicate: process";

/// Whether a line of the text is a benchmark's.
pub(super) fn is_one(text: &str) -> bool {
    text.lines().any(|line| fields(line).is_some())
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Numbers, String> {
    let mut lines: Vec<Series> = Vec::new(); // here one value a line
    for (id, metric, value) in text.lines().filter_map(fields).flatten() {
        match lines.iter_mut().find(|s| s.id == id && s.metric == metric) {
            Some(known) => known.values.push(value),
            None => lines.push(Series {
                id,
                unit: unit(&metric),
                metric,
                values: vec![value],
            }),
        }
    }
    let mut warnings = Vec::new();
    if text.lines().any(|line| line.trim_end() == REPLICATE) {
        return Ok(Numbers {
            series: lines,
            warnings,
        });
    }
    if lines.iter().any(|s| s.values.len() > 1) {
        warnings.push(format!(
            "{path:?}: the lines of one Go benchmark file are of one process and count once; run `go test -bench` several times, each into a file of its own, and give their folder"
        ));
    }
    for series in &mut lines {
        let median = perf_core::stats::describe::median(&series.values);
        series.values = vec![median.map_err(|error| error.to_string())?];
    }
    Ok(Numbers {
        series: lines,
        warnings,
    })
}

/// Name, unit and value of each measurement on a line `BenchmarkName-8  N  value unit  value unit ...`; none for other lines.
fn fields(line: &str) -> Option<Vec<(String, String, f64)>> {
    let mut words = line.split_whitespace();
    let id = words.next().filter(|name| name.starts_with("Benchmark"))?;
    words.next()?.parse::<u64>().ok()?;
    let rest: Vec<&str> = words.collect();
    let pair = |pair: &[&str]| Some((id.to_owned(), pair[1].to_owned(), pair[0].parse().ok()?));
    let pairs: Option<Vec<_>> = rest.chunks_exact(2).map(pair).collect();
    pairs.filter(|pairs| !pairs.is_empty())
}

fn unit(metric: &str) -> Unit {
    match metric {
        "ns/op" => Unit::Nanoseconds,
        "B/op" => Unit::Bytes,
        "allocs/op" => Unit::Count,
        _ => Unit::Other,
    }
}
