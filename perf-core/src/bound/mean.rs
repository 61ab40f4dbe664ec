//! In: a limit on the mean, and calls in batches. Out: an [`Outcome`] as soon as the batches' means tell, or at the end of the budget.

use crate::bound::Limit;
use crate::bound::baseline::Statistic;
use crate::bound::machine::Machine;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::pace::Pace;
use crate::bound::promise::Promise;
use crate::bound::samples::Samples;
use crate::bound::timing::{Ask, TimedCall, own_cost};
use crate::bound::verdict::{Reason, Verdict};
use crate::probe::Probe;
use crate::units;
use perf_stats::decision::{ALPHA_BROKEN, ALPHA_HOLDS};
use perf_stats::describe::describe;
use perf_stats::sequential::NormalMixture;
use perf_stats::series::autocorrelation_time;
use std::fmt::Display;

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
/// Batches before anything is claimed: their mean is then near enough to normal.
const FEWEST: usize = 50;
/// Batches kept: of more, neighbours are joined.
const MOST: usize = 8_192;
/// Looks come at counts this factor apart.
const LOOK_GROWTH: f64 = 1.05;
/// Calls a batch holds at most: their inputs and values are kept until it ends.
const MOST_CALLS: f64 = 100_000.0;

/// What is judged: the mean of what the gauge reads is below the limit.
pub(super) struct MeanQuestion<'a> {
    told: &'a dyn Display,
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
}

/// Makes calls until the answer is known or the budget spent.
pub(super) fn judge(
    question: &MeanQuestion<'_>,
    options: &Options,
    call: &mut TimedCall<'_>,
) -> Outcome {
    let (told, gauge) = (question.told, question.gauge);
    let mut probe = Probe::new();
    if gauge == Gauge::Cpu
        && let Err(absence) = probe.this_thread().cpu_ns
    {
        return Outcome::unanswerable(told, format!("CPU time is not known: {absence}"));
    }
    let mut pace = Pace::start(options, call);
    let calls = options.batch.unwrap_or_else(|| size(gauge, call));
    let mut machine = Machine::start(options.seed);
    let limits = [question.limit, question.highest];
    let mut trial = Trial::new(limits, own_cost() / f64::from(calls));
    let mut samples = Samples::new(options.seed);
    let mut read_cpu = || probe.this_thread().cpu_ns.map_or(0.0, |ns| ns as f64);
    let mut verdict = None;
    while verdict.is_none() && pace.goes_on() {
        let value = match gauge {
            Gauge::Wall => call(Ask::wall(calls)),
            Gauge::Cpu => call(Ask {
                calls,
                gauge: Some(&mut read_cpu),
                taken: None,
            }),
        };
        samples.push(value);
        machine.rest(pace.now());
        if trial.push(value) {
            let disturbed = match gauge {
                Gauge::Wall => machine.disturbance(pace.spent()),
                Gauge::Cpu => 0.0, // other threads' time is not in it
            };
            verdict = trial.look(disturbed);
        }
    }
    let verdict = verdict.unwrap_or_else(|| trial.give_up());
    let mut outcome = Outcome::new(told, verdict);
    if let Some(line) = &question.rests_on {
        outcome.tell("limit", line);
    }
    trial.tell(&mut outcome, calls);
    if let Some([line, mark]) = samples.sketch(question.limit) {
        outcome.tell("spread", line);
        outcome.tell("", mark);
    }
    outcome.tell_allocations(call);
    outcome.tell("took", pace.told(options));
    outcome.tell("machine", machine.told());
    outcome.tell("seed", format!("PERF_BOUND_SEED={}", options.seed));
    outcome
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

/// A bound on a mean while its batches come in.
///
/// Evidence is the normal mixture on the batches' means, whose standard deviation and dependence are estimated from them: the error rates
/// are asymptotic, as near as the mean of [`FEWEST`] batches is to normal. A mean that rests on one call in many thousands is not
/// seen before that call.
struct Trial {
    limits: [f64; 2], // what it is at least and at most
    own: f64,         // nanoseconds a call that are the clock's
    means: Vec<f64>,
    joined: usize, // batches that one of `means` stands for
    open: (f64, usize),
    next_look: usize,
    tau: f64,
    suspected: bool, // broken but for what the machine did
}

impl Trial {
    fn new(limits: [f64; 2], own: f64) -> Self {
        Self {
            limits,
            own,
            means: Vec::new(),
            joined: 1,
            open: (0.0, 0),
            next_look: FEWEST,
            tau: 1.0,
            suspected: false,
        }
    }

    /// Takes a batch; true where a look is due.
    fn push(&mut self, value: f64) -> bool {
        self.open = (self.open.0 + value, self.open.1 + 1);
        if self.open.1 < self.joined {
            return false;
        }
        self.means.push(self.open.0 / self.joined as f64);
        self.open = (0.0, 0);
        if self.means.len() == MOST {
            self.means = self
                .means
                .chunks(2)
                .map(|two| two.iter().sum::<f64>() / 2.0)
                .collect();
            self.joined *= 2;
            self.next_look = self.means.len();
        }
        self.means.len() >= self.next_look
    }

    /// The verdict now; `disturbed` is the share of the time that the machine took.
    fn look(&mut self, disturbed: f64) -> Option<Verdict> {
        self.next_look = (self.means.len() as f64 * LOOK_GROWTH).ceil() as usize;
        let [least, limit] = self.limits;
        if self.shown(least - self.mean(), ALPHA_HOLDS) {
            return Some(Verdict::Holds);
        }
        let beyond = |mean: f64| mean - limit;
        if !self.shown(beyond(self.mean()), ALPHA_BROKEN) {
            return None;
        }
        self.suspected = true;
        let undisturbed = self.mean() * (1.0 - disturbed) - self.own;
        self.shown(beyond(undisturbed), ALPHA_BROKEN)
            .then_some(Verdict::Broken)
    }

    fn give_up(&self) -> Verdict {
        Verdict::Inconclusive(if self.suspected {
            Reason::BusyMachine {
                what: "it looked broken, but not beyond what the machine took of the time"
                    .to_owned(),
            }
        } else {
            Reason::Undecided
        })
    }

    fn mean(&self) -> f64 {
        self.means.iter().sum::<f64>() / self.means.len().max(1) as f64
    }

    /// Whether a distance above 0 of the mean from the limit is shown at this error rate, at all looks together.
    fn shown(&mut self, distance: f64, alpha: f64) -> bool {
        if distance <= 0.0 {
            return false;
        }
        let Ok(spread) = describe(&self.means) else {
            return false;
        };
        let n = self.means.len() as f64;
        let Some(deviation) = spread.sd.filter(|sd| *sd > 0.0) else {
            return true; // all equal
        };
        self.tau = autocorrelation_time(&self.means).unwrap_or(1.0);
        let effective = n / self.tau;
        let sum = distance * effective / deviation;
        let mixture = NormalMixture::tuned(4.0 * FEWEST as f64, alpha);
        mixture
            .and_then(|mixture| mixture.log_e(sum, effective))
            .is_ok_and(|log_e| log_e >= -alpha.ln())
    }

    fn tell(&self, outcome: &mut Outcome, calls: u32) {
        let batches = (self.means.len() * self.joined + self.open.1) as u64;
        outcome.calls = batches * u64::from(calls);
        if self.means.is_empty() {
            return;
        }
        let mean = self.mean();
        outcome.observed = Some(mean);
        let interval = perf_stats::mean_interval::mean_interval(&self.means, 0.95);
        let range = interval.map_or("unknown".to_owned(), |i| {
            let half = i.width() / 2.0 * self.tau.sqrt();
            units::duration_range((mean - half).max(0.0), mean + half)
        });
        let times = mean / self.limits[0];
        outcome.tell(
            "observed",
            format!(
                "mean {} (95 %: {range}), {times:.2} times the limit",
                units::duration(mean)
            ),
        );
        outcome.tell(
            "calls",
            format!(
                "{} in {} batches of {calls}; {:.1} batches count as one independent one",
                units::count(outcome.calls),
                units::count(batches),
                self.tau * self.joined as f64
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_stats::Rng;

    fn decide(
        limit: f64,
        cap: usize,
        disturbed: f64,
        mut batch: impl FnMut() -> f64,
    ) -> (Verdict, usize) {
        let mut trial = Trial::new([limit; 2], 0.0);
        for n in 1..=cap {
            if trial.push(batch())
                && let Some(verdict) = trial.look(disturbed)
            {
                return (verdict, n);
            }
        }
        (trial.give_up(), cap)
    }

    fn lognormal(mean: f64, rng: &mut Rng) -> f64 {
        mean * (0.3 * rng.normal() - 0.045).exp()
    }

    #[test]
    fn a_mean_well_apart_from_its_limit_is_decided_soon() {
        let mut rng = Rng::new(1);
        let (verdict, n) = decide(10.0, 5_000, 0.0, || lognormal(8.0, &mut rng));
        assert!(verdict == Verdict::Holds && n < 200, "{verdict} {n}");
        let (verdict, n) = decide(10.0, 5_000, 0.0, || lognormal(13.0, &mut rng));
        assert!(verdict == Verdict::Broken && n < 200, "{verdict} {n}");
    }

    #[test]
    fn at_its_limit_a_mean_is_rarely_decided_however_long_one_looks() {
        let (mut held, mut broken) = (0, 0);
        for run in 0..400 {
            let mut rng = Rng::stream(7, run);
            match decide(10.0, 3_000, 0.0, || lognormal(10.0, &mut rng)).0 {
                Verdict::Holds => held += 1,
                Verdict::Broken => broken += 1,
                Verdict::Inconclusive(_) => {}
            }
        }
        assert!(broken == 0 && held <= 24, "{held} {broken}"); // 5 % are 20
    }

    #[test]
    fn what_the_machine_took_excuses() {
        let mut rng = Rng::new(3);
        let (verdict, _) = decide(10.0, 1_000, 0.5, || lognormal(13.0, &mut rng));
        assert!(
            matches!(verdict, Verdict::Inconclusive(Reason::BusyMachine { .. })),
            "{verdict}"
        );
    }

    #[test]
    fn memory_is_bounded_and_the_mean_is_kept() {
        let mut trial = Trial::new([1.0; 2], 0.0);
        for i in 0..100_000_u32 {
            trial.push(f64::from(i % 10));
        }
        assert!(trial.means.len() < MOST && trial.joined > 1);
        assert!((trial.mean() - 4.5).abs() < 0.01, "{}", trial.mean());
    }
}
