//! In: a series in time order. Out: whether and where its level changed once.

use crate::error::StatsError;
use crate::sample::at_least;
use crate::series::doubled_midranks;

/// What [`pettitt`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Pettitt {
    /// K = max |U(t)|, a whole number.
    pub statistic: u64,
    /// Observations before the change: index of the first observation after it (the first of equally good ones).
    pub split_after: usize,
    /// Approximate two-sided p, min(1, 2 exp(-6 K^2 / (n^3 + n^2))).
    pub p: f64,
    /// Length of the series.
    pub n: usize,
}

impl std::fmt::Display for Pettitt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "change after {} of {}, K {}, p {}",
            self.split_after, self.n, self.statistic, self.p
        )
    }
}

/// One change of level, by ranks (Pettitt 1979, Applied Statistics 28).
///
/// U(t) = sum over i <= t < j of sign(y(j) - y(i)). **Assumes** independent observations of any continuous distribution and at most one change;
/// **broken by** autocorrelation and trend (both give small p). The p is accurate below 0.5; ties make it conservative; a constant series has K = 0, p = 1. O(n log n).
///
/// ```
/// use perf_stats::change::pettitt;
/// let y: Vec<f64> = (0..30).map(|i| f64::from(i % 5) + if i < 12 { 0.0 } else { 10.0 }).collect();
/// let change = pettitt(&y)?;
/// assert_eq!((change.split_after, change.statistic), (12, 12 * 18));
/// assert!(change.p < 0.001);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 2 observations.
pub fn pettitt(y: &[f64]) -> Result<Pettitt, StatsError> {
    let ranks = doubled_midranks(at_least(y, 2)?)?;
    let n = y.len() as f64;
    // U(t) = t (n + 1) - 2 (sum of the first t ranks): whole numbers, exact in f64 far beyond any series in memory.
    let mut u = 0.0;
    let (mut statistic, mut split_after) = (0.0, 1);
    for (i, rank) in ranks[..y.len() - 1].iter().enumerate() {
        u += n + 1.0 - rank;
        if f64::abs(u) > statistic {
            statistic = f64::abs(u);
            split_after = i + 1;
        }
    }
    let exponent = -6.0 * statistic * statistic / (n * n * (n + 1.0));
    let p = (2.0 * exponent.exp()).min(1.0);
    Ok(Pettitt {
        statistic: statistic as u64,
        split_after,
        p,
        n: y.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        let y = [3.0, 1.0, 2.0, 2.0, 5.0, 4.0, 5.0, 9.0, 1.0];
        let u = |t: usize| -> i64 {
            let sign = |a: f64, b: f64| i64::from(b > a) - i64::from(b < a);
            (0..t)
                .flat_map(|i| (t..y.len()).map(move |j| (i, j)))
                .map(|(i, j)| sign(y[i], y[j]))
                .sum()
        };
        let best = (1..y.len())
            .max_by_key(|&t| (u(t).abs(), std::cmp::Reverse(t)))
            .unwrap();
        let got = pettitt(&y).unwrap();
        assert_eq!(
            (got.statistic, got.split_after),
            (u(best).unsigned_abs(), best)
        );
    }

    #[test]
    fn edges() {
        let flat = pettitt(&[4.0; 6]).unwrap();
        assert_eq!((flat.statistic, flat.split_after, flat.p), (0, 1, 1.0));
        assert_eq!(pettitt(&[1.0]), Err(StatsError::TooFew { need: 2, got: 1 }));
        assert_eq!(pettitt(&[0.0, -0.0]).unwrap().statistic, 0);
        assert_eq!(
            pettitt(&[1.0, f64::NAN]),
            Err(StatsError::NonFinite { index: 1 })
        );
    }
}
