//! In: order statistics and a probability. Out: the sample quantile in one of the nine definitions of Hyndman & Fan (1996).

use super::check_probability;
use crate::error::StatsError;
use crate::sample::{Weighted, finite, sorted};

/// How a quantile falls between two observations; numbered as by Hyndman & Fan (1996) and in R's `quantile(type = )`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Definition {
    /// Type 1, the inverse of the empirical distribution: always an observed value. The default for histograms.
    InvertedCdf,
    /// Type 2: as type 1, averaging where the distribution is flat.
    AveragedInvertedCdf,
    /// Type 3: the observation whose rank is nearest to n p, even ranks winning ties (SAS).
    ClosestObservation,
    /// Type 4: linear interpolation of the empirical distribution.
    InterpolatedInvertedCdf,
    /// Type 5: knots at (k - 1/2) / n (Hazen).
    Hazen,
    /// Type 6: knots at k / (n + 1) (Weibull).
    Weibull,
    /// Type 7: knots at (k - 1) / (n - 1). The default for raw data, as in R and `NumPy`.
    #[default]
    Linear,
    /// Type 8: nearly median-unbiased whatever the distribution; Hyndman & Fan's advice.
    MedianUnbiased,
    /// Type 9: nearly unbiased for normal data.
    NormalUnbiased,
}

/// Where a quantile lies: between the 1-based ranks `lower` and `lower + 1`, at this fraction of the way.
struct Position {
    lower: f64,
    fraction: f64,
}

/// A rank that misses an integer by a few units in the last place (n = 100, p = 0.07) is meant to be that integer.
const SLACK: f64 = 4.0 * f64::EPSILON;

impl Definition {
    /// All nine, by number.
    pub const ALL: [Self; 9] = [
        Self::InvertedCdf,
        Self::AveragedInvertedCdf,
        Self::ClosestObservation,
        Self::InterpolatedInvertedCdf,
        Self::Hazen,
        Self::Weibull,
        Self::Linear,
        Self::MedianUnbiased,
        Self::NormalUnbiased,
    ];

    fn position(self, n: f64, p: f64) -> Position {
        let (alpha, beta) = match self {
            Self::InvertedCdf | Self::AveragedInvertedCdf | Self::ClosestObservation => {
                return self.step(n, p);
            }
            Self::InterpolatedInvertedCdf => (0.0, 1.0),
            Self::Hazen => (0.5, 0.5),
            Self::Weibull => (0.0, 0.0),
            Self::Linear => (1.0, 1.0),
            Self::MedianUnbiased => (1.0 / 3.0, 1.0 / 3.0),
            Self::NormalUnbiased => (0.375, 0.375),
        };
        let rank = alpha + p * (n + 1.0 - alpha - beta);
        let nearest = rank.round();
        if (rank - nearest).abs() <= SLACK * rank.max(1.0) {
            return Position {
                lower: nearest,
                fraction: 0.0,
            };
        }
        Position {
            lower: rank.floor(),
            fraction: rank - rank.floor(),
        }
    }

    /// The definitions that take one observation (or the mean of two).
    fn step(self, n: f64, p: f64) -> Position {
        let shift = if self == Self::ClosestObservation {
            -0.5
        } else {
            0.0
        };
        let product = n * p;
        let rank = product + shift;
        let nearest = rank.round();
        let on_step = (rank - nearest).abs() <= SLACK * product.max(1.0);
        let lower = if on_step { nearest } else { rank.floor() };
        let fraction = match self {
            _ if !on_step => 1.0,
            Self::InvertedCdf => 0.0,
            Self::AveragedInvertedCdf => 0.5,
            _ => (lower % 2.0).abs(),
        };
        Position { lower, fraction }
    }
}

/// Interpolation between the order statistics that `nth` (1-based rank, within 1..=n) gives.
fn interpolate(position: &Position, n: f64, mut nth: impl FnMut(f64) -> f64) -> f64 {
    let Position { lower, fraction } = *position;
    let low_rank = lower.clamp(1.0, n);
    let high_rank = (lower + 1.0).clamp(1.0, n);
    if fraction == 0.0 || low_rank == high_rank {
        return nth(low_rank);
    }
    let high = nth(high_rank);
    if fraction == 1.0 {
        return high;
    }
    let low = nth(low_rank);
    // Never a difference that could overflow; the ends bound the result.
    (low * (1.0 - fraction) + high * fraction).clamp(low, high)
}

/// The quantile at `p` by type 7, in O(n).
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for `p` outside [0, 1].
///
/// ```
/// use perf_stats::quantile::quantile;
/// assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5)?, 2.5);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn quantile(x: &[f64], p: f64) -> Result<f64, StatsError> {
    check_probability(p)?;
    Ok(quantile_in_place(&mut finite(x)?.to_vec(), p))
}

/// The type 7 quantile of finite numbers whose order may be destroyed; 0 for none. For statistics of resamples.
///
/// ```
/// assert_eq!(perf_stats::quantile::quantile_in_place(&mut [3.0, 1.0, 2.0], 1.0), 3.0);
/// ```
pub fn quantile_in_place(x: &mut [f64], p: f64) -> f64 {
    if x.is_empty() {
        return 0.0;
    }
    let n = x.len() as f64;
    let position = Definition::Linear.position(n, p.clamp(0.0, 1.0));
    interpolate(&position, n, |rank| {
        *x.select_nth_unstable_by(rank as usize - 1, f64::total_cmp)
            .1
    }) + 0.0
}

/// Quantiles at every `p` by one definition; sorts once, O(n log n).
///
/// Definitions differ by less than one gap between neighbours: it matters for small samples and extreme `p` only. None of
/// them says how sure it is: see [`crate::quantile_interval`].
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for a `p` outside [0, 1].
///
/// ```
/// use perf_stats::quantile::{Definition, quantiles};
/// let x = [1.0, 2.0, 3.0, 4.0];
/// assert_eq!(quantiles(&x, &[0.5, 0.75], Definition::InvertedCdf)?, vec![2.0, 3.0]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn quantiles(x: &[f64], p: &[f64], definition: Definition) -> Result<Vec<f64>, StatsError> {
    let x = sorted(x)?;
    let n = x.len() as f64;
    let at = |p: f64| interpolate(&definition.position(n, p), n, |rank| x[rank as usize - 1]);
    p.iter().map(|&p| check_probability(p).map(at)).collect()
}

/// Quantiles of values with counts, as if every observation were listed. Cost O(log k) each.
///
/// # Errors
/// [`StatsError::BadParameter`] for a `p` outside [0, 1].
///
/// ```
/// use perf_stats::{Weighted, quantile::{Definition, quantiles_weighted}};
/// let w = Weighted::new([(5.0, 990_000_000), (80.0, 10_000_000)])?;
/// assert_eq!(quantiles_weighted(&w, &[0.99, 0.999], Definition::InvertedCdf)?, vec![5.0, 80.0]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn quantiles_weighted(
    w: &Weighted,
    p: &[f64],
    definition: Definition,
) -> Result<Vec<f64>, StatsError> {
    let n = w.total() as f64;
    let nth = |rank: f64| w.nth(rank as u64 - 1);
    let at = |p: f64| interpolate(&definition.position(n, p), n, nth);
    p.iter().map(|&p| check_probability(p).map(at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_decimals_hit_their_step() {
        let x: Vec<f64> = (1..=100).map(f64::from).collect();
        // 100 * 0.07 is 7.000000000000001 in binary.
        assert_eq!(
            quantiles(&x, &[0.07], Definition::InvertedCdf).unwrap(),
            vec![7.0]
        );
        assert_eq!(
            quantiles(&x, &[0.07], Definition::AveragedInvertedCdf).unwrap(),
            vec![7.5]
        );
    }

    #[test]
    fn weighted_equals_listed() {
        let x = [1.0, 1.0, 2.0, 5.0, 5.0, 5.0, 9.0, -0.0, 3.0];
        let w = Weighted::from_values(&x).unwrap();
        for definition in Definition::ALL {
            for p in [0.0, 0.1, 0.25, 0.5, 0.6, 0.99, 1.0] {
                let raw = quantiles(&x, &[p], definition).unwrap();
                assert_eq!(raw, quantiles_weighted(&w, &[p], definition).unwrap());
                if definition == Definition::Linear {
                    assert_eq!(raw[0], quantile(&x, p).unwrap());
                }
            }
        }
    }

    #[test]
    fn extremes_stay_in_range() {
        let x = [-1e308, 1e308, 1e308];
        for definition in Definition::ALL {
            for q in quantiles(&x, &[0.0, 0.2, 0.5, 1.0], definition).unwrap() {
                assert!(q.abs() <= 1e308);
            }
        }
        assert!(quantile(&x, 1.5).is_err() && quantile(&x, f64::NAN).is_err());
    }
}
