//! In: a series. Out: where its distribution changes, whatever kind of change it is.

use super::partition::cheapest_cuts;
use crate::error::StatsError;
use crate::sample::{at_least, sorted};

/// Change points of the empirical distribution (ED-PELT; Haynes, Fearnhead & Eckley 2017, Statistics and Computing 27).
///
/// The cost of a segment is its nonparametric likelihood at 4 ln n quantiles of the whole series, spread towards the tails, so changes of
/// spread or of the tail count as much as changes of level. Depends on ranks only: outliers and units do not matter.
/// **Assumes** independent observations; **broken by** autocorrelation and drift. No p-values: see [`super::EDivisive`]. O(n ln n) memory; time between O(n ln n) with many changes
/// and O(n^2 ln n) without any (12 s at 8,000 observations).
///
/// ```
/// use perf_stats::change::EdPelt;
/// let mut rng = perf_stats::Rng::new(2);
/// let y: Vec<f64> = (0..200).map(|i| (rng.normal() * if i < 100 { 0.1 } else { 1.0 }).exp()).collect();
/// let changes = EdPelt::new().find(&y)?;
/// assert!(changes.len() == 1 && changes[0].abs_diff(100) < 10, "{changes:?}");
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdPelt {
    penalty: Option<f64>,
    min_size: usize, // >= 1
}

impl Default for EdPelt {
    fn default() -> Self {
        Self::new()
    }
}

impl EdPelt {
    /// Penalty 4 ln n (finds a change in 6 % of normal series of 200 without one), segments of at least 5 observations.
    pub const fn new() -> Self {
        Self {
            penalty: None,
            min_size: 5,
        }
    }

    /// The price of one change, without unit (the cost is a log likelihood).
    #[must_use]
    pub const fn penalty(mut self, penalty: f64) -> Self {
        self.penalty = Some(penalty);
        self
    }

    /// The shortest segment.
    #[must_use]
    pub const fn min_size(mut self, min_size: usize) -> Self {
        self.min_size = min_size;
        self
    }

    /// Indices of the first observation of each new segment, ascending.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under `min_size` observations, [`StatsError::BadParameter`] for a `min_size` of 0 or a
    /// penalty that is negative or NaN.
    pub fn find(&self, y: &[f64]) -> Result<Vec<usize>, StatsError> {
        if self.min_size == 0 {
            return Err(StatsError::BadParameter {
                name: "min_size",
                expected: "at least 1",
            });
        }
        if self.penalty.is_some_and(|p| p.is_nan() || p < 0.0) {
            return Err(StatsError::BadParameter {
                name: "penalty",
                expected: "not negative",
            });
        }
        let counts = Counts::new(at_least(y, self.min_size)?)?;
        let penalty = self
            .penalty
            .unwrap_or(4.0 * (y.len() as f64).ln())
            .min(f64::MAX);
        Ok(cheapest_cuts(y.len(), self.min_size, penalty, |i, j| {
            counts.cost(i, j)
        }))
    }
}

/// For each prefix and each quantile, twice the number of observations below it (ties count once).
struct Counts {
    quantiles: usize,
    below: Vec<u32>, // (n + 1) rows of `quantiles`
    factor: f64,
}

impl Counts {
    fn new(y: &[f64]) -> Result<Self, StatsError> {
        let s = sorted(y)?;
        let n = y.len() as f64;
        let quantiles = ((4.0 * n.ln()).ceil() as usize).clamp(1, y.len());
        let spread = (2.0 * n - 1.0).ln();
        let points: Vec<f64> = (0..quantiles)
            .map(|k| {
                let z = -1.0 + (2.0 * k as f64 + 1.0) / quantiles as f64;
                let p = 1.0 / (1.0 + (-z * spread).exp());
                s[((n - 1.0) * p) as usize]
            })
            .collect();
        let mut below = vec![0; quantiles * (y.len() + 1)];
        for (i, v) in y.iter().enumerate() {
            for (k, point) in points.iter().enumerate() {
                let twice = u32::from(v < point) + u32::from(v <= point);
                below[(i + 1) * quantiles + k] = below[i * quantiles + k] + twice;
            }
        }
        Ok(Self {
            quantiles,
            below,
            factor: 2.0 * spread / quantiles as f64,
        })
    }

    fn cost(&self, i: usize, j: usize) -> f64 {
        let row = |r: usize| &self.below[r * self.quantiles..(r + 1) * self.quantiles];
        let length = (j - i) as f64;
        let entropy = |(from, to): (&u32, &u32)| {
            let share = f64::from(to - from) / (2.0 * length);
            if share > 0.0 && share < 1.0 {
                -(share * share.ln() + (1.0 - share) * (-share).ln_1p())
            } else {
                0.0
            }
        };
        self.factor * length * row(i).iter().zip(row(j)).map(entropy).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn finds_level_and_spread_but_little_in_noise() {
        let mut rng = Rng::new(11);
        let y: Vec<f64> = (0..300)
            .map(|i| match i / 100 {
                0 => rng.normal(),
                1 => 3.0 + rng.normal(),
                _ => 3.0 + 8.0 * rng.normal(),
            })
            .collect();
        let found = EdPelt::new().find(&y).unwrap();
        assert!(found.iter().any(|c| c.abs_diff(100) <= 3), "{found:?}");
        assert!(found.iter().any(|c| c.abs_diff(200) <= 6), "{found:?}");
        let noisy = (0..60u64)
            .filter(|&s| {
                let mut rng = Rng::stream(12, s);
                let y: Vec<f64> = (0..200).map(|_| rng.normal().exp()).collect();
                !EdPelt::new().find(&y).unwrap().is_empty()
            })
            .count();
        assert!(noisy <= 12, "{noisy} of 60");
    }

    #[test]
    fn only_ranks_count() {
        let mut rng = Rng::new(13);
        let y: Vec<f64> = (0..120)
            .map(|i| rng.normal() + f64::from(i / 60) * 4.0)
            .collect();
        let cubes: Vec<f64> = y.iter().map(|v| v.powi(3) * 1e200).collect();
        let found = EdPelt::new().find(&y).unwrap();
        assert!(!found.is_empty());
        assert_eq!(found, EdPelt::new().find(&cubes).unwrap());
    }

    #[test]
    fn edges() {
        assert!(EdPelt::new().find(&[2.0; 40]).unwrap().is_empty());
        assert_eq!(
            EdPelt::new().find(&[2.0; 3]),
            Err(StatsError::TooFew { need: 5, got: 3 })
        );
        assert!(EdPelt::new().min_size(1).find(&[2.0]).unwrap().is_empty());
        assert!(EdPelt::new().min_size(0).find(&[2.0]).is_err());
        assert!(EdPelt::new().penalty(f64::NAN).find(&[2.0; 9]).is_err());
    }
}
