//! In: a file or folder of numbers that some tool wrote. Out: [`Series`], one number a replicate, by name and metric.
//!
//! | file | replicate |
//! |---|---|
//! | a run file of perf-core | the run |
//! | a JSON array of numbers, or one number a line | each number |
//! | criterion's `sample.json`, or `estimates.json` | the file: its samples are of one process |
//! | hyperfine's JSON | each time |
//! | Go benchmark text | the file: its lines are of one process, unless it says `replicate: process` |
//!
//! A folder is all its files together; criterion's `sample.json` is looked for below it as well.

mod criterion;
mod folder;
mod go;
mod hyperfine;
mod plain;

pub(crate) use folder::files;

use crate::exit::Failure;
use perf_core::judge::{Direction, Metric, Unit};
use std::path::Path;

/// Numbers of one name and metric, one a replicate, in the order in which they were read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    /// What was measured, in the words of the tool that did; empty where it does not say.
    pub(crate) id: String,
    /// Which number of it.
    pub(crate) metric: String,
    pub(crate) unit: Unit,
    pub(crate) values: Vec<f64>,
}

impl Series {
    /// Whether both are of the same thing.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.id == other.id && self.fits(other)
    }

    /// Whether both count the same.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        (&self.metric, self.unit) == (&other.metric, other.unit)
    }

    /// What it is called; by its file where the tool gave no name.
    pub(crate) fn name(&self, path: &Path) -> String {
        if !self.id.is_empty() {
            return self.id.clone();
        }
        let stem = path.file_stem().unwrap_or(path.as_os_str());
        stem.to_string_lossy().into_owned()
    }

    /// The metric as the engine knows it; of rates more is better.
    pub(crate) fn of_metric(&self) -> Metric {
        match self.metric.parse() {
            Ok(known @ Metric::Resource(_)) => known,
            _ if self.metric.ends_with("/s") => {
                Metric::other(&self.metric, self.unit, Direction::Higher)
            }
            _ => Metric::other(&self.metric, self.unit, Direction::Lower),
        }
    }
}

/// What a file holds, beside run files.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Numbers {
    pub(crate) series: Vec<Series>,
    pub(crate) warnings: Vec<String>,
}

/// Reads numbers in any of the formats.
///
/// # Errors
/// A sentence that names the file and what was expected of it.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Numbers, Failure> {
    let refuse = |why: String| Failure::new(format_args!("{path:?} holds no measurements: {why}"));
    let start = text.trim_start();
    let numbers = if start.starts_with('{') {
        let json: serde_json::Value = serde_json::from_str(text)
            .map_err(|error| refuse(format!("as JSON it is broken: {error}")))?;
        criterion::parse(&json, path)
            .or_else(|| hyperfine::parse(&json))
            .ok_or_else(|| {
                refuse("it is neither a run file nor what criterion or hyperfine write".to_owned())
            })?
    } else if go::is_one(text) {
        go::parse(path, text)
    } else {
        plain::parse(text)
    };
    let numbers = numbers.map_err(refuse)?;
    let bad = numbers
        .series
        .iter()
        .flat_map(|s| &s.values)
        .find(|v| !(v.is_finite() && **v >= 0.0));
    match bad {
        Some(bad) => Err(refuse(format!(
            "{bad} is none: times and counts are finite and not negative"
        ))),
        None => Ok(numbers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Numbers, String> {
        parse(Path::new("x"), text).map_err(|failure| failure.to_string())
    }

    fn only(text: &str) -> Series {
        let mut numbers = read(text).expect("readable");
        assert_eq!(numbers.series.len(), 1, "{numbers:?}");
        numbers.series.remove(0)
    }

    #[test]
    fn plain_numbers() {
        assert_eq!(only("[1, 2.5, 3e2]").values, [1.0, 2.5, 300.0]);
        assert_eq!(only("1\n\n 2.5 \n# noted\n3e2\n").values, [1.0, 2.5, 300.0]);
        for bad in [
            "",
            "[]",
            "[1, \"x\"]",
            "[1, -2]",
            "1\nx\n",
            "1 2",
            "NaN",
            "{",
            "{}",
        ] {
            let said = read(bad).expect_err(bad);
            assert!(said.starts_with("\"x\" "), "{said}");
        }
    }

    #[test]
    fn criterion_is_one_replicate() {
        let text = r#"{"sampling_mode":"Linear","iters":[10,20,30],"times":[100,220,300]}"#;
        let series = only(text);
        assert_eq!(
            (series.unit, series.values),
            (Unit::Nanoseconds, vec![10.0])
        );
        assert!(read(r#"{"iters":[1,2],"times":[1]}"#).is_err());
        let estimates =
            r#"{"mean":{"point_estimate":12.0},"median":{"point_estimate":11.5},"slope":null}"#;
        assert_eq!(only(estimates).values, [11.5]);
    }

    #[test]
    fn hyperfine_is_one_replicate_a_time() {
        let text = r#"{"results":[{"command":"a","mean":1.0,"times":[0.1,0.2]},{"command":"b","times":[0.3]}]}"#;
        let numbers = read(text).expect("readable");
        assert_eq!(numbers.series[0].values, [1e8, 2e8]);
        assert_eq!(
            (numbers.series[1].id.as_str(), &numbers.series[1].metric[..]),
            ("b", "wall")
        );
    }

    #[test]
    fn go_lines_of_a_file_are_one_process() {
        let text = "goos: linux\nBenchmarkA-8 \t 100 \t 12.0 ns/op \t 3 B/op\nBenchmarkA-8 100 16.0 ns/op 3 B/op\nPASS\n";
        let numbers = read(text).expect("readable");
        let seen: Vec<_> = numbers
            .series
            .iter()
            .map(|s| (&s.id[..], &s.metric[..], s.unit, &s.values[..]))
            .collect();
        assert_eq!(
            seen,
            [
                ("BenchmarkA-8", "ns/op", Unit::Nanoseconds, &[14.0][..]),
                ("BenchmarkA-8", "B/op", Unit::Bytes, &[3.0][..])
            ]
        );
        assert_eq!(numbers.warnings.len(), 1);
        let ours = read(&format!("replicate: process\n{text}")).expect("readable");
        assert_eq!(ours.series[0].values, [12.0, 16.0]);
        assert!(ours.warnings.is_empty());
    }
}
