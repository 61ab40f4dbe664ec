//! In: a series. Out: the split into "before" and "after" whose distributions are farthest apart.

use crate::error::StatsError;
use crate::sample::at_least;
use crate::series::scale::{Scaled, times_power};

/// Statistics closer than this (relatively) count as equal, so that rounding does not choose among tied splits.
const SLACK: f64 = 1e-11;

/// What [`energy_split`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EnergySplit {
    /// First observation of the new regime.
    pub tau: usize,
    /// End (exclusive) of the stretch that was compared with what lies before `tau`; later observations belong to neither.
    pub kappa: usize,
    /// The scaled energy distance of the two stretches, in the unit of the series.
    pub statistic: f64,
    /// First observation of the new regime where everything after it is compared (`kappa` = n).
    pub full_tau: usize,
    /// The statistic at `full_tau`.
    pub full_statistic: f64,
}

/// The most different neighbours: the largest scaled energy distance between `y[..tau]` and `y[tau..kappa]`.
///
/// Q = n m/(n + m) (2 mean |x - x'| between - mean within before - mean within after), the within-means over distinct pairs; 0 for a single
/// observation (Matteson & James 2014, JASA 109, with exponent 1; Szekely & Rizzo 2005). Sees any change of the distribution, not only of the mean. A large
/// Q alone says nothing about chance: [`super::EDivisive`] tests it. Ties go to the earliest `tau`, then `kappa`. O(n^2) time, O(n) memory.
///
/// ```
/// use perf_stats::change::energy_split;
/// let split = energy_split(&[1.0, 2.0, 1.0, 2.0, 9.0, 8.0, 9.0])?;
/// assert_eq!((split.tau, split.kappa), (4, 7));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 2 observations, [`StatsError::Overflow`].
pub fn energy_split(y: &[f64]) -> Result<EnergySplit, StatsError> {
    let scaled = Scaled::new(at_least(y, 2)?);
    let mut scan = Scan::new(y.len());
    let best = scan.run(&scaled.values, usize::MAX);
    let statistic = times_power(best.statistic, scaled.exponent);
    let full_statistic = times_power(best.full_statistic, scaled.exponent);
    if !(statistic.is_finite() && full_statistic.is_finite()) {
        return Err(StatsError::Overflow);
    }
    Ok(EnergySplit {
        statistic,
        full_statistic,
        ..best
    })
}

/// Working memory for series up to a length, used again for each permutation.
pub(super) struct Scan {
    within: Vec<f64>,      // within[t]: sum of distances of all pairs in [t, k)
    before: Vec<f64>,      // before[t]: the same in [0, t)
    before_mean: Vec<f64>, // before[t] / (t - 1); 0 for t < 2
    inverse: Vec<f64>,     // 1 / (m - 1); 0 for m < 2
}

impl Scan {
    pub(super) fn new(longest: usize) -> Self {
        let inverse = (0..=longest).map(|m| if m < 2 { 0.0 } else { 1.0 / (m as f64 - 1.0) });
        Self {
            within: vec![0.0; longest],
            before: vec![0.0; longest + 1],
            before_mean: vec![0.0; longest + 1],
            inverse: inverse.collect(),
        }
    }

    /// The best split of `y` (at least 2, at most `longest` values near 1), the part after it no longer than `window`.
    pub(super) fn run(&mut self, y: &[f64], window: usize) -> EnergySplit {
        let mut best = EnergySplit {
            tau: 1,
            kappa: 2,
            statistic: -1.0,
            full_tau: 1,
            full_statistic: -1.0,
        };
        self.within[..y.len()].fill(0.0);
        self.before[..2].fill(0.0);
        self.before_mean[..2].fill(0.0);
        for k in 2..=y.len() {
            self.extend(y, k);
            self.before[k] = self.within[0];
            self.before_mean[k] = self.within[0] * self.inverse[k];
            self.best_ending_at(k, k.saturating_sub(window).max(1), &mut best);
        }
        self.full(y.len(), &mut best);
        best
    }

    /// Takes the distances of observation k - 1 to all before it.
    fn extend(&mut self, y: &[f64], k: usize) {
        let new = y[k - 1];
        let mut sum = 0.0;
        for (within, v) in self.within[..k - 1].iter_mut().zip(y).rev() {
            sum += (v - new).abs();
            *within += sum;
        }
    }

    /// Q of the split at t of the first k observations.
    fn statistic(&self, t: usize, k: usize) -> f64 {
        let (left, right) = (t as f64, (k - t) as f64);
        let between = self.within[0] - self.before[t] - self.within[t];
        2.0 / k as f64
            * (between - right * self.before_mean[t] - left * self.inverse[k - t] * self.within[t])
    }

    fn best_ending_at(&self, k: usize, from: usize, best: &mut EnergySplit) {
        let scale = 2.0 / k as f64;
        let total = self.within[0];
        let threshold = best.statistic * (1.0 - SLACK) / scale;
        let (before, means) = (&self.before[from..k], &self.before_mean[from..k]);
        let (within, inverse) = (&self.within[from..k], &self.inverse[1..=k - from]);
        let mut left = from as f64;
        let mut right = (k - from) as f64;
        for (i, (((b, mean), w), inverse)) in before
            .iter()
            .zip(means)
            .zip(within)
            .zip(inverse.iter().rev())
            .enumerate()
        {
            let q = total - b - w - right * mean - left * inverse * w;
            if q >= threshold {
                consider(from + i, k, scale * q, best);
            }
            left += 1.0;
            right -= 1.0;
        }
    }

    fn full(&self, n: usize, best: &mut EnergySplit) {
        for t in 1..n {
            let q = self.statistic(t, n);
            if q > best.full_statistic + SLACK * best.full_statistic.abs() {
                best.full_statistic = q;
                best.full_tau = t;
            }
        }
        // Rounding may leave a constant series a hair below zero.
        best.statistic = if best.statistic.abs() < 1e-300 {
            0.0
        } else {
            best.statistic
        };
    }
}

/// Takes the split if it is better, or as good and earlier.
fn consider(tau: usize, kappa: usize, statistic: f64, best: &mut EnergySplit) {
    let slack = SLACK * best.statistic.abs();
    let earlier = (tau, kappa) < (best.tau, best.kappa);
    if statistic > best.statistic + slack || (statistic >= best.statistic - slack && earlier) {
        best.statistic = statistic.max(best.statistic);
        best.tau = tau;
        best.kappa = kappa;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Q by its definition.
    fn q(before: &[f64], after: &[f64]) -> f64 {
        let mean = |a: &[f64], b: &[f64], pairs: f64| -> f64 {
            let sum: f64 = a
                .iter()
                .map(|x| b.iter().map(|y| (x - y).abs()).sum::<f64>())
                .sum();
            if pairs > 0.0 { sum / pairs } else { 0.0 }
        };
        let (n, m) = (before.len() as f64, after.len() as f64);
        let within = |v: &[f64], k: f64| mean(v, v, k * (k - 1.0));
        n * m / (n + m) * (2.0 * mean(before, after, n * m) - within(before, n) - within(after, m))
    }

    #[test]
    fn agrees_with_the_definition() {
        let mut rng = Rng::new(2);
        let y: Vec<f64> = (0..40)
            .map(|i| 1e4 + rng.normal() + f64::from(i / 25))
            .collect();
        let got = energy_split(&y).unwrap();
        let mut best = (-1.0, 0, 0);
        for t in 1..40 {
            for k in t + 1..=40 {
                let v = q(&y[..t], &y[t..k]);
                if v > best.0 + 1e-9 {
                    best = (v, t, k);
                }
            }
        }
        assert_eq!((got.tau, got.kappa), (best.1, best.2));
        assert!((got.statistic / best.0 - 1.0).abs() < 1e-9);
        let full = (1..40).map(|t| q(&y[..t], &y[t..])).fold(0.0, f64::max);
        assert!((got.full_statistic / full - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_window_limits_the_part_after() {
        let y: Vec<f64> = (0..60)
            .map(|i| f64::from(i / 30 * 5) + 0.1 * f64::from(i % 4))
            .collect();
        let mut scan = Scan::new(60);
        let best = scan.run(&y, 10);
        assert!(best.kappa - best.tau <= 10 && best.tau == 30);
    }

    #[test]
    fn edges() {
        let flat = energy_split(&[3.0; 5]).unwrap();
        assert_eq!(
            (flat.tau, flat.statistic, flat.full_statistic),
            (1, 0.0, 0.0)
        );
        assert!(energy_split(&[1.0]).is_err());
        assert!(energy_split(&[1e308, -1e308]).is_err_and(|e| e == StatsError::Overflow));
        assert!(energy_split(&[5e-324, 0.0, 5e-324]).unwrap().statistic >= 0.0);
    }
}
