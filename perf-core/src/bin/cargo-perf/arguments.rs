//! In: words of the command line. Out: [`Arguments`], the task and its options.

use clap::builder::Styles;
use clap::{Parser, Subcommand, ValueEnum};

/// The performance engineer on the command line: measure, compare, judge, guard.
///
/// Exit codes: 0 no confirmed regression, 1 at least one, 2 inconclusive where that is denied, 3 could not judge.
#[derive(Debug, Parser)]
#[command(name = "cargo perf", bin_name = "cargo perf", version, styles = Styles::styled())]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    Report(crate::report::ReportOfRuns),
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Plain words, a line a metric.
    #[default]
    Text,
    /// For pull requests and notes.
    Markdown,
    /// One object and nothing else.
    Json,
}
