//! In: measurements. Out: text that tools read line by line: libtest's bencher lines, Go's benchmark lines.

use super::Line;
use crate::escape;
use crate::harness::child::stage::Throughput;
use crate::judge::Comparison;
use std::fmt::Write as _;

/// `test NAME ... bench:       1,234 ns/iter (+/- 56)`; the deviation is half the interval's width.
pub(in crate::harness) fn bencher(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        let Ok(measured) = &line.measured else {
            continue;
        };
        let half = match (measured.low, measured.high) {
            (Some(low), Some(high)) => (high - low) / 2.0,
            _ => 0.0,
        };
        let id = one_word(&line.id);
        let _ = writeln!(
            text,
            "test {id} ... bench: {:>11} ns/iter (+/- {})",
            grouped(measured.estimate),
            grouped(half)
        );
    }
    text
}

/// The same of a comparison's new side.
pub(in crate::harness) fn bencher_of(comparison: &Comparison) -> String {
    let mut text = String::new();
    for outcome in comparison.deciding() {
        let Some(candidate) = outcome.candidate else {
            continue;
        };
        let id = one_word(&outcome.id);
        let range = outcome.candidate_range;
        let half = range
            .and_then(|range| Some((range.high? - range.low?) / 2.0))
            .unwrap_or(0.0);
        let _ = writeln!(
            text,
            "test {id} ... bench: {:>11} ns/iter (+/- {})",
            grouped(candidate),
            grouped(half)
        );
    }
    text
}

/// One word, as the readers of these lines expect.
fn one_word(id: &str) -> String {
    escape::terminal(id)
        .chars()
        .map(|c| if c.is_whitespace() { '_' } else { c })
        .collect()
}

/// Two decimals below a thousand, as libtest prints them, and thousands in groups.
fn grouped(ns: f64) -> String {
    let ns = ns.max(0.0);
    let text = if ns < 1_000.0 {
        format!("{ns:.2}")
    } else {
        format!("{ns:.0}")
    };
    let (whole, rest) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    rest.map_or(grouped.clone(), |rest| format!("{grouped}.{rest}"))
}

/// What is written where a Go benchmark file has its configuration: each line is of a process of its own, which `cargo perf compare` heeds.
const REPLICATE: &str = "replicate: process";

/// `BenchmarkName-THREADS  ITERATIONS  1234 ns/op  56.7 MB/s`: a line a process, so that benchstat has its repetitions.
pub(in crate::harness) fn go(lines: &[Line]) -> String {
    let mut text = format!("goos: {}\ngoarch: {}\n{REPLICATE}\n", go_os(), go_arch());
    for line in lines {
        let Ok(measured) = &line.measured else {
            continue;
        };
        let name = go_name(&line.id);
        for process in &measured.processes {
            let ns = process.median().max(0.0);
            let iterations = process.iterations * process.batches.len() as u64;
            let _ = write!(
                text,
                "Benchmark{name}-{} \t{iterations}\t{ns} ns/op",
                measured.threads.max(1)
            );
            match measured.throughput {
                Some(Throughput::Bytes(bytes)) if ns > 0.0 => {
                    let _ = write!(text, "\t{:.2} MB/s", bytes as f64 * 1e3 / ns);
                }
                Some(Throughput::Items(items)) if ns > 0.0 => {
                    let _ = write!(text, "\t{:.2} items/s", items as f64 * 1e9 / ns);
                }
                _ => {}
            }
            text.push('\n');
        }
    }
    text
}

/// A name as Go would write it: it begins with a capital, and holds no space.
fn go_name(id: &str) -> String {
    let mut name = String::new();
    for c in escape::terminal(id).chars() {
        match c {
            c if name.is_empty() => name.extend(c.to_uppercase()),
            c if c.is_whitespace() => name.push('_'),
            c => name.push(c),
        }
    }
    name
}

fn go_os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

fn go_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_as_libtest_does() {
        assert_eq!(grouped(0.314), "0.31");
        assert_eq!(grouped(1_234_567.8), "1,234,568");
        assert_eq!(grouped(-3.0), "0.00");
    }

    #[test]
    fn go_names_have_no_space() {
        assert_eq!(go_name("sort/a b"), "Sort/a_b");
    }
}
