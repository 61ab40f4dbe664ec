//! In: blocks that hold observations of both arms. Out: whether a quantile of the pooled arms differs, with an interval from whole blocks.

use super::quantile_pool::Pool;
use crate::arrangement::{MonteCarlo, PermutationResult};
use crate::error::StatsError;
use crate::interval::{Interval, check_level, check_open_unit};
use crate::resample::replicate;
use std::fmt;

/// Fewest blocks: with fewer no arrangement of labels has a two-sided p below 0.05.
const MIN_BLOCKS: usize = 6;

/// What one block holds of each arm.
#[derive(Clone, Copy, Debug)]
pub struct QuantileBlock<'a> {
    /// Observations of the candidate.
    pub x: &'a [f64],
    /// Observations of the baseline.
    pub y: &'a [f64],
}

/// How a quantile differs between two arms.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct QuantileShift {
    /// The probability of the quantile.
    pub probability: f64,
    /// The estimator: `"Harrell-Davis"` or `"type 7"`.
    pub estimator: &'static str,
    /// The quantile of all of `x` and of all of `y`.
    pub quantiles: (f64, f64),
    /// `Q(x) - Q(y)`.
    pub difference: f64,
    /// Its interval, from resampled blocks.
    pub interval: Interval,
    /// `Q(x)/Q(y) - 1` with its interval, where all observations are positive.
    pub relative: Option<(f64, Interval)>,
    /// The test by exchanged labels within blocks.
    pub test: PermutationResult,
    /// Number of blocks: the n of this answer.
    pub blocks: usize,
    /// Observations of `x` and of `y`.
    pub n: (usize, usize),
}

impl fmt::Display for QuantileShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (d, p) = (self.difference, self.test.p.two_sided);
        write!(
            f,
            "p{}: {d:+} {}, p = {p}, {} blocks",
            self.probability * 100.0,
            self.interval,
            self.blocks
        )
    }
}

/// Compares a quantile of two arms measured in blocks: p99 v p99.
///
/// All observations of an arm are pooled and their quantile taken: Harrell-Davis for p <= 0.95 if every block holds the same number of
/// each arm, type 7 otherwise. The test exchanges the arms' labels within whole blocks (all 2^K patterns up to 15 blocks, else random
/// ones with p = (b + 1)/(m + 1)); if the order of the arms in a block was random this is exact whatever the dependence within blocks.
/// The interval resamples whole blocks (percentiles): approximate, and too short with few blocks (plan 20 or more).
///
/// Assumes blocks that are exchangeable with one another, and arms whose order in a block was decided by a fair coin. Sources: Fisher
/// (1935) for the test; Davison & Hinkley, *Bootstrap Methods* (1997), section 3.8, for resampled clusters; Harrell & Davis, *Biometrika* 69 (1982). Cost
/// O(N log N + arrangements x N); for type 7 only the nearer end of the pooled observations is walked.
///
/// ```
/// use perf_stats::{Rng, permutation::MonteCarlo, tests::{QuantileBlock, quantile_shift}};
/// let mut rng = Rng::new(7);
/// let mut arm = |scale: f64| -> Vec<f64> { (0..100).map(|_| scale * rng.normal().exp()).collect() };
/// let data: Vec<_> = (0..20).map(|_| (arm(2.0), arm(1.0))).collect();
/// let blocks: Vec<_> = data.iter().map(|(x, y)| QuantileBlock { x, y }).collect();
/// let r = quantile_shift(&blocks, 0.99, 0.95, MonteCarlo { arrangements: 999, seed: 1 })?;
/// assert!(r.test.p.two_sided < 0.01 && r.interval.low > 0.0);
/// assert!(r.relative.is_some_and(|(change, i)| change > 0.5 && i.contains(change)));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::TooFew`] under 6 blocks, or if an arm has fewer than 5 observations beyond the quantile (the need is then in
/// observations of that arm); [`StatsError::Empty`] for a block without an arm, [`StatsError::NonFinite`] (position within its arm),
/// [`StatsError::BadParameter`], [`StatsError::Overflow`].
pub fn quantile_shift(
    blocks: &[QuantileBlock<'_>],
    p: f64,
    level: f64,
    monte_carlo: MonteCarlo,
) -> Result<QuantileShift, StatsError> {
    check_open_unit(p, "p")?;
    check_level(level)?;
    let random = monte_carlo.checked()?;
    if blocks.len() < MIN_BLOCKS {
        return Err(StatsError::TooFew {
            need: MIN_BLOCKS,
            got: blocks.len(),
        });
    }
    let pool = Pool::new(blocks, p)?;
    let k = blocks.len();
    let as_labelled = vec![[[1, 0], [0, 1]]; k];
    let quantiles = pool.quantiles(&as_labelled);
    let difference = quantiles.0 - quantiles.1;
    let test = pool.exchange_labels(difference, monte_carlo)?;
    let resampled = replicate(
        random,
        !monte_carlo.seed,
        || vec![[[0; 2]; 2]; k],
        |rng, counts| {
            counts.fill([[0; 2]; 2]);
            for _ in 0..k {
                let block = rng.below(k);
                counts[block][0][0] += 1;
                counts[block][1][1] += 1;
            }
            pool.quantiles(counts)
        },
    );
    let interval = |values: Vec<f64>| percentiles(values, level);
    let relative = pool.positive.then(|| {
        let ratios = resampled.iter().map(|(x, y)| x / y - 1.0).collect();
        (quantiles.0 / quantiles.1 - 1.0, interval(ratios))
    });
    let result = QuantileShift {
        probability: p,
        estimator: pool.estimator(),
        quantiles,
        difference,
        interval: interval(resampled.iter().map(|(x, y)| x - y).collect()),
        relative,
        test,
        blocks: k,
        n: pool.n,
    };
    result.checked()
}

impl QuantileShift {
    fn checked(self) -> Result<Self, StatsError> {
        let ends = |i: &Interval| i.low.is_finite() && i.high.is_finite();
        let relative = self.relative.is_none_or(|(v, i)| v.is_finite() && ends(&i));
        if self.difference.is_finite() && ends(&self.interval) && relative {
            Ok(self)
        } else {
            Err(StatsError::Overflow)
        }
    }
}

fn percentiles(mut values: Vec<f64>, level: f64) -> Interval {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len() - 1;
    let tail = (1.0 - level) / 2.0;
    let cut = (tail * (last + 2) as f64) as usize; // the k-th of B is the k/(B + 1) quantile
    let at = cut.saturating_sub(1).min(last);
    Interval::new(
        values[at],
        values[last - at],
        level,
        "block bootstrap, percentile",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantile::{harrell_davis, quantile};
    use crate::rng::Rng;

    /// Every estimator, walked in pieces, is the one of the pooled arms.
    #[test]
    fn pooled_quantiles_are_quantiles_of_the_pool() {
        let mut rng = Rng::new(12);
        let mut arms = |sizes: &[(usize, usize)]| -> Vec<(Vec<f64>, Vec<f64>)> {
            let mut draw = |n| (0..n).map(|_| (4.0 * rng.normal()).round()).collect();
            sizes.iter().map(|&(n, m)| (draw(n), draw(m))).collect()
        };
        let unequal = arms(&[(31, 29), (40, 44), (3, 90), (70, 1), (25, 25), (33, 37)]);
        let equal = arms(&[(40, 40); 6]);
        let random = MonteCarlo::default();
        for (data, p, smooth) in [
            (&unequal, 0.03, false),
            (&unequal, 0.4, false),
            (&unequal, 0.8, false),
            (&unequal, 0.973, false),
            (&equal, 0.97, false),
            (&equal, 0.25, true),
            (&equal, 0.9, true),
        ] {
            let blocks: Vec<_> = data.iter().map(|(x, y)| QuantileBlock { x, y }).collect();
            let r = quantile_shift(&blocks, p, 0.9, random).unwrap();
            let pool = |baseline: bool| -> f64 {
                let arms = data.iter().map(|d| if baseline { &d.1 } else { &d.0 });
                let all = arms.flatten().copied().collect::<Vec<_>>();
                if smooth {
                    harrell_davis(&all, p)
                } else {
                    quantile(&all, p)
                }
                .unwrap()
            };
            let (x, y) = (pool(false), pool(true));
            assert!((r.quantiles.0 - x).abs() < 1e-9, "{p}: {r} {x}");
            assert!((r.quantiles.1 - y).abs() < 1e-9, "{p}: {r} {y}");
            assert_eq!(r.estimator == "Harrell-Davis", smooth);
            assert_eq!(r.test.arrangements, 64);
        }
    }
}
