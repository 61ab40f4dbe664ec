//! In: measurements. Out: criterion's `benchmark.json`, `estimates.json` and `sample.json`, which critcmp and others read.

use crate::harness::child::stage::Throughput;
use crate::harness::measurement::{LEVEL, Measurement, Process};
use crate::run::atomic;
use perf_stats::describe::{mad, median};
use perf_stats::mean_interval::mean_interval;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Writes `FOLDER/ID/BASELINE/*.json` for each.
pub(in crate::harness) fn write<'a>(
    folder: &Path,
    baseline: &str,
    measured: impl Iterator<Item = &'a Measurement>,
) -> Result<(), String> {
    for one in measured {
        let directory = directory_name(&one.id);
        let place = folder.join(&directory).join(baseline);
        fs::create_dir_all(&place).map_err(|error| format!("cannot make {place:?}: {error}"))?;
        let files = [
            ("benchmark.json", benchmark(one, &directory)),
            ("estimates.json", estimates(one)),
            ("sample.json", sample(one)),
        ];
        for (name, value) in files {
            let path = place.join(name);
            atomic::write(&path, value.to_string().as_bytes())
                .map_err(|error| format!("cannot write {path:?}: {error}"))?;
        }
    }
    Ok(())
}

fn benchmark(one: &Measurement, directory: &str) -> Value {
    let throughput = match one.throughput {
        Some(Throughput::Bytes(bytes)) => json!({ "Bytes": bytes }),
        Some(Throughput::Items(items)) => json!({ "Elements": items }),
        None => Value::Null,
    };
    json!({
        "group_id": one.id,
        "function_id": null,
        "value_str": null,
        "throughput": throughput,
        "full_id": one.id,
        "directory_name": directory,
        "title": one.id,
    })
}

/// Over the processes' medians: a mean, a median, and how far the processes lie apart.
fn estimates(one: &Measurement) -> Value {
    let medians: Vec<f64> = one
        .processes
        .iter()
        .map(|process| process.median().max(0.0))
        .collect();
    let mean = medians.iter().sum::<f64>() / medians.len().max(1) as f64;
    let squares = medians
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>();
    let deviation = (squares / medians.len().saturating_sub(1).max(1) as f64).sqrt();
    let error = deviation / (medians.len().max(1) as f64).sqrt();
    let around = mean_interval(&medians, LEVEL)
        .map_or((mean, mean), |interval| (interval.low, interval.high));
    let of_estimate = (
        one.low.unwrap_or(one.estimate),
        one.high.unwrap_or(one.estimate),
    );
    let spread = mad(&medians).unwrap_or(0.0);
    json!({
        "mean": estimate(mean, around, error),
        "median": estimate(median(&medians).unwrap_or(mean), of_estimate, error),
        "median_abs_dev": estimate(spread, (spread, spread), 0.0),
        "slope": null,
        "std_dev": estimate(deviation, (deviation, deviation), 0.0),
    })
}

fn estimate(point: f64, (low, high): (f64, f64), error: f64) -> Value {
    json!({
        "confidence_interval": { "confidence_level": LEVEL, "lower_bound": low, "upper_bound": high },
        "point_estimate": point,
        "standard_error": error,
    })
}

/// Every batch of every process, the loop's own cost taken off.
fn sample(one: &Measurement) -> Value {
    let mut iters = Vec::new();
    let mut times = Vec::new();
    for Process {
        iterations,
        batches,
        loop_cost: loop_ns,
        ..
    } in &one.processes
    {
        let taken_off = loop_ns * *iterations as f64;
        iters.extend(batches.iter().map(|_| *iterations as f64));
        times.extend(batches.iter().map(|batch| (batch - taken_off).max(0.0)));
    }
    json!({ "sampling_mode": "Flat", "iters": iters, "times": times })
}

/// The id as one folder that every system accepts.
fn directory_name(id: &str) -> String {
    let name: String = id
        .chars()
        .map(|c| {
            if c.is_control() || "?\"/\\*<>:|^.".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    let mut cut = name.len().min(64);
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    if cut == name.len() {
        name
    } else {
        format!(
            "{}-{:08x}",
            &name[..cut],
            xxhash_rust::xxh3::xxh3_64(id.as_bytes()) as u32
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::course::Course;
    use crate::harness::metric::Kind;

    #[test]
    fn estimates_are_of_the_processes_and_samples_of_their_batches() {
        // Of 100 to 107 ns an iteration, the loop's 1 ns not yet taken off.
        let process = |extra: u32| Process {
            iterations: 10,
            batches: vec![10.0 * (101.0 + f64::from(extra)); 5],
            loop_cost: 1.0,
            singles: vec![],
            steady: true,
            course: Course::default(),
        };
        let processes = (0..8).map(process).collect();
        let known = Measurement::new("sum/10", Kind::time(), None, 1, processes, vec![]);
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "new", std::iter::once(&known)).expect("written");
        let read = |file: &str| -> Value {
            let path = folder.path().join("sum_10/new").join(file);
            serde_json::from_slice(&fs::read(path).expect(file)).expect("JSON")
        };
        let near = |value: &Value, known: f64| {
            let found = value.as_f64().expect("a number");
            assert!((found / known - 1.0).abs() < 1e-9, "{found}, known {known}");
        };
        let estimates = read("estimates.json");
        near(&estimates["mean"]["point_estimate"], 103.5);
        near(&estimates["median"]["point_estimate"], 103.5);
        // Of eight whole numbers in a row: the square root of 6, by the square root of 8 for their mean.
        near(&estimates["std_dev"]["point_estimate"], 6.0_f64.sqrt());
        near(&estimates["mean"]["standard_error"], 0.75_f64.sqrt());
        let sample = read("sample.json");
        assert_eq!(sample["iters"].as_array().map(Vec::len), Some(40));
        near(&sample["iters"][0], 10.0);
        near(&sample["times"][0], 1_000.0);
    }
}
