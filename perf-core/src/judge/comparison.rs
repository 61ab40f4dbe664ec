//! In: decided metrics. Out: [`Comparison`], baseline against candidate, metric by metric; it is the JSON object that `cargo perf` prints.

use super::attribution::Attribution;
use super::metric::{Metric, Resource, SiteMetric};
use super::policy::{BudgetAnswer, OnInconclusive, Policy};
use super::quantity::Unit;
use super::verdict::{BudgetVerdict, Verdict};
use crate::clock::ClockInfo;
use crate::environment::Environment;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// The schema of comparisons that this version writes.
pub const SCHEMA: u32 = 1;

/// Baseline against candidate, metric by metric.
///
/// As JSON it is the contract of `--format json`: the fields without a default are always there, others may join them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// 1.
    pub schema: u32,
    /// The worst verdict of the metrics that decide: regressed, then inconclusive, equivalent, improved.
    pub verdict: Verdict,
    /// One a metric.
    pub results: Vec<Outcome>,
    /// Where and how it was measured.
    pub environment: Circumstances,
    /// What a reader should know beside the numbers.
    pub warnings: Vec<String>,
    /// Which sites account for the change, where sites were measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<Attribution>,
}

/// What may be said about one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// What was compared: a site, a benchmark, a program, or the name that the caller gave.
    pub id: String,
    /// Which number of it: `wall`, `p99`, ...
    pub metric: String,
    /// Whether it is a site's number, where the whole has one of the same name: `allocations`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_site: bool,
    /// What the values count.
    pub unit: Unit,
    /// The baseline's median over its units; none without any.
    pub baseline: Option<f64>,
    /// The candidate's median over its units.
    pub candidate: Option<f64>,
    /// The relative change, as fractions; none where there is no ratio (from nothing to something).
    pub change: Option<Change>,
    /// The margin judged against, as a fraction.
    pub margin: f64,
    /// What may be claimed.
    pub verdict: Verdict,
    /// Why nothing may, in one word; none for a claim.
    pub reason: Option<String>,
    /// p-value of "not worse than the margin", looks accounted for; none where nothing was tested.
    pub p: Option<f64>,
    /// What was repeated, and therefore how far the claim reaches.
    pub unit_of_replication: Replicate,
    /// How many of it on either side.
    pub n: Counts,
    /// The smallest true slowdown (a fraction) that this experiment would have called regressed with probability 0.8; none where unknown.
    pub mde: Option<f64>,
    /// Whether this metric takes part in the verdict and the exit code; the others are shown only.
    #[serde(default = "yes")]
    pub decides: bool,
    /// The reason as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// What would decide it: "needs about 30 s more".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// The claim that a guard or a failed confirmation set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Verdict>,
    /// Whether a second experiment in fresh circumstances agreed; none where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
    /// p after Holm's correction over the suite that it was judged with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted_p: Option<f64>,
    /// Blocks or rounds within the units, where units hold several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<usize>,
    /// An interval of the candidate's median, for absolute budgets; `estimate` is the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_range: Option<Change>,
    /// The relative changes in time order, as fractions, for pictures; of many, medians of equal stretches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<f64>,
    /// The numbers of units at which it was looked whether it can be claimed: each look takes its part of the error rate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<usize>,
    /// Both sides' values, for pictures; of metrics that decide and of the whole's resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<Samples>,
    /// What a reader should know beside this number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Both sides' values in the metric's unit: one a unit of replication, its mean where it holds several, in time order. Of more than 500
/// units every second, third, ... is kept, which leaves the distribution as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Samples {
    /// Of the baseline.
    pub baseline: Vec<f64>,
    /// Of the candidate.
    pub candidate: Vec<f64>,
}

/// An estimate with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The best single value.
    pub estimate: f64,
    /// Lower end; none where the data bound nothing below.
    pub low: Option<f64>,
    /// Upper end; none where the data bound nothing above.
    pub high: Option<f64>,
    /// Two-sided confidence of the interval, in (0, 1].
    pub level: f64,
}

/// Units on either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Of the baseline.
    pub baseline: usize,
    /// Of the candidate.
    pub candidate: usize,
}

/// What was repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Replicate {
    /// Two batches of one process, in the order of a coin: a claim about this build in this memory layout.
    Round,
    /// Four batches, ABBA or BAAB: the same reach.
    Block,
    /// A fresh pair of processes: a claim about the build.
    ProcessPair,
    /// A stored run, not interleaved with the other side: the machine's state between them may spoil the claim.
    Run,
}

impl Replicate {
    /// The word for one of them, as in text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Round => "round",
            Self::Block => "block",
            Self::ProcessPair => "process pair",
            Self::Run => "run",
        }
    }

    /// How far a claim that rests on it reaches.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Round | Self::Block => "this build and layout",
            Self::ProcessPair => "these builds on this machine",
            Self::Run => "stored runs: whatever changed between them counts too",
        }
    }
}

/// Where and how a comparison was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Circumstances {
    /// The machine and the build; of stored runs, the candidate's.
    #[serde(flatten)]
    pub machine: Environment,
    /// The seed of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Seconds that measuring took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockInfo>,
    /// Share of the time in which this thread, or the machine, was not let run although it could have: 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stolen: Option<f64>,
    /// What the calibration kernel saw of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witnessed>,
}

/// What a fixed piece of work, timed in between, says of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Witnessed {
    /// How often it was timed.
    pub slots: usize,
    /// Its median time, in nanoseconds.
    pub median_ns: f64,
    /// Share of its time beyond its fastest tenth: what neighbours, interrupts and clock frequency took. 0 to 1.
    pub disturbed: f64,
    /// Its median beside the candidate over that beside the baseline, less 1.
    pub shift: f64,
}

const fn yes() -> bool {
    true
}

impl Circumstances {
    /// This machine and build, before anything was measured.
    pub fn here() -> Self {
        static HERE: OnceLock<Environment> = OnceLock::new(); // a machine does not change while a suite runs
        Self {
            machine: HERE.get_or_init(Environment::here).clone(),
            ..Self::default()
        }
    }
}

impl Comparison {
    /// The comparison of these outcomes: its verdict is the worst of those that decide.
    pub fn new(results: Vec<Outcome>, environment: Circumstances) -> Self {
        let mut made = Self {
            schema: SCHEMA,
            verdict: Verdict::Inconclusive,
            results,
            environment,
            warnings: Vec::new(),
            attribution: None,
        };
        made.settle();
        made
    }

    /// Takes the verdict from the outcomes again, after one of them was changed.
    pub fn settle(&mut self) {
        self.verdict = Verdict::worst(self.deciding().map(|outcome| outcome.verdict));
    }

    /// The outcomes that take part in the verdict.
    pub fn deciding(&self) -> impl Iterator<Item = &Outcome> {
        self.results.iter().filter(|outcome| outcome.decides)
    }

    /// The outcome of a metric: of `SITE:p99` the site's, of `wall` the first one of that name.
    pub fn outcome(&self, metric: &Metric) -> Option<&Outcome> {
        self.results.iter().find(|o| o.is_of(metric))
    }

    /// Whether the policy's absolute budgets hold, one answer a budget and outcome that it names.
    pub fn budgets(&self, policy: &Policy) -> Vec<BudgetAnswer> {
        self.results
            .iter()
            .flat_map(|outcome| policy.budgets_of(outcome))
            .collect()
    }

    /// 0: no regression that counts. 1: at least one, or a budget is broken. 2: none, but an inconclusive answer that the
    /// policy denies. (3, "could not judge", is the caller's word for an error.)
    ///
    /// ```
    /// use perf_core::judge::{Circumstances, Comparison, Policy};
    /// let nothing_decided = Comparison::new(Vec::new(), Circumstances::here());
    /// assert_eq!(nothing_decided.exit_code(&Policy::default()), 0);
    /// assert_eq!(nothing_decided.exit_code(&Policy::default().deny_inconclusive()), 2);
    /// ```
    pub fn exit_code(&self, policy: &Policy) -> u8 {
        super::suite::exit_code(std::slice::from_ref(self), policy)
    }

    /// The object as one line of JSON.
    ///
    /// # Panics
    /// Never: nothing in a comparison is foreign to JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect(
            "a comparison holds numbers, texts and lists of them: all of it has a place in JSON",
        )
    }

    pub(super) fn is_open(&self, policy: &Policy) -> bool {
        policy.inconclusive == OnInconclusive::Deny
            && (self.verdict == Verdict::Inconclusive
                || self.deciding().any(|o| o.verdict == Verdict::Inconclusive)
                || self
                    .budgets(policy)
                    .iter()
                    .any(|b| b.verdict == BudgetVerdict::Inconclusive))
    }
}

impl Outcome {
    /// The metric whose outcome it is.
    pub fn of_metric(&self) -> Metric {
        let whole = Resource::named(&self.metric).filter(|_| !self.of_site);
        if let Some(resource) = whole {
            return Metric::Resource(resource);
        }
        match SiteMetric::named(&self.metric) {
            Some(of) => Metric::site(&self.id, of),
            None => Metric::other(&self.metric, self.unit, super::Direction::Lower),
        }
    }

    fn is_of(&self, metric: &Metric) -> bool {
        match metric {
            Metric::Site { site, of } => &self.id == site && self.metric == of.word(),
            whole => !self.of_site && self.metric == whole.word(),
        }
    }
}
