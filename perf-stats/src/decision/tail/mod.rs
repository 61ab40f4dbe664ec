//! In: blocks of single calls. Out: the decision about a tail quantile such as the p99.

mod pool;

use self::pool::{Pool, flip_tails, resampled};
use super::answer::{Decision, LogInterval};
use super::design::Design;
use super::guard::{CarryOver, Conditions, guard};
use super::margin::Margin;
use super::mde;
use super::verdict::{Leaning, Reason, Verdict, Warning};
use crate::error::StatsError;
use crate::rng::Rng;
use crate::sample::finite;

/// Samples beyond the quantile needed on either side: with fewer, the estimate is one lucky call.
pub const MIN_TAIL: usize = 10;
/// Resampled block sets, and flips where there are too many to try all.
const RESAMPLES: usize = 4_999;

/// A before/after experiment about a quantile of single calls, pooled over the blocks.
///
/// At each look: the ratio of the pooled quantiles (type 7); its interval by resampling whole blocks (percentile, 4,999);
/// and, at both ends of the margin, the share of block-label flips that give a ratio as extreme (all 2^n up to 12 blocks, else
/// 4,999 and p = (b+1)/(m+1)). A claim needs both, the flips and the interval: the flips are exact by the coin in the plan,
/// the interval says how much.
///
/// Assumes: blocks in random order, as for [`Trial`](super::Trial); calls within a block may depend on each other. Broken
/// by: bursts longer than a block. Needs n (1 - p) >= [`MIN_TAIL`] on either side. One look at 80 blocks of 100 calls an arm:
/// some 30 ms. Source: Phipson & Smyth (2010) for p; Davison & Hinkley (1997) for the resampling.
///
/// ```
/// use perf_stats::decision::{Design, Looks, Margin, TailTrial, Verdict};
/// let design = Design::new(Margin::relative(0.10)?).looks(Looks::at(&[10])?);
/// let mut trial = TailTrial::new(design, 0.99, 7)?;
/// let mut rng = perf_stats::Rng::new(2);
/// for _ in 0..10 {
///     let baseline: Vec<f64> = (0..200).map(|_| 1.0 + rng.uniform()).collect();
///     let candidate: Vec<f64> = (0..200).map(|_| 1.5 + 2.0 * rng.uniform()).collect();
///     trial.push_block(&baseline, &candidate)?;
/// }
/// assert_eq!(trial.finish().verdict, Verdict::Regressed);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TailTrial {
    design: Design,
    p: f64,
    seed: u64,
    pool: Pool,
    conditions: Conditions,
    looks_taken: usize,
    smallest_p: f64,
    decision: Option<Decision>,
}

impl TailTrial {
    /// For quantile `p`, under the design's margin, looks and error rate; `seed` for the resampling.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless 0.5 <= p < 1.
    pub fn new(design: Design, p: f64, seed: u64) -> Result<Self, StatsError> {
        if !(0.5..1.0).contains(&p) {
            return Err(StatsError::BadParameter {
                name: "p",
                expected: "at least 0.5, below 1",
            });
        }
        Ok(Self {
            design,
            p,
            seed,
            pool: Pool::default(),
            conditions: Conditions::default(),
            looks_taken: 0,
            smallest_p: 1.0,
            decision: None,
        })
    }

    /// Adds a block: the calls of the baseline and of the candidate in it. At a planned look, gives the decision.
    ///
    /// # Errors
    /// [`StatsError::Empty`] without calls of either; [`StatsError::NonFinite`]; [`StatsError::BadParameter`] for calls
    /// that are not positive. The block is not added then.
    pub fn push_block(
        &mut self,
        baseline: &[f64],
        candidate: &[f64],
    ) -> Result<Option<&Decision>, StatsError> {
        if finite(baseline)?
            .iter()
            .chain(finite(candidate)?)
            .any(|&v| v <= 0.0)
        {
            return Err(StatsError::BadParameter {
                name: "calls",
                expected: "positive",
            });
        }
        if self.is_over() {
            return Ok(self.decision.as_ref());
        }
        self.pool.push_block(baseline, candidate);
        if self.design.look_at(self.looks_taken) != Some(self.pool.blocks()) {
            return Ok(None);
        }
        self.look();
        Ok(self.decision.as_ref())
    }

    /// What is known of the machine and the clock; used from the next look on.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Whether a claim was made or the last look is taken.
    pub fn is_over(&self) -> bool {
        let claimed = self
            .decision
            .as_ref()
            .is_some_and(|d| d.verdict.reason().is_none());
        claimed || self.design.look_at(self.looks_taken).is_none()
    }

    /// The decision on what was collected; as [`Trial::finish`](super::Trial::finish) where time ran out between two looks.
    pub fn finish(mut self) -> Decision {
        let n = self.pool.blocks();
        let need = self.design.look_at(0).unwrap_or(0);
        let at_look = self.looks_taken > 0 && self.design.look_at(self.looks_taken - 1) == Some(n);
        if n >= need && !self.is_over() && !at_look {
            self.look();
        }
        self.decision.take().unwrap_or_else(|| {
            let reason = Reason::TooFew { need, got: n };
            let mut d = Decision::without_look(self.design.margin(), self.design.unit(), n, reason);
            d.change = (n > 0).then(|| self.interval_without_ends().change());
            d
        })
    }

    fn look(&mut self) {
        self.looks_taken += 1;
        let (n, margin) = (self.pool.blocks(), self.design.margin());
        let beyond = self.pool.beyond(self.p);
        if beyond < MIN_TAIL {
            let reason = Reason::TooFewTailSamples {
                need: MIN_TAIL,
                got: beyond,
            };
            let mut d = Decision::without_look(margin, self.design.unit(), n, reason);
            d.change = Some(self.interval_without_ends().change());
            self.decision = Some(d);
            return;
        }
        let alpha = self.design.alpha_each();
        let interval = self.interval(alpha);
        let (verdict, p_worse) = self.judge(&interval, alpha, margin);
        self.smallest_p = self.smallest_p.min(p_worse);
        let mut decision = Decision {
            verdict,
            withheld: None,
            change: Some(interval.change()),
            p: Some((self.smallest_p * self.design.looks_planned() as f64).min(1.0)),
            margin,
            scope: self.design.unit(),
            n,
            mde: mde::at_look(&interval, alpha, margin),
            warnings: Vec::new(),
        };
        if verdict == Verdict::Equivalent && interval.excludes_zero() {
            decision.warnings.push(Warning::BelowMargin);
        }
        if let Some(reason) = guard(&[], &CarryOver::default(), &self.conditions, margin) {
            decision.withhold(reason);
        }
        self.decision = Some(decision);
    }

    /// The side of the margin on which the interval lies, if the flips agree; and the p-value of "not worse than the margin".
    fn judge(&self, interval: &LogInterval, alpha: f64, margin: Margin) -> (Verdict, f64) {
        let grown = 1.0 + margin.value();
        let flips = |scale: f64, stream: u64| {
            let mut rng = Rng::stream(self.seed, stream);
            flip_tails(
                &self.pool.scaled(scale),
                self.pool.blocks(),
                self.p,
                RESAMPLES,
                &mut rng,
            )
        };
        let upper_end = flips(1.0 / grown, 1); // the hypothesis: slower by exactly the margin
        let lower_end = flips(grown, 2); // faster by exactly the margin
        let claim = interval.verdict(margin);
        let backed = match claim {
            Verdict::Regressed => upper_end.at_least <= alpha,
            Verdict::Improved => lower_end.at_most <= alpha,
            Verdict::Equivalent => upper_end.at_most <= alpha && lower_end.at_least <= alpha,
            Verdict::Inconclusive(_) => true,
        };
        let leaning = match claim {
            Verdict::Regressed => Leaning::Worse,
            Verdict::Improved => Leaning::Better,
            _ => Leaning::Equal,
        };
        let undecided = Verdict::Inconclusive(Reason::Undecided { leaning });
        (if backed { claim } else { undecided }, upper_end.at_least)
    }

    fn interval(&self, alpha: f64) -> LogInterval {
        let sorted = self.pool.scaled(1.0);
        let mut rng = Rng::stream(self.seed, 0);
        let ratios = resampled(&sorted, self.pool.blocks(), self.p, RESAMPLES, &mut rng);
        // Rank alpha (B + 1): the share of resamples beyond is at most alpha.
        let rank = ((alpha * (RESAMPLES + 1) as f64).floor() as usize).clamp(1, RESAMPLES / 2);
        let ends = (ratios[rank - 1], ratios[RESAMPLES - rank]);
        LogInterval {
            low: ends.0,
            high: ends.1,
            ..self.interval_without_ends()
        }
    }

    fn interval_without_ends(&self) -> LogInterval {
        LogInterval {
            estimate: self.pool.scaled(1.0).observed(self.pool.blocks(), self.p),
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            level: 1.0 - 2.0 * self.design.alpha_each(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::looks::Looks;
    use super::*;

    fn run(candidate: f64, blocks: usize, calls: usize, seed: u64) -> Decision {
        let looks = Looks::up_to(blocks).expect("ten or more");
        let design = Design::new(Margin::relative(0.1).expect("valid")).looks(looks);
        let mut trial = TailTrial::new(design, 0.99, seed).expect("valid");
        let mut rng = Rng::new(seed);
        for _ in 0..blocks {
            let weather = (0.3 * rng.normal()).exp(); // moves both arms of a block
            let mut arm = |f: f64| -> Vec<f64> {
                (0..calls)
                    .map(|_| f * weather * (0.2 * rng.normal()).exp())
                    .collect()
            };
            let (a, b) = (arm(1.0), arm(candidate));
            trial.push_block(&a, &b).expect("positive calls");
        }
        trial.finish()
    }

    #[test]
    fn finds_a_slower_tail_and_an_equal_one() {
        assert_eq!(run(1.4, 40, 200, 1).verdict, Verdict::Regressed);
        assert_eq!(run(1.0 / 1.4, 40, 200, 2).verdict, Verdict::Improved);
        let same = run(1.0, 80, 400, 3);
        assert_eq!(same.verdict, Verdict::Equivalent, "{same}");
    }

    #[test]
    fn equal_tails_are_never_called_slower() {
        let slower = (0..100).filter(|s| run(1.0, 10, 120, 100 + s).verdict == Verdict::Regressed);
        assert_eq!(slower.count(), 0);
    }

    #[test]
    fn a_tail_of_few_calls_is_refused_with_what_it_needs() {
        let d = run(2.0, 10, 50, 4);
        assert_eq!(
            d.verdict,
            Verdict::Inconclusive(Reason::TooFewTailSamples { need: 10, got: 5 })
        );
        assert!(
            d.change
                .is_some_and(|c| c.estimate > 0.5 && c.low.is_none())
        );
    }
}
