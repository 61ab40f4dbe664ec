//! In: the options that say how much is measured and how it is judged. Out: the experiment and the policy.

use crate::exit::Failure;
use clap::Args;
use perf_core::judge::{Experiment, Metric, Policy, Replicate};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time for one comparison unless told otherwise.
const TIME: Duration = Duration::from_secs(20);

/// The first look needs so many pairs; where no time is asked for they are measured however long it takes.
const FIRST_LOOK: usize = 10;

/// What decides, and against which margin.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Judging")]
pub(crate) struct Judging {
    /// The smallest change that matters; 2 % unless told otherwise.
    #[arg(long, value_name = "PERCENT", value_parser = crate::arguments::share)]
    pub(crate) margin: Option<f64>,
    /// What decides: wall, cpu, user, sys, peak-rss, minor-faults, major-faults, voluntary-switches, involuntary-switches, or
    /// SITE:(calls|self|total|mean|p50|p90|p99|max|allocations|allocated-bytes). May be given several times; wall unless told
    /// otherwise.
    #[arg(long = "metric", value_name = "M")]
    pub(crate) metrics: Vec<Metric>,
    /// Margins, budgets and manners from a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// An inconclusive answer ends with exit code 2.
    #[arg(long)]
    pub(crate) deny_inconclusive: bool,
}

/// The heading of its options; without it they would stand under that of what decides.
const PLAN: &str = "Plan";

/// How much is measured.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// At most so many pairs of runs, however long they take; instead of --time.
    #[arg(long, help_heading = PLAN, value_name = "N", conflicts_with = "time", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) pairs: Option<u32>,
    /// At most about so many seconds, confirmation not counted; 20 unless told otherwise; instead of --pairs.
    #[arg(long, help_heading = PLAN, value_name = "SECONDS", value_parser = crate::arguments::seconds)]
    pub(crate) time: Option<Duration>,
    /// Seed of the order in which the sides run; a new one each time unless given.
    #[arg(long, help_heading = PLAN)]
    pub(crate) seed: Option<u64>,
}

impl Judging {
    /// The policy of the file, with what the command line says over it.
    pub(crate) fn policy(&self) -> Result<Policy, Failure> {
        let mut policy = match &self.policy {
            Some(path) => read(path)?,
            None => Policy::default(),
        };
        if let Some(margin) = self.margin {
            policy = policy.with_margin(margin)?;
        }
        if self.deny_inconclusive {
            policy = policy.deny_inconclusive();
        }
        policy.check()?;
        Ok(policy)
    }
}

impl Plan {
    /// The experiment on what bears this name.
    pub(crate) fn experiment<'a>(&self, name: &str, policy: &Policy) -> Experiment<'a> {
        let experiment = Experiment::new(name)
            .unit(Replicate::ProcessPair)
            .of_other_programs(true)
            .policy(policy)
            .metrics(self.judging.metrics.iter().cloned())
            .seed(self.seed.unwrap_or_else(new_seed))
            .confirm(policy.confirm);
        match (self.pairs, self.time) {
            (Some(pairs), _) => experiment.pairs(pairs as usize),
            (None, Some(time)) => experiment.time(time),
            (None, None) => experiment.time(TIME).at_least(FIRST_LOOK),
        }
    }

    /// The time that one comparison may take.
    pub(crate) fn budget(&self) -> Duration {
        self.time.unwrap_or(TIME)
    }
}

/// A seed that no earlier call had; the answer states it.
pub(crate) fn new_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanoseconds = since.map_or(0, |d| d.as_nanos() as u64);
    nanoseconds ^ (u64::from(std::process::id()) << 40)
}

fn read(path: &Path) -> Result<Policy, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format_args!("cannot read the policy {path:?}: {error}")))?;
    toml::from_str(&text)
        .map_err(|error| Failure::new(format_args!("the policy {path:?}: {error}")))
}
