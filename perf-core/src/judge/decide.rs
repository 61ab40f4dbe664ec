//! In: one metric's units. Out: its [`Outcome`], through `perf_stats::decision`.

use super::advice;
use super::comparison::{Change, Circumstances, Comparison, Counts, Outcome};
use super::experiment::Experiment;
use super::outcome::{self, turned, word_of};
use super::runner::{FIRST_LOOK, Stage};
use super::series::Series;
use super::verdict::Verdict;
use perf_stats::decision::{
    self, Arm as Side, Conditions, Decision, Design, Looks, Margin, Reason, compare_constant,
};
use perf_stats::signed_rank::pseudomedian;

/// Confidence of the interval that progress shows.
const LEVEL: f64 = 0.95;

/// An outcome with the decision that it shows.
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) decision: Decision,
}

/// Looks at every deciding metric that is still open; whether all are claimed now.
pub(super) fn look(experiment: &Experiment, stage: &mut Stage) -> bool {
    let deciding = experiment.deciding.len();
    for at in 0..deciding {
        if stage.claimed[at].is_some() {
            continue;
        }
        let decided = decide(
            &stage.series[at],
            experiment,
            &stage.looks,
            stage.conditions,
        );
        stage.claimed[at] = Some(decided).filter(|d| d.verdict.reason().is_none());
    }
    stage.claimed[..deciding].iter().all(Option::is_some)
}

/// One answer a metric, in the order of the series.
pub(super) fn answers(
    experiment: &Experiment,
    stage: &Stage,
    around: &Circumstances,
) -> Vec<Answer> {
    let all = stage.series.iter().zip(&stage.claimed).enumerate();
    all.map(|(at, (series, claimed))| {
        let decision = claimed
            .clone()
            .unwrap_or_else(|| decide(series, experiment, &stage.looks, stage.conditions));
        let decides = at < experiment.deciding.len();
        answer(experiment, stage, series, decision, decides, around)
    })
    .collect()
}

/// The first answers after a second experiment in fresh circumstances: a change stands where both claim it.
pub(super) fn confirmed(
    experiment: &Experiment,
    first: Vec<Answer>,
    second: &Stage,
    around: &Circumstances,
) -> Vec<Answer> {
    let again = answers(experiment, second, around);
    first
        .into_iter()
        .map(|before| {
            let is_same = |a: &&Answer| {
                (&a.outcome.id, &a.outcome.metric) == (&before.outcome.id, &before.outcome.metric)
            };
            let claimed = matches!(
                before.outcome.verdict,
                Verdict::Regressed | Verdict::Improved
            );
            let Some(after) = again
                .iter()
                .find(is_same)
                .filter(|_| claimed && before.outcome.decides)
            else {
                return before;
            };
            confirm(before, after)
        })
        .collect()
}

/// The second answer, where both make the same claim.
pub(super) fn confirm(before: Answer, after: &Answer) -> Answer {
    // The one error is another margin, and both were judged by the same.
    let Ok(joint) = decision::confirm(&before.decision, &after.decision) else {
        return before;
    };
    let mut outcome = after.outcome.clone();
    outcome.p = joint.p;
    outcome.verdict = Verdict::from(&joint.verdict);
    outcome.withheld = joint.withheld.map(word_of);
    outcome.confirmed = Some(joint.verdict.reason().is_none());
    advice::explain(&mut outcome, &joint, None);
    Answer {
        outcome,
        decision: joint,
    }
}

/// What a comparison as a whole should say.
pub(super) fn note(comparison: &mut Comparison, stage: &Stage, stopped: bool) {
    if stage.skipped > 0 {
        comparison.warnings.push(format!(
            "{} values were missing in units that had the others",
            stage.skipped
        ));
    }
    note_circumstances(comparison, stopped);
}

/// What it should say of how it was measured.
pub(super) fn note_circumstances(comparison: &mut Comparison, stopped: bool) {
    if stopped {
        comparison
            .warnings
            .push("measuring was ended early by the caller".to_owned());
    }
    if comparison.environment.machine.profile == "debug" {
        comparison
            .warnings
            .push("built with debug assertions: measure what you ship, with --release".to_owned());
    }
    if let Some(busy) = advice::busy(&comparison.environment) {
        comparison.warnings.push(busy);
    }
}

/// The change so far with its interval at 95 %, for display.
pub(super) fn so_far(series: &Series) -> Option<Change> {
    let ratios = series.log_ratios();
    let found = pseudomedian(&ratios, LEVEL).ok()?;
    let end = |x: f64| x.is_finite().then(|| x.exp_m1());
    let change = Change {
        estimate: found.estimate.exp_m1(),
        low: end(found.interval.low),
        high: end(found.interval.high),
        level: LEVEL,
    };
    Some(turned(change, series.metric.direction()))
}

fn decide(
    series: &Series,
    experiment: &Experiment,
    looks: &Looks,
    conditions: Conditions,
) -> Decision {
    let margin = experiment.margin_of(&series.metric);
    if let Some(exact) = constant(series, margin) {
        return exact;
    }
    let scope = match experiment.unit {
        super::Replicate::ProcessPair => decision::Scope::Process,
        super::Replicate::Run => decision::Scope::Run,
        _ => decision::Scope::Block,
    };
    let design = Design::new(margin).looks(looks.clone()).scope(scope);
    let mut trial = design.start();
    // Interleaving takes the machine's moods out of the ratio; a shift counts where it could explain the claim, below.
    trial.set_conditions(Conditions {
        environment_shift: None,
        ..conditions
    });
    for i in 0..series.units.len() {
        let (values, order, length) = series.worse_is_larger(i);
        // Values are finite and positive: zeros were moved away from zero, the rest was refused when it was noted.
        let _ = if length == 4 {
            trial.push_block(order, values)
        } else {
            trial.push_round(order, [values[0], values[1]])
        };
        if trial.is_over() {
            break;
        }
    }
    let mut decision = trial.finish();
    if let Some(shift) = conditions
        .environment_shift
        .filter(|shift| !bears(&decision, *shift))
    {
        decision.withhold(Reason::EnvironmentChanged { shift: Some(shift) });
    }
    decision
}

/// Whether a claim stands even if the machine itself had favoured one side by this much: then the shift explains nothing.
fn bears(decision: &Decision, shift: f64) -> bool {
    let Some((low, high)) = decision.change.and_then(|c| c.low.zip(c.high)) else {
        return true;
    };
    let (edge, moved) = (decision.margin.log(), shift.ln_1p().abs());
    match decision.verdict {
        decision::Verdict::Regressed => low.ln_1p() - moved > edge,
        decision::Verdict::Improved => high.ln_1p() + moved < -edge,
        decision::Verdict::Equivalent => low.ln_1p() - moved > -edge && high.ln_1p() + moved < edge,
        decision::Verdict::Inconclusive(_) => true,
    }
}

/// Counters that do not vary on either side are compared, not tested. A clock that does not vary is only coarse.
fn constant(series: &Series, margin: Margin) -> Option<Decision> {
    let enough = series.units.len() >= FIRST_LOOK || series.metric.is_exact();
    if !(series.metric.is_counted() && enough) {
        return None;
    }
    let sides = (series.side(Side::Baseline), series.side(Side::Candidate));
    compare_constant(&sides.0, &sides.1, margin).ok().flatten()
}

fn answer(
    experiment: &Experiment,
    stage: &Stage,
    series: &Series,
    decision: Decision,
    decides: bool,
    around: &Circumstances,
) -> Answer {
    let n = Counts {
        baseline: decision.n,
        candidate: decision.n,
    };
    let sides = [series.side(Side::Baseline), series.side(Side::Candidate)];
    let mut outcome = outcome::of(
        &experiment.id,
        &series.metric,
        &decision,
        [&sides[0], &sides[1]],
        n,
    );
    outcome.unit_of_replication = experiment.unit;
    outcome.decides = decides;
    outcome.blocks = Some(stage.blocks).filter(|&blocks| blocks > 0);
    let units = [Side::Baseline, Side::Candidate].map(|side| series.unit_values(side));
    outcome.candidate_range = outcome::range(&units[1]);
    outcome.samples = outcome::samples(&outcome, [&units[0], &units[1]]);
    let looks = stage.looks.counts().iter().copied();
    outcome.looks = looks.filter(|&units| units <= decision.n).collect();
    outcome.series = outcome::picture(&series.log_ratios(), series.metric.direction());
    if series.is_absent() {
        outcome.warnings.push(outcome::NEVER.to_owned());
    } else if series.offset() > 0.0 {
        outcome.warnings.push(outcome::zeros(&series.metric));
    }
    let pace = advice::Pace {
        elapsed: stage.elapsed,
        around,
    };
    advice::explain(&mut outcome, &decision, Some(&pace));
    Answer { outcome, decision }
}
