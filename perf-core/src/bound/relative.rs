//! In: two closures and how many times faster one shall be. Out: an [`Outcome`] from an experiment that interleaves them.

use crate::bound::Bound;
use crate::bound::confirm::{Next, RealTime, Schedule, Time};
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::promise::Promise;
use crate::bound::timing::{Ask, TimedCall, timed};
use crate::bound::turn::Turn;
use crate::bound::verdict::{Reason, Verdict};
use crate::clock::Clock;
use crate::judge::{self, Arm, ArmError, Experiment, Measurement, Metric, Replicate};
use crate::units;
use perf_stats::decision::Margin;
use std::cell::RefCell;
use std::rc::Rc;

/// A bound on how much faster a closure is than another one; see [`Bound::faster`].
#[derive(Debug)]
#[must_use = "a bound judges nothing until `check` or `judge` is called"]
pub struct Against<F> {
    pub(super) bound: Bound,
    pub(super) baseline: F,
}

impl<A, F: FnMut() -> A> Against<F> {
    /// Asserts that the closure is faster than the baseline by the factor.
    ///
    /// # Panics
    /// As [`Bound::check`].
    #[track_caller]
    pub fn check<R>(self, f: impl FnMut() -> R) {
        let place = self.bound.options.place;
        self.judge(f).accept_within(place);
    }

    /// What may be said of it, as a value; `observed` is the factor that was measured.
    pub fn judge<R>(self, f: impl FnMut() -> R) -> Outcome {
        let Promise::Faster { factor } = self.bound.promise else {
            let why = "only `Bound::faster` is judged against another closure";
            return Outcome::unanswerable(&self.bound.promise, why);
        };
        run(
            &self.bound,
            factor,
            &mut timed(self.baseline),
            &mut timed(f),
        )
    }
}

/// Nearer to the factor than this nothing is claimed.
const MARGIN: f64 = 0.01;
/// A batch takes at least about so long.
const BATCH_NS: f64 = 20_000.0;
/// Rounds that even very slow calls get.
const ROUNDS: usize = 10;
/// Batches in each period of the confirmation: two rounds of both sides.
const BATCHES: u64 = 4;
/// Rounds of the confirmation at most: 200 ms of short batches.
const CONFIRMING: usize = 80;
/// Calls a batch holds at most.
const MOST_CALLS: f64 = 100_000.0;

fn run(
    bound: &Bound,
    factor: f64,
    baseline: &mut TimedCall<'_>,
    candidate: &mut TimedCall<'_>,
) -> Outcome {
    let (promise, options) = (&bound.promise, &bound.options);
    if !(factor.is_finite() && factor > 0.0) {
        return Outcome::unanswerable(promise, "the factor is not a number above 0");
    }
    if options.not_judged() {
        baseline(Ask::wall(1));
        candidate(Ask::wall(1));
        return Outcome::inconclusive(promise, Reason::Unoptimised);
    }
    let _turn = Turn::wait();
    // The baseline's times are divided by the factor: faster by it is then faster than that.
    let mut arms = [
        Timed::new(baseline, factor, options, &RealTime),
        Timed::new(candidate, 1.0, options, &RealTime),
    ];
    let shortest = arms[0].batch_ns.min(arms[1].batch_ns);
    let step = Clock::global().info().resolution_ns / shortest.max(1.0);
    let found = Margin::relative(MARGIN).map(|margin| {
        let experiment = |seed| {
            Experiment::new("candidate")
                .unit(Replicate::Round)
                .seed(seed)
                .time(options.budget / 2) // the other half confirms
                .at_least(ROUNDS)
                .margin(margin)
                .clock_step(step)
        };
        decide(&mut arms, &experiment, options.seed)
    });
    match found {
        Ok(Ok((found, true))) => told(promise, factor, options, &found),
        Ok(Ok((found, false))) => {
            let mut outcome = told(promise, factor, options, &found);
            let fresh = outcome.calls;
            outcome.verdict = Verdict::Inconclusive(Reason::NotConfirmed { fresh });
            outcome
        }
        Ok(Err(error)) => unanswerable(promise, &error),
        Err(error) => Outcome::unanswerable(promise, error.to_string()),
    }
}

/// What an experiment finds, and whether it stands: that the candidate is too slow takes another one to stand.
fn decide(
    arms: &mut [Timed<'_, '_>; 2],
    experiment: &dyn Fn(u64) -> Experiment<'static>,
    seed: u64,
) -> Result<(judge::Comparison, bool), judge::ExperimentError> {
    let [a, b] = arms;
    let found = experiment(seed).confirm(true).run(a, b)?;
    if !says(&found, judge::Verdict::Regressed) {
        return Ok((found, true));
    }
    // Slow memory, say, may last longer than both: once more, over a time that no passing disturbance fills.
    let schedule = Rc::new(RefCell::new(Schedule::after(a.time.now(), BATCHES)));
    a.fresh = Some(Rc::clone(&schedule));
    b.fresh = Some(schedule);
    let mut again = experiment(seed.wrapping_add(2))
        .pairs(CONFIRMING)
        .run(a, b)?;
    let stands = says(&again, judge::Verdict::Regressed);
    // The account of the first: the rests of this one, in which others run, would look as if they had been taken from it.
    (again.environment, again.warnings) = (found.environment, found.warnings);
    Ok((again, stands))
}

fn unanswerable(promise: &Promise, error: &judge::ExperimentError) -> Outcome {
    Outcome::unanswerable(promise, error.to_string())
}

fn says(found: &judge::Comparison, verdict: judge::Verdict) -> bool {
    found
        .results
        .first()
        .is_some_and(|result| result.verdict == verdict)
}

fn told(promise: &Promise, factor: f64, options: &Options, found: &judge::Comparison) -> Outcome {
    let Some(result) = found.results.first() else {
        return Outcome::unanswerable(promise, found.warnings.join("; "));
    };
    let verdict = match result.verdict {
        judge::Verdict::Improved => Verdict::Holds,
        judge::Verdict::Regressed => Verdict::Broken,
        judge::Verdict::Equivalent => Verdict::Inconclusive(Reason::Unanswerable {
            why: format!(
                "the true factor is within {} of the one asked for",
                units::percent(MARGIN)
            ),
        }),
        judge::Verdict::Inconclusive => Verdict::Inconclusive(match &result.explanation {
            Some(why) => Reason::Unanswerable { why: why.clone() },
            None => Reason::Undecided,
        }),
    };
    let mut outcome = Outcome::new(promise, verdict);
    if let Some(change) = &result.change {
        let times = |change: f64| factor / (1.0 + change);
        outcome.observed = Some(times(change.estimate));
        let end =
            |end: Option<f64>| end.map_or("unknown".to_owned(), |c| format!("{:.3}", times(c)));
        let (low, high) = (end(change.high), end(change.low));
        let level = units::percent(change.level);
        outcome.tell(
            "observed",
            format!(
                "{:.3} times as fast ({level}: {low} to {high})",
                times(change.estimate)
            ),
        );
    }
    if let (Some(baseline), Some(candidate)) = (result.baseline, result.candidate) {
        let [baseline, candidate] = [baseline * factor, candidate].map(units::duration);
        outcome.tell(
            "times",
            format!("{candidate} against {baseline} a call, medians of batches"),
        );
    }
    let rounds = result.n.candidate;
    outcome.calls = rounds as u64;
    outcome.tell(
        "rounds",
        format!(
            "{} in random order, in this process and memory layout",
            units::count(rounds as u64)
        ),
    );
    if let Some(stolen) = found.environment.stolen {
        outcome.tell(
            "machine",
            format!("{} of the time went to others", units::percent(stolen)),
        );
    }
    for warning in result.warnings.iter().chain(&found.warnings) {
        outcome.tell("note", warning);
    }
    outcome.tell("seed", format!("PERF_BOUND_SEED={}", options.seed));
    outcome
}

/// One side: batches of calls, their times divided.
struct Timed<'a, 'b> {
    call: &'a mut TimedCall<'b>,
    calls: u32,
    batch_ns: f64,
    divide: f64,
    time: &'a dyn Time,
    fresh: Option<Rc<RefCell<Schedule>>>, // of both sides, once it looks broken
}

impl<'a, 'b> Timed<'a, 'b> {
    /// Finds how many calls make a batch long enough, which warms them up.
    fn new(
        call: &'a mut TimedCall<'b>,
        divide: f64,
        options: &Options,
        time: &'a dyn Time,
    ) -> Self {
        let mut calls = f64::from(options.batch.unwrap_or(1));
        let mut batch_ns = calls * call(Ask::wall(calls as u32));
        while options.batch.is_none() && batch_ns < BATCH_NS && calls < MOST_CALLS {
            let grown = calls * (BATCH_NS / batch_ns.max(1.0)).clamp(2.0, 16.0);
            calls = grown.min(MOST_CALLS).ceil();
            batch_ns = calls * call(Ask::wall(calls as u32));
        }
        Self {
            call,
            calls: calls as u32,
            batch_ns,
            divide,
            time,
            fresh: None,
        }
    }

    /// Waits until the schedule has room for a batch.
    fn wait(&mut self) {
        let Some(schedule) = &self.fresh else { return };
        loop {
            match schedule.borrow_mut().next(self.time.now()) {
                Next::Judge => return,
                Next::Warm => {
                    (self.call)(Ask::wall(self.calls));
                }
                Next::Rest => self.time.idle(),
            }
        }
    }
}

impl Arm for Timed<'_, '_> {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        self.wait();
        let nanoseconds = (self.call)(Ask::wall(self.calls));
        into.set(Metric::WALL, nanoseconds / self.divide);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::confirm::{PAUSE_NS, PERIOD_NS, SimulatedTime};
    use perf_stats::Rng;
    use std::cell::Cell;

    /// What is found of a candidate that takes half of what the baseline takes, and `slowed` as long while the disturbance lasts. Gives
    /// when the two experiments of the first claim were over, too.
    fn compare(slowed: f64, disturbed_until: f64) -> (judge::Verdict, bool, f64) {
        let (time, rng) = (SimulatedTime::default(), RefCell::new(Rng::new(3)));
        let last = Cell::new(0.0);
        let call = |typical: f64, ask: &Ask<'_>| {
            let took = typical * (0.05 * rng.borrow_mut().normal()).exp();
            time.pass(took * f64::from(ask.calls));
            took
        };
        let mut baseline = |ask: Ask<'_>| call(30e3, &ask);
        let mut candidate = |ask: Ask<'_>| {
            if time.now() - last.get() < PAUSE_NS / 2.0 {
                last.set(time.now()); // of those before the pause
            }
            let disturbed = time.now() < disturbed_until;
            call(if disturbed { 15e3 * slowed } else { 15e3 }, &ask)
        };
        let options = Options::new();
        let mut arms = [
            Timed::new(&mut baseline, 1.0, &options, &time),
            Timed::new(&mut candidate, 1.0, &options, &time),
        ];
        let margin = Margin::relative(MARGIN).expect("a margin");
        let experiment = |seed| {
            Experiment::new("candidate")
                .unit(Replicate::Round)
                .seed(seed)
                .pairs(40)
                .margin(margin)
                .witness_off()
        };
        let (found, stands) = decide(&mut arms, &experiment, 1).expect("an experiment");
        (found.results[0].verdict, stands, last.get())
    }

    #[test]
    fn slower_is_said_where_it_lasts() {
        assert!(matches!(
            compare(1.0, 0.0),
            (judge::Verdict::Improved, true, _)
        ));
        let (verdict, stands, first) = compare(4.0, f64::MAX);
        assert_eq!((verdict, stands), (judge::Verdict::Regressed, true));
        // Disturbed for as long as the first claim took, and into the confirmation.
        for more in [0.0, PAUSE_NS, PAUSE_NS + 2.0 * PERIOD_NS] {
            let (verdict, stands, _) = compare(4.0, first + 0.1e6 + more);
            assert!(!stands, "{verdict:?}, and {more} ns more");
        }
    }
}
