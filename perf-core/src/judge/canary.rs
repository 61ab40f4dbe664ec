//! In: the runs of two sides. Out: [`Canary`], what a fixed piece of work took beside each of them, where all of them hold it.

use super::comparison::Outcome;
use super::metric::Metric;
use super::quantity::Unit;
use super::stored::StoredError;
use crate::run::Run;
use perf_stats::describe::median;

/// The reference slots of both sides, in the order of the runs.
#[derive(Debug)]
pub(super) struct Canary {
    pub(super) sides: [Vec<f64>; 2], // nanoseconds
    pub(super) same_machine: bool,
}

impl Canary {
    /// None where a run holds none, or one of another piece of work.
    ///
    /// # Errors
    /// [`StoredError::UnlikeMachines`] where the machines differ and no canary allows for a ratio.
    pub(super) fn of(
        sides: &[Vec<Run>; 2],
        differences: Vec<String>,
    ) -> Result<Option<Self>, StoredError> {
        let same_machine = differences.is_empty();
        let first = sides
            .iter()
            .flatten()
            .find_map(|run| run.reference.as_ref());
        let slot = |run: &Run| {
            let reference = run.reference.as_ref()?;
            let usable = reference.median_ns.is_finite() && reference.median_ns > 0.0;
            (usable && first.is_some_and(|first| first.is_like(reference)))
                .then_some(reference.median_ns)
        };
        let of = |runs: &[Run]| runs.iter().map(slot).collect::<Option<Vec<f64>>>();
        match (of(&sides[0]), of(&sides[1])) {
            (Some(baseline), Some(candidate)) => Ok(Some(Self {
                sides: [baseline, candidate],
                same_machine,
            })),
            _ if same_machine => Ok(None),
            _ => Err(StoredError::UnlikeMachines { differences }),
        }
    }

    /// Whether it says something about this metric: of times alone.
    pub(super) fn covers(metric: &Metric) -> bool {
        metric.unit() == Unit::Nanoseconds
    }

    /// Whether this metric may be compared at all: between unlike machines only times, as ratios, and what no machine changes.
    pub(super) fn admits(&self, metric: &Metric) -> bool {
        self.same_machine || Self::covers(metric) || metric.is_exact()
    }

    /// Shows times from unlike machines as what they are: multiples of the piece of work.
    pub(super) fn shown(&self, outcome: &mut Outcome, values: [&[f64]; 2]) {
        if self.same_machine || outcome.unit != Unit::Nanoseconds {
            return;
        }
        let in_slots = |side: usize| {
            let ratios = values[side]
                .iter()
                .zip(&self.sides[side])
                .map(|(value, slot)| value / slot);
            median(&ratios.collect::<Vec<f64>>()).ok()
        };
        outcome.unit = Unit::Other;
        (outcome.baseline, outcome.candidate) = (in_slots(0), in_slots(1));
        outcome.candidate_range = None;
    }
}

/// The sentence that goes with times from unlike machines.
pub(super) fn of_unlike_machines(differences: &[String]) -> String {
    format!(
        "measured on unlike machines: {}; times are multiples of a fixed piece of arithmetic that was timed beside each run, and \
         nothing is claimed of them: what is bound by memory or disks goes its own way",
        differences.join("; ")
    )
}
