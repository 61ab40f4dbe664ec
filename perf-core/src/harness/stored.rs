//! In: what was stored of the old side, and processes of the new one. Out: a [`Comparison`] of stored runs, the weaker kind.

use super::arguments::Arguments;
use super::compare::{NotCompared, margin};
use super::measure::{Effort, measure};
use super::measurement::{Measurement, Process};
use super::metric::Kind;
use super::side_by_side::Side;
use crate::judge::{
    Change, Circumstances, Comparison, Counts, Direction, Outcome, Replicate, Verdict,
};
use perf_stats::decision::{ALPHA, Decision, Margin, StoredRuns, Warning, compare_stored};
use perf_stats::describe::median;

/// What was stored of the old side.
pub(super) struct Stored<'a> {
    pub(super) measurement: &'a Measurement,
    pub(super) same_machine: bool,
    pub(super) because: String,
}

impl Stored<'_> {
    pub(super) fn words(&self) -> String {
        format!("stored runs were judged, the weaker kind: {}", self.because)
    }
}

/// The weaker kind: runs of the new side now, runs of the old side from then.
pub(super) fn with_stored(
    name: &str,
    stored: &Stored,
    candidate: &Side,
    arguments: &Arguments,
    progress: &mut dyn FnMut(&str),
) -> Result<Comparison, NotCompared> {
    let effort = Effort::of(arguments);
    let now = measure(&candidate.id, &candidate.launch, effort, &mut |done, of| {
        progress(&format!("{done}/{of} processes"));
    });
    let now = now.map_err(NotCompared::Candidate)?;
    judge_stored(name, &Kind::time(), stored, &now, arguments)
}

/// What stored runs allow to claim.
pub(super) fn judge_stored(
    name: &str,
    kind: &Kind,
    stored: &Stored<'_>,
    now: &Measurement,
    arguments: &Arguments,
) -> Result<Comparison, NotCompared> {
    // Changes that alter code layout alone are common; what was not interleaved gets the wider margin.
    let margin = margin(arguments).at_least(if arguments.margin.is_some() {
        0.0
    } else {
        Margin::COMMAND.value()
    });
    let (old, new) = (medians(stored.measurement), medians(now));
    // Where more is better, the reciprocal is what must not grow.
    let worse = |values: &[f64]| -> Vec<f64> {
        let turned = kind.direction == Direction::Higher;
        values
            .iter()
            .map(|v| if turned { v.recip() } else { *v })
            .collect()
    };
    let judged = (worse(&old), worse(&new));
    let sides = (
        StoredRuns {
            values: &judged.0,
            canary: None,
        },
        StoredRuns {
            values: &judged.1,
            canary: None,
        },
    );
    let decision =
        compare_stored(sides.0, sides.1, margin, ALPHA, stored.same_machine).map_err(|error| {
            NotCompared::Other(format!("the stored runs cannot be judged: {error}"))
        })?;
    let mut comparison = decided(name, kind, &decision, [&old, &new]);
    let Some(outcome) = comparison.results.first_mut() else {
        return Ok(comparison);
    };
    outcome.unit_of_replication = Replicate::Run;
    outcome.next_step = outcome
        .reason
        .is_some()
        .then(|| "keep the executable, so that both sides run side by side".to_owned());
    outcome.warnings.push(stored.words());
    if outcome.verdict == Verdict::Regressed {
        outcome.confirmed = Some(false);
        outcome
            .warnings
            .push("not confirmed: stored runs".to_owned());
    }
    Ok(comparison)
}

/// A comparison of one number, of processes measured now.
pub(super) fn decided(
    name: &str,
    kind: &Kind,
    decision: &Decision,
    sides: [&[f64]; 2],
) -> Comparison {
    let outcome = outcome_of(name, kind, decision, sides);
    Comparison::new(vec![outcome], Circumstances::here())
}

/// The change of the metric itself; where more is better, the decision was about its reciprocal.
fn change_of(decision: &Decision, direction: Direction) -> Option<Change> {
    let change = decision.change?;
    let turn = |x: f64| match direction {
        Direction::Lower => x,
        Direction::Higher => (1.0 + x).recip() - 1.0,
    };
    let end = |x: Option<f64>| x.map(turn).filter(|end| end.is_finite());
    let (low, high) = match direction {
        Direction::Lower => (change.low, change.high),
        Direction::Higher => (change.high, change.low),
    };
    let estimate = Some(turn(change.estimate)).filter(|estimate| estimate.is_finite())?;
    Some(Change {
        estimate,
        low: end(low),
        high: end(high),
        level: change.level,
    })
}

pub(super) fn outcome_of(
    name: &str,
    kind: &Kind,
    decision: &Decision,
    sides: [&[f64]; 2],
) -> Outcome {
    let change = change_of(decision, kind.direction);
    let reason = decision.verdict.reason();
    Outcome {
        id: name.to_owned(),
        metric: kind.name.clone(),
        of_site: false,
        unit: kind.unit,
        baseline: median(sides[0]).ok(),
        candidate: median(sides[1]).ok(),
        change,
        margin: decision.margin.value(),
        verdict: Verdict::from(&decision.verdict),
        reason: reason.map(|reason| reason.word().to_owned()),
        p: decision.p,
        unit_of_replication: Replicate::ProcessPair,
        n: Counts {
            baseline: sides[0].len(),
            candidate: sides[1].len(),
        },
        mde: decision.mde,
        decides: true,
        explanation: reason.map(ToString::to_string),
        next_step: None,
        withheld: None,
        confirmed: None,
        adjusted_p: None,
        blocks: None,
        candidate_range: None,
        series: Vec::new(),
        looks: Vec::new(),
        samples: None,
        warnings: warnings(kind, decision),
    }
}

/// That exact counts are equal is the point of them.
fn warnings(kind: &Kind, decision: &Decision) -> Vec<String> {
    let worth = |warning: &&Warning| !(kind.exact && **warning == Warning::Constant);
    let kept = decision.warnings.iter().filter(worth);
    kept.map(ToString::to_string).collect()
}

fn medians(measurement: &Measurement) -> Vec<f64> {
    measurement.processes.iter().map(Process::median).collect()
}
