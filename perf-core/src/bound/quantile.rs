//! In: a limit on a quantile, and calls as they are made. Out: an [`Outcome`] as soon as it is known, or at the end of the budget.

use crate::bound::baseline::Statistic;
use crate::bound::between::Between;
use crate::bound::exceeding::Call;
use crate::bound::lock_wait::Waits;
use crate::bound::machine::Machine;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::pace::Pace;
use crate::bound::promise::{Promise, quantile_name};
use crate::bound::samples::Samples;
use crate::bound::timing::{Ask, TimedCall, own_cost};
use crate::bound::verdict::Verdict;
use crate::clock::Clock;
use crate::sync::waited_here_ns;
use crate::units;
use perf_stats::decision::BoundAnswer;
use std::fmt::Display;

/// What is judged: at least the share `p` of the calls is below the limit, in nanoseconds.
pub(super) struct Question<'a> {
    pub(super) told: &'a dyn Display,
    pub(super) p: f64,
    pub(super) limit: f64,     // of a baseline, what it is at least
    highest: f64,              // what it is at most
    rests_on: Option<String>,  // where the limit is another one elsewhere
    pub(super) of_waits: bool, // what calls wait for locks, rather than what they take
}

impl<'a> Question<'a> {
    /// What a promise asks of single calls, if it does; or why it cannot be asked.
    pub(super) fn of(promise: &'a Promise) -> Option<Result<Self, String>> {
        let (p, limit) = match promise {
            Promise::Quantile { p, limit } | Promise::LockWait { p, limit } => (*p, limit),
            Promise::Share { limit, share } => (1.0 - share, limit),
            _ => return None,
        };
        let settled = limit.settle(Statistic::Quantile(p));
        Some(settled.map(|settled| Self {
            told: promise,
            p,
            limit: settled.low,
            highest: settled.high,
            rests_on: settled.told,
            of_waits: matches!(promise, Promise::LockWait { .. }),
        }))
    }

    /// Whether the limit is one number.
    pub(super) fn is_exact(&self) -> bool {
        self.limit >= self.highest
    }

    /// The quantile that was seen, with its interval, all in nanoseconds, against the limit.
    pub(super) fn observed(&self, value: f64, low: Option<f64>, high: Option<f64>) -> String {
        let end = |end: Option<f64>| end.map_or("unknown".to_owned(), units::duration);
        let range = match (low, high) {
            (Some(low), Some(high)) => units::duration_range(low, high),
            (low, high) => format!("{} to {}", end(low), end(high)),
        };
        let times = if self.limit > 0.0 {
            format!(", {:.2} times the limit", value / self.limit)
        } else {
            String::new()
        };
        let (name, value) = (quantile_name(self.p), units::duration(value));
        let what = if self.of_waits { " lock wait" } else { "" };
        format!("{name}{what} {value} (95 %: {range}){times}")
    }
}

/// Makes calls until the answer is known or the budget spent.
pub(super) fn judge(
    question: &Question<'_>,
    options: &Options,
    call: &mut TimedCall<'_>,
) -> Outcome {
    let step = Clock::global().info().resolution_ns;
    if question.limit < 2.0 * step && options.batch.is_none() {
        let why = format!(
            "the clock's step is {}: time several calls as one with `batch`, which bounds the quantile of their means",
            units::duration(step)
        );
        return Outcome::unanswerable(question.told, why);
    }
    let mut trial = match Trial::new(question, options) {
        Ok(trial) => trial,
        Err(outcome) => return *outcome,
    };
    let waits = question.of_waits.then(Waits::begin);
    let batch = options.batch.unwrap_or(1).max(1);
    let own = own_cost() / f64::from(batch);
    let mut pace = Pace::start(options, call);
    let mut machine = if question.of_waits {
        Machine::start_everywhere(options.seed)
    } else {
        Machine::start(options.seed)
    };
    let mut verdict = None;
    while verdict.is_none() && pace.goes_on() {
        let nanoseconds = call(Ask {
            calls: batch,
            gauge: question.of_waits.then_some(&mut waited_here_ns),
            taken: None,
        });
        let mut undisturbed = nanoseconds;
        if nanoseconds > question.limit {
            undisturbed = machine.undisturbed(nanoseconds);
            undisturbed -= own.min(undisturbed);
        }
        verdict = trial.push(Call {
            nanoseconds,
            undisturbed,
        });
        machine.rest(pace.now());
    }
    let mut outcome = trial.finish(verdict);
    if let Some(line) = waits.and_then(Waits::told) {
        outcome.tell("waited for", line);
    }
    outcome.tell_allocations(call);
    outcome.tell("took", pace.told(options));
    outcome.tell("machine", machine.told());
    outcome.tell("seed", format!("PERF_BOUND_SEED={}", options.seed));
    outcome
}

/// Judges times that were measured elsewhere, in nanoseconds and in time order.
pub(super) fn judge_times(
    question: &Question<'_>,
    options: &Options,
    times: impl Iterator<Item = f64>,
) -> Outcome {
    let mut trial = match Trial::new(question, options) {
        Ok(trial) => trial,
        Err(outcome) => return *outcome,
    };
    let calm = |nanoseconds| Call {
        nanoseconds,
        undisturbed: nanoseconds,
    };
    let mut times = times;
    let verdict = times.find_map(|nanoseconds| trial.push(calm(nanoseconds)));
    trial.finish(verdict)
}

/// A bound on a quantile while its calls come in.
struct Trial<'a> {
    question: &'a Question<'a>,
    exceeding: Between,
    samples: Samples,
}

impl<'a> Trial<'a> {
    fn new(question: &'a Question<'a>, options: &Options) -> Result<Self, Box<Outcome>> {
        let refused = |error| Box::new(Outcome::unanswerable(question.told, format!("{error}")));
        let (low, high) = (question.limit, question.highest);
        let exceeding = Between::new(question.p, low, high).map_err(refused)?;
        Ok(Self {
            question,
            exceeding,
            samples: Samples::new(options.seed),
        })
    }

    fn push(&mut self, call: Call) -> Option<Verdict> {
        self.samples.push(call.nanoseconds);
        self.exceeding.push(call)
    }

    fn finish(mut self, verdict: Option<Verdict>) -> Outcome {
        let verdict = verdict.unwrap_or_else(|| self.exceeding.give_up());
        let mut outcome = Outcome::new(self.question.told, verdict);
        if let Some(line) = &self.question.rests_on {
            outcome.tell("limit", line);
        }
        self.tell_quantile(&mut outcome);
        self.tell_count(&mut outcome);
        if let Some([line, mark]) = self.samples.sketch(self.question.limit) {
            outcome.tell("spread", line);
            outcome.tell("", mark);
        }
        outcome
    }

    fn tell_quantile(&self, outcome: &mut Outcome) {
        let Some(seen) = self.samples.quantile(self.question.p) else {
            return;
        };
        outcome.observed = Some(seen.value);
        let line = self.question.observed(seen.value, seen.low, seen.high);
        outcome.tell("observed", line);
    }

    fn tell_count(&mut self, outcome: &mut Outcome) {
        let answer = self.exceeding.answer();
        (outcome.calls, outcome.exceeded) = (answer.total, answer.exceeded);
        if answer.total == 0 {
            return;
        }
        outcome.tell("calls", counted(answer.total, answer.exceeded, &answer));
        let excused = self.exceeding.excused();
        if excused > 0 {
            let line = format!(
                "{} beyond the limit by what the machine did, or by the clock's own cost: they do not count for `broken`",
                units::count(excused)
            );
            outcome.tell("excused", line);
        }
    }
}

/// Calls and those beyond the limit, with what the answer says of their true share.
pub(super) fn counted(total: u64, exceeded: u64, answer: &BoundAnswer) -> String {
    let share = exceeded as f64 / total.max(1) as f64;
    let [low, high, allowed] = [answer.low, answer.high, answer.allowed].map(units::percent);
    let dependent = if answer.tau.0 > 1.05 {
        let worth = units::count((total as f64 / answer.tau.0) as u64);
        format!("; they depend on each other, and count as {worth}")
    } else {
        String::new()
    };
    format!(
        "{}, {} beyond the limit ({}; the true share is above {low} and below {high}; {allowed} allowed){dependent}",
        units::count(total),
        units::count(exceeded),
        units::percent(share),
    )
}
