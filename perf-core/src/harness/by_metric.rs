//! In: two sides and a metric other than time. Out: a [`Comparison`]: counts that repeat are compared and not tested, what varies is
//! judged over fresh pairs of processes, or by stored runs.

use super::arguments::Arguments;
use super::compare::{NotCompared, pairs, seed};
use super::count::{Fixed, count, for_kind, process};
use super::measure::Effort;
use super::measurement::{Measurement, Process};
use super::metric::Kind;
use super::side_by_side::{Side, SideError};
use super::stored::{Stored, decided, judge_stored};
use crate::judge::{
    ArmError, Comparison, Direction, Measurement as Values, Metric as Judged, Pair, Replicate,
};
use perf_stats::decision::{Arm, Margin, Order, compare_constant};

/// Both sides now, each in fresh processes.
pub(super) fn live(
    name: &str,
    kind: &Kind,
    [baseline, candidate]: [&Side; 2],
    arguments: &Arguments,
    progress: &mut dyn FnMut(&str),
) -> Result<Comparison, NotCompared> {
    let effort = Effort::of(arguments);
    let mut fixed = None;
    if kind.exact {
        let mut of = |side: &Side, fixed: Option<Fixed>, what: &str| {
            count(
                &side.id,
                kind,
                &side.launch,
                effort,
                fixed,
                &mut |done, of| {
                    progress(&format!("{what}: {done}/{of} processes"));
                },
            )
        };
        let old = of(baseline, None, "baseline").map_err(NotCompared::Baseline)?;
        fixed = Fixed::like(&old);
        let new = of(candidate, fixed, "candidate").map_err(NotCompared::Candidate)?;
        let sides = (amounts(&old), amounts(&new));
        if let Some(found) = constant(name, kind, &sides.0, &sides.1, arguments) {
            return Ok(found);
        }
    }
    let seed = seed(arguments);
    let sides = [baseline, candidate].map(|side| Side {
        launch: for_kind(&side.launch, kind),
        id: side.id.clone(),
    });
    let mut both = Pairs {
        sides,
        kind: kind.clone(),
        // A pair has a twentieth of what a benchmark has, as times have.
        effort: Effort {
            time: effort.time / 20,
            processes: 1,
        },
        fixed,
    };
    let mut found = pairs(name, kind.judged(), arguments, seed, progress, &mut both)?;
    if kind.exact {
        let words = format!(
            "the processes of a side do not agree in {}: judged over pairs",
            kind.name
        );
        found
            .results
            .iter_mut()
            .for_each(|outcome| outcome.warnings.push(words.clone()));
    }
    Ok(found)
}

/// The old side's stored runs, and the new side's now.
pub(super) fn stored(
    name: &str,
    kind: &Kind,
    stored: &Stored<'_>,
    candidate: &Side,
    arguments: &Arguments,
    progress: &mut dyn FnMut(&str),
) -> Result<Comparison, NotCompared> {
    let fixed = Fixed::like(stored.measurement);
    let effort = Effort::of(arguments);
    let now = count(
        &candidate.id,
        kind,
        &candidate.launch,
        effort,
        fixed,
        &mut |done, of| {
            progress(&format!("{done}/{of} processes"));
        },
    );
    let now = now.map_err(NotCompared::Candidate)?;
    let sides = (amounts(stored.measurement), amounts(&now));
    if kind.exact
        && stored.same_machine
        && let Some(mut found) = constant(name, kind, &sides.0, &sides.1, arguments)
    {
        for outcome in &mut found.results {
            outcome.unit_of_replication = Replicate::Run;
            outcome.warnings.push(stored.words());
        }
        return Ok(found);
    }
    judge_stored(name, kind, stored, &now, arguments)
}

/// The verdict on counts that repeat; none where they do not.
fn constant(
    name: &str,
    kind: &Kind,
    old: &[f64],
    new: &[f64],
    arguments: &Arguments,
) -> Option<Comparison> {
    let margin = arguments
        .margin
        .map_or(Some(Margin::EXACT), |share| Margin::relative(share).ok())?;
    // Where more is better, the old side is what the new one must not fall below.
    let swapped = kind.direction == Direction::Higher;
    let (first, second) = if swapped { (new, old) } else { (old, new) };
    let decision = compare_constant(first, second, margin).ok()??;
    Some(decided(name, kind, &decision, [old, new]))
}

/// An iteration's amount in each process; what is lost in the loop is nothing.
fn amounts(measurement: &Measurement) -> Vec<f64> {
    measurement.processes.iter().map(amount).collect()
}

fn amount(process: &Process) -> f64 {
    process.median().max(0.0)
}

/// A fresh process of each side.
struct Pairs {
    sides: [Side; 2],
    kind: Kind,
    effort: Effort,
    fixed: Option<Fixed>,
}

impl Pairs {
    fn one(&mut self, which: Arm, metric: &Judged, into: &mut Values) -> Result<(), SideError> {
        let side = &self.sides[usize::from(which == Arm::Candidate)];
        let done = process(
            &side.id,
            &self.kind,
            &side.launch,
            self.effort,
            &mut self.fixed,
        );
        let done = done.map_err(|failure| SideError {
            of_baseline: which == Arm::Baseline,
            failure,
        })?;
        into.set(metric.clone(), amount(&done));
        Ok(())
    }
}

impl Pair for Pairs {
    fn measure(
        &mut self,
        order: Order,
        baseline: &mut Values,
        candidate: &mut Values,
    ) -> Result<(), ArmError> {
        let metric = self.kind.judged();
        for which in order.round() {
            let into = if which == Arm::Baseline {
                &mut *baseline
            } else {
                &mut *candidate
            };
            self.one(which, &metric, into)?;
        }
        Ok(())
    }
}
