//! In: a benchmark on two sides. Out: a [`Comparison`] with its verdict, by fresh pairs of processes.

use super::arguments::Arguments;
use super::peer::Failure;
use super::side_by_side::{Side, SideBySide, SideError, time_metric};
use crate::judge::{
    Circumstances, Comparison, Experiment, ExperimentError, Metric, Outcome, Pair, Policy,
    Replicate, Verdict,
};
use perf_stats::decision::Margin;
use std::ops::ControlFlow;
use std::time::Duration;

/// Measured time of a side, all pairs together, and the bounds of what a pair gets of it. Pairs differ by what addresses and pages
/// their processes got; once a pair has a few blocks, more pairs tell more than more blocks.
const SIDE: Duration = Duration::from_millis(500);
const SIDE_OF_PAIR: [Duration; 2] = [Duration::from_micros(12_500), Duration::from_millis(25)];

/// Pairs, and how many of them there are at least where a pair takes so long that the time for all is over.
const PAIRS: usize = 40;
const FEWEST_PAIRS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(12);

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
    let seed = seed(arguments);
    let [least, most] = SIDE_OF_PAIR;
    let time = (SIDE / number(arguments) as u32).clamp(least, most);
    let mut pair = SideBySide::new(baseline, candidate, time, seed);
    pair.lay_memory(arguments.page_size);
    let mut comparison = pairs(name, time_metric(), arguments, seed, progress, &mut pair)?;
    let deciding = comparison.results.iter_mut().filter(|one| one.decides);
    deciding.for_each(|outcome| outcome.warnings.extend(pair.pages().sentences()));
    heed_control(&mut comparison);
    Ok(comparison)
}

fn number(arguments: &Arguments) -> usize {
    arguments.pairs.unwrap_or(PAIRS)
}

/// An experiment over fresh pairs of processes.
pub(super) fn pairs(
    name: &str,
    metric: Metric,
    arguments: &Arguments,
    seed: u64,
    progress: &mut dyn FnMut(&str),
    pair: &mut dyn Pair,
) -> Result<Comparison, NotCompared> {
    let experiment = Experiment::new(name)
        .unit(Replicate::ProcessPair)
        .metrics([metric])
        .margin(margin(arguments))
        .pairs(number(arguments))
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
    let experiment = match arguments.pairs {
        Some(_) => experiment,
        None => experiment.time(PATIENCE).at_least(FEWEST_PAIRS),
    };
    experiment.run_pairs(pair).map_err(not_compared)
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

/// Where a side differs from itself, nothing is claimed about the candidate.
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
            "two processes of one side differ by {:+.2} %",
            100.0 * shift.estimate
        ));
        outcome.next_step = Some("measure again on a quieter machine".to_owned());
    }
    comparison.settle();
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

/// The seed asked for, or a fresh one.
pub(super) fn seed(arguments: &Arguments) -> u64 {
    arguments.seed.unwrap_or_else(fresh_seed)
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::harness::metric::Kind;
    use crate::harness::stored::outcome_of;
    use perf_stats::decision::{ALPHA, StoredRuns, compare_stored};

    /// The outcome of stored runs of which the new ones take so many times as long.
    pub(in crate::harness) fn outcome(metric: &str, times: f64) -> Outcome {
        let old: Vec<f64> = (0..8).map(|run| 100.0 + 0.1 * f64::from(run)).collect();
        let new: Vec<f64> = old.iter().map(|value| value * times).collect();
        let sides = [old.as_slice(), new.as_slice()];
        let [before, after] = sides.map(|values| StoredRuns {
            values,
            canary: None,
        });
        let decision = compare_stored(before, after, Margin::COMMAND, ALPHA, true);
        let decision = decision.expect("numbers");
        let mut made = outcome_of("x", &Kind::time(), &decision, sides);
        metric.clone_into(&mut made.metric);
        made.decides = metric != "control";
        made
    }

    #[test]
    fn a_side_that_differs_from_itself_stops_every_claim() {
        for times in [1.5, 1.0 / 1.5] {
            let results = vec![outcome("time", 2.0), outcome("control", times)];
            let mut comparison = Comparison::new(results, Circumstances::here());
            assert_eq!(comparison.verdict, Verdict::Regressed);
            heed_control(&mut comparison);
            let time = &comparison.results[0];
            assert_eq!(
                (comparison.verdict, time.verdict, time.withheld),
                (
                    Verdict::Inconclusive,
                    Verdict::Inconclusive,
                    Some(Verdict::Regressed)
                )
            );
            assert_eq!(time.reason.as_deref(), Some("environment_changed"));
        }
        let results = vec![outcome("time", 2.0), outcome("control", 1.0)];
        let mut quiet = Comparison::new(results, Circumstances::here());
        heed_control(&mut quiet);
        assert_eq!(quiet.verdict, Verdict::Regressed);
    }
}
