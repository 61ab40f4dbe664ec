//! In: words of the command line. Out: [`Arguments`], the task and its options.

use clap::builder::{StyledStr, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand, ValueEnum};
use perf_core::judge::{Comparison, Policy};
use perf_core::report::for_terminal;
use perf_core::units::{parse_duration, parse_percent};
use std::ffi::OsString;
use std::time::Duration;

/// The performance engineer on the command line: measure, compare, judge, guard.
///
/// Exit codes: 0 no confirmed regression, 1 at least one, 2 inconclusive where that is denied, 3 could not judge.
#[derive(Debug, Parser)]
#[command(name = "cargo perf", bin_name = "cargo perf", version, styles = Styles::styled())]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// Said where a word stands bare after `ab`.
const TWO_COMMANDS: &str = "commands are named: --baseline 'OLD' --candidate 'NEW', or after -- one command for both sides";

impl Arguments {
    /// From the words of the command line, the program's name first. A refusal of `ab` tells how commands are given.
    pub(crate) fn read(words: Vec<OsString>) -> Result<Self, clap::Error> {
        let is_ab = words.get(1).is_some_and(|task| task == "ab");
        Self::try_parse_from(words).map_err(|mut refusal| {
            let bare = match refusal.get(ContextKind::InvalidArg) {
                Some(ContextValue::String(word)) => !word.starts_with('-'),
                _ => false,
            };
            if refusal.kind() == ErrorKind::UnknownArgument && bare && is_ab {
                let tip = ContextValue::StyledStrs(vec![StyledStr::from(TWO_COMMANDS)]);
                refusal.insert(ContextKind::Suggested, tip);
            }
            refusal
        })
    }
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    Ab(Box<crate::ab::Ab>),
    Compare(crate::compare::Compare),
    Gate(Box<crate::gate::Gate>),
    Run(crate::run::RunCommand),
    Selftest(Box<crate::selftest::SelfTest>),
    History(crate::history::HistoryTask),
    Report(crate::report::ReportOfRuns),
    Export(crate::export::Export),
    Study(crate::study::StudyTask),
    Journal(crate::journal::JournalTask),
}

/// The heading of options that say how an answer is written.
pub(crate) const ANSWER: &str = "Answer";

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

/// Which sites of annotated programs stand in an answer; one in JSON holds all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sites {
    /// Those that changed, and what decides.
    #[default]
    Changed,
    /// All of them.
    All,
}

impl Format {
    /// A comparison in this format, with the policy's budgets.
    pub(crate) fn judged(self, comparison: &Comparison, policy: &Policy, sites: Sites) -> String {
        let mut report = comparison.report().with_policy(policy);
        if sites == Sites::Changed {
            report = report.findings_alone("--sites all shows them");
        }
        match self {
            Self::Text => {
                let look = for_terminal(&std::io::stdout());
                report.text(look.width, look.colour)
            }
            Self::Markdown => report.markdown(),
            Self::Json => comparison.json() + "\n",
        }
    }
}

/// A share of one: `2%`, or `0.02`.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let plain = text.trim().parse::<f64>().ok();
    let plain = plain.filter(|share| share.is_finite() && *share >= 0.0);
    plain.map_or_else(
        || parse_percent(text).map_err(|error| error.to_string()),
        Ok,
    )
}

/// A time: bare numbers are seconds, others as `500ms` or `2min`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let plain = text.trim().parse::<f64>().ok();
    let seconds = match plain {
        Some(seconds) => seconds,
        None => parse_duration(text).map_err(|error| error.to_string())? / 1e9,
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err("write a time above 0, such as 20 or 500ms".to_owned()),
    }
}
