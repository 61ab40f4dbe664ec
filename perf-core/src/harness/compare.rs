//! In: a benchmark on two sides. Out: a [`Comparison`] with its verdict: by fresh pairs of processes, or by stored runs where the
//! old side cannot run.

use super::arguments::Arguments;
use super::measure::{Effort, measure};
use super::measurement::{Measurement, Process};
use super::peer::Failure;
use super::side_by_side::{Side, SideBySide, SideError, time_metric};
use crate::judge::{
    Change, Circumstances, Comparison, Counts, Experiment, ExperimentError, Outcome, Policy,
    Replicate, Unit, Verdict,
};
use perf_stats::decision::{ALPHA, Decision, Margin, StoredRuns, compare_stored};
use std::ops::ControlFlow;
use std::time::Duration;

/// Measured time of a side within a pair: more seconds in a pair buy nothing, more pairs do.
const SIDE: Duration = Duration::from_millis(25);

/// Why there is no comparison.
#[derive(Clone, Debug)]
pub(super) enum NotCompared {
    /// The old side cannot be measured: stored runs may stand in.
    Baseline(Failure),
    /// The new side cannot.
    Candidate(Failure),
    /// Neither side's fault.
    Other(String),
}

/// The margin of kept executables, or the one asked for.
pub(super) fn margin(arguments: &Arguments) -> Margin {
    let asked = arguments
        .margin
        .and_then(|share| Margin::relative(share).ok());
    asked.unwrap_or(Margin::KEPT_EXECUTABLE)
}

/// Old and new side by side. `name` is what the answer is called.
pub(super) fn side_by_side(
    name: &str,
    baseline: Side,
    candidate: Side,
    arguments: &Arguments,
    progress: &mut dyn FnMut(&str),
) -> Result<Comparison, NotCompared> {
    let seed = arguments.seed.unwrap_or_else(fresh_seed);
    let mut pair = SideBySide::new(baseline, candidate, SIDE, seed);
    let experiment = Experiment::new(name)
        .unit(Replicate::ProcessPair)
        .metrics([time_metric()])
        .margin(margin(arguments))
        .pairs(arguments.pairs)
        .warm_up(0)
        .witness_off()
        .confirm(true)
        .seed(seed)
        .on_progress(|so_far| {
            let change = so_far.change.map_or(String::new(), |change| {
                format!("  {:+.1} %", 100.0 * change.estimate)
            });
            let doing = if so_far.confirming {
                "confirming: "
            } else {
                ""
            };
            progress(&format!(
                "{doing}{}/{} pairs{change}",
                so_far.units, so_far.most
            ));
            ControlFlow::Continue(())
        });
    let mut comparison = experiment.run_pairs(&mut pair).map_err(not_compared)?;
    heed_control(&mut comparison);
    Ok(comparison)
}

fn not_compared(error: ExperimentError) -> NotCompared {
    let words = error.to_string();
    let ExperimentError::Arm { source } = error else {
        return NotCompared::Other(words);
    };
    match source.downcast::<SideError>() {
        Ok(side) if side.of_baseline => NotCompared::Baseline(side.failure),
        Ok(side) => NotCompared::Candidate(side.failure),
        Err(other) => NotCompared::Other(other.to_string()),
    }
}

/// Where the baseline differs from itself, nothing is claimed about the candidate.
fn heed_control(comparison: &mut Comparison) {
    let differs = |outcome: &&Outcome| {
        outcome.metric == "control"
            && matches!(outcome.verdict, Verdict::Regressed | Verdict::Improved)
    };
    let Some(shift) = comparison
        .results
        .iter()
        .find(differs)
        .and_then(|control| control.change)
    else {
        return;
    };
    for outcome in comparison
        .results
        .iter_mut()
        .filter(|outcome| outcome.decides)
    {
        if outcome.verdict != Verdict::Inconclusive {
            outcome.withheld = Some(outcome.verdict);
        }
        outcome.verdict = Verdict::Inconclusive;
        outcome.reason = Some("environment_changed".to_owned());
        outcome.explanation = Some(format!(
            "the baseline differs from itself by {:+.2} %",
            100.0 * shift.estimate
        ));
        outcome.next_step = Some("measure again on a quieter machine".to_owned());
    }
    comparison.settle();
}

/// What was stored of the old side.
pub(super) struct Stored<'a> {
    pub(super) measurement: &'a Measurement,
    pub(super) same_machine: bool,
    pub(super) because: String,
}

/// The weaker kind: runs of the new side now, runs of the old side from then.
pub(super) fn with_stored(
    name: &str,
    stored: &Stored,
    candidate: &Side,
    arguments: &Arguments,
    progress: &mut dyn FnMut(&str),
) -> Result<Comparison, NotCompared> {
    let effort = Effort {
        time: arguments.time,
        processes: arguments.processes,
    };
    let now = measure(&candidate.id, &candidate.launch, effort, &mut |done, of| {
        progress(&format!("{done}/{of} processes"));
    });
    let now = now.map_err(NotCompared::Candidate)?;
    // Changes that alter code layout alone are common; what was not interleaved gets the wider margin.
    let margin = margin(arguments).at_least(if arguments.margin.is_some() {
        0.0
    } else {
        Margin::COMMAND.value()
    });
    let (old, new) = (medians(stored.measurement), medians(&now));
    let sides = (
        StoredRuns {
            values: &old,
            canary: None,
        },
        StoredRuns {
            values: &new,
            canary: None,
        },
    );
    let decision =
        compare_stored(sides.0, sides.1, margin, ALPHA, stored.same_machine).map_err(|error| {
            NotCompared::Other(format!("the stored runs cannot be judged: {error}"))
        })?;
    let mut outcome = outcome_of(name, &decision);
    (outcome.baseline, outcome.candidate) = (Some(stored.measurement.estimate), Some(now.estimate));
    (outcome.n.baseline, outcome.n.candidate) = (old.len(), new.len());
    outcome.warnings.push(format!(
        "stored runs were judged, the weaker kind: {}",
        stored.because
    ));
    if outcome.verdict == Verdict::Regressed {
        outcome.confirmed = Some(false);
        outcome
            .warnings
            .push("not confirmed: stored runs".to_owned());
    }
    Ok(Comparison::new(vec![outcome], Circumstances::here()))
}

/// The outcome of stored runs, values and numbers left open.
fn outcome_of(name: &str, decision: &Decision) -> Outcome {
    let change = decision.change.map(|change| Change {
        estimate: change.estimate,
        low: change.low,
        high: change.high,
        level: change.level,
    });
    let reason = decision.verdict.reason();
    Outcome {
        id: name.to_owned(),
        metric: "time".to_owned(),
        of_site: false,
        unit: Unit::Nanoseconds,
        baseline: None,
        candidate: None,
        change,
        margin: decision.margin.value(),
        verdict: Verdict::from(&decision.verdict),
        reason: reason.map(|reason| reason.word().to_owned()),
        p: decision.p,
        unit_of_replication: Replicate::Run,
        n: Counts::default(),
        mde: decision.mde,
        decides: true,
        explanation: reason.map(ToString::to_string),
        next_step: reason
            .map(|_| "keep the executable, so that both sides run side by side".to_owned()),
        withheld: None,
        confirmed: None,
        adjusted_p: None,
        blocks: None,
        candidate_range: None,
        series: Vec::new(),
        warnings: decision.warnings.iter().map(ToString::to_string).collect(),
    }
}

fn medians(measurement: &Measurement) -> Vec<f64> {
    measurement.processes.iter().map(Process::median).collect()
}

/// The policy of the command line.
pub(super) fn policy(arguments: &Arguments) -> Policy {
    if arguments.deny_inconclusive {
        Policy::default().deny_inconclusive()
    } else {
        Policy::default()
    }
}

/// All comparisons as one, with the control left out where `with_control` is false.
pub(super) fn joined(parts: &[Comparison], with_control: bool) -> Comparison {
    let results = parts.iter().flat_map(|part| part.results.iter().cloned());
    let results = results
        .filter(|outcome| with_control || outcome.metric != "control")
        .collect();
    let environment = parts
        .first()
        .map_or_else(Circumstances::here, |part| part.environment.clone());
    let mut whole = Comparison::new(results, environment);
    for warning in parts.iter().flat_map(|part| &part.warnings) {
        if !whole.warnings.contains(warning) {
            whole.warnings.push(warning.clone());
        }
    }
    whole
}

fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0) >> 11 // exact in JSON too
}

/// How much was seen of a benchmark that is not compared.
pub(super) fn words(not: &NotCompared) -> String {
    match not {
        NotCompared::Baseline(failure) => format!("the baseline: {failure}"),
        NotCompared::Candidate(failure) => failure.to_string(),
        NotCompared::Other(words) => words.clone(),
    }
}
