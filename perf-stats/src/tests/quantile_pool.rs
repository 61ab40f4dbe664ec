//! In: blocks that hold observations of both arms. Out: [`Pool`], quantiles of the arms under any relabelling or resampling of blocks.

use super::quantile_shift::QuantileBlock;
use crate::arrangement::{Enumeration, MonteCarlo, PermutationResult, sign_patterns};
use crate::error::StatsError;
use crate::resample::replicate;
use crate::sample::at_least;
use crate::special::beta_cdf;

/// Observations an arm needs beyond the quantile.
const MIN_BEYOND: f64 = 5.0;

/// Up to this p the Harrell-Davis estimator is used (with equal block sizes); beyond it leans on extremes, and type 7 is used.
const HARRELL_DAVIS_MAX: f64 = 0.95;

/// How often each arm of a block counts towards x and towards y: `[arm][side]`.
pub(super) type Counts = [[u32; 2]; 2];

/// All observations in one order, each with its block and arm.
pub(super) struct Pool {
    items: Vec<(f64, u32, u8)>, // from the end that is nearer to the quantile
    p: f64,
    descending: bool,
    sizes: Vec<[usize; 2]>,
    pub(super) n: (usize, usize),
    /// Harrell-Davis: the beta distribution function at i/n; empty for type 7.
    weights: Vec<f64>,
    pub(super) positive: bool,
}

impl Pool {
    pub(super) fn new(blocks: &[QuantileBlock<'_>], p: f64) -> Result<Self, StatsError> {
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

    pub(super) const fn estimator(&self) -> &'static str {
        if self.weights.is_empty() {
            "type 7"
        } else {
            "Harrell-Davis"
        }
    }

    /// The quantiles of x and y when each arm of each block counts so often to either side.
    pub(super) fn quantiles(&self, counts: &[Counts]) -> (f64, f64) {
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
    pub(super) fn exchange_labels(
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
