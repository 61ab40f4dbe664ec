//! In: a metric, both sides' values and the decision. Out: its [`Outcome`], in the words of the contract.

use super::comparison::{Change, Counts, Outcome, Replicate, Samples};
use super::metric::{Direction, Metric, Resource};
use super::quantity::Unit;
use super::verdict::Verdict;
use perf_stats::StatsError;
use perf_stats::decision::{self, Claim, Decision};
use perf_stats::describe::median;
use perf_stats::quantile_interval::{Side as Ends, quantile_interval};

/// Points kept of the ratios in time order.
const PICTURE: usize = 200;
/// Values kept of either side.
const KEPT: usize = 500;
/// Confidence of the range of absolute values.
const LEVEL: f64 = 0.95;

/// What is added to every value where some are zero: one step of what is counted.
pub(super) fn step(metric: &Metric) -> f64 {
    match metric.unit() {
        Unit::Nanoseconds => 1_000.0, // the kernel accounts in microseconds
        Unit::Bytes => 4_096.0,
        Unit::Count | Unit::Other => 1.0,
    }
}

/// Of a lock's waits where there were none: nor would there be any of a lock that does not exist.
pub(super) const NEVER: &str =
    "nobody waited there in any run, so that 0 stands against 0; is the name right?";

/// The warning that goes with it.
pub(super) fn zeros(metric: &Metric) -> String {
    let step = metric.unit().print(step(metric));
    format!("some values are 0: compared after adding {step} to each")
}

/// The outcome without reason and next step; of stored runs unless told otherwise.
pub(super) fn of(
    id: &str,
    metric: &Metric,
    decision: &Decision,
    sides: [&[f64]; 2],
    n: Counts,
) -> Outcome {
    let (id, word) = match metric {
        Metric::Site { site, of } => (site.as_str(), of.word()),
        whole => (id, whole.word()),
    };
    let is_site = matches!(metric, Metric::Site { .. });
    Outcome {
        id: id.to_owned(),
        metric: word.to_owned(),
        of_site: is_site && Resource::named(word).is_some(),
        unit: metric.unit(),
        baseline: median(sides[0]).ok(),
        candidate: median(sides[1]).ok(),
        change: decision
            .change
            .map(|c| turned(change_of(&c), metric.direction())),
        margin: decision.margin.value(),
        verdict: Verdict::from(&decision.verdict),
        reason: None,
        p: decision.p,
        unit_of_replication: Replicate::Run,
        n,
        mde: decision.mde,
        decides: true,
        explanation: None,
        next_step: None,
        withheld: decision.withheld.map(word_of),
        confirmed: None,
        adjusted_p: None,
        blocks: None,
        candidate_range: range(sides[1]),
        series: Vec::new(),
        looks: Vec::new(),
        samples: None,
        warnings: warnings(decision),
    }
}

/// Normal ranks for many units err on the safe side and need no word.
fn warnings(decision: &Decision) -> Vec<String> {
    let worth = decision
        .warnings
        .iter()
        .filter(|w| **w != decision::Warning::Approximate);
    worth.map(ToString::to_string).collect()
}

fn change_of(c: &decision::Change) -> Change {
    Change {
        estimate: c.estimate,
        low: c.low,
        high: c.high,
        level: c.level,
    }
}

/// For metrics of which more is better the decision was about the reciprocal.
pub(super) fn turned(change: Change, direction: Direction) -> Change {
    if direction == Direction::Lower {
        return change;
    }
    let turn = |x: f64| (1.0 + x).recip() - 1.0;
    let end = |x: Option<f64>| x.map(turn).filter(|v| v.is_finite());
    Change {
        estimate: turn(change.estimate),
        low: end(change.high),
        high: end(change.low),
        ..change
    }
}

pub(super) fn word_of(claim: Claim) -> Verdict {
    match claim {
        Claim::Regressed => Verdict::Regressed,
        Claim::Improved => Verdict::Improved,
        Claim::Equivalent => Verdict::Equivalent,
    }
}

/// The median with its distribution-free interval.
pub(super) fn range(values: &[f64]) -> Option<Change> {
    let found: Result<_, StatsError> = quantile_interval(values, 0.5, LEVEL, Ends::Both);
    let found = found.ok()?;
    Some(Change {
        estimate: median(values).ok()?,
        low: found.low,
        high: found.high,
        level: LEVEL,
    })
}

/// Values for a picture of both distributions: where the metric decides or is a resource of the whole, which are few.
pub(super) fn samples(outcome: &Outcome, sides: [&[f64]; 2]) -> Option<Samples> {
    let whole = !outcome.of_site && Resource::named(&outcome.metric).is_some();
    let [baseline, candidate] = sides.map(thinned);
    (outcome.decides || whole).then_some(Samples {
        baseline,
        candidate,
    })
}

/// Every k-th value, so that at most [`KEPT`] are left; those that are not finite have no place in JSON.
fn thinned(values: &[f64]) -> Vec<f64> {
    let every = values.len().div_ceil(KEPT).max(1);
    let kept = values.iter().step_by(every).copied();
    kept.filter(|value| value.is_finite()).collect()
}

/// At most [`PICTURE`] points: medians of equal stretches.
pub(super) fn picture(log_ratios: &[f64], direction: Direction) -> Vec<f64> {
    let sign = if direction == Direction::Lower {
        1.0
    } else {
        -1.0
    };
    let stretch = log_ratios.len().div_ceil(PICTURE).max(1);
    let point = |part: &[f64]| median(part).map_or(0.0, |m| (sign * m).exp_m1());
    log_ratios.chunks(stretch).map(point).collect()
}
