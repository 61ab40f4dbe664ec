//! In: two closures and a quantile. Out: whether that quantile of their single calls differs: blocks of calls that are timed one by one.

use super::advice;
use super::batch::Timer;
use super::comparison::{Circumstances, Comparison, Counts, Replicate};
use super::decide::{self, Answer};
use super::experiment::{ExperimentError, Progress};
use super::in_process::Alternatives;
use super::metric::{Direction, Metric, SiteMetric};
use super::outcome;
use super::quantity::Unit;
use super::stolen::Stolen;
use super::verdict::Verdict;
use crate::clock::Clock;
use perf_stats::StatsError;
use perf_stats::decision::{
    Arm as Side, Conditions, Decision, Design, Looks, Margin, Order, Plan, TailTrial,
};
use perf_stats::describe::median;
use perf_stats::quantile::quantile;
use std::ops::ControlFlow;
use std::time::Duration;

/// Blocks at the last look, and at the first.
const BLOCKS: [usize; 2] = [80, 10];
/// Calls of a side in one stretch of a block, of which there are two: more tell little more, and a look resamples all of them.
const MOST_CALLS: usize = 125;
/// Calls a side before the first block, as far as they take no more than a share of the time.
const WARM_UP: usize = 200;
const WARM_UP_SHARE: f64 = 0.1;
/// Time between calls of the progress callback.
const PROGRESS_NS: u64 = 100_000_000;

/// What is asked, and of which side which loop.
struct Tail<'w, 'a, A, B> {
    with: &'w mut Alternatives<'a>,
    metric: Metric,
    margin: Margin,
    p: f64,
    timer: Timer,
    baseline: A,
    candidate: B,
}

/// One pass over a plan.
struct Stage {
    decision: Decision,
    calls: [Vec<f64>; 2], // nanoseconds each
    elapsed: Duration,
    stopped: bool,
}

/// Measures and judges quantile `p` of single calls.
pub(super) fn compare(
    with: &mut Alternatives,
    p: f64,
    baseline: impl FnMut(u64),
    candidate: impl FnMut(u64),
) -> Result<Comparison, ExperimentError> {
    let metric = metric_of(&with.experiment.id, p);
    let mut tail = Tail {
        margin: with.experiment.margin_of(&metric),
        metric,
        p,
        timer: Timer::of_the_process().ok_or(ExperimentError::NoClock)?,
        baseline,
        candidate,
        with,
    };
    let (seed, mut stolen) = (tail.with.experiment.seed, Stolen::begin());
    let first = tail.stage(seed, false)?;
    let mut around = Circumstances::here();
    around.seed = Some(seed);
    around.clock = Some(Clock::global().info());
    around.stolen = stolen.share();
    let mut found = tail.answer(&first, &around);
    let claims = matches!(
        found.outcome.verdict,
        Verdict::Regressed | Verdict::Improved
    );
    let (mut seconds, mut stopped) = (first.elapsed.as_secs_f64(), first.stopped);
    if tail.with.experiment.confirm && claims && !stopped {
        let second = tail.stage(seed.wrapping_add(1), true)?;
        seconds += second.elapsed.as_secs_f64();
        stopped = second.stopped;
        found = decide::confirm(found, &tail.answer(&second, &around));
    }
    around.seconds = Some(seconds);
    let mut comparison = Comparison::new(vec![found.outcome], around);
    decide::note_circumstances(&mut comparison, stopped);
    Ok(comparison)
}

impl<A: FnMut(u64), B: FnMut(u64)> Tail<'_, '_, A, B> {
    /// Blocks until the quantile is decided.
    fn stage(&mut self, seed: u64, confirming: bool) -> Result<Stage, ExperimentError> {
        let typical = self.warm_up();
        let (looks, calls) = plan(self.with.time, typical);
        let last = looks.counts().last().copied().unwrap_or(BLOCKS[1]);
        let bad = |source: StatsError| ExperimentError::Arm {
            source: source.into(),
        };
        let design = Design::new(self.margin).looks(looks);
        let mut trial = TailTrial::new(design, self.p, seed).map_err(bad)?;
        trial.set_conditions(Conditions {
            clock_step: Some(self.timer.step_ns() / typical),
            ..Conditions::default()
        });
        let clock = Clock::global();
        let start = clock.now();
        let elapsed = || clock.nanoseconds(clock.now().saturating_sub(start));
        let (mut all, mut told, mut stopped) = ([Vec::new(), Vec::new()], 0, false);
        for (at, order) in Plan::new(seed).enumerate() {
            let block = self.block(order, calls);
            trial.push_block(&block[0], &block[1]).map_err(bad)?;
            let both = all.iter_mut().zip(&block);
            both.for_each(|(all, block): (&mut Vec<f64>, _)| all.extend(block));
            let spent = elapsed();
            if spent >= told + PROGRESS_NS {
                told = spent;
                stopped = self.tell(at + 1, last, spent, confirming).is_break();
            }
            if trial.is_over() || at + 1 >= last || stopped {
                break;
            }
        }
        Ok(Stage {
            decision: trial.finish(),
            calls: all,
            elapsed: Duration::from_nanos(elapsed()),
            stopped,
        })
    }

    /// What a call takes, by calls of both sides before the first block; few where they are long.
    fn warm_up(&mut self) -> f64 {
        let most = self.with.time.as_nanos() as f64 * WARM_UP_SHARE;
        let (mut both, mut spent) = (Vec::new(), 0.0);
        while both.len() < WARM_UP && (spent < most || both.is_empty()) {
            let pair = self.call(Side::Baseline) + self.call(Side::Candidate);
            spent += pair;
            both.push(pair / 2.0);
        }
        median(&both).unwrap_or(1.0).max(1.0)
    }

    /// The calls of both sides in one block, so many in each of its four stretches.
    fn block(&mut self, order: Order, calls: usize) -> [Vec<f64>; 2] {
        let mut block = [(); 2].map(|()| Vec::with_capacity(2 * calls));
        for side in order.arms() {
            let into = &mut block[usize::from(side == Side::Candidate)];
            into.extend((0..calls).map(|_| self.call(side)));
        }
        block
    }

    fn call(&mut self, side: Side) -> f64 {
        let batch = match side {
            Side::Baseline => self.timer.time(&mut self.baseline, 1),
            Side::Candidate => self.timer.time(&mut self.candidate, 1),
        };
        // Positive, for ratios: a call within one step of the clock took no longer than that.
        batch.nanoseconds.max(self.timer.step_ns()).max(1e-3)
    }

    fn tell(&mut self, units: usize, most: usize, spent: u64, confirming: bool) -> ControlFlow<()> {
        let Some(call) = &mut self.with.experiment.progress else {
            return ControlFlow::Continue(());
        };
        call(&Progress {
            units,
            most,
            elapsed: Duration::from_nanos(spent),
            metric: self.metric.clone(),
            change: None, // an interval of a tail takes resampling
            confirming,
        })
    }

    fn answer(&self, stage: &Stage, around: &Circumstances) -> Answer {
        let n = Counts {
            baseline: stage.decision.n,
            candidate: stage.decision.n,
        };
        let [baseline, candidate] = &stage.calls;
        let sides: [&[f64]; 2] = [baseline, candidate];
        let mut found = outcome::of(
            &self.with.experiment.id,
            &self.metric,
            &stage.decision,
            sides,
            n,
        );
        found.unit_of_replication = Replicate::Block;
        [found.baseline, found.candidate] = sides.map(|calls| quantile(calls, self.p).ok());
        found.candidate_range = None; // calls are no replicates
        let pace = advice::Pace {
            elapsed: stage.elapsed,
            around,
        };
        advice::explain(&mut found, &stage.decision, Some(&pace));
        Answer {
            outcome: found,
            decision: stage.decision.clone(),
        }
    }
}

/// The looks, and calls a stretch, for calls of this length.
fn plan(time: Duration, typical_ns: f64) -> (Looks, usize) {
    let each_side = time.as_nanos() as f64 / typical_ns.max(1.0); // calls
    let blocks = ((each_side / 2.0) as usize).clamp(BLOCKS[1], BLOCKS[0]);
    let calls = ((each_side / (2.0 * blocks as f64)) as usize).clamp(1, MOST_CALLS);
    (
        Looks::up_to(blocks).unwrap_or_else(|_| Looks::standard()),
        calls,
    )
}

fn metric_of(id: &str, p: f64) -> Metric {
    let known = [
        (0.5, SiteMetric::P50),
        (0.9, SiteMetric::P90),
        (0.99, SiteMetric::P99),
    ];
    match known.into_iter().find(|(of, _)| *of == p) {
        Some((_, of)) => Metric::site(id, of),
        None => Metric::other(
            &format!("p{}", 100.0 * p),
            Unit::Nanoseconds,
            Direction::Lower,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_calls_fit_the_time() {
        let planned = |ms, ns| {
            let (looks, calls) = plan(Duration::from_millis(ms), ns);
            (looks.counts().to_vec(), calls)
        };
        assert_eq!(planned(500, 1_000.0), (vec![10, 20, 40, 80], 125));
        assert_eq!(planned(500, 100_000.0), (vec![10, 20, 40, 80], 31));
        assert_eq!(planned(500, 1e7), (vec![10, 20, 25], 1));
        assert_eq!(planned(1, 1e9), (vec![10], 1));
    }

    #[test]
    fn a_quantile_bears_its_own_name() {
        let named = |p| metric_of("parse", p).to_string();
        assert_eq!(
            (named(0.99), named(0.999)),
            ("parse:p99".to_owned(), "p99.9".to_owned())
        );
    }
}
