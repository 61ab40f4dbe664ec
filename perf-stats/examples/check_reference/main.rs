//! Checks perf-stats against files of reference results.
//!
//! `cargo run --release -p perf-stats --example check_reference -- FILE...` prints a line for each file, the failing cases
//! below it, and the sum last. Exit code 1 if a case failed, 3 if a file cannot be read or names an unknown procedure.

mod case;
mod check;
mod describe;
mod hypothesis;
mod paired;
mod time;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        eprintln!("usage: check_reference FILE...");
        return ExitCode::from(3);
    }
    let (mut passed, mut failed, mut unusable) = (0, 0, false);
    let mut out = std::io::stdout().lock(); // a reader that went away changes nothing about the answer
    for file in files {
        let read = std::fs::read_to_string(&file).map_err(|e| e.to_string());
        match read.and_then(|text| check::run(&text)) {
            Err(reason) => {
                eprintln!("{file}: {reason}");
                unusable = true;
            }
            Ok(outcome) => {
                let failures = outcome.failed.len();
                let _ = writeln!(
                    out,
                    "{}: {} passed, {failures} failed",
                    outcome.procedure, outcome.passed
                );
                for line in &outcome.failed {
                    let _ = writeln!(out, "  failed {line}");
                }
                for line in &outcome.remarks {
                    let _ = writeln!(out, "  remark {line}");
                }
                passed += outcome.passed;
                failed += failures;
            }
        }
    }
    let _ = writeln!(out, "{passed} passed, {failed} failed");
    match (unusable, failed) {
        (true, _) => ExitCode::from(3),
        (false, 0) => ExitCode::SUCCESS,
        (false, _) => ExitCode::from(1),
    }
}
