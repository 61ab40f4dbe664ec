//! In: a CSV file of interleaved measurements. Out: one JSON object with the decision.
//!
//! `decide [--margin 2%] [--metric median|mean|p99] FILE.csv`
//!
//! The file has the header `block,arm,value` and its rows are in time order: arm `A` is the baseline, `B` the candidate, lower
//! is better. A block may hold A and B once in either order, ABBA, or several values of each. Looks are taken at 10, 20, 40, ...
//! blocks and at the last block. Exit 0 for any verdict, 3 for malformed input (with the line's number) or wrong arguments.

mod command;
mod csv;
mod report;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match command::run(std::env::args().skip(1)) {
        Ok(json) => {
            let _ = writeln!(std::io::stdout(), "{json}"); // a reader that went away is no error
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("decide: {message}");
            ExitCode::from(3)
        }
    }
}
