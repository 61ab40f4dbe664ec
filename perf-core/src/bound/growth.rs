//! In: costs at several sizes, and the law that they may grow by. Out: an [`Outcome`] with the laws that fit.

use crate::bound::Bound;
use crate::bound::confirm::{PAUSE_NS, PERIOD_NS, RealTime, Time};
use crate::bound::machine::Machine;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::promise::Promise;
use crate::bound::timing::{Ask, TimedCall, timed_with};
use crate::bound::turn::Turn;
use crate::bound::verdict::{Reason, Verdict};
use crate::clock::Clock;
use crate::units;
use perf_stats::describe::median;
use perf_stats::model::{Complexity, ComplexityClass, complexity};

/// Batches timed at each size in one round, the sizes in turn; their median is the cost.
const PASSES: usize = 9;
/// A batch takes at least about so long.
const BATCH_NS: f64 = 20_000.0;
/// Rounds of measurements that must agree before growth is called too steep.
const ROUNDS: usize = 2;

/// Makes the call for a size and hands it on.
type CallOf<'a> = dyn FnMut(u64, &mut Then<'_>) + 'a;
/// What is done with it.
type Then<'a> = dyn FnMut(&mut TimedCall<'_>) + 'a;

impl Bound {
    /// Asserts a [`Bound::growth`]: `f` is timed on what `setup` makes for each of the sizes. At least 6 sizes over 1.5 decades are needed.
    ///
    /// ```
    /// use perf_core::bound::Bound;
    /// use perf_core::stats::model::ComplexityClass;
    /// let sizes = (0..8).map(|i| 64 << i);
    /// let numbers = |n: u64| (0..n).rev().collect::<Vec<_>>();
    /// Bound::growth(ComplexityClass::Quadratic).check_sizes(sizes, numbers, |mut numbers| numbers.sort());
    /// ```
    ///
    /// # Panics
    /// As [`Bound::check`].
    #[track_caller]
    pub fn check_sizes<I, R>(
        &self,
        sizes: impl IntoIterator<Item = u64>,
        setup: impl FnMut(u64) -> I,
        f: impl FnMut(I) -> R,
    ) {
        self.accept(&self.judge_sizes(sizes, setup, f));
    }

    /// [`Bound::check_sizes`] as a value.
    pub fn judge_sizes<I, R>(
        &self,
        sizes: impl IntoIterator<Item = u64>,
        mut setup: impl FnMut(u64) -> I,
        mut f: impl FnMut(I) -> R,
    ) -> Outcome {
        let sizes: Vec<u64> = sizes.into_iter().collect();
        let Promise::Growth { at_most } = self.promise else {
            return Outcome::unanswerable(
                &self.promise,
                "only `Bound::growth` is judged over sizes",
            );
        };
        if self.options.not_judged() {
            if let Some(size) = sizes.first() {
                f(setup(*size));
            }
            return Outcome::inconclusive(&self.promise, Reason::Unoptimised);
        }
        let _turn = Turn::wait();
        judge_times(
            &self.promise,
            at_most,
            &self.options,
            &sizes,
            &mut |size, then| {
                then(&mut timed_with(|| setup(size), &mut f));
            },
            &RealTime,
        )
    }

    /// Asserts a [`Bound::growth`] on what `count` says of each size: comparisons, allocations, bytes. Exact, in any build.
    ///
    /// ```
    /// use perf_core::bound::Bound;
    /// use perf_core::stats::model::ComplexityClass;
    /// let comparisons = |n: u64| {
    ///     let mut number = 0;
    ///     (0..n).map(|i| i * 7919 % n).collect::<Vec<_>>().sort_by(|a, b| {
    ///         number += 1;
    ///         a.cmp(b)
    ///     });
    ///     number
    /// };
    /// Bound::growth(ComplexityClass::Linearithmic).check_counts((0..8).map(|i| 64 << i), comparisons);
    /// ```
    ///
    /// # Panics
    /// As [`Bound::check`].
    #[track_caller]
    pub fn check_counts(
        &self,
        sizes: impl IntoIterator<Item = u64>,
        count: impl FnMut(u64) -> u64,
    ) {
        self.accept(&self.judge_counts(sizes, count));
    }

    /// [`Bound::check_counts`] as a value.
    pub fn judge_counts(
        &self,
        sizes: impl IntoIterator<Item = u64>,
        mut count: impl FnMut(u64) -> u64,
    ) -> Outcome {
        let Promise::Growth { at_most } = self.promise else {
            return Outcome::unanswerable(
                &self.promise,
                "only `Bound::growth` is judged over sizes",
            );
        };
        let costs = sizes.into_iter().map(|size| (size, count(size) as f64));
        judge_counts(&self.promise, at_most, &costs.collect::<Vec<_>>())
    }
}

/// Judges exact costs.
fn judge_counts(promise: &Promise, at_most: ComplexityClass, costs: &[(u64, f64)]) -> Outcome {
    let (verdict, fit) = decide(at_most, costs);
    let mut outcome = Outcome::new(promise, verdict);
    tell(&mut outcome, fit.as_ref(), costs, &|cost| format!("{cost}"));
    outcome
}

/// Times the calls at each size; `Broken` has to be found in every round.
fn judge_times(
    promise: &Promise,
    at_most: ComplexityClass,
    options: &Options,
    sizes: &[u64],
    call_of: &mut CallOf<'_>,
    time: &dyn Time,
) -> Outcome {
    let (began, mut machine) = (time.now(), Machine::start(options.seed));
    let mut last = None;
    for round in 1..=ROUNDS {
        let again = round > 1;
        if again {
            time.idle_for(PAUSE_NS);
        }
        let costs = measure(options, sizes, again.then_some(time), &mut machine, call_of);
        let (verdict, fit) = decide(at_most, &costs);
        let goes_on = verdict == Verdict::Broken && round < ROUNDS;
        last = Some((verdict, fit, costs, round));
        if !goes_on {
            break;
        }
    }
    let Some((verdict, fit, costs, rounds)) = last else {
        return Outcome::unanswerable(promise, "nothing was measured");
    };
    let mut outcome = Outcome::new(promise, verdict);
    tell(&mut outcome, fit.as_ref(), &costs, &|cost| {
        units::duration(cost)
    });
    let took = units::duration(time.now() - began);
    let rounds = match rounds {
        1 => "one round".to_owned(),
        _ => format!("{rounds} rounds, the last spread over time"),
    };
    let line = format!("{took}, in {rounds}; each cost is the median of {PASSES} batches");
    outcome.tell("took", line);
    outcome.tell("machine", machine.told());
    outcome
}

/// The median time at each size, in nanoseconds; passes are apart in time where no passing disturbance is to fill most of them.
fn measure(
    options: &Options,
    sizes: &[u64],
    apart: Option<&dyn Time>,
    machine: &mut Machine,
    call_of: &mut CallOf<'_>,
) -> Vec<(u64, f64)> {
    let mut times = vec![Vec::new(); sizes.len()];
    for _ in 0..PASSES {
        if let Some(time) = apart {
            time.idle_for(PERIOD_NS);
            machine.resume();
        }
        machine.rest(Clock::global().now());
        for (size, times) in sizes.iter().zip(&mut times) {
            call_of(*size, &mut |call| {
                let first = call(Ask::wall(1)).max(1.0); // warms up
                let calls = (BATCH_NS / first).clamp(1.0, 10_000.0) as u32;
                times.push(call(Ask::wall(options.batch.unwrap_or(calls))).max(0.01));
            });
        }
    }
    let middle = |times: &Vec<f64>| median(times).unwrap_or(0.0);
    sizes
        .iter()
        .copied()
        .zip(times.iter().map(middle))
        .collect()
}

/// `Holds` where no law that fits is steeper than the one allowed; `Broken` where all are, and the exponent with its interval too.
fn decide(at_most: ComplexityClass, costs: &[(u64, f64)]) -> (Verdict, Option<Complexity>) {
    let sizes: Vec<f64> = costs.iter().map(|(size, _)| *size as f64).collect();
    let values: Vec<f64> = costs.iter().map(|(_, cost)| *cost).collect();
    let fit = match complexity(&sizes, &values) {
        Ok(fit) => fit,
        Err(error) => {
            let why = format!("no law can be fitted: {error}");
            return (Verdict::Inconclusive(Reason::Unanswerable { why }), None);
        }
    };
    let steepness = |class| {
        ComplexityClass::ALL
            .iter()
            .position(|known| *known == class)
    };
    let steeper = |class| steepness(class) > steepness(at_most);
    let verdict = if fit.plausible().all(|class| !steeper(class)) {
        Verdict::Holds
    } else if fit.plausible().all(steeper) && fit.exponent_interval.low > exponent(at_most, &sizes)
    {
        Verdict::Broken
    } else {
        let why =
            format!("the sizes do not tell the laws apart: {fit}; take more of them, wider apart");
        Verdict::Inconclusive(Reason::Unanswerable { why })
    };
    (verdict, Some(fit))
}

/// The largest slope of the law between neighbouring sizes on logarithmic axes.
fn exponent(class: ComplexityClass, sizes: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = sizes.to_vec();
    sizes.sort_unstable_by(f64::total_cmp);
    sizes.dedup();
    let slope =
        |pair: &[f64]| (class.at(pair[1]) / class.at(pair[0])).ln() / (pair[1] / pair[0]).ln();
    let slopes = sizes.windows(2).map(slope);
    slopes.filter(|slope| slope.is_finite()).fold(0.0, f64::max)
}

fn tell(
    outcome: &mut Outcome,
    fit: Option<&Complexity>,
    costs: &[(u64, f64)],
    shown: &dyn Fn(f64) -> String,
) {
    if let Some(fit) = fit {
        let (low, high) = (fit.exponent_interval.low, fit.exponent_interval.high);
        let classes: Vec<String> = fit.plausible().map(|class| class.to_string()).collect();
        outcome.observed = Some(fit.exponent);
        outcome.tell(
            "observed",
            format!(
                "{}; exponent {:.2} (95 %: {low:.2} to {high:.2})",
                classes.join(" or "),
                fit.exponent
            ),
        );
    }
    let points: Vec<String> = costs
        .iter()
        .map(|(size, cost)| format!("{size}: {}", shown(*cost)))
        .collect();
    outcome.calls = costs.len() as u64;
    outcome.tell("costs", points.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::confirm::SimulatedTime;

    fn costs(f: impl Fn(f64) -> f64) -> Vec<(u64, f64)> {
        let wobble = |i: usize| 1.0 + 0.01 * ((i * 7 % 5) as f64 - 2.0);
        let sizes = (0..12).map(|i| 16 << i);
        sizes
            .enumerate()
            .map(|(i, n)| (n, f(n as f64) * wobble(i)))
            .collect()
    }

    #[test]
    fn a_square_is_no_n_log_n_and_the_other_way_round() {
        let allowed = ComplexityClass::Linearithmic;
        assert_eq!(decide(allowed, &costs(|n| 3.0 * n * n)).0, Verdict::Broken);
        assert_eq!(
            decide(allowed, &costs(|n| 3.0 * n * n.ln())).0,
            Verdict::Holds
        );
        assert_eq!(
            decide(allowed, &costs(|n| 30.0 + 3.0 * n)).0,
            Verdict::Holds
        );
        assert_eq!(
            decide(ComplexityClass::Quadratic, &costs(|n| n * n)).0,
            Verdict::Holds
        );
        assert_eq!(
            decide(ComplexityClass::Constant, &costs(f64::ln)).0,
            Verdict::Broken
        );
    }

    /// Whether linear growth is kept by calls that take `n` nanoseconds, and grow faster while the disturbance lasts; and when the first
    /// round was over.
    fn over_time(disturbed_until: f64) -> (Outcome, f64) {
        let bound = Bound::growth(ComplexityClass::Linear);
        let sizes: Vec<u64> = (0..8).map(|i| 64 << i).collect();
        let time = SimulatedTime::default();
        let mut rng = perf_stats::Rng::new(1);
        let mut before_pause = 0.0;
        let mut call_of = |size: u64, then: &mut Then<'_>| {
            then(&mut |ask: Ask<'_>| {
                let n = size as f64;
                let steeper = if time.now() < disturbed_until {
                    (n / 64.0).sqrt()
                } else {
                    1.0
                };
                let took = n * steeper * (0.01 * rng.normal()).exp();
                if time.now() - before_pause < PERIOD_NS {
                    before_pause = time.now();
                }
                time.pass(took * f64::from(ask.calls));
                took
            });
        };
        let (promise, options) = (&bound.promise, &bound.options);
        let at_most = ComplexityClass::Linear;
        let outcome = judge_times(promise, at_most, options, &sizes, &mut call_of, &time);
        (outcome, before_pause)
    }

    #[test]
    fn growth_is_too_steep_where_a_later_round_finds_it_too() {
        assert_eq!(over_time(0.0).0.verdict, Verdict::Holds);
        let (outcome, first_round) = over_time(f64::MAX);
        assert_eq!(outcome.verdict, Verdict::Broken, "{outcome}");
        // Through the first round, the pause and a third of the second round.
        for more in [0.1e6, PAUSE_NS, PAUSE_NS + 3.0 * PERIOD_NS] {
            let (outcome, _) = over_time(first_round + more);
            assert_ne!(outcome.verdict, Verdict::Broken, "{outcome}");
        }
    }

    #[test]
    fn too_few_sizes_are_refused_in_a_sentence() {
        let (verdict, fit) = decide(ComplexityClass::Linear, &costs(|n| n)[..4]);
        assert!(
            fit.is_none() && verdict.to_string().contains("no law can be fitted"),
            "{verdict}"
        );
    }
}
