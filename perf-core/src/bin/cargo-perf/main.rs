//! In: a command line. Out: what perf-core has to say about it on standard output, and the exit code.
//!
//! `cargo perf ...`, `cargo-perf perf ...` and `cargo-perf ...` are the same. It uses perf-core as any program could.

mod ab;
mod arguments;
mod arm;
mod commands;
mod compare;
mod exit;
mod export;
mod gate;
mod git;
mod github;
mod history;
mod journal;
mod junit;
mod numbers;
mod output;
mod page;
mod plan;
mod progress;
mod proof;
mod report;
mod revision;
mod run;
mod selftest;
mod study;
mod summary;
mod values;

use arguments::{Arguments, Task};
use exit::{Exit, Failure};
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    perf_core::launch::serve();
    match Arguments::read(own_arguments()) {
        Ok(arguments) => answer(run(arguments.task)),
        Err(refusal) => {
            // Help and version come as refusals too, meant for standard output and with exit code 0.
            let wanted = refusal.exit_code() == 0;
            let _ = refusal.print();
            if wanted {
                Exit::Fine
            } else {
                Exit::CouldNotJudge
            }
            .into()
        }
    }
}

fn run(task: Task) -> Result<Exit, Failure> {
    match task {
        Task::Ab(ab) => ab.run(),
        Task::Compare(compare) => compare.run(),
        Task::Run(run) => run.run(),
        Task::Gate(gate) => gate.run(),
        Task::Selftest(test) => test.run(),
        Task::History(history) => history.run(),
        Task::Report(report) => report.run(),
        Task::Export(report) => report.run(),
        Task::Study(study) => study.run(),
        Task::Journal(journal) => journal.run(),
    }
}

fn answer(outcome: Result<Exit, Failure>) -> ExitCode {
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::problem(&failure);
            Exit::CouldNotJudge.into()
        }
    }
}

/// Without the word `perf`, which cargo puts first when it is called as `cargo perf`.
fn own_arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "perf") {
        arguments.remove(1);
    }
    arguments
}
