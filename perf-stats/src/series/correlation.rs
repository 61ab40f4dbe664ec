//! In: a series in time order. Out: its autocorrelation, and a test of whether there is any.

use super::fourier::lagged_products;
use super::scale::{exponent_of, times_power};
use crate::error::StatsError;
use crate::sample::at_least;
use crate::special::chi_squared_sf;

/// Below this many products a direct sum is faster than the transform.
const DIRECT_PRODUCTS: usize = 1 << 16;

/// What [`ljung_box`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LjungBox {
    /// The statistic Q.
    pub statistic: f64,
    /// Lags used, the degrees of freedom.
    pub lags: usize,
    /// P(chi squared > Q): small where neighbours depend on one another.
    pub p: f64,
    /// Length of the series.
    pub n: usize,
}

impl std::fmt::Display for LjungBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Ljung-Box Q {} at {} lags, p {}, n {}",
            self.statistic, self.lags, self.p, self.n
        )
    }
}

/// The autocorrelation at lags 0 to `lags` (the first is 1).
///
/// The usual estimate, which divides by n and not by n - lag: it is slightly shrunk, and always a positive definite
/// sequence (Box, Jenkins & Reinsel 2008, section 2.1.6). **Assumes** equally spaced observations of a stationary series; a trend or a step shows as
/// correlation that never dies out. O(n lags), or O(n log n) where that is less.
///
/// ```
/// use perf_stats::series::autocorrelation;
/// let alternating = [1.0, -1.0, 1.0, -1.0];
/// assert_eq!(autocorrelation(&alternating, 2)?, [1.0, -0.75, 0.5]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`]; [`StatsError::TooFew`] unless there are more observations than lags;
/// [`StatsError::ConstantSeries`].
pub fn autocorrelation(y: &[f64], lags: usize) -> Result<Vec<f64>, StatsError> {
    at_least(y, lags.saturating_add(1).max(2))?;
    let d = centred(y)?;
    let products = if d.len().saturating_mul(lags) > DIRECT_PRODUCTS && lags > 32 {
        lagged_products(&d)
    } else {
        (0..=lags).map(|lag| product_at(&d, lag)).collect()
    };
    let variance = product_at(&d, 0);
    let share = |product: &f64| (product / variance).clamp(-1.0, 1.0);
    let mut out: Vec<f64> = products.iter().take(lags + 1).map(share).collect();
    out[0] = 1.0;
    Ok(out)
}

/// Whether the first `lags` autocorrelations are jointly zero (Ljung & Box 1978, Biometrika 65).
///
/// Q = n(n+2) sum of r(k)^2/(n-k), compared with chi squared of `lags` degrees of freedom. **Assumes** finite variance and many more
/// observations than lags; heavy tails make it reject too seldom. About min(10, n/5) lags are usual.
///
/// ```
/// use perf_stats::series::ljung_box;
/// let drifting: Vec<f64> = (0..50).map(f64::from).collect();
/// assert!(ljung_box(&drifting, 5)?.p < 1e-9);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`autocorrelation`]; [`StatsError::BadParameter`] for no lags.
pub fn ljung_box(y: &[f64], lags: usize) -> Result<LjungBox, StatsError> {
    if lags == 0 {
        return Err(StatsError::BadParameter {
            name: "lags",
            expected: "at least 1",
        });
    }
    let r = autocorrelation(y, lags)?;
    let n = y.len() as f64;
    let terms = r.iter().enumerate().skip(1);
    let statistic = n * (n + 2.0) * terms.map(|(k, r)| r * r / (n - k as f64)).sum::<f64>();
    Ok(LjungBox {
        statistic,
        lags,
        p: chi_squared_sf(statistic, lags as f64),
        n: y.len(),
    })
}

/// The series minus its mean, divided by a power of two so that no square overflows or vanishes; it is not constant.
pub(crate) fn centred(y: &[f64]) -> Result<Vec<f64>, StatsError> {
    let top = y.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let first = scale_by(y[0], top);
    // Differences to one observation are exact for neighbouring values, whatever the offset.
    let mut d: Vec<f64> = y.iter().map(|&v| scale_by(v, top) - first).collect();
    let spread = d.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if spread == 0.0 {
        return Err(StatsError::ConstantSeries);
    }
    for v in &mut d {
        *v = scale_by(*v, spread);
    }
    let mean = d.iter().sum::<f64>() / d.len() as f64;
    for v in &mut d {
        *v -= mean;
    }
    // What rounding left of the mean.
    let rest = d.iter().sum::<f64>() / d.len() as f64;
    for v in &mut d {
        *v -= rest;
    }
    Ok(d)
}

/// `value` times the power of two that brings `top` near 1.
fn scale_by(value: f64, top: f64) -> f64 {
    times_power(value, -exponent_of(top))
}

/// sum over t of `d[t] d[t + lag]`.
pub(super) fn product_at(d: &[f64], lag: usize) -> f64 {
    d.iter().zip(&d[lag..]).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn both_ways_of_summing_agree() {
        let mut rng = Rng::new(3);
        let y: Vec<f64> = (0..3_000).map(|_| 1e9 + rng.normal()).collect();
        let long = autocorrelation(&y, 2_999).unwrap();
        let short = autocorrelation(&y, 10).unwrap();
        for (a, b) in long.iter().zip(&short) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }

    #[test]
    fn scale_and_shift_change_nothing() {
        let y = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0];
        let want = autocorrelation(&y, 3).unwrap();
        for factor in [1e-300, 5e-324, 1e306, -2.0] {
            let scaled: Vec<f64> = y.iter().map(|v| v * factor).collect();
            let got = autocorrelation(&scaled, 3).unwrap();
            assert!(
                want.iter().zip(&got).all(|(a, b)| (a - b).abs() < 1e-12),
                "{factor}: {got:?}"
            );
        }
        let offset: Vec<f64> = y.iter().map(|v| v + 1e15).collect();
        assert_eq!(autocorrelation(&offset, 3).unwrap(), want);
    }

    #[test]
    fn too_short_and_constant_series_are_refused() {
        assert_eq!(autocorrelation(&[], 1), Err(StatsError::Empty));
        assert_eq!(
            autocorrelation(&[1.0, 2.0], 2),
            Err(StatsError::TooFew { need: 3, got: 2 })
        );
        assert_eq!(
            autocorrelation(&[3.0; 9], 2),
            Err(StatsError::ConstantSeries)
        );
        assert_eq!(autocorrelation(&[1e308, -1e308], 1).unwrap(), [1.0, -0.5]);
        assert!(ljung_box(&[1.0, 2.0], 0).is_err());
    }

    /// White noise is called dependent about as often as the test says.
    #[test]
    fn ljung_box_keeps_its_level() {
        let rejected = (0..2_000u64)
            .filter(|&run| {
                let mut rng = Rng::stream(5, run);
                let y: Vec<f64> = (0..200).map(|_| rng.normal()).collect();
                ljung_box(&y, 10).unwrap().p < 0.05
            })
            .count();
        assert!((70..=135).contains(&rejected), "{rejected}"); // 100 expected, sd 9.7
    }
}
