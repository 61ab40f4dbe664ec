//! In: a series in time order. Out: whether it rises or falls, by ranks.

use super::inversions::count_inversions;
use super::theil_sen::{theil_sen, tie_sum};
use crate::error::StatsError;
use crate::sample::{at_least, sorted};
use crate::series::{autocorrelation, doubled_midranks};
use crate::special::{normal_quantile, normal_sf};

/// Autocorrelations within this two-sided normal limit count as zero (Hamed & Rao 1998).
const CORRELATION_ALPHA: f64 = 0.05;

/// What [`mann_kendall`] and [`hamed_rao`] answer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MannKendall {
    /// Pairs that rise minus pairs that fall.
    pub s: i64,
    /// Variance of S without a trend, ties (and autocorrelation, if asked for) allowed for.
    pub variance: f64,
    /// (S -+ 1)/sd, 0 for S = 0.
    pub z: f64,
    /// Two-sided p, normal approximation.
    pub p: f64,
    /// S over the number of pairs.
    pub tau: f64,
    /// What autocorrelation multiplied the variance by; 1 without correction.
    pub factor: f64,
    /// Length of the series.
    pub n: usize,
}

impl std::fmt::Display for MannKendall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "tau {:.4}, z {:.3}, p {}, n {}",
            self.tau, self.z, self.p, self.n
        )
    }
}

impl MannKendall {
    fn new(s: i64, variance: f64, factor: f64, n: usize) -> Self {
        let variance = variance * factor;
        let z = (s - s.signum()) as f64 / variance.sqrt();
        let pairs = n as f64 * (n as f64 - 1.0) / 2.0;
        let p = (2.0 * normal_sf(z.abs())).min(1.0);
        Self {
            s,
            variance,
            z,
            p,
            tau: s as f64 / pairs,
            factor,
            n,
        }
    }
}

/// Whether a series tends to rise or to fall (Mann 1945; Kendall 1975), with ties and continuity correction.
///
/// **Assumes** independent observations, of any distribution; **broken by** positive autocorrelation, which raises false alarms severalfold: use [`hamed_rao`]. The
/// normal approximation is fair from n = 10. O(n log n).
///
/// ```
/// use perf_stats::trend::mann_kendall;
/// let rising = mann_kendall(&[1.0, 3.0, 2.0, 4.0, 6.0, 5.0, 7.0, 9.0, 8.0, 10.0])?;
/// assert_eq!(rising.s, 45 - 2 * 3);
/// assert!(rising.p < 0.001);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 2 observations, [`StatsError::ConstantSeries`].
pub fn mann_kendall(y: &[f64]) -> Result<MannKendall, StatsError> {
    let (s, variance) = score(y)?;
    Ok(MannKendall::new(s, variance, 1.0, y.len()))
}

/// The Mann-Kendall test for autocorrelated series: the variance is multiplied by what the correlated ranks are worth (Hamed & Rao 1998, J. Hydrology 204).
///
/// The series is detrended by its median slope; autocorrelations r(k) of its ranks outside the 95 % limits for white noise count:
/// factor = 1 + 2/(n(n-1)(n-2)) sum (n-k)(n-k-1)(n-k-2) r(k). **Assumes** equally spaced observations and some 50 or more of them; with fewer the correlations are
/// seldom significant. It stays too lenient all the same: 18 % false alarms at 5 % for AR(1) 0.6, n = 120 (the plain test: some 30 %).
/// O(n log n).
///
/// ```
/// use perf_stats::trend::{hamed_rao, mann_kendall};
/// let mut rng = perf_stats::Rng::new(1);
/// let mut state = 0.0;
/// let y: Vec<f64> = (0..300).map(|_| { state = 0.8 * state + rng.normal(); state }).collect();
/// assert!(hamed_rao(&y)?.factor > 2.0);
/// assert!(hamed_rao(&y)?.p > mann_kendall(&y)?.p);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`mann_kendall`], with at least 3 observations; [`StatsError::Degenerate`] where the sum of correlations leaves no variance (it may, even for positively correlated series); [`StatsError::Overflow`].
pub fn hamed_rao(y: &[f64]) -> Result<MannKendall, StatsError> {
    at_least(y, 3)?;
    let (s, variance) = score(y)?;
    let factor = correction(y)?;
    if factor <= 0.0 {
        return Err(StatsError::Degenerate);
    }
    Ok(MannKendall::new(s, variance, factor, y.len()))
}

/// What autocorrelation multiplies the variance of S by; 1 for a perfect line.
fn correction(y: &[f64]) -> Result<f64, StatsError> {
    let t: Vec<f64> = (1..=y.len()).map(|i| i as f64).collect();
    let slope = theil_sen(&t, y, 0.95)?.slope;
    let flat: Vec<f64> = y.iter().zip(&t).map(|(y, t)| y - t * slope).collect();
    let ranks = doubled_midranks(&flat).map_err(|_| StatsError::Overflow)?;
    let r = match autocorrelation(&ranks, y.len() - 1) {
        Err(StatsError::ConstantSeries) => return Ok(1.0),
        r => r?,
    };
    let n = y.len() as f64;
    let limit = -normal_quantile(CORRELATION_ALPHA / 2.0) / n.sqrt();
    let terms = r
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, r)| r.abs() > limit);
    let weight = |k: f64| (n - k) * (n - k - 1.0) * (n - k - 2.0);
    let sum: f64 = terms.map(|(k, r)| weight(k as f64) * r).sum();
    Ok(1.0 + 2.0 / (n * (n - 1.0) * (n - 2.0)) * sum)
}

/// S and its variance with ties.
fn score(y: &[f64]) -> Result<(i64, f64), StatsError> {
    let ordered = sorted(at_least(y, 2)?)?;
    let n = y.len() as f64;
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - tie_sum(&ordered)) / 18.0;
    if ordered[0] == ordered[y.len() - 1] {
        return Err(StatsError::ConstantSeries);
    }
    let tied = |k: i64| k * (k - 1) / 2;
    let equal: i64 = ordered
        .chunk_by(|a, b| a == b)
        .map(|c| tied(c.len() as i64))
        .sum();
    let mut ranks: Vec<u32> = y
        .iter()
        .map(|v| ordered.partition_point(|w| w < v) as u32)
        .collect();
    let falling = count_inversions(&mut ranks) as i64;
    Ok((tied(y.len() as i64) - equal - 2 * falling, variance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn ar1(phi: f64, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        let mut state = 0.0;
        let step = |_| {
            state = phi * state + rng.normal();
            state
        };
        (0..120).map(step).collect()
    }

    /// Autocorrelation fools the plain test; the corrected one less.
    #[test]
    fn the_correction_pays_for_autocorrelation() {
        let share = |phi: f64, test: fn(&[f64]) -> Result<MannKendall, StatsError>| {
            (0..500)
                .filter(|&s| test(&ar1(phi, s)).is_ok_and(|t| t.p < 0.05))
                .count() as f64
                / 500.0
        };
        assert!((0.025..0.08).contains(&share(0.0, mann_kendall)));
        let plain = share(0.6, mann_kendall);
        assert!(plain > 0.25, "{plain}");
        let corrected = share(0.6, hamed_rao);
        assert!(corrected < 0.2, "{corrected}");
    }

    #[test]
    fn edges() {
        assert_eq!(mann_kendall(&[3.0; 8]), Err(StatsError::ConstantSeries));
        assert_eq!(
            mann_kendall(&[1.0]),
            Err(StatsError::TooFew { need: 2, got: 1 })
        );
        let two = mann_kendall(&[1.0, 2.0]).unwrap();
        assert_eq!((two.s, two.p), (1, 1.0));
        assert_eq!(mann_kendall(&[0.0, -0.0, 1.0]).unwrap().s, 2);
        let line: Vec<f64> = (0..20).map(f64::from).collect();
        assert_eq!(hamed_rao(&line).unwrap().factor, 1.0);
        assert!(mann_kendall(&[1e308, -1e308, 5e-324]).is_ok());
    }
}
