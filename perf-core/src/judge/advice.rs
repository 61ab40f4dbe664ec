//! In: a decision, its pace and circumstances. Out: why nothing could be claimed, and what would decide it, in plain words.

use super::comparison::{Circumstances, Outcome};
use perf_stats::decision::{Decision, Reason};
use std::time::Duration;

/// A share of lost time that is worth a word.
const BUSY: f64 = 0.1;
/// Times the time already spent beyond which waiting is no advice.
const TOO_LONG: f64 = 50.0;

/// How fast the evidence came.
pub(super) struct Pace<'a> {
    pub(super) elapsed: Duration,
    pub(super) around: &'a Circumstances,
}

/// Fills in reason, explanation and next step.
pub(super) fn explain(outcome: &mut Outcome, decision: &Decision, pace: Option<&Pace>) {
    let Some(reason) = decision.verdict.reason() else {
        (outcome.reason, outcome.explanation, outcome.next_step) = (None, None, None);
        return;
    };
    outcome.reason = Some(reason.word().to_owned());
    outcome.explanation = Some(reason.to_string());
    let busy = pace.and_then(|pace| busy(pace.around));
    let longer = pace.and_then(|pace| longer(reason, decision, pace.elapsed));
    outcome.next_step = match (longer, busy) {
        (Some(longer), Some(busy)) => Some(format!("{longer}; {busy}")),
        (Some(only), None) | (None, Some(only)) => Some(only),
        (None, None) => Some(otherwise(reason).to_owned()),
    };
}

/// A sentence where the machine was not ours.
pub(super) fn busy(around: &Circumstances) -> Option<String> {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    if let Some(stolen) = around.stolen.filter(|&s| s >= BUSY) {
        return Some(format!(
            "machine was busy: {} of the time stolen",
            percent(stolen)
        ));
    }
    let witness = around.witness.filter(|w| w.disturbed >= BUSY)?;
    Some(format!(
        "machine was busy: a fixed piece of work lost {} of its time",
        percent(witness.disturbed)
    ))
}

/// How much longer to measure, by the square root law of the interval's width.
fn longer(reason: &Reason, decision: &Decision, elapsed: Duration) -> Option<String> {
    if !is_curable(reason) {
        return None;
    }
    let spent = elapsed.as_secs_f64();
    let factor = match *reason {
        Reason::TooFew { need, got } | Reason::TooFewProcesses { need, got } => {
            need as f64 / got.max(1) as f64
        }
        _ => factor_to_decide(decision)?,
    };
    let widest = decision.change.and_then(|change| change.high);
    if widest.is_none_or(|high| high > 1.0) && factor > TOO_LONG {
        return Some("the values scatter too widely, or are too small, to be told apart here: look at another number".to_owned());
    }
    if !factor.is_finite() || factor > TOO_LONG {
        return Some("the change is too close to the margin to tell on which side it lies: choose another margin".to_owned());
    }
    let more = spent * (factor.max(1.2) - 1.0);
    Some(format!(
        "needs about {} more",
        crate::units::duration(more * 1e9)
    ))
}

/// By how much more evidence the nearer claim would clear its edge of the margin.
fn factor_to_decide(decision: &Decision) -> Option<f64> {
    let change = decision.change?;
    let (low, high) = (change.low?.ln_1p(), change.high?.ln_1p());
    let (estimate, edge) = (change.estimate.ln_1p(), decision.margin.log());
    let room = (estimate.abs() - edge).abs();
    let half = (high - estimate).max(estimate - low);
    // A change well within the margin has to clear both edges; the nearer one binds.
    Some(if half <= room {
        1.0
    } else {
        (half / room).powi(2)
    })
}

fn otherwise(reason: &Reason) -> &'static str {
    match reason {
        Reason::Trend { .. } => "let the arms warm up longer, or find what changes while they run",
        Reason::CarryOver { .. } => "give each arm its own data, or measure in processes",
        Reason::Bimodal { .. } => {
            "two modes: measure in fresh processes, so that layouts are averaged over"
        }
        Reason::Resolution { .. } => "make a measurement longer, or the margin wider",
        Reason::EnvironmentChanged { .. } => {
            "measure again on a quiet machine, both sides on the same one"
        }
        Reason::NotConfirmed => {
            "measure again; if it stays so, the change depends on the circumstances"
        }
        Reason::TooFewTailSamples { .. } => "measure more calls",
        _ => "measure again",
    }
}

/// Whether a reason can be cured by measuring longer.
fn is_curable(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::TooFew { .. } | Reason::TooFewProcesses { .. } | Reason::Undecided { .. }
    )
}
