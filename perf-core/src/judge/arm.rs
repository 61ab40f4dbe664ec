//! In: what can be measured again. Out: [`Arm`], one side of an experiment; [`Pair`], two that are measured together; [`Measurement`].

use super::metric::Metric;
use perf_stats::decision::{Arm as Side, Order};

/// Why an arm could not be measured: the caller's own error.
pub type ArmError = Box<dyn std::error::Error + Send + Sync>;

/// The numbers of one measurement of one arm.
///
/// ```
/// use perf_core::judge::{Measurement, Metric};
/// let mut one = Measurement::default();
/// one.set(Metric::WALL, 1_500.0);
/// assert_eq!(one.get(&Metric::WALL), Some(1_500.0));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurement {
    values: Vec<(Metric, f64)>,
    doubts: Vec<(String, f64)>, // sites whose own time is not told from the cost of recording, by so many ns
    blocks: usize,
}

impl Measurement {
    /// Notes a value in the metric's unit (ns, bytes, count); an earlier one of the same metric is replaced. Values that are not
    /// finite or below zero are passed over.
    pub fn set(&mut self, metric: Metric, value: f64) {
        if !value.is_finite() || value < 0.0 {
            return;
        }
        match self.values.iter_mut().find(|(known, _)| *known == metric) {
            Some(slot) => slot.1 = value,
            None => self.values.push((metric, value)),
        }
    }

    /// Notes a value of a metric that is known not to be there yet.
    pub(super) fn push(&mut self, metric: Metric, value: f64) {
        if value.is_finite() && value >= 0.0 {
            self.values.push((metric, value));
        }
    }

    /// Notes that a site's own time is known to so many nanoseconds only, because its calls are short and sampled.
    pub(super) fn doubt(&mut self, site: &str, ns: f64) {
        self.doubts.push((site.to_owned(), ns));
    }

    /// Sites whose own time is known to so many nanoseconds only.
    pub(crate) fn doubts(&self) -> &[(String, f64)] {
        &self.doubts
    }

    /// How many blocks within the measurement the values stand for, where a unit holds several.
    pub fn set_blocks(&mut self, blocks: usize) {
        self.blocks = blocks;
    }

    /// The value of a metric.
    pub fn get(&self, metric: &Metric) -> Option<f64> {
        self.values
            .iter()
            .find(|(known, _)| known == metric)
            .map(|(_, value)| *value)
    }

    /// The value of a metric, or the one that its absence stands for.
    pub(super) fn get_or_absent(&self, metric: &Metric) -> Option<f64> {
        self.get(metric).or_else(|| metric.absent())
    }

    /// The metrics of these measurements that all of them have, or some where absence stands for a value.
    pub(super) fn in_common(all: &[&Self]) -> Vec<Metric> {
        let has = |metric: &Metric| all.iter().all(|m| m.get_or_absent(metric).is_some());
        let mut common: Vec<Metric> = Vec::new();
        for (at, measurement) in all.iter().enumerate() {
            let of = measurement.values.iter().map(|(metric, _)| metric);
            for metric in of.filter(|metric| at == 0 || metric.absent().is_some()) {
                if has(metric) && (at == 0 || !common.contains(metric)) {
                    common.push(metric.clone());
                }
            }
        }
        common
    }

    /// All values, in the order in which they were first noted.
    pub fn values(&self) -> impl Iterator<Item = (&Metric, f64)> {
        self.values.iter().map(|(metric, value)| (metric, *value))
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.blocks = 0;
    }
}

/// One side of an experiment: something that can be measured again and again.
///
/// ```
/// use perf_core::judge::{Arm, ArmError, Experiment, Measurement, Metric, Verdict};
/// struct Simulated(f64, perf_core::stats::Rng);
/// impl Arm for Simulated {
///     fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
///         into.set(Metric::WALL, self.0 * (1.0 + 0.002 * self.1.normal()));
///         Ok(())
///     }
/// }
/// let rng = perf_core::stats::Rng::new;
/// let (mut old, mut new) = (Simulated(100.0, rng(1)), Simulated(106.0, rng(2)));
/// let found = Experiment::new("demo").pairs(40).seed(7).witness_off().run(&mut old, &mut new)?;
/// assert_eq!(found.verdict, Verdict::Regressed);
/// # Ok::<(), perf_core::judge::ExperimentError>(())
/// ```
pub trait Arm {
    /// Measures once and notes the values. `into` is empty.
    ///
    /// # Errors
    /// What kept it from measuring; it ends the experiment.
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError>;

    /// Makes the circumstances new before a confirmation: another process, another allocation. Does nothing unless told otherwise.
    ///
    /// # Errors
    /// What kept it from doing so.
    fn refresh(&mut self) -> Result<(), ArmError> {
        Ok(())
    }
}

/// Both sides at once, for harnesses that interleave within a unit: two processes that alternate in slices.
pub trait Pair {
    /// Measures one unit of both sides, beginning with the side that the order names. Both measurements are empty.
    ///
    /// # Errors
    /// What kept it from measuring; it ends the experiment.
    fn measure(
        &mut self,
        order: Order,
        baseline: &mut Measurement,
        candidate: &mut Measurement,
    ) -> Result<(), ArmError>;

    /// As [`Arm::refresh`], for both.
    ///
    /// # Errors
    /// What kept it from doing so.
    fn refresh(&mut self) -> Result<(), ArmError> {
        Ok(())
    }
}

/// Two arms, one after the other.
pub(super) struct InTurn<'a> {
    pub(super) baseline: &'a mut dyn Arm,
    pub(super) candidate: &'a mut dyn Arm,
}

impl InTurn<'_> {
    pub(super) fn measure(&mut self, side: Side, into: &mut Measurement) -> Result<(), ArmError> {
        match side {
            Side::Baseline => self.baseline.measure(into),
            Side::Candidate => self.candidate.measure(into),
        }
    }

    pub(super) fn refresh(&mut self) -> Result<(), ArmError> {
        self.baseline.refresh()?;
        self.candidate.refresh()
    }
}
