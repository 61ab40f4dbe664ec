//! In: a series in time order. Out: how many independent observations it is worth.

use super::correlation::{centred, product_at};
use super::fourier::lagged_products;
use crate::error::StatsError;
use crate::sample::at_least;

/// Lags summed directly before the transform takes over.
const DIRECT_LAGS: usize = 64;

/// What [`effective_size`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EffectiveSize {
    /// Observations given.
    pub n: usize,
    /// Autocorrelation time, at least 1: that many observations tell as much as one independent one.
    pub tau: f64,
    /// n / tau.
    pub effective: f64,
}

impl std::fmt::Display for EffectiveSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} observations worth {:.1} independent ones",
            self.n, self.effective
        )
    }
}

/// The integrated autocorrelation time tau: the variance of the mean is tau times what independence would give.
///
/// tau = 1 + 2 sum of r(k), cut off by the initial monotone sequence: pairs r(2m) + r(2m+1) are summed while positive, none
/// counting more than the one before (Geyer 1992, Statistical Science 7). Never below 1: alternating
/// series are not credited. **Assumes** a stationary series; **broken by** trends and steps (tau then grows with n) and by
/// series shorter than some 50 tau, where it is too small. O(n tau), at most O(n log n).
///
/// ```
/// use perf_stats::series::autocorrelation_time;
/// // Every value twice, in random order otherwise: half as many independent ones.
/// let mut rng = perf_stats::Rng::new(1);
/// let y: Vec<f64> = (0..500).flat_map(|_| { let v = rng.normal(); [v, v] }).collect();
/// let tau = autocorrelation_time(&y)?;
/// assert!((1.7..2.3).contains(&tau), "{tau}");
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 2 observations,
/// [`StatsError::ConstantSeries`] (an indicator that never changes: nothing is known about its dependence).
pub fn autocorrelation_time(y: &[f64]) -> Result<f64, StatsError> {
    let d = centred(at_least(y, 2)?)?;
    let variance = product_at(&d, 0);
    let mut all: Option<Vec<f64>> = None;
    let (mut sum, mut before) = (0.0, f64::INFINITY);
    for lag in (0..d.len() - 1).step_by(2) {
        if lag >= DIRECT_LAGS && all.is_none() {
            all = Some(lagged_products(&d));
        }
        let product = |k: usize| all.as_ref().map_or_else(|| product_at(&d, k), |p| p[k]);
        let pair = (product(lag) + product(lag + 1)) / variance;
        if pair <= 0.0 {
            break;
        }
        before = before.min(pair);
        sum += before;
    }
    Ok((2.0 * sum - 1.0).clamp(1.0, y.len() as f64))
}

/// How many independent observations the series is worth, n / tau.
///
/// Print it beside n wherever observations of one process are counted: raw samples of a benchmark commonly have
/// a lag-1 autocorrelation of 0.5, and are worth a third of their number. Assumptions as for [`autocorrelation_time`].
///
/// ```
/// use perf_stats::series::effective_size;
/// let mut rng = perf_stats::Rng::new(4);
/// let mut state = 0.0;
/// let y: Vec<f64> = (0..5_000).map(|_| { state = 0.9 * state + rng.normal(); state }).collect();
/// let size = effective_size(&y)?; // tau of this process is (1 + 0.9)/(1 - 0.9) = 19
/// assert!((150.0..500.0).contains(&size.effective), "{size}");
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`autocorrelation_time`].
pub fn effective_size(y: &[f64]) -> Result<EffectiveSize, StatsError> {
    let tau = autocorrelation_time(y)?;
    Ok(EffectiveSize {
        n: y.len(),
        tau,
        effective: y.len() as f64 / tau,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn ar1(phi: f64, n: usize, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        let mut state = rng.normal() / (1.0 - phi * phi).sqrt();
        (0..n)
            .map(|_| {
                state = phi * state + rng.normal();
                state
            })
            .collect()
    }

    #[test]
    fn finds_the_known_time_of_an_autoregression() {
        for phi in [0.0, 0.5, 0.9] {
            let mean = (0..40)
                .map(|s| autocorrelation_time(&ar1(phi, 4_000, s)).unwrap())
                .sum::<f64>()
                / 40.0;
            let truth = (1.0 + phi) / (1.0 - phi);
            assert!(
                (mean / truth - 1.0).abs() < 0.12,
                "phi {phi}: {mean}, truth {truth}"
            );
        }
    }

    #[test]
    fn alternation_earns_no_credit_and_a_trend_costs_much() {
        assert_eq!(autocorrelation_time(&ar1(-0.7, 2_000, 1)).unwrap(), 1.0);
        let trend: Vec<f64> = (0..2_000).map(f64::from).collect();
        assert!(autocorrelation_time(&trend).unwrap() > 200.0);
    }

    #[test]
    fn the_transform_continues_the_direct_sums() {
        let y = ar1(0.98, 3_000, 9);
        let got = autocorrelation_time(&y).unwrap();
        let r = crate::series::autocorrelation(&y, 2_999).unwrap();
        let (mut sum, mut before) = (0.0, f64::INFINITY);
        for m in 0..1_500 {
            let pair = r[2 * m] + r[2 * m + 1];
            if pair <= 0.0 {
                break;
            }
            before = pair.min(before);
            sum += before;
        }
        assert!(
            got > 40.0 && (got / (2.0 * sum - 1.0) - 1.0).abs() < 1e-9,
            "{got} {sum}"
        );
    }

    #[test]
    fn short_and_constant_series_are_refused() {
        assert_eq!(
            autocorrelation_time(&[1.0]),
            Err(StatsError::TooFew { need: 2, got: 1 })
        );
        assert_eq!(
            autocorrelation_time(&[2.0; 5]),
            Err(StatsError::ConstantSeries)
        );
        assert_eq!(autocorrelation_time(&[1.0, 2.0]).unwrap(), 1.0);
    }
}
