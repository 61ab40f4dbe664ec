//! In: calls against a limit on a quantile, as they are made. Out: what to do next, and a verdict; a `Broken` is one that fresh calls confirm.

use crate::bound::between::Between;
use crate::bound::confirm::{self, Next, Schedule};
use crate::bound::exceeding::Call;
use crate::bound::fresh::Fresh;
use crate::bound::machine::Control;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::quantile::{Question, counted};
use crate::bound::samples::Samples;
use crate::bound::verdict::{Reason, Verdict};
use crate::units;

/// A bound on a quantile while its calls come in: a first test and, once that says `Broken`, a second one of fresh calls.
pub(super) struct Trial<'a> {
    pub(super) question: &'a Question<'a>,
    samples: Samples,
    first: Between,
    quota: u64, // calls in a period of the second test
    taken: u64, // by the first
    fresh: Option<Fresh>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(question: &'a Question<'a>, options: &Options) -> Result<Self, Box<Outcome>> {
        let refused = |error| Box::new(Outcome::unanswerable(question.told, format!("{error}")));
        let [low, high] = question.limits();
        let first = Between::new(question.p, low, high).map_err(refused)?;
        Ok(Self {
            question,
            samples: Samples::new(options.seed),
            quota: confirm::quota(first.calls_to_hold()),
            first,
            taken: 0,
            fresh: None,
        })
    }

    /// What to do at this moment, in nanoseconds since the start.
    pub(super) fn next(&mut self, now: f64) -> Next {
        let fresh = self.fresh.as_mut();
        fresh.map_or(Next::Judge, |fresh| fresh.next(now))
    }

    /// Takes a call that was judged at this moment; none for one that was made elsewhere.
    pub(super) fn push(&mut self, call: Call, now: Option<f64>) -> Option<Verdict> {
        self.samples.push(call.nanoseconds);
        if let Some(fresh) = &mut self.fresh {
            return fresh.push(call);
        }
        self.taken += 1;
        let said = self.first.push(call);
        if said != Some(Verdict::Broken) || self.is_spread(now) {
            return said;
        }
        let schedule = now.map(|now| Schedule::after(now, self.quota));
        let limits = match schedule {
            Some(_) => self.question.limits_again(),
            None => self.question.limits(),
        };
        self.fresh = Some(Fresh::new(self.question.p, limits, schedule));
        None
    }

    /// Whether the calls are those of the second test now.
    pub(super) fn confirms(&self) -> bool {
        self.fresh.is_some()
    }

    /// The work that is compared with batches of so many calls.
    pub(super) fn control(&self, calls: u32) -> Control {
        let (whole, limit) = (f64::from(calls), self.limit());
        let typical = self.samples.median().unwrap_or(limit);
        Control::of(typical * whole, limit * whole)
    }

    /// The limit that calls are compared with now, in nanoseconds.
    pub(super) fn limit(&self) -> f64 {
        let fresh = self.fresh.as_ref();
        fresh.map_or(self.question.limit, Fresh::limit)
    }

    /// Whether what the first test says needs no fresh calls.
    fn is_spread(&self, now: Option<f64>) -> bool {
        now.is_some_and(|now| confirm::is_spread(self.taken, now, self.quota))
    }

    fn give_up(&mut self, now: Option<f64>) -> Verdict {
        if let Some(fresh) = &mut self.fresh {
            return fresh.give_up();
        }
        match self.first.give_up() {
            Verdict::Broken if !self.is_spread(now) => {
                Verdict::Inconclusive(Reason::NotConfirmed { fresh: 0 })
            }
            verdict => verdict,
        }
    }

    /// The outcome, at this moment, of what was said or of nothing.
    pub(super) fn finish(mut self, verdict: Option<Verdict>, now: Option<f64>) -> Outcome {
        let verdict = verdict.unwrap_or_else(|| self.give_up(now));
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
        let answer = self.first.answer();
        (outcome.calls, outcome.exceeded) = (answer.total, answer.exceeded);
        if answer.total == 0 {
            return;
        }
        outcome.tell("calls", counted(answer.total, answer.exceeded, &answer));
        let mut excused = self.first.excused();
        if let Some(fresh) = &self.fresh {
            let (calls, exceeded) = fresh.counts();
            outcome.calls += calls;
            outcome.exceeded += exceeded;
            excused += fresh.excused();
            outcome.tell("fresh", fresh.told());
        }
        if excused > 0 {
            let line = format!(
                "{} beyond the limit by what the machine did, or by the clock's own cost: they do not count for `broken`",
                units::count(excused)
            );
            outcome.tell("excused", line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::confirm::{PAUSE_NS, PERIOD_NS};
    use crate::bound::{Bound, nanos, secs};
    use perf_stats::Rng;

    /// A simulated check of p99 < 2 µs on a machine that makes each call ten times as slow while one of the disturbances lasts.
    fn check(typical: f64, seed: u64, disturbances: &[[f64; 2]]) -> (Outcome, f64) {
        let bound = Bound::p99().below(nanos(2_000));
        let question = bound.question("simulated calls").expect("a quantile");
        let mut trial = Trial::new(&question, &bound.options).expect("a bound");
        let mut rng = Rng::new(seed);
        let mut now = 0.0;
        let mut verdict = None;
        while verdict.is_none() && now < secs(1).as_nanos() as f64 {
            let next = trial.next(now);
            let mut nanoseconds = typical * (0.25 * rng.normal()).exp();
            if disturbances
                .iter()
                .any(|[from, to]| (*from..*to).contains(&now))
            {
                nanoseconds *= 10.0;
            }
            now += if next == Next::Rest {
                20e3
            } else {
                nanoseconds
            };
            if next == Next::Judge {
                let call = Call {
                    nanoseconds,
                    undisturbed: nanoseconds,
                };
                verdict = trial.push(call, Some(now));
            }
        }
        (trial.finish(verdict, Some(now)), now)
    }

    #[test]
    fn a_disturbance_that_passes_is_never_called_broken_wherever_it_comes() {
        for seed in 0..20 {
            for lasts in [0.5e6, 3e6, 12e6] {
                let at_once = [[0.0, lasts]];
                let (outcome, _) = check(800.0, seed, &at_once);
                assert_ne!(outcome.verdict, Verdict::Broken, "{outcome}");
                // Another one while the fresh calls are made, at each place.
                for at in 0..12 {
                    let from = PAUSE_NS + f64::from(at) * PERIOD_NS; // the first period opens a little later
                    let (outcome, _) = check(800.0, seed, &[[0.0, 1e6], [from, from + lasts]]);
                    assert_ne!(outcome.verdict, Verdict::Broken, "{outcome}");
                }
            }
        }
        let (outcome, _) = check(800.0, 1, &[[0.0, 1e6]]);
        let unconfirmed = matches!(
            outcome.verdict,
            Verdict::Inconclusive(Reason::NotConfirmed { .. })
        );
        assert!(
            unconfirmed && outcome.to_string().contains("fresh measurements"),
            "{outcome}"
        );
    }

    #[test]
    fn what_is_broken_is_found_well_within_the_budget() {
        for seed in 0..200 {
            let (outcome, took) = check(2_600.0 / (0.25 * 2.326_f64).exp(), seed, &[]); // p99 = 1.3 times the limit
            assert_eq!(outcome.verdict, Verdict::Broken, "{outcome}");
            assert!(took < 600e6, "{took} ns: {outcome}");
            assert!(outcome.to_string().contains("after a pause"), "{outcome}");
        }
        let (outcome, took) = check(20_000.0, 1, &[]);
        assert!(
            outcome.verdict == Verdict::Broken && took < 80e6,
            "{took} {outcome}"
        );
    }

    #[test]
    fn slow_calls_have_been_spread_already() {
        let (outcome, took) = check(12e6, 1, &[]);
        assert_eq!(outcome.verdict, Verdict::Broken, "{outcome}");
        assert!(
            took < 400e6 && !outcome.to_string().contains("after a pause"),
            "{outcome}"
        );
    }
}
