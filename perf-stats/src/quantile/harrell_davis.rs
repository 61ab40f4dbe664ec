//! In: order statistics and a probability. Out: the Harrell-Davis quantile, a smooth average of all of them, with its error.

use super::check_probability;
use crate::error::StatsError;
use crate::sample::{Scaled, Weighted, at_least, sorted};
use crate::special::beta_tails;
use std::ops::Range;

/// A smooth quantile and its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Smooth {
    /// The Harrell-Davis estimate.
    pub estimate: f64,
    /// Maritz-Jarrett standard error.
    pub se: f64,
}

/// Weights below this share of the total are not worth their summand.
const NEGLIGIBLE: f64 = 1e-16;

/// The weights of the order statistics (0-based, from the range's start) for the quantile at 0 < p < 1: increments of the
/// beta distribution with shapes p (n + 1) and (1 - p)(n + 1) over [(i - 1)/n, i/n].
pub(crate) fn weights(n: usize, p: f64) -> (usize, Vec<f64>) {
    let law = Law::new(n as f64, p);
    let window = law.window(n);
    let start = window.start;
    let mut below = law.tails(start as f64);
    let values = window.map(|i| {
        let next = law.tails(i as f64 + 1.0);
        let weight = difference(below, next);
        below = next;
        weight
    });
    let values: Vec<f64> = values.collect();
    let total: f64 = values.iter().sum();
    (start, values.iter().map(|w| w / total).collect())
}

/// P(a < B <= b) from the tails at a and b, by the pair that does not cancel.
fn difference(a: (f64, f64), b: (f64, f64)) -> f64 {
    if b.0 <= 0.5 { b.0 - a.0 } else { a.1 - b.1 }.max(0.0)
}

/// The beta law of a quantile's rank.
struct Law {
    n: f64,
    a: f64,
    b: f64,
}

impl Law {
    fn new(n: f64, p: f64) -> Self {
        Self {
            n,
            a: p * (n + 1.0),
            b: (1.0 - p) * (n + 1.0),
        }
    }

    fn tails(&self, rank: f64) -> (f64, f64) {
        beta_tails(rank / self.n, (self.n - rank) / self.n, self.a, self.b)
    }

    /// The ranks outside which all weights together are negligible: found by bisection on the tails.
    fn window(&self, n: usize) -> Range<usize> {
        let (mut low, mut high) = (0, n);
        let (mut l, mut h) = (0, n);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.tails(middle as f64).0 < NEGLIGIBLE {
                low = middle;
            } else {
                high = middle;
            }
        }
        while h - l > 1 {
            let middle = l.midpoint(h);
            if self.tails(middle as f64).1 < NEGLIGIBLE {
                h = middle;
            } else {
                l = middle;
            }
        }
        low..h
    }
}

/// The Harrell-Davis quantile (1982): the mean of order statistics under a beta law centred at `p`. Cost O(n log n).
///
/// Steadier than a single order statistic for light tails and small n. One wild observation enters with its weight, so for
/// p = 0.99 of heavy-tailed latencies prefer an observed quantile or [`harrell_davis_trimmed`].
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for `p` outside [0, 1].
///
/// ```
/// use perf_stats::quantile::harrell_davis;
/// assert!((harrell_davis(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.5)? - 3.0).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn harrell_davis(x: &[f64], p: f64) -> Result<f64, StatsError> {
    let x = sorted(x)?;
    check_probability(p)?;
    if p == 0.0 || p == 1.0 {
        return Ok(if p == 0.0 { x[0] } else { x[x.len() - 1] });
    }
    let (start, weights) = weights(x.len(), p);
    Ok(average(&x[start..], &weights))
}

/// The weighted mean, formed about the middle value so that an offset costs no digits.
fn average(x: &[f64], weights: &[f64]) -> f64 {
    let (low, high) = (x[0], x[weights.len() - 1]);
    let pivot = x[weights.len() / 2];
    let scaled = |v: f64| v * 0.25 - pivot * 0.25;
    let offset: f64 = x.iter().zip(weights).map(|(&v, w)| scaled(v) * w).sum();
    (4.0 * (pivot * 0.25 + offset)).clamp(low, high)
}

/// The Harrell-Davis quantile with the standard error of Maritz & Jarrett (1978): the sd of an order statistic drawn under
/// the beta law with shapes m = floor(p n + 1/2) and n - m + 1.
///
/// # Errors
/// As [`harrell_davis`], with `p` strictly inside (0, 1); [`StatsError::TooFew`] (2 needed); [`StatsError::Overflow`].
///
/// ```
/// use perf_stats::quantile::harrell_davis_with_se;
/// let x: Vec<f64> = (0..101).map(f64::from).collect();
/// let median = harrell_davis_with_se(&x, 0.5)?;
/// assert!((median.estimate - 50.0).abs() < 1e-9 && (median.se - 4.95).abs() < 0.05);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn harrell_davis_with_se(x: &[f64], p: f64) -> Result<Smooth, StatsError> {
    let n = at_least(x, 2)?.len() as f64;
    crate::interval::check_open_unit(p, "p")?;
    let estimate = harrell_davis(x, p)?;
    let scaled = Scaled::new(&sorted(x)?);
    let m = (p * n + 0.5).floor().clamp(1.0, n);
    let law = Law {
        n,
        a: m,
        b: n - m + 1.0,
    };
    let pivot = scaled.values[m as usize - 1];
    let (mut mean, mut square) = (0.0, 0.0);
    let mut below = law.tails(0.0);
    for (i, v) in scaled.values.iter().enumerate() {
        let next = law.tails(i as f64 + 1.0);
        let weight = difference(below, next);
        below = next;
        mean += weight * (v - pivot);
        square += weight * (v - pivot) * (v - pivot);
    }
    Ok(Smooth {
        estimate,
        se: scaled.back((square - mean * mean).max(0.0).sqrt())?,
    })
}

/// The trimmed Harrell-Davis quantile of Akinshin (2022): only the highest-density stretch of the beta law, of width
/// 1 / sqrt(n), keeps its weight. Nearly as efficient, and outliers beyond the stretch do not matter. Cost O(n log n).
///
/// # Errors
/// As [`harrell_davis`].
///
/// ```
/// use perf_stats::quantile::harrell_davis_trimmed;
/// let mut x: Vec<f64> = (1..=20).map(f64::from).collect();
/// x[19] = 1e12;
/// assert!(harrell_davis_trimmed(&x, 0.5)? < 12.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn harrell_davis_trimmed(x: &[f64], p: f64) -> Result<f64, StatsError> {
    let x = sorted(x)?;
    check_probability(p)?;
    let n = x.len() as f64;
    if p == 0.0 || p == 1.0 || x.len() == 1 {
        return Ok(if p == 0.0 { x[0] } else { x[x.len() - 1] });
    }
    let law = Law::new(n, p);
    let (low, high) = densest(&law, 1.0 / n.sqrt());
    let cdf = |at: f64| beta_tails(at, 1.0 - at, law.a, law.b);
    let first = (low * n).floor() as usize;
    let last = ((high * n).ceil() as usize).min(x.len());
    let mut below = cdf(low);
    let mut weights = Vec::with_capacity(last - first);
    for i in first..last {
        let next = cdf(((i as f64 + 1.0) / n).min(high));
        weights.push(difference(below, next));
        below = next;
    }
    let total: f64 = weights.iter().sum();
    for w in &mut weights {
        *w /= total;
    }
    Ok(average(&x[first..], &weights))
}

/// The interval of this width that holds most of the beta law: equal densities at both ends, or flush with a border.
fn densest(law: &Law, width: f64) -> (f64, f64) {
    let (a, b) = (law.a - 1.0, law.b - 1.0);
    if a <= 0.0 && b <= 0.0 {
        let low = 0.5 - 0.5 * width;
        return (low.max(0.0), (low + width).min(1.0));
    }
    if a <= 0.0 {
        return (0.0, width);
    }
    if b <= 0.0 {
        return (1.0 - width, 1.0);
    }
    let mode = a / (a + b);
    let log_density = |x: f64| a * x.ln() + b * (1.0 - x).ln();
    let (mut left, mut right) = ((mode - width).max(0.0), mode.min(1.0 - width));
    for _ in 0..80 {
        let middle = f64::midpoint(left, right);
        if log_density(middle) < log_density(middle + width) {
            left = middle;
        } else {
            right = middle;
        }
    }
    let low = f64::midpoint(left, right);
    (low, (low + width).min(1.0))
}

/// The Harrell-Davis quantile of values with counts: each value weighs what its observations would together. Counts may sum
/// to a billion; values whose weight is negligible cost one comparison.
///
/// # Errors
/// [`StatsError::BadParameter`] for `p` outside [0, 1].
///
/// ```
/// use perf_stats::{Weighted, quantile::harrell_davis_weighted};
/// let w = Weighted::new((0..1000).map(|i| (f64::from(i), 1_000_000)))?;
/// assert!((harrell_davis_weighted(&w, 0.99)? - 989.5).abs() < 0.6);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn harrell_davis_weighted(w: &Weighted, p: f64) -> Result<f64, StatsError> {
    check_probability(p)?;
    if p == 0.0 || p == 1.0 {
        return Ok(if p == 0.0 {
            w.nth(0)
        } else {
            w.nth(w.total() - 1)
        });
    }
    let n = w.total() as f64;
    let law = Law::new(n, p);
    // Ten standard deviations of the law, and a margin for its exponential tails.
    let reach = 10.0 * (law.a * law.b / (n + 2.0)).sqrt() + 60.0;
    let (mut values, mut weights) = (Vec::new(), Vec::new());
    let (mut rank, mut below) = (0.0, (0.0, 1.0));
    for &(value, count) in w.pairs() {
        rank += count as f64;
        let next = match rank - law.a {
            d if d < -reach => (0.0, 1.0),
            d if d > reach => (1.0, 0.0),
            _ => law.tails(rank),
        };
        let weight = difference(below, next);
        below = next;
        if weight > 0.0 {
            values.push(value);
            weights.push(weight);
        }
    }
    Ok(average(&values, &weights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighted_equals_listed() {
        let x = [1.0, 1.0, 2.0, 5.0, 5.0, 5.0, 9.0, 3.0];
        let w = Weighted::from_values(&x).unwrap();
        for p in [0.05, 0.5, 0.9, 0.99] {
            let (a, b) = (
                harrell_davis(&x, p).unwrap(),
                harrell_davis_weighted(&w, p).unwrap(),
            );
            assert!((a - b).abs() < 1e-12 * a, "{a} {b}");
        }
    }

    #[test]
    fn a_million_observations() {
        let x: Vec<f64> = (0..1_000_000).map(|i| f64::from(i) / 1e6).collect();
        assert!((harrell_davis(&x, 0.5).unwrap() - 0.5).abs() < 1e-6);
        assert!((harrell_davis(&x, 0.999).unwrap() - 0.999).abs() < 1e-6);
        assert!((harrell_davis_trimmed(&x, 0.9).unwrap() - 0.9).abs() < 1e-5);
    }

    #[test]
    fn large_numbers_stay_in_range() {
        let x = [1e308, -1e308, 1.7e308, 1e308];
        for p in [0.0, 0.1, 0.5, 0.9, 1.0] {
            assert!(harrell_davis(&x, p).unwrap().is_finite());
            assert!(harrell_davis_trimmed(&x, p).unwrap().is_finite());
        }
    }
}
