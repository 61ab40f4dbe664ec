//! In: two samples. Out: how often an observation of one exceeds one of the other (Cliff, Vargha and Delaney), with its interval.

use crate::contrast::check_two;
use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::sample::sorted;
use crate::special::t_upper_quantile;
use crate::ties::TieGroups;
use std::fmt;

/// A dominance measure with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Dominance {
    /// The measure: in [-1, 1] for Cliff's delta, in [0, 1] for Vargha and Delaney's A.
    pub estimate: f64,
    /// Its confidence interval (Feng & Cliff 2004); none with fewer than 2 observations a side.
    pub interval: Option<Interval>,
    /// Observations of `x` and of `y`.
    pub n: (usize, usize),
}

impl fmt::Display for Dominance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.estimate)?;
        self.interval.iter().try_for_each(|i| write!(f, " {i}"))?;
        write!(f, ", n = {} v {}", self.n.0, self.n.1)
    }
}

/// Cliff's delta: P(X > Y) - P(X < Y), the share of pairs in which `x` is larger minus the share in which it is smaller.
///
/// The interval uses the unbiased variance of delta from the row and column dominances, asymmetric so that it stays within [-1, 1]:
/// (d - d^3 +- t s sqrt((1 - d^2)^2 + t^2 s^2)) / (1 - d^2 + t^2 s^2), t with n + m - 2 degrees of freedom; under complete
/// separation (d = +-1) its inner end is (b - z^2)/(b + z^2) with b the smaller count.
///
/// Assumes independent observations; no shape of law at all. Sources: Cliff, *Psychol. Bull.* 114 (1993); Feng & Cliff, *J. Mod. Appl.
/// Statist. Methods* 3 (2004). Cost O(N log N).
///
/// ```
/// let r = perf_stats::effect::cliffs_delta(&[3.0, 4.0, 5.0, 6.0], &[1.0, 2.0, 4.0, 2.5], 0.95)?;
/// assert_eq!(r.estimate, 13.0 / 16.0);
/// assert!(r.interval.is_some_and(|i| i.contains(r.estimate) && i.low > -1.0 && i.high <= 1.0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for the level.
pub fn cliffs_delta(x: &[f64], y: &[f64], level: f64) -> Result<Dominance, StatsError> {
    check_level(level)?;
    check_two(x, y, 1)?;
    let (x, y) = (sorted(x)?, sorted(y)?);
    let (n, m) = (x.len(), y.len());
    let pairs = n as u128 * m as u128;
    let mut doubled_u = 0u128; // twice the pairs with x > y, ties half
    let mut tied = 0u128;
    let mut below = 0;
    for (a, b) in TieGroups::new(&x, &y) {
        doubled_u += a as u128 * (2 * below + b) as u128;
        tied += a as u128 * b as u128;
        below += b;
    }
    let delta = (doubled_u as i128 - pairs as i128) as f64 / pairs as f64;
    let enough = n >= 2 && m >= 2;
    let interval = enough.then(|| {
        let variance = variance(&x, &y, delta, (pairs - tied) as f64);
        let (low, high) = feng_cliff(delta, variance, (n, m), level);
        Interval::new(low, high, level, "Feng-Cliff")
    });
    Ok(Dominance {
        estimate: delta,
        interval,
        n: (n, m),
    })
}

/// The unbiased variance of delta (Cliff 1993), not below (1 - d^2)/(n m - 1).
fn variance(x: &[f64], y: &[f64], delta: f64, untied: f64) -> f64 {
    let (n, m) = (x.len() as f64, y.len() as f64);
    let (mut rows, mut columns) = (0.0, 0.0);
    let (mut below_x, mut below_y) = (0.0, 0.0);
    for (a, b) in TieGroups::new(x, y) {
        let (a, b) = (a as f64, b as f64);
        let row = (2.0 * below_y + b - m) / m; // dominance of one x over all of y
        let column = (n - 2.0 * below_x - a) / n; // dominance of all of x over one y
        rows += a * (row - delta).powi(2);
        columns += b * (column - delta).powi(2);
        below_x += a;
        below_y += b;
    }
    let cells = untied - n * m * delta * delta;
    let unbiased = (m * m * rows + n * n * columns - cells) / (n * m * (n - 1.0) * (m - 1.0));
    unbiased.max((1.0 - delta * delta) / (n * m - 1.0)).max(0.0)
}

fn feng_cliff(d: f64, variance: f64, (n, m): (usize, usize), level: f64) -> (f64, f64) {
    let t = t_upper_quantile((1.0 - level) / 2.0, (n + m - 2) as f64);
    if d.abs() >= 1.0 {
        let b = n.min(m) as f64;
        let inner = (b - t * t) / (b + t * t);
        return if d > 0.0 {
            (inner, 1.0)
        } else {
            (-1.0, -inner)
        };
    }
    let spread = t * t * variance;
    let room = 1.0 - d * d;
    let centre = d * room;
    let half = (spread * (room * room + spread)).sqrt();
    let end = |v: f64| (v / (room + spread)).clamp(-1.0, 1.0);
    (end(centre - half), end(centre + half))
}

/// Vargha and Delaney's A: P(X > Y) + P(X = Y)/2, one half where neither tends to be larger; (delta + 1)/2 of [`cliffs_delta`].
///
/// 0.56, 0.64 and 0.71 are often called small, medium and large. Source: Vargha & Delaney, *J. Educ. Behav. Statist.* 25 (2000). Cost O(N log N).
///
/// ```
/// let r = perf_stats::effect::vargha_delaney(&[1.0, 2.0], &[1.0, 3.0], 0.95)?;
/// assert_eq!(r.estimate, 0.375);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`cliffs_delta`].
pub fn vargha_delaney(x: &[f64], y: &[f64], level: f64) -> Result<Dominance, StatsError> {
    let d = cliffs_delta(x, y, level)?;
    let probability = |v: f64| f64::midpoint(v, 1.0);
    Ok(Dominance {
        estimate: probability(d.estimate),
        interval: d.interval.map(|i| i.map(probability)),
        ..d
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn variance_agrees_with_all_pairs() {
        let (x, y) = ([1.0, 2.0, 2.0, 5.0], [0.5, 2.0, 3.0]);
        let sign = |a: f64, b: f64| f64::from(u8::from(a > b)) - f64::from(u8::from(a < b));
        let (n, m) = (4.0, 3.0);
        let all: Vec<Vec<f64>> = x
            .iter()
            .map(|&a| y.iter().map(|&b| sign(a, b)).collect())
            .collect();
        let d = all.iter().flatten().sum::<f64>() / (n * m);
        let rows: f64 = all
            .iter()
            .map(|r| (r.iter().sum::<f64>() / m - d).powi(2))
            .sum();
        let columns: f64 = (0..3)
            .map(|j| (all.iter().map(|r| r[j]).sum::<f64>() / n - d).powi(2))
            .sum();
        let cells: f64 = all.iter().flatten().map(|v| (v - d).powi(2)).sum();
        let want = (m * m * rows + n * n * columns - cells) / (n * m * (n - 1.0) * (m - 1.0));
        assert!((variance(&x, &y, d, 10.0) - want).abs() < 1e-14);
    }

    #[test]
    fn the_interval_covers() {
        let mut rng = Rng::new(11);
        let runs = 1_000;
        let mut covered = 0;
        for _ in 0..runs {
            let x: Vec<f64> = (0..20).map(|_| rng.normal() + 0.5).collect();
            let y: Vec<f64> = (0..25).map(|_| rng.normal()).collect();
            // delta = 2 Phi(0.5 / sqrt 2) - 1
            covered += u32::from(
                cliffs_delta(&x, &y, 0.95)
                    .unwrap()
                    .interval
                    .unwrap()
                    .contains(0.276_326_4),
            );
        }
        let share = f64::from(covered) / f64::from(runs);
        assert!((0.93..=0.975).contains(&share), "{share}");
    }
}
