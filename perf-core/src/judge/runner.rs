//! In: a planned experiment and its arms. Out: the units measured, look by look, confirmation included; handed to `decide`.

use super::allowance::Allowance;
use super::arm::{InTurn, Measurement, Pair};
use super::attribution::Ledger;
use super::comparison::{Circumstances, Comparison};
use super::decide::{self, Answer};
use super::experiment::{Experiment, ExperimentError, Progress};
use super::metric::Metric;
use super::series::Series;
use super::stolen::Stolen;
use super::verdict::Verdict;
use crate::clock::Clock;
use perf_stats::decision::{Conditions, Decision, Looks, Order, Plan};
use std::ops::ControlFlow;
use std::time::Duration;

/// Units after which the length of one is known well enough to plan the looks; fewer than the first look needs.
const PILOT: usize = 3;
/// The fewest units at which one of several looks can decide: 2^-10 is below one in a hundred over five of them.
pub(super) const FIRST_LOOK: usize = 10;
/// The fewest at which a single look can: 2^-7 is.
const SINGLE_LOOK: usize = 7;
/// Looks at most: the last number of units and its halves.
const LOOKS: usize = 5;
/// Units at most: ratios are kept.
const MOST_UNITS: usize = 40_000;
/// Pairs where neither time nor pairs were given.
const DEFAULT_PAIRS: usize = 40;
/// Time between calls of the progress callback.
const PROGRESS_NS: u64 = 100_000_000;

/// The two sides, in either manner.
pub(super) enum Both<'b, 'a> {
    InTurn(&'b mut InTurn<'a>),
    Together(&'b mut dyn Pair),
}

pub(super) struct Runner<'a> {
    pub(super) experiment: Experiment<'a>,
    buffers: [Measurement; 4],
}

/// What one pass over the plan brought.
pub(super) struct Stage {
    pub(super) series: Vec<Series>, // the deciding ones first, in the order asked for
    pub(super) claimed: Vec<Option<Decision>>, // at the look that claimed it
    pub(super) looks: Looks,
    pub(super) conditions: Conditions,
    pub(super) ledger: Ledger,
    pub(super) blocks: usize,
    pub(super) elapsed: Duration,
    pub(super) stopped: bool,
    pub(super) skipped: usize,
}

impl<'a> Runner<'a> {
    pub(super) fn new(experiment: Experiment<'a>) -> Self {
        Self {
            experiment,
            buffers: Default::default(),
        }
    }

    pub(super) fn run(mut self, both: &mut Both<'_, '_>) -> Result<Comparison, ExperimentError> {
        let mut stolen = Stolen::begin();
        for _ in 0..self.experiment.warm_up {
            self.measure(both, Order::Abba, false)?;
        }
        let seed = self.experiment.seed;
        let first = self.stage(both, seed, false)?;
        let mut environment = Circumstances::here();
        if self.experiment.other_programs {
            let why = "other programs than this one were measured";
            environment.machine = environment.machine.of_other_programs(why);
        }
        environment.seed = Some(seed);
        environment.clock = Some(Clock::global().info());
        environment.stolen = stolen.share();
        environment.witness = self.experiment.witness.answer();
        let answers = decide::answers(&self.experiment, &first, &environment);
        let claims = |a: &Answer| {
            a.outcome.decides && matches!(a.outcome.verdict, Verdict::Regressed | Verdict::Improved)
        };
        let mut seconds = first.elapsed.as_secs_f64();
        let (mut stopped, mut outcomes) = (first.stopped, answers);
        let mut attribution = first.ledger.attribution();
        if self.experiment.confirm && outcomes.iter().any(claims) && !stopped {
            both.refresh()?;
            let second = self.stage(both, seed.wrapping_add(1), true)?;
            seconds += second.elapsed.as_secs_f64();
            stopped = second.stopped;
            attribution = second.ledger.attribution(); // as the numbers: of the experiment that was not selected
            outcomes = decide::confirmed(&self.experiment, outcomes, &second, &environment);
        }
        environment.seconds = Some(seconds);
        let results = outcomes.into_iter().map(|answer| answer.outcome).collect();
        let mut comparison = Comparison::new(results, environment);
        comparison.attribution = attribution;
        decide::note(&mut comparison, &first, stopped);
        Ok(comparison)
    }

    /// Units from a fresh plan until all deciding metrics are claimed, or the cap.
    fn stage(
        &mut self,
        both: &mut Both<'_, '_>,
        seed: u64,
        confirming: bool,
    ) -> Result<Stage, ExperimentError> {
        let clock = Clock::global();
        let start = clock.now();
        let elapsed = || clock.nanoseconds(clock.now().saturating_sub(start));
        let mut stage = Stage::new(self.conditions());
        let mut looks: Option<Looks> = None;
        let mut allowance = self.allowance();
        let (mut last_progress, mut fastest) = (0, u64::MAX);
        for (at, order) in Plan::new(seed).enumerate() {
            let n = at + 1;
            let began = elapsed();
            let due = self.experiment.witness.is_due();
            self.measure(both, order, due)?;
            self.take(&mut stage, order)?;
            fastest = fastest.min(elapsed().saturating_sub(began));
            if n < PILOT && self.experiment.pairs.is_none_or(|pairs| n < pairs) {
                continue;
            }
            let planned = looks.get_or_insert_with(|| {
                // An interrupted unit would make the plan too short; one that is too long ends with the time.
                let unit_ns = fastest as f64;
                self.experiment.witness.spread_over(unit_ns);
                self.experiment.plan_looks(unit_ns)
            });
            let last = planned.counts().last().copied().unwrap_or(n);
            if planned.counts().contains(&n) {
                stage.looks = planned.clone();
                stage.conditions = self.conditions();
                if decide::look(&self.experiment, &mut stage) {
                    break;
                }
            }
            let spent = elapsed();
            let over = allowance.is_over(spent);
            let all = self.experiment.pairs.is_some_and(|pairs| n >= pairs);
            if n >= last || all || (over && n >= self.experiment.at_least) {
                break;
            }
            if spent >= last_progress + PROGRESS_NS {
                last_progress = spent;
                if self.tell(&stage, n, last, spent, confirming).is_break() {
                    stage.stopped = true;
                    break;
                }
            }
        }
        stage.elapsed = Duration::from_nanos(elapsed());
        stage.looks = looks.unwrap_or_else(Looks::standard);
        stage.conditions = self.conditions();
        Ok(stage)
    }

    /// One unit into the buffers, in time order.
    fn measure(
        &mut self,
        both: &mut Both<'_, '_>,
        order: Order,
        witnessed: bool,
    ) -> Result<(), ExperimentError> {
        let error = |source| ExperimentError::Arm { source };
        self.buffers.iter_mut().for_each(Measurement::clear);
        match both {
            Both::InTurn(arms) => {
                let length = self.experiment.length();
                for (side, buffer) in order.arms().into_iter().zip(&mut self.buffers).take(length) {
                    arms.measure(side, buffer).map_err(error)?;
                    if witnessed {
                        self.experiment.witness.look(side);
                    }
                }
            }
            Both::Together(pair) => {
                let [first, second, ..] = &mut self.buffers;
                let (baseline, candidate) = match order {
                    Order::Abba => (first, second),
                    Order::Baab => (second, first),
                };
                pair.measure(order, baseline, candidate).map_err(error)?;
                if witnessed {
                    let sides = order.round();
                    sides
                        .into_iter()
                        .for_each(|side| self.experiment.witness.look(side));
                }
            }
        }
        Ok(())
    }

    /// Takes a unit out of the buffers.
    fn take(&mut self, stage: &mut Stage, order: Order) -> Result<(), ExperimentError> {
        let length = match &self.buffers[2].values().next() {
            Some(_) => 4,
            None => 2,
        };
        let unit: Vec<&Measurement> = self.buffers[..length].iter().collect();
        if stage.series.is_empty() {
            stage.series = self.experiment.series(&unit)?;
            stage.claimed = vec![None; stage.series.len()];
        }
        stage.follow_latecomers(&unit);
        for series in &mut stage.series {
            stage.skipped += usize::from(series.push(order, &unit).is_none());
        }
        stage.ledger.take(order, &unit);
        stage.blocks += unit.iter().map(|m| m.blocks()).max().unwrap_or(0);
        Ok(())
    }

    fn allowance(&self) -> Allowance<'static> {
        let time = self.experiment.time;
        if self.experiment.own_time {
            Allowance::own_time(time)
        } else {
            Allowance::strict(time)
        }
    }

    fn conditions(&self) -> Conditions {
        Conditions {
            environment_shift: self.experiment.witness.certain_shift(),
            clock_step: self.experiment.clock_step,
            steady: true,
        }
    }

    fn tell(
        &mut self,
        stage: &Stage,
        units: usize,
        most: usize,
        spent: u64,
        confirming: bool,
    ) -> ControlFlow<()> {
        let Some(call) = &mut self.experiment.progress else {
            return ControlFlow::Continue(());
        };
        let Some(first) = stage.series.first() else {
            return ControlFlow::Continue(());
        };
        call(&Progress {
            units,
            most,
            elapsed: Duration::from_nanos(spent),
            metric: first.metric.clone(),
            change: decide::so_far(first),
            confirming,
        })
    }
}

impl Stage {
    fn new(conditions: Conditions) -> Self {
        Self {
            series: Vec::new(),
            claimed: Vec::new(),
            looks: Looks::standard(),
            conditions,
            ledger: Ledger::default(),
            blocks: 0,
            elapsed: Duration::ZERO,
            stopped: false,
            skipped: 0,
        }
    }

    /// A lock that nobody waited for before has a row from now on.
    fn follow_latecomers(&mut self, unit: &[&Measurement]) {
        let measured = unit.iter().flat_map(|m| m.values());
        for (metric, _) in measured.filter(|(metric, _)| metric.absent().is_some()) {
            let known = self.series.iter().any(|series| series.metric == *metric);
            let like = self.series.first().filter(|_| !known);
            let late = like.and_then(|like| Series::absent_so_far(metric.clone(), like));
            if let Some(late) = late {
                self.series.push(late);
                self.claimed.push(None);
            }
        }
    }
}

impl Both<'_, '_> {
    fn refresh(&mut self) -> Result<(), ExperimentError> {
        let done = match self {
            Self::InTurn(arms) => arms.refresh(),
            Self::Together(pair) => pair.refresh(),
        };
        done.map_err(|source| ExperimentError::Arm { source })
    }
}

impl Experiment<'_> {
    /// The looks for units of this length: the last number that time and pairs allow, and its halves.
    fn plan_looks(&self, unit_ns: f64) -> Looks {
        let by_time = self
            .time
            .map(|time| (time.as_nanos() as f64 / unit_ns.max(1.0)) as usize);
        let cap = match (self.pairs, by_time) {
            (Some(pairs), Some(by_time)) => pairs.min(by_time),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => DEFAULT_PAIRS,
        };
        let last = cap.max(self.at_least).clamp(1, MOST_UNITS);
        let mut counts: Vec<usize> = (0..LOOKS)
            .map(|i| last >> i)
            .filter(|&n| n >= FIRST_LOOK)
            .collect();
        counts.reverse();
        if counts.is_empty() {
            counts.push(last.max(SINGLE_LOOK));
        }
        Looks::at(&counts).unwrap_or_else(|_| Looks::standard())
    }

    /// One series a metric: those that decide first, then what else both sides yielded.
    fn series(&self, unit: &[&Measurement]) -> Result<Vec<Series>, ExperimentError> {
        let measured = Measurement::in_common(unit);
        let missing = |m: &&Metric| !measured.contains(m) && m.absent().is_none();
        if let Some(missing) = self.deciding.iter().find(missing) {
            return Err(ExperimentError::MissingMetric {
                metric: missing.clone(),
                measured,
            });
        }
        let others = measured.into_iter().filter(|m| !self.deciding.contains(m));
        let all = self.deciding.iter().cloned().chain(others);
        Ok(all.map(Series::new).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_the_cap_and_its_halves() {
        let counts = |e: Experiment, unit_ns: f64| e.plan_looks(unit_ns).counts().to_vec();
        let new = || Experiment::new("x").witness_off();
        assert_eq!(counts(new(), 1e8), [10, 20, 40]);
        assert_eq!(
            counts(new().pairs(16_000), 1.0),
            [1_000, 2_000, 4_000, 8_000, 16_000]
        );
        let second = Duration::from_secs(20);
        assert_eq!(counts(new().time(second), 1e8), [12, 25, 50, 100, 200]);
        assert_eq!(counts(new().time(second).pairs(30), 1e8), [15, 30]);
        assert_eq!(counts(new().time(second), 1e10), [7]); // too few: the one look says how many it needs
        assert_eq!(counts(new().time(second).at_least(10), 1e10), [10]);
        assert_eq!(
            counts(new().pairs(usize::MAX), 1.0).last(),
            Some(&MOST_UNITS)
        );
    }
}
