//! In: a limit on a quantile, and calls as they are made. Out: an [`Outcome`] as soon as it is known, or at the end of the budget.

use crate::bound::baseline::Statistic;
use crate::bound::confirm::{self, Next};
use crate::bound::exceeding::Call;
use crate::bound::lock_wait::Waits;
use crate::bound::machine::Machine;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::pace::Pace;
use crate::bound::promise::{Promise, quantile_name};
use crate::bound::timing::{Ask, TimedCall, own_cost};
use crate::bound::trial::Trial;
use crate::bound::verdict::Verdict;
use crate::clock::Clock;
use crate::sync::waited_here_ns;
use crate::units;
use perf_stats::decision::BoundAnswer;

/// What is judged: at least the share `p` of the calls is below the limit, in nanoseconds.
pub(super) struct Question<'a> {
    pub(super) told: &'a Promise,
    pub(super) p: f64,
    pub(super) limit: f64,               // of a baseline, what it is at least
    highest: f64,                        // what it is at most
    pub(super) rests_on: Option<String>, // where the limit is another one elsewhere
    pub(super) of_waits: bool,           // what calls wait for locks, rather than what they take
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

    /// What it is at least and at most.
    pub(super) fn limits(&self) -> [f64; 2] {
        [self.limit, self.highest]
    }

    /// The same for fresh calls: a kernel is timed anew, and the longer time counts.
    pub(super) fn limits_again(&self) -> [f64; 2] {
        let [low, high] = self.limits();
        match Self::of(self.told) {
            Some(Ok(again)) => [low.max(again.limit), high.max(again.highest)],
            _ => [low, high],
        }
    }

    /// The quantile that was seen, with its interval, all in nanoseconds, against the limit.
    pub(super) fn observed(&self, value: f64, low: Option<f64>, high: Option<f64>) -> String {
        let end = |end: Option<f64>| end.map_or("unknown".to_owned(), units::duration);
        let range = match (low, high) {
            (Some(low), Some(high)) => units::duration_range(low, high),
            (low, high) => format!("{} to {}", end(low), end(high)),
        };
        let times = if self.limit > 0.0 {
            format!(", {} times the limit", units::times(value / self.limit))
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
    let step = Clock::global().step_ns();
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
    let mut pace = Pace::start(options, call);
    let mut machine = if question.of_waits {
        Machine::start_everywhere(options.seed)
    } else {
        Machine::start(options.seed)
    };
    let verdict = sample(&mut trial, options, &mut pace, &mut machine, call);
    let mut outcome = trial.finish(verdict, Some(pace.elapsed()));
    if let Some(line) = waits.and_then(Waits::told) {
        outcome.tell("waited for", line);
    }
    outcome.tell_allocations(call);
    outcome.tell("took", pace.told(options));
    outcome.tell("machine", machine.told());
    outcome.tell("seed", format!("PERF_BOUND_SEED={}", options.seed));
    outcome
}

fn sample(
    trial: &mut Trial<'_>,
    options: &Options,
    pace: &mut Pace,
    machine: &mut Machine,
    call: &mut TimedCall<'_>,
) -> Option<Verdict> {
    let of_waits = trial.question.of_waits;
    let calls = options.batch.unwrap_or(1).max(1);
    let own = own_cost() / f64::from(calls);
    let mut control = None;
    while pace.goes_on() {
        match trial.next(pace.elapsed()) {
            Next::Judge => {}
            Next::Warm => {
                call(Ask::wall(calls));
                machine.resume();
                continue;
            }
            Next::Rest => {
                confirm::idle();
                continue;
            }
        }
        if trial.confirms() && !of_waits {
            let control = control.get_or_insert_with(|| trial.control(calls));
            machine.compare(control);
        }
        let nanoseconds = call(Ask {
            calls,
            gauge: of_waits.then_some(&mut waited_here_ns),
            taken: None,
        });
        let mut undisturbed = nanoseconds;
        if nanoseconds > trial.limit() {
            undisturbed = machine.undisturbed(nanoseconds);
            undisturbed -= own.min(undisturbed);
        }
        let judged = Call {
            nanoseconds,
            undisturbed,
        };
        let verdict = trial.push(judged, Some(pace.elapsed()));
        if verdict.is_some() {
            return verdict;
        }
        machine.rest(pace.now());
    }
    None
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
    let verdict = times.find_map(|nanoseconds| trial.push(calm(nanoseconds), None));
    trial.finish(verdict, None)
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
