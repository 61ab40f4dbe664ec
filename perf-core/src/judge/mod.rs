//! In: measurements of a baseline and a candidate. Out: [`Comparison`], what may be claimed of each metric, and what it does to the exit code.
//!
//! | you have | use |
//! |---|---|
//! | two closures in this process | [`compare`], [`Alternatives`] |
//! | anything that can be measured again (commands, servers, benchmarks) | [`Arm`] and [`Experiment`] |
//! | run files, or numbers, that were stored | [`Stored`] |
//! | several comparisons that decide together | [`Policy`], [`Comparison::exit_code`], [`judge_together`] |
//!
//! Every decision is one of `perf_stats::decision`; here measurements are taken in an order that makes it valid.

mod advice;
mod allowance;
mod arm;
mod attribution;
mod batch;
mod canary;
mod comparison;
mod decide;
mod experiment;
mod in_process;
mod metric;
mod outcome;
mod pattern;
mod policy;
mod quantity;
mod reading;
mod run_values;
mod runner;
mod series;
mod share;
mod stolen;
mod stored;
mod suite;
mod tail;
mod verdict;
mod witness;

pub use arm::{Arm, ArmError, Measurement, Pair};
pub use attribution::{Attribution, Moved, Shift, SiteShift};
pub use comparison::{
    Change, Circumstances, Comparison, Counts, Outcome, Replicate, SCHEMA, Samples, Witnessed,
};
pub use experiment::{Experiment, ExperimentError, Progress};
pub use in_process::{Alternatives, compare};
pub use metric::{BadMetric, Direction, Metric, Resource, SiteMetric};
pub use pattern::Pattern;
pub use policy::{BadPolicy, Budget, BudgetAnswer, OnInconclusive, Policy, Rule, StudyPolicy};
pub use quantity::{Amount, Unit};
pub use stored::{Stored, StoredError};
pub use suite::judge_together;
pub use verdict::{BudgetVerdict, Verdict};
