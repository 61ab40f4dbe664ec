//! In: a limit on the mean, and calls in batches. Out: an [`Outcome`] as soon as the batches' means tell, or at the end of the budget.

use crate::bound::Limit;
use crate::bound::baseline::Statistic;
use crate::bound::confirm::{self, Next, Schedule};
use crate::bound::machine::{Control, Machine};
use crate::bound::means::Means;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::pace::Pace;
use crate::bound::promise::Promise;
use crate::bound::samples::Samples;
use crate::bound::timing::{Ask, TimedCall, own_cost};
use crate::bound::verdict::{Reason, Verdict};
use crate::probe::Probe;
use crate::units;

/// What is read around a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gauge {
    /// The clock on the wall.
    Wall,
    /// The thread's CPU time.
    Cpu,
}

/// A batch takes at least about so long, so that the reading around it does not matter.
const BATCH_NS: [f64; 2] = [20_000.0, 500_000.0]; // by the wall clock; by the kernel's account of CPU time
/// Batches in each period of the second test.
const BATCHES: u64 = 8;
/// Calls a batch holds at most: their inputs and values are kept until it ends.
const MOST_CALLS: f64 = 100_000.0;

/// What is judged: the mean of what the gauge reads is below the limit.
pub(super) struct MeanQuestion<'a> {
    told: &'a Promise,
    gauge: Gauge,
    limit: f64,               // nanoseconds; of a baseline, what it is at least
    highest: f64,             // what it is at most
    rests_on: Option<String>, // where the limit is another one elsewhere
}

impl<'a> MeanQuestion<'a> {
    /// What a promise asks of means, if it does; or why it cannot be asked.
    pub(super) fn of(promise: &'a Promise) -> Option<Result<Self, String>> {
        let (gauge, settled) = match promise {
            Promise::Mean { limit } => (Gauge::Wall, limit.settle(Statistic::Mean)),
            Promise::Throughput { per_second } => {
                let limit = Limit::nanoseconds(1e9 / per_second);
                (Gauge::Wall, limit.settle(Statistic::Mean))
            }
            Promise::Cpu { limit } if limit.baseline().is_some() => {
                let why = "a baseline knows no CPU time: bound the mean, or name a time";
                return Some(Err(why.to_owned()));
            }
            Promise::Cpu { limit } => (Gauge::Cpu, limit.settle(Statistic::Mean)),
            _ => return None,
        };
        Some(settled.and_then(|settled| {
            if settled.low <= 0.0 {
                return Err("the limit is not a number above 0".to_owned());
            }
            Ok(Self {
                told: promise,
                gauge,
                limit: settled.low,
                highest: settled.high,
                rests_on: settled.told,
            })
        }))
    }

    /// What the limit is at least and at most.
    fn limits(&self) -> [f64; 2] {
        [self.limit, self.highest]
    }

    /// The same for fresh batches: a kernel is timed anew, and the longer time counts.
    fn limits_again(&self) -> [f64; 2] {
        let [low, high] = self.limits();
        match Self::of(self.told) {
            Some(Ok(again)) => [low.max(again.limit), high.max(again.highest)],
            _ => [low, high],
        }
    }
}

/// Makes calls until the answer is known or the budget spent.
pub(super) fn judge(
    question: &MeanQuestion<'_>,
    options: &Options,
    call: &mut TimedCall<'_>,
) -> Outcome {
    let (told, gauge) = (question.told, question.gauge);
    if gauge == Gauge::Cpu
        && let Err(absence) = Probe::new().this_thread().cpu_ns
    {
        return Outcome::unanswerable(told, format!("CPU time is not known: {absence}"));
    }
    let mut pace = Pace::start(options, call);
    let calls = options.batch.unwrap_or_else(|| size(gauge, call));
    let mut check = Check {
        question,
        calls,
        machine: Machine::start(options.seed),
        first: Means::new(question.limits(), own_cost() / f64::from(calls)),
        samples: Samples::new(options.seed),
        fresh: None,
    };
    let verdict = check.sample(&mut pace, call);
    let mut outcome = check.told(verdict);
    outcome.tell_allocations(call);
    outcome.tell("took", pace.told(options));
    outcome.tell("machine", check.machine.told());
    outcome.tell("seed", format!("PERF_BOUND_SEED={}", options.seed));
    outcome
}

/// A bound on a mean while its batches are made.
struct Check<'a> {
    question: &'a MeanQuestion<'a>,
    calls: u32, // a batch
    machine: Machine,
    first: Means,
    samples: Samples,
    fresh: Option<Fresh>,
}

/// The second test, once the first says `Broken`; see [`confirm`].
struct Fresh {
    means: Means,
    schedule: Schedule,
    control: Control,
    spent: f64,  // nanoseconds of its batches
    beyond: f64, // nanoseconds that its controls were too slow
    usual: f64,  // nanoseconds that they take at best
}

impl Check<'_> {
    fn sample(&mut self, pace: &mut Pace, call: &mut TimedCall<'_>) -> Option<Verdict> {
        let mut probe = Probe::new();
        let mut read_cpu = || probe.this_thread().cpu_ns.map_or(0.0, |ns| ns as f64);
        while pace.goes_on() {
            let next = self
                .fresh
                .as_mut()
                .map(|fresh| fresh.schedule.next(pace.elapsed()));
            match next.unwrap_or(Next::Judge) {
                Next::Judge => {}
                Next::Warm => {
                    call(Ask::wall(self.calls));
                    self.machine.resume();
                    continue;
                }
                Next::Rest => {
                    confirm::idle();
                    continue;
                }
            }
            self.compare();
            let is_cpu = self.question.gauge == Gauge::Cpu;
            let value = call(Ask {
                calls: self.calls,
                gauge: is_cpu.then_some(&mut read_cpu),
                taken: None,
            });
            self.machine.rest(pace.now());
            let verdict = self.take(value, pace.spent());
            if verdict.is_some() {
                return verdict;
            }
        }
        None
    }

    /// Takes a batch's mean, so many nanoseconds after the start.
    fn take(&mut self, value: f64, now: f64) -> Option<Verdict> {
        self.samples.push(value);
        let is_cpu = self.question.gauge == Gauge::Cpu;
        if let Some(fresh) = &mut self.fresh {
            fresh.spent += value * f64::from(self.calls);
            if !(fresh.means.push(value) && fresh.schedule.suffices()) {
                return None;
            }
            let disturbed = fresh.disturbed(&mut self.machine, is_cpu);
            return match fresh.means.look(disturbed) {
                Some(Verdict::Holds) => Some(fresh.not_confirmed()),
                said => said,
            };
        }
        if !self.first.push(value) {
            return None;
        }
        let disturbed = if is_cpu {
            0.0 // other threads' time is not in it
        } else {
            self.machine.disturbance(now)
        };
        let verdict = self.first.look(disturbed);
        if verdict != Some(Verdict::Broken) || self.stands(now) {
            return verdict;
        }
        self.fresh = Some(Fresh {
            means: Means::fresh(self.question.limits_again(), self.first.own()),
            schedule: Schedule::after(now, BATCHES),
            control: Control::of_batch(self.first.mean() * f64::from(self.calls)),
            spent: 0.0,
            beyond: 0.0,
            usual: 0.0,
        });
        self.machine = self.machine.anew(); // its account is of this test alone
        None
    }

    /// Whether what the first test says after so many nanoseconds needs no fresh batches.
    fn stands(&self, now: f64) -> bool {
        confirm::is_spread(self.first.batches(), now, BATCHES)
    }

    /// The control's work beside a fresh batch.
    fn compare(&mut self) {
        if let Some(fresh) = &mut self.fresh {
            fresh.beyond += self.machine.compare(&fresh.control);
            fresh.usual += fresh.control.best();
        }
    }

    fn give_up(&self) -> Verdict {
        match &self.fresh {
            None => self.first.give_up(),
            Some(fresh) => match fresh.means.give_up() {
                busy @ Verdict::Inconclusive(Reason::BusyMachine { .. }) => busy,
                _ => fresh.not_confirmed(),
            },
        }
    }

    fn told(&self, verdict: Option<Verdict>) -> Outcome {
        let verdict = verdict.unwrap_or_else(|| self.give_up());
        let mut outcome = Outcome::new(self.question.told, verdict);
        if let Some(line) = &self.question.rests_on {
            outcome.tell("limit", line);
        }
        self.first.tell(&mut outcome, self.calls);
        if let Some(fresh) = &self.fresh {
            outcome.calls += fresh.means.batches() * u64::from(self.calls);
            outcome.tell("fresh", fresh.told());
        }
        if let Some([line, mark]) = self.samples.sketch(self.question.limit) {
            outcome.tell("spread", line);
            outcome.tell("", mark);
        }
        outcome
    }
}

impl Fresh {
    /// The share of its time that the machine took.
    fn disturbed(&self, machine: &mut Machine, is_cpu: bool) -> f64 {
        // What others took is no part of CPU time; slowness is.
        let spent = if is_cpu { f64::INFINITY } else { self.spent };
        let known = machine.disturbance(spent);
        let share = self.beyond / (self.beyond + self.usual).max(1.0);
        1.0 - (1.0 - known) * (1.0 - share)
    }

    fn not_confirmed(&self) -> Verdict {
        let fresh = self.means.batches();
        Verdict::Inconclusive(Reason::NotConfirmed { fresh })
    }

    fn told(&self) -> String {
        format!(
            "mean {} in {} more batches over {} after a pause",
            units::duration(self.means.mean()),
            units::count(self.means.batches()),
            units::duration(self.schedule.covers())
        )
    }
}

/// How many calls make a batch long enough.
fn size(gauge: Gauge, call: &mut TimedCall<'_>) -> u32 {
    let enough = BATCH_NS[usize::from(gauge == Gauge::Cpu)];
    let mut calls = 1.0;
    while calls < MOST_CALLS {
        let each = call(Ask::wall(calls as u32)).max(0.1);
        if each * calls >= enough {
            break;
        }
        calls = (calls * 2.0).max((enough / each).min(calls * 16.0)).ceil();
    }
    calls.min(MOST_CALLS) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::confirm::{PAUSE_NS, PERIOD_NS};
    use crate::bound::{Bound, nanos};
    use perf_stats::Rng;

    /// A simulated second, in batches of 10 calls, of a machine that makes each ten times as slow while one of the disturbances lasts.
    fn check(bound: &Bound, typical: f64, seed: u64, disturbances: &[[f64; 2]]) -> Outcome {
        simulate(bound, typical, seed, disturbances, 0.0)
    }

    /// And where the control beside fresh batches takes so many times its best longer.
    fn simulate(
        bound: &Bound,
        typical: f64,
        seed: u64,
        disturbances: &[[f64; 2]],
        beyond: f64,
    ) -> Outcome {
        let question = MeanQuestion::of(&bound.promise)
            .expect("a mean")
            .expect("a limit");
        let mut check = Check {
            question: &question,
            calls: 10,
            machine: Machine::untold(),
            first: Means::new(question.limits(), 0.0),
            samples: Samples::new(seed),
            fresh: None,
        };
        let mut rng = Rng::new(seed);
        let (mut now, mut verdict) = (0.0, None);
        while verdict.is_none() && now < 1e9 {
            let next = check.fresh.as_mut().map(|fresh| fresh.schedule.next(now));
            if next == Some(Next::Rest) {
                now += 20e3;
                continue;
            }
            let disturbed = disturbances
                .iter()
                .any(|[from, to]| (*from..*to).contains(&now));
            let slower = if disturbed { 10.0 } else { 1.0 };
            let value = slower * typical * (0.1 * rng.normal()).exp();
            now += value * 10.0;
            if next != Some(Next::Warm) {
                if let Some(fresh) = &mut check.fresh {
                    fresh.usual += 10e3;
                    fresh.beyond += 10e3 * beyond;
                }
                verdict = check.take(value, now);
            }
        }
        check.told(verdict)
    }

    #[test]
    fn a_mean_is_broken_where_fresh_batches_say_so_too() {
        let bounds = [
            Bound::mean().below(nanos(2_000)),
            Bound::throughput().above(500_000.0),
            Bound::cpu().below(nanos(2_000)),
        ];
        for (bound, seed) in bounds
            .iter()
            .flat_map(|bound| (0..10).map(move |seed| (bound, seed)))
        {
            assert_eq!(check(bound, 1_000.0, seed, &[]).verdict, Verdict::Holds);
            let outcome = check(bound, 2_600.0, seed, &[]);
            assert_eq!(outcome.verdict, Verdict::Broken, "{outcome}");
            assert!(outcome.to_string().contains("after a pause"), "{outcome}");
            // A disturbance that fills the first test, and another one as long while it is measured again.
            for at in 0..12 {
                let from = 4.5e6 + PAUSE_NS + f64::from(at) * PERIOD_NS; // the first period opens within a millisecond
                let outcome = check(bound, 1_000.0, seed, &[[0.0, 6e6], [from, from + 6e6]]);
                let unconfirmed = matches!(
                    outcome.verdict,
                    Verdict::Inconclusive(Reason::NotConfirmed { .. })
                );
                assert!(unconfirmed, "{outcome}");
            }
        }
    }

    #[test]
    fn what_slows_the_control_beside_fresh_batches_excuses_them() {
        let bound = Bound::mean().below(nanos(2_000));
        let outcome = simulate(&bound, 2_600.0, 1, &[], 1.0);
        let busy = matches!(
            outcome.verdict,
            Verdict::Inconclusive(Reason::BusyMachine { .. })
        );
        assert!(busy, "{outcome}");
        assert_eq!(
            simulate(&bound, 2_600.0, 1, &[], 0.1).verdict,
            Verdict::Broken
        );
    }
}
