//! In: values and their times. Out: the median slope of all pairs, with its interval.

use super::slopes::Slopes;
use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::sample::{finite, sorted};
use crate::special::normal_quantile;

/// What [`theil_sen`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TheilSen {
    /// Median of the slopes of all pairs with different times, in units of y per unit of t.
    pub slope: f64,
    /// median(y) - slope median(t).
    pub intercept: f64,
    /// Interval of the slope.
    pub interval: Interval,
    /// Points.
    pub n: usize,
}

impl std::fmt::Display for TheilSen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "slope {} {}, n {}", self.slope, self.interval, self.n)
    }
}

/// The slope that up to 29 % outliers cannot spoil: the median over all pairs (Theil 1950; Sen 1968, JASA 63).
///
/// The interval counts off ranks of the ordered slopes by the normal approximation to Kendall's statistic, with ties in t and in y. **Assumes**
/// independent noise of one distribution about a line; **broken by** autocorrelation (the interval is too narrow: see [`super::leak`] and [`super::hamed_rao`]) and by curvature (the slope is
/// then that of no stretch). O(n^2) up to 1,000 points, beyond that O(n log n) time and O(n) memory.
///
/// ```
/// use perf_stats::trend::theil_sen;
/// let t: Vec<f64> = (0..20).map(f64::from).collect();
/// let mut y: Vec<f64> = t.iter().map(|t| 5.0 + 2.0 * t).collect();
/// y[3] = 900.0;
/// let line = theil_sen(&t, &y, 0.95)?;
/// assert_eq!((line.slope, line.intercept), (2.0, 7.0)); // the outlier moves the median of y, not the slope
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::LengthMismatch`], [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 2 points,
/// [`StatsError::Degenerate`] where all times are equal, [`StatsError::BadParameter`] for `level` outside (0, 1), [`StatsError::Overflow`].
pub fn theil_sen(t: &[f64], y: &[f64], level: f64) -> Result<TheilSen, StatsError> {
    stretched(t, y, level, 1.0)
}

/// The same with the variance of Kendall's statistic multiplied by `factor`.
pub(super) fn stretched(
    t: &[f64],
    y: &[f64],
    level: f64,
    factor: f64,
) -> Result<TheilSen, StatsError> {
    check_level(level)?;
    check_points(t, y)?;
    let slopes = Slopes::new(t, y)?;
    let (st, sy) = (sorted(t)?, sorted(y)?);
    let total = slopes.total();
    let n = y.len() as f64;
    let ties = tie_sum(&st) + tie_sum(&sy);
    let variance = factor * ((n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0).max(0.0);
    let reach = -normal_quantile(0.5 * (1.0 - level)) * variance.sqrt();
    let count = total as f64;
    // Ranks from 0, rounded as in Sen 1968 (half to even), kept within the list.
    let high = (0.5 * (count + reach)).round_ties_even().min(count - 1.0) as u64;
    let low = ((0.5 * (count - reach)).round_ties_even() - 1.0).max(0.0) as u64;
    let mut ranks = [low, (total - 1) / 2, total / 2, high];
    ranks.sort_unstable();
    let found = slopes.at(&ranks)?;
    let value = |rank: u64| found[ranks.iter().position(|&r| r == rank).unwrap_or(0)];
    let slope = 0.5 * value((total - 1) / 2) + 0.5 * value(total / 2);
    let intercept = median(&sy) - slope * median(&st);
    if !intercept.is_finite() {
        return Err(StatsError::Overflow);
    }
    let interval = Interval::new(value(low), value(high), level, "Theil-Sen");
    Ok(TheilSen {
        slope,
        intercept,
        interval,
        n: y.len(),
    })
}

/// Finite pairs, at least two.
pub(super) fn check_points(t: &[f64], y: &[f64]) -> Result<(), StatsError> {
    if t.len() != y.len() {
        return Err(StatsError::LengthMismatch {
            left: t.len(),
            right: y.len(),
        });
    }
    finite(t)?;
    if let Some(index) = y.iter().position(|v| !v.is_finite()) {
        return Err(StatsError::NonFinite {
            index: t.len() + index,
        });
    }
    if t.len() < 2 {
        return Err(StatsError::TooFew {
            need: 2,
            got: t.len(),
        });
    }
    Ok(())
}

/// Sum over groups of k equal values of k(k-1)(2k+5).
pub(super) fn tie_sum(ordered: &[f64]) -> f64 {
    let group = |k: f64| k * (k - 1.0) * (2.0 * k + 5.0);
    ordered
        .chunk_by(|a, b| a == b)
        .map(|c| group(c.len() as f64))
        .sum()
}

fn median(ordered: &[f64]) -> f64 {
    let n = ordered.len();
    0.5 * ordered[(n - 1) / 2] + 0.5 * ordered[n / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn the_interval_covers_as_stated() {
        let covered = (0..1_000u64)
            .filter(|&run| {
                let mut rng = Rng::stream(101, run);
                let t: Vec<f64> = (0..40).map(f64::from).collect();
                // Cauchy noise: least squares would be lost.
                let noise = |rng: &mut Rng| (std::f64::consts::PI * (rng.uniform() - 0.5)).tan();
                let y: Vec<f64> = t.iter().map(|t| 0.7 * t + noise(&mut rng)).collect();
                theil_sen(&t, &y, 0.95).unwrap().interval.contains(0.7)
            })
            .count();
        assert!((930..=972).contains(&covered), "{covered} of 1,000");
    }

    #[test]
    fn scaling_scales() {
        let t: Vec<f64> = (0..30).map(|i| 1.7e18 + 1e9 * f64::from(i)).collect();
        let mut rng = Rng::new(3);
        let y: Vec<f64> = (0..30).map(|i| f64::from(i) + rng.normal()).collect();
        let seconds: Vec<f64> = (0..30).map(f64::from).collect();
        let (a, b) = (
            theil_sen(&t, &y, 0.9).unwrap(),
            theil_sen(&seconds, &y, 0.9).unwrap(),
        );
        assert!((a.slope * 1e9 / b.slope - 1.0).abs() < 1e-12);
    }

    #[test]
    fn edges() {
        assert!(matches!(
            theil_sen(&[1.0], &[], 0.9),
            Err(StatsError::LengthMismatch { .. })
        ));
        assert_eq!(theil_sen(&[], &[], 0.9), Err(StatsError::Empty));
        assert_eq!(
            theil_sen(&[1.0; 3], &[1.0, 2.0, 3.0], 0.9),
            Err(StatsError::Degenerate)
        );
        assert_eq!(
            theil_sen(&[1.0, 2.0], &[1.0, f64::NAN], 0.9),
            Err(StatsError::NonFinite { index: 3 })
        );
        assert_eq!(
            theil_sen(&[0.0, 5e-324], &[0.0, 1e308], 0.9),
            Err(StatsError::Overflow)
        );
        assert_eq!(theil_sen(&[0.0, 1.0], &[4.0, 4.0], 0.9).unwrap().slope, 0.0);
    }
}
