//! In: two samples. Out: the shift between them, or their ratio, with the interval that inverts the Mann-Whitney test.

use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::pair_order::{Differences, median_pair_value, nth_pair_value};
use crate::rank_sum::{MAX_CELLS, probabilities};
use crate::sample::{Scaled, binary_exponent, sorted};
use crate::special::{normal_cdf, normal_quantile};
use std::fmt;

/// A Hodges-Lehmann estimate and its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HodgesLehmann {
    /// Median of all x(i) - y(j), or of all x(i) / y(j).
    pub estimate: f64,
    /// The order statistics of rank `rank` from either end.
    pub interval: Interval,
    /// Rank of the interval's ends, counted from 1 at each end of the sorted differences.
    pub rank: u64,
    /// Probability that the interval covers the shift; below `level` only where the samples are too small for it.
    pub coverage: f64,
    /// Whether `rank` comes from the exact law; else from its normal approximation, corrected for ties.
    pub exact: bool,
    /// Observations in x and y.
    pub n: (usize, usize),
}

impl fmt::Display for HodgesLehmann {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} (n = {}, {})",
            self.estimate, self.interval, self.n.0, self.n.1
        )
    }
}

/// How far x lies above y: the median of all differences x(i) - y(j) (Hodges & Lehmann 1963), and the interval of shifts that
/// the two-sided Mann-Whitney test would not reject.
///
/// Assumes independent observations and, for the interval, distributions that differ by a shift only (if the spread differs
/// too it still estimates the median difference of a random pair). Neither is normality assumed, nor do outliers carry weight.
/// The rank of the interval's ends is max(1, the (1 - level)/2 quantile of U): exact for n m <= 20,000, normal with tie
/// correction beyond; with ties it covers more than `level`. Order statistics are found by counting (after Johnson & Mizoguchi
/// 1978 and Monahan 1984): O((n + m) log(n + m)) time, no n m memory.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for the level, [`StatsError::Overflow`].
///
/// ```
/// use perf_stats::hodges_lehmann::shift;
/// let (x, y) = ([11.0, 12.0, 13.0, 14.0, 15.0], [1.0, 2.0, 3.0, 4.0, 5.0]);
/// let s = shift(&x, &y, 0.95)?;
/// assert_eq!((s.estimate, s.interval.low, s.interval.high), (10.0, 7.0, 13.0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn shift(x: &[f64], y: &[f64], level: f64) -> Result<HodgesLehmann, StatsError> {
    check_level(level)?;
    let (x, y) = checked(x, y)?;
    let exponent = binary_exponent(&x).max(binary_exponent(&y));
    let (x, y) = (
        Scaled::with_exponent(&x, exponent),
        Scaled::with_exponent(&y, exponent),
    );
    let found = solve(&x.values, &y.values, level);
    let interval = Interval {
        low: x.back(found.interval.low)?,
        high: x.back(found.interval.high)?,
        ..found.interval
    };
    Ok(HodgesLehmann {
        estimate: x.back(found.estimate)?,
        interval,
        ..found
    })
}

/// How many times y the sample x is: the shift of the logarithms, as a factor. `ratio - 1` is the relative change.
///
/// Assumes positive observations whose logarithms differ by a shift; otherwise as [`shift`].
///
/// # Errors
/// As [`shift`]; [`StatsError::BadParameter`] where an observation is not positive.
///
/// ```
/// use perf_stats::hodges_lehmann::ratio;
/// let y: Vec<f64> = (100..130).map(f64::from).collect();
/// let x: Vec<f64> = y.iter().map(|v| v * 1.5).collect();
/// let r = ratio(&x, &y, 0.95)?;
/// assert!((r.estimate - 1.5).abs() < 0.01 && r.interval.low > 1.3);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn ratio(x: &[f64], y: &[f64], level: f64) -> Result<HodgesLehmann, StatsError> {
    check_level(level)?;
    let (mut x, mut y) = checked(x, y)?;
    for (sample, name) in [(&mut x, "x"), (&mut y, "y")] {
        if sample[0] <= 0.0 {
            return Err(StatsError::BadParameter {
                name,
                expected: "positive",
            });
        }
        for v in sample {
            *v = v.ln();
        }
    }
    let found = solve(&x, &y, level);
    let bounded = |v: f64| crate::sample::representable(v.exp());
    let interval = Interval {
        low: bounded(found.interval.low)?,
        high: bounded(found.interval.high)?,
        ..found.interval
    };
    Ok(HodgesLehmann {
        estimate: bounded(found.estimate)?,
        interval,
        ..found
    })
}

/// Both samples sorted; a non-finite value's index counts over x, then y.
fn checked(x: &[f64], y: &[f64]) -> Result<(Vec<f64>, Vec<f64>), StatsError> {
    let a = sorted(x)?;
    let b = sorted(y).map_err(|e| match e {
        StatsError::NonFinite { index } => StatsError::NonFinite {
            index: x.len() + index,
        },
        other => other,
    })?;
    Ok((a, b))
}

/// Estimate and interval for ascending samples whose differences are finite.
fn solve(x: &[f64], y: &[f64], level: f64) -> HodgesLehmann {
    let differences = Differences { x, y };
    let room = 4 * (x.len() + y.len());
    let pairs = x.len() as u64 * y.len() as u64;
    let exact = x.len().saturating_mul(y.len()) <= MAX_CELLS;
    let tail = 0.5 * (1.0 - level);
    let (rank, coverage) = if exact {
        exact_rank(x.len(), y.len(), tail)
    } else {
        normal_rank(x, y, tail)
    };
    let low = nth_pair_value(&differences, rank, room);
    let high = nth_pair_value(&differences, pairs + 1 - rank, room);
    HodgesLehmann {
        estimate: median_pair_value(&differences, room),
        interval: Interval::new(low, high, level, "Hodges-Lehmann"),
        rank,
        coverage,
        exact,
        n: (x.len(), y.len()),
    }
}

/// The smallest u with P(U <= u) >= tail, at least 1, and 1 - 2 P(U < u).
fn exact_rank(n: usize, m: usize, tail: f64) -> (u64, f64) {
    // Levels are decimals, the law is exact: a sum that misses the tail by rounding has reached it.
    let goal = tail * (1.0 - 1e-12);
    let mut below = 0.0;
    for (u, p) in probabilities(n, m, n * m / 2).into_iter().enumerate() {
        if u > 0 && below + p >= goal {
            return (u as u64, 1.0 - 2.0 * below);
        }
        below += p;
    }
    ((n * m / 2).max(1) as u64, (1.0 - 2.0 * below).max(0.0))
}

/// As [`exact_rank`] by the normal law with continuity correction and the variance that ties leave.
fn normal_rank(x: &[f64], y: &[f64], tail: f64) -> (u64, f64) {
    let (n, m) = (x.len() as f64, y.len() as f64);
    let total = n + m;
    let mean = 0.5 * n * m;
    let variance = n * m / 12.0 * (total + 1.0 - tie_sum(x, y) / (total * (total - 1.0)));
    let sd = variance.max(0.0).sqrt();
    let rank = (mean + normal_quantile(tail) * sd - 0.5)
        .ceil()
        .clamp(1.0, mean.floor().max(1.0));
    let missed = if sd > 0.0 {
        normal_cdf((rank - 0.5 - mean) / sd)
    } else {
        0.0
    };
    (rank as u64, 1.0 - 2.0 * missed)
}

/// Sum of t^3 - t over the groups of equal values in two ascending samples.
fn tie_sum(x: &[f64], y: &[f64]) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while i < x.len() || j < y.len() {
        let value = match (x.get(i), y.get(j)) {
            (Some(&a), Some(&b)) => a.min(b),
            (Some(&a), None) => a,
            (_, b) => b.copied().unwrap_or(0.0),
        };
        let start = i + j;
        while i < x.len() && x[i] <= value {
            i += 1;
        }
        while j < y.len() && y[j] <= value {
            j += 1;
        }
        let t = (i + j - start) as f64;
        sum += t * t * t - t;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn exact_and_normal_ranks_meet() {
        let x: Vec<f64> = (0..120).map(f64::from).collect();
        let y: Vec<f64> = (0..110).map(|v| f64::from(v) + 0.5).collect();
        let (exact, covered) = exact_rank(120, 110, 0.025);
        let (normal, near) = normal_rank(&x, &y, 0.025);
        assert!(exact.abs_diff(normal) <= 2, "{exact} {normal}");
        assert!((covered - near).abs() < 1e-3 && covered >= 0.95);
    }

    #[test]
    fn a_shift_is_covered_as_often_as_promised() {
        let mut rng = Rng::new(21);
        let (runs, mut covered, mut promise) = (3_000, 0, 0.0);
        for _ in 0..runs {
            let mut draw = |n: usize, by: f64| -> Vec<f64> {
                (0..n).map(|_| by - 3.0 * rng.uniform().ln()).collect()
            };
            let (x, y) = (draw(9, 4.0), draw(12, 1.0));
            let s = shift(&x, &y, 0.9).unwrap();
            covered += u32::from(s.interval.contains(3.0));
            promise = s.coverage;
        }
        let rate = f64::from(covered) / f64::from(runs);
        assert!(
            promise >= 0.9 && (rate - promise).abs() < 4.0 * (0.09 / f64::from(runs)).sqrt(),
            "{rate} {promise}"
        );
    }

    #[test]
    fn extremes_and_errors() {
        assert_eq!(shift(&[], &[1.0], 0.95).unwrap_err(), StatsError::Empty);
        assert_eq!(
            shift(&[1.0], &[f64::NAN], 0.95).unwrap_err(),
            StatsError::NonFinite { index: 1 }
        );
        assert_eq!(
            shift(&[1.7e308], &[-1.7e308], 0.95).unwrap_err(),
            StatsError::Overflow
        );
        assert_eq!(shift(&[1e15 + 0.5], &[1e15], 0.95).unwrap().estimate, 0.5);
        assert_eq!(shift(&[5e-324], &[0.0], 0.95).unwrap().estimate, 5e-324);
        assert!(ratio(&[0.0], &[1.0], 0.95).is_err());
        let ties = vec![7.0; 300];
        assert_eq!(shift(&ties, &ties, 0.95).unwrap().interval.width(), 0.0);
    }
}
