//! In: blocks that hold observations of both arms. Out: whether a quantile of the pooled arms differs, with an interval from whole blocks.

use crate::arrangement::{Enumeration, MonteCarlo, PermutationResult, sign_patterns};
use crate::error::StatsError;
use crate::interval::{Interval, check_level, check_open_unit};
use crate::resample::replicate;
use crate::sample::at_least;
use crate::special::beta_cdf;
use std::fmt;

/// Fewest blocks: with fewer no arrangement of labels has a two-sided p below 0.05.
const MIN_BLOCKS: usize = 6;

/// Observations an arm needs beyond the quantile.
const MIN_BEYOND: f64 = 5.0;

/// Up to this p the Harrell-Davis estimator is used (with equal block sizes); beyond it leans on extremes, and type 7 is used.
const HARRELL_DAVIS_MAX: f64 = 0.95;

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

/// How often each arm of a block counts towards x and towards y: `[arm][side]`.
type Counts = [[u32; 2]; 2];

/// All observations in one order, each with its block and arm.
struct Pool {
    items: Vec<(f64, u32, u8)>, // from the end that is nearer to the quantile
    p: f64,
    descending: bool,
    sizes: Vec<[usize; 2]>,
    n: (usize, usize),
    /// Harrell-Davis: the beta distribution function at i/n; empty for type 7.
    weights: Vec<f64>,
    positive: bool,
}

impl Pool {
    fn new(blocks: &[QuantileBlock<'_>], p: f64) -> Result<Self, StatsError> {
        let mut items = Vec::new();
        let mut sizes = Vec::with_capacity(blocks.len());
        for (number, block) in blocks.iter().enumerate() {
            for (arm, values) in [(0, block.x), (1, block.y)] {
                items.extend(
                    at_least(values, 1)?
                        .iter()
                        .map(|&v| (v, number as u32, arm)),
                );
            }
            sizes.push([block.x.len(), block.y.len()]);
        }
        let n = sizes.iter().fold((0, 0), |n, s| (n.0 + s[0], n.1 + s[1]));
        let need = (MIN_BEYOND / p.min(1.0 - p)).ceil() as usize;
        let got = n.0.min(n.1);
        if got < need {
            return Err(StatsError::TooFew { need, got });
        }
        let equal = sizes.iter().flatten().all(|&s| s == sizes[0][0]);
        let smooth = equal && p <= HARRELL_DAVIS_MAX;
        let descending = p > 0.5 && !smooth;
        items.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        if descending {
            items.reverse();
        }
        let total = n.0 as f64;
        let (a, b) = (p * (total + 1.0), (1.0 - p) * (total + 1.0));
        let weights = if smooth {
            (0..=n.0)
                .map(|i| beta_cdf(i as f64 / total, a, b))
                .collect()
        } else {
            Vec::new()
        };
        let positive = items.iter().all(|i| i.0 > 0.0);
        Ok(Self {
            items,
            p,
            descending,
            sizes,
            n,
            weights,
            positive,
        })
    }

    const fn estimator(&self) -> &'static str {
        if self.weights.is_empty() {
            "type 7"
        } else {
            "Harrell-Davis"
        }
    }

    /// The quantiles of x and y when each arm of each block counts so often to either side.
    fn quantiles(&self, counts: &[Counts]) -> (f64, f64) {
        if !self.weights.is_empty() {
            return self.harrell_davis(counts);
        }
        let mut totals = [0; 2];
        for (size, count) in self.sizes.iter().zip(counts) {
            for (side, total) in totals.iter_mut().enumerate() {
                *total += size[0] * count[0][side] as usize + size[1] * count[1][side] as usize;
            }
        }
        let mut walks = totals.map(|n| Walk::new(n, self.p, self.descending));
        for &(value, block, arm) in &self.items {
            let count = counts[block as usize][usize::from(arm)];
            walks[0].pass(value, count[0] as usize);
            walks[1].pass(value, count[1] as usize);
            if walks[0].done() && walks[1].done() {
                break;
            }
        }
        (walks[0].quantile(), walks[1].quantile())
    }

    fn harrell_davis(&self, counts: &[Counts]) -> (f64, f64) {
        let mut seen = [0; 2];
        let mut sums = [0.0; 2];
        for &(value, block, arm) in &self.items {
            let count = counts[block as usize][usize::from(arm)];
            for side in 0..2 {
                if count[side] > 0 {
                    let next = seen[side] + count[side] as usize;
                    sums[side] += value * (self.weights[next] - self.weights[seen[side]]);
                    seen[side] = next;
                }
            }
        }
        (sums[0], sums[1])
    }

    /// The test by exchanging the labels of whole blocks.
    fn exchange_labels(
        &self,
        difference: f64,
        monte_carlo: MonteCarlo,
    ) -> Result<PermutationResult, StatsError> {
        let k = self.sizes.len();
        let statistic = |counts: &mut Vec<Counts>, exchanged: &mut dyn FnMut() -> bool| {
            for count in counts.iter_mut() {
                *count = if exchanged() {
                    [[0, 1], [1, 0]]
                } else {
                    [[1, 0], [0, 1]]
                };
            }
            let (x, y) = self.quantiles(counts);
            x - y
        };
        let start = || vec![[[0; 2]; 2]; k];
        if let Some(total) = sign_patterns(k) {
            let mut counts = start();
            let drawn: Vec<f64> = (0..total)
                .map(|pattern| {
                    let mut bits = pattern;
                    statistic(&mut counts, &mut || {
                        let bit = bits & 1 == 1;
                        bits >>= 1;
                        bit
                    })
                })
                .collect();
            return PermutationResult::new(difference, &drawn, Enumeration::Complete);
        }
        let drawn = replicate(
            monte_carlo.checked()?,
            monte_carlo.seed,
            start,
            |rng, counts| statistic(counts, &mut || rng.coin()),
        );
        PermutationResult::new(difference, &drawn, monte_carlo.enumeration())
    }
}

/// Looks for the two neighbours of a type 7 quantile while values pass in order.
struct Walk {
    first: usize, // how many values pass before the first neighbour
    second: usize,
    weight: f64, // of the second
    seen: usize,
    found: [f64; 2],
}

impl Walk {
    fn new(n: usize, p: f64, descending: bool) -> Self {
        let last = n.saturating_sub(1);
        let h = p * last as f64;
        let low = (h as usize).min(last);
        let high = (low + 1).min(last);
        let fraction = h - low as f64;
        let (first, second, weight) = if descending {
            (last - high, last - low, 1.0 - fraction)
        } else {
            (low, high, fraction)
        };
        Self {
            first,
            second,
            weight,
            seen: 0,
            found: [0.0; 2],
        }
    }

    fn pass(&mut self, value: f64, count: usize) {
        if count == 0 || self.done() {
            return;
        }
        let next = self.seen + count;
        if (self.seen..next).contains(&self.first) {
            self.found[0] = value;
        }
        if (self.seen..next).contains(&self.second) {
            self.found[1] = value;
        }
        self.seen = next;
    }

    const fn done(&self) -> bool {
        self.seen > self.second
    }

    fn quantile(&self) -> f64 {
        self.found[0] * (1.0 - self.weight) + self.found[1] * self.weight
    }
}
