//! In: words after `study`. Out: [`StepWord`], the step and its options.

use super::sides::SideOptions;
use clap::{Args, Subcommand};
use perf_core::judge::Metric;
use perf_core::study::Expectation;

/// A step of a study.
#[derive(Debug, Subcommand)]
pub(crate) enum StepWord {
    /// Ask a question about a command. Related entries of the journal are shown first.
    New {
        /// The question, in your words.
        question: String,
        /// What is measured.
        #[arg(last = true, required = true, value_name = "CMD")]
        command: Vec<String>,
    },
    /// Measure the program as it stands and rank what could be won.
    Measure {
        /// Fresh processes.
        #[arg(short = 'n', value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        runs: u32,
    },
    /// State what would help, by how much, and how sure you are.
    Hypothesis {
        /// The cause, in your words.
        text: String,
        /// The site that is to improve; the whole program unless given.
        #[arg(long, value_name = "S")]
        site: Option<String>,
        /// Which number of it: self, total, mean, p50, p90, p99, max, allocations, waiting, minor-faults, ...; of the whole: wall, cpu,
        /// peak-rss, ...
        #[arg(long, value_name = "M")]
        metric: Option<String>,
        /// The range of changes you expect: -30%..-15%.
        #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
        expect: Expectation,
        /// How sure you are that the change lies in it.
        #[arg(long, value_name = "PERCENT", value_parser = crate::arguments::share)]
        confidence: f64,
    },
    /// Freeze the plan for a hypothesis; then change the code.
    Optimize(Box<OptimizeOptions>),
    /// Measure old against new by the frozen plan.
    Validate(Box<ValidateOptions>),
    /// Keep the change: document, history, journal.
    Accept {
        /// Print a line for the policy of `cargo perf gate` that protects the gain.
        #[arg(long)]
        gate: bool,
    },
    /// End the study without a change.
    Conclude {
        /// What was learned.
        text: String,
    },
    /// Measure an accepted change again: is the gain still there?
    Recheck {
        /// The study; the newest accepted one unless given.
        id: Option<String>,
        #[command(flatten)]
        sides: SideOptions,
    },
    /// How good the predictions of all studies were.
    Calibration,
    /// Where a study stands and what comes next.
    Show {
        /// Print the whole document.
        #[arg(long)]
        document: bool,
        /// Write it as a page for a browser to this file instead.
        #[arg(long, value_name = "FILE", conflicts_with = "document")]
        html: Option<std::path::PathBuf>,
    },
    /// All studies.
    List,
}

/// What may be chosen before the plan is frozen.
#[derive(Debug, Args)]
pub(crate) struct OptimizeOptions {
    /// The hypothesis's number.
    pub(crate) hypothesis: u32,
    /// Gains up to this do not count; 2 % unless told otherwise.
    #[arg(long, value_name = "PERCENT", value_parser = crate::arguments::share)]
    pub(crate) margin: Option<f64>,
    /// Losses of the other metrics up to this are borne.
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = crate::arguments::share)]
    pub(crate) guard_margin: f64,
    /// A metric that may get worse. May be given several times.
    #[arg(long, value_name = "M")]
    pub(crate) unguarded: Vec<Metric>,
    /// Pairs of old and new at most.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub(crate) pairs: u32,
    /// Seconds at most, the confirmation not counted.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = crate::arguments::seconds)]
    pub(crate) time: std::time::Duration,
    /// Seed of the order in which the sides run.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
}

/// The two sides, and the user's own check of the new one.
#[derive(Debug, Args)]
pub(crate) struct ValidateOptions {
    /// Must succeed before anything is measured: 'cargo test'.
    #[arg(long, value_name = "CMD")]
    pub(crate) correct: Option<String>,
    #[command(flatten)]
    pub(crate) sides: SideOptions,
}
