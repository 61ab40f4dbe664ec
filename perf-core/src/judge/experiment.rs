//! In: two arms and the choices made beforehand. Out: [`Experiment`], which measures them in random, interleaved order, and judges.

use super::arm::{Arm, ArmError, InTurn, Pair};
use super::comparison::{Change, Comparison, Replicate};
use super::metric::{Metric, SiteMetric};
use super::policy::Policy;
use super::runner::{Both, Runner};
use super::witness::Witness;
use perf_stats::decision::Margin;
use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

/// Baseline and candidate measured in randomised, interleaved units, with looks planned ahead.
///
/// The order within each unit is a coin of the seed's plan: that is what makes the answer valid under drift and neighbours. The
/// first unit is a warm-up and discarded. There are looks at doubling numbers of units up to the last one that time or number of pairs allow;
/// the experiment ends when every deciding metric is claimed, or at its cap. Everything is decided by `perf_stats::decision`.
///
/// ```
/// use perf_core::judge::{Experiment, Metric, Replicate};
/// use std::time::Duration;
/// let plan = Experiment::new("parse").unit(Replicate::ProcessPair).time(Duration::from_secs(20)).seed(1);
/// # let _ = plan;
/// ```
pub struct Experiment<'a> {
    pub(super) id: String,
    pub(super) unit: Replicate,
    pub(super) seed: u64,
    pub(super) pairs: Option<usize>,
    pub(super) time: Option<Duration>,
    pub(super) own_time: bool,
    pub(super) at_least: usize,
    pub(super) warm_up: usize,
    pub(super) deciding: Vec<Metric>,
    pub(super) policy: Policy,
    pub(super) default_margin: Margin,
    pub(super) confirm: bool,
    pub(super) clock_step: Option<f64>,
    pub(super) witness: Witness,
    pub(super) other_programs: bool,
    pub(super) progress: Option<Listener<'a>>,
}

/// Who is told how far it is.
type Listener<'a> = Box<dyn FnMut(&Progress) -> ControlFlow<()> + 'a>;

/// How far an experiment is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Units measured, without the warm-up.
    pub units: usize,
    /// Units planned at most.
    pub most: usize,
    /// Time since the warm-up ended.
    pub elapsed: Duration,
    /// The first deciding metric.
    pub metric: Metric,
    /// Its change so far, for display only: deciding on it would spend error that nobody has set aside.
    pub change: Option<Change>,
    /// Whether this is the confirmation.
    pub confirming: bool,
}

/// Why an experiment could not be judged: exit code 3.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExperimentError {
    /// An arm failed.
    Arm {
        /// What it said.
        source: ArmError,
    },
    /// A metric that is to decide was never measured.
    MissingMetric {
        /// The metric.
        metric: Metric,
        /// Those that were.
        measured: Vec<Metric>,
    },
    /// The platform has no clock.
    NoClock,
}

impl fmt::Debug for Experiment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("id", &self.id)
            .field("unit", &self.unit)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl<'a> Experiment<'a> {
    /// An experiment on what bears this name; by default pairs of processes, 40 of them, `wall` decides, margin 2 %.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            unit: Replicate::ProcessPair,
            seed: perf_stats::Rng::DEFAULT_SEED,
            pairs: None,
            time: None,
            own_time: false,
            at_least: 0,
            warm_up: 1,
            deciding: vec![Metric::WALL],
            policy: Policy::default(),
            default_margin: Margin::COMMAND,
            confirm: false,
            clock_step: None,
            witness: Witness::kernel(),
            other_programs: false,
            progress: None,
        }
    }

    /// What one unit is: how far the claim will reach. [`Replicate::Block`] measures each arm twice a unit, the others once.
    #[must_use]
    pub fn unit(mut self, unit: Replicate) -> Self {
        self.unit = unit;
        self
    }

    /// The seed of the plan; it is stored in the comparison, and gives the same order again.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// At most so many units.
    #[must_use]
    pub fn pairs(mut self, pairs: usize) -> Self {
        self.pairs = Some(pairs);
        self
    }

    /// At most about so long, both arms together, without warm-up and confirmation. How many units that is, the warm-up tells.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }

    /// Whether the time is that of this thread: what it waits for a processor is given back, up to three times the time. For arms that
    /// measure on the thread that runs the experiment; not so unless told otherwise.
    #[must_use]
    pub fn own_time(mut self, own: bool) -> Self {
        self.own_time = own;
        self
    }

    /// So many units even where the time is over.
    #[must_use]
    pub fn at_least(mut self, units: usize) -> Self {
        self.at_least = units;
        self
    }

    /// Units measured and discarded at the beginning; 1 unless told otherwise.
    #[must_use]
    pub fn warm_up(mut self, units: usize) -> Self {
        self.warm_up = units;
        self
    }

    /// The metrics that decide; the others that the arms yield are shown. `wall` unless told otherwise.
    #[must_use]
    pub fn metrics(mut self, deciding: impl IntoIterator<Item = Metric>) -> Self {
        self.deciding = deciding.into_iter().collect();
        if self.deciding.is_empty() {
            self.deciding.push(Metric::WALL);
        }
        self
    }

    /// Margins by metric and name, and the rest of the policy.
    #[must_use]
    pub fn policy(mut self, policy: &Policy) -> Self {
        self.policy = policy.clone();
        self
    }

    /// The margin of metrics that the policy does not name.
    #[must_use]
    pub fn margin(mut self, margin: Margin) -> Self {
        self.default_margin = margin;
        self
    }

    /// Whether a claimed change of a deciding metric is measured again, after [`Arm::refresh`] and with another seed, before it stands.
    #[must_use]
    pub fn confirm(mut self, confirm: bool) -> Self {
        self.confirm = confirm;
        self
    }

    /// One step of the clock as a fraction of a measurement: beyond a fifth of the margin nothing is claimed.
    #[must_use]
    pub fn clock_step(mut self, fraction: f64) -> Self {
        self.clock_step = Some(fraction);
        self
    }

    /// Without timing a calibration kernel between the arms.
    #[must_use]
    pub fn witness_off(mut self) -> Self {
        self.witness = Witness::off();
        self
    }

    /// Another witness of the machine's own speed: a fixed piece of work that returns how long it took, in nanoseconds.
    #[must_use]
    pub fn witness(mut self, work: impl FnMut() -> f64 + 'static) -> Self {
        self.witness = Witness::of(Box::new(work));
        self
    }

    /// Whether the arms run other programs: what this process was built with is then left out of the comparison. Not so unless told
    /// otherwise.
    #[must_use]
    pub fn of_other_programs(mut self, other: bool) -> Self {
        self.other_programs = other;
        self
    }

    /// Called after units, ten times a second at most; `Break` ends the measuring, and the comparison says so.
    #[must_use]
    pub fn on_progress(mut self, call: impl FnMut(&Progress) -> ControlFlow<()> + 'a) -> Self {
        self.progress = Some(Box::new(call));
        self
    }

    /// Measures and judges.
    ///
    /// # Errors
    /// [`ExperimentError`]: an arm failed, or never measured a metric that is to decide.
    pub fn run(
        self,
        baseline: &mut dyn Arm,
        candidate: &mut dyn Arm,
    ) -> Result<Comparison, ExperimentError> {
        let mut arms = InTurn {
            baseline,
            candidate,
        };
        Runner::new(self).run(&mut Both::InTurn(&mut arms))
    }

    /// The same with sides that are measured together. Units are then one measurement a side.
    ///
    /// # Errors
    /// [`ExperimentError`].
    pub fn run_pairs(self, pair: &mut dyn Pair) -> Result<Comparison, ExperimentError> {
        Runner::new(self).run(&mut Both::Together(pair))
    }

    pub(super) fn margin_of(&self, metric: &Metric) -> Margin {
        let default = if metric.is_exact() {
            Margin::EXACT
        } else {
            self.default_margin
        };
        self.policy.margin_of(&self.id, metric).unwrap_or(default)
    }

    /// Measurements in a unit.
    pub(super) fn length(&self) -> usize {
        if self.unit == Replicate::Block { 4 } else { 2 }
    }
}

/// Why a site that was measured has no such quantile.
fn unbounded(wanted: &Metric, measured: &[Metric]) -> &'static str {
    let Metric::Site { site, of } = wanted else {
        return "";
    };
    let is_quantile = matches!(of, SiteMetric::P50 | SiteMetric::P90 | SiteMetric::P99);
    if is_quantile && measured.contains(&Metric::site(site, SiteMetric::Calls)) {
        return "; too few calls of this site in one run bound that quantile: give the program more work a run";
    }
    ""
}

impl fmt::Display for ExperimentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arm { source } => write!(f, "{source}"),
            Self::MissingMetric { metric, measured } => {
                let names: Vec<String> = measured.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "{metric} was not measured; measured were: {}",
                    names.join(", ")
                )?;
                f.write_str(unbounded(metric, measured))
            }
            Self::NoClock => f.write_str(
                "this platform has no clock in the standard library: nothing can be timed",
            ),
        }
    }
}

impl std::error::Error for ExperimentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Arm { source } => Some(&**source),
            _ => None,
        }
    }
}
