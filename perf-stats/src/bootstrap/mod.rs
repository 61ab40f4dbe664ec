//! In: samples and any statistic of them. Out: intervals by resampling, the same on any number of threads.

mod block;
mod limits;
pub(crate) mod resample;

pub use limits::{BootstrapResult, Method};

use crate::error::StatsError;
use crate::interval::{check_level, check_open_unit};
use crate::quantile::quantile_in_place;
use crate::rng::Rng;
use crate::sample::at_least;
use limits::Replicates;

/// A bootstrap: how many resamples, which interval, which seed. Efron 1979; Davison & Hinkley 1997.
///
/// Assumes independent observations (but see [`Bootstrap::blocks`]) and a statistic that is smooth in them. It fails for
/// extremes (minimum, p99.9 of a thousand), which resamples cannot exceed; quantile intervals by order statistics are exact
/// and cheaper: [`crate::quantile_interval`]. Below n = 20 or so every bootstrap interval is too short.
///
/// A statistic gets each resample in a buffer that it may reorder; a replicate that is not finite is an error, not a number.
///
/// ```
/// use perf_stats::{bootstrap::{Bootstrap, Method}, describe::median_in_place};
/// let x: Vec<f64> = (0..200).map(|i| f64::from(i % 50)).collect();
/// let result = Bootstrap::new().method(Method::Bca).interval(&x, |s| median_in_place(s))?;
/// assert!(result.interval.contains(24.5) && result.interval.width() < 12.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Bootstrap {
    resamples: usize,
    level: f64,
    method: Method,
    seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self::new()
    }
}

impl Bootstrap {
    /// 9,999 resamples, 95 %, `BCa`, the default seed.
    pub const fn new() -> Self {
        Self {
            resamples: 9_999,
            level: 0.95,
            method: Method::Bca,
            seed: Rng::DEFAULT_SEED,
        }
    }

    /// The number of resamples; 9,999 makes the level's ranks whole numbers. At least 2/(1 - level) are needed.
    #[must_use]
    pub const fn resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// Two-sided confidence, in (0, 1).
    #[must_use]
    pub const fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// How the interval is made of the replicates.
    #[must_use]
    pub const fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// The seed; equal seeds give equal answers on any number of threads.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// An interval for any statistic of one sample.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::TooFew`] (2 observations), [`StatsError::NonFinite`],
    /// [`StatsError::BadParameter`] for level or resamples, [`StatsError::Degenerate`] for a statistic that is not finite.
    pub fn interval(
        &self,
        x: &[f64],
        statistic: impl Fn(&mut [f64]) -> f64 + Sync,
    ) -> Result<BootstrapResult, StatsError> {
        self.check(&[x])?;
        let observed = finite_value(statistic(&mut x.to_vec()))?;
        let values = self.replicate(
            || Vec::with_capacity(x.len()),
            |rng, buffer| {
                resample::independent(x, rng, buffer);
                statistic(buffer)
            },
        )?;
        let acceleration = match self.method {
            Method::Bca => resample::acceleration(&[resample::jackknife(x, &statistic)?]),
            _ => 0.0,
        };
        self.finish(observed, values, acceleration, x.len())
    }

    /// An interval for any statistic of two independent samples (a difference, a ratio), each resampled by itself.
    ///
    /// # Errors
    /// As [`Bootstrap::interval`].
    ///
    /// ```
    /// use perf_stats::{bootstrap::Bootstrap, describe::median_in_place};
    /// let a: Vec<f64> = (0..60).map(|i| 100.0 + f64::from(i % 7)).collect();
    /// let b: Vec<f64> = (0..60).map(|i| 50.0 + f64::from(i % 5)).collect();
    /// let ratio = |x: &mut [f64], y: &mut [f64]| median_in_place(x) / median_in_place(y);
    /// assert!(Bootstrap::new().resamples(999).interval_two(&a, &b, ratio)?.interval.contains(103.0 / 52.0));
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    pub fn interval_two(
        &self,
        x: &[f64],
        y: &[f64],
        statistic: impl Fn(&mut [f64], &mut [f64]) -> f64 + Sync,
    ) -> Result<BootstrapResult, StatsError> {
        self.check(&[x, y])?;
        let observed = finite_value(statistic(&mut x.to_vec(), &mut y.to_vec()))?;
        let values = self.replicate(
            || (Vec::new(), Vec::new()),
            |rng, (a, b)| {
                resample::independent(x, rng, a);
                resample::independent(y, rng, b);
                statistic(a, b)
            },
        )?;
        let acceleration = match self.method {
            Method::Bca => resample::acceleration(&[
                resample::jackknife(x, |part| statistic(part, &mut y.to_vec()))?,
                resample::jackknife(y, |part| statistic(&mut x.to_vec(), part))?,
            ]),
            _ => 0.0,
        };
        self.finish(observed, values, acceleration, x.len() + y.len())
    }

    /// The studentised interval (bootstrap t): `statistic` gives an estimate and its standard error.
    ///
    /// The best for means and other statistics with a steady standard error; bad where the error may come near 0.
    /// Resamples whose error is 0 count as infinitely far off on the side of their estimate.
    ///
    /// # Errors
    /// As [`Bootstrap::interval`]; [`StatsError::ZeroVariance`] if the sample's own error is 0.
    ///
    /// ```
    /// use perf_stats::bootstrap::{Bootstrap, mean_and_se};
    /// let x: Vec<f64> = (0..100).map(f64::from).collect();
    /// let result = Bootstrap::new().resamples(999).studentised(&x, |s| mean_and_se(s))?;
    /// assert!(result.interval.contains(49.5));
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    pub fn studentised(
        &self,
        x: &[f64],
        statistic: impl Fn(&mut [f64]) -> (f64, f64) + Sync,
    ) -> Result<BootstrapResult, StatsError> {
        self.check(&[x])?;
        let (observed, error) = statistic(&mut x.to_vec());
        let (observed, error) = (finite_value(observed)?, finite_value(error)?);
        if error <= 0.0 {
            return Err(StatsError::ZeroVariance);
        }
        let values = self.replicate_raw(
            || Vec::with_capacity(x.len()),
            |rng, buffer| {
                resample::independent(x, rng, buffer);
                let (value, error) = statistic(buffer);
                let distance = value - observed;
                if distance == 0.0 {
                    0.0
                } else {
                    distance / error
                }
            },
        );
        if values.iter().any(|v| v.is_nan()) {
            return Err(StatsError::Degenerate);
        }
        Replicates::new(observed, values).studentised(self, error, x.len())
    }

    /// An interval for the `p` quantile of one sample (type 7).
    ///
    /// # Errors
    /// As [`Bootstrap::interval`], and [`StatsError::TooFew`] where fewer than 5 observations are expected beyond the
    /// quantile: resamples cannot show what the sample does not hold.
    ///
    /// ```
    /// use perf_stats::{StatsError, bootstrap::Bootstrap};
    /// let x: Vec<f64> = (0..400).map(f64::from).collect();
    /// assert_eq!(Bootstrap::new().quantile(&x, 0.99), Err(StatsError::TooFew { need: 500, got: 400 }));
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    pub fn quantile(&self, x: &[f64], p: f64) -> Result<BootstrapResult, StatsError> {
        check_open_unit(p, "p")?;
        need_tail(x.len(), p)?;
        self.interval(x, |s| quantile_in_place(s, p))
    }

    fn check(&self, samples: &[&[f64]]) -> Result<(), StatsError> {
        let mut before = 0;
        for x in samples {
            at_least(x, 2).map_err(|e| match e {
                StatsError::NonFinite { index } => StatsError::NonFinite {
                    index: before + index,
                },
                other => other,
            })?;
            before += x.len();
        }
        check_level(self.level)?;
        if (self.resamples as f64 + 1.0) * (1.0 - self.level) < 2.0 * (1.0 - 1e-9) {
            return Err(StatsError::BadParameter {
                name: "resamples",
                expected: "at least 2/(1 - level) - 1",
            });
        }
        Ok(())
    }

    fn replicate<B>(
        &self,
        buffer: impl Fn() -> B + Sync,
        one: impl Fn(&mut Rng, &mut B) -> f64 + Sync,
    ) -> Result<Vec<f64>, StatsError> {
        let values = self.replicate_raw(buffer, one);
        if values.iter().all(|v| v.is_finite()) {
            Ok(values)
        } else {
            Err(StatsError::Degenerate)
        }
    }

    fn replicate_raw<B>(
        &self,
        buffer: impl Fn() -> B + Sync,
        one: impl Fn(&mut Rng, &mut B) -> f64 + Sync,
    ) -> Vec<f64> {
        resample::replicate(self.resamples, self.seed, buffer, one)
    }

    fn finish(
        &self,
        observed: f64,
        values: Vec<f64>,
        acceleration: f64,
        n: usize,
    ) -> Result<BootstrapResult, StatsError> {
        Replicates::new(observed, values).interval(self, acceleration, n)
    }
}

/// Fewer observations than this expected beyond a quantile make its bootstrap meaningless.
const TAIL: f64 = 5.0;

/// An error where fewer than 5 of n observations are expected beyond the `p` quantile.
pub(crate) fn need_tail(n: usize, p: f64) -> Result<(), StatsError> {
    let need = (TAIL / p.min(1.0 - p) * (1.0 - 1e-9)).ceil() as usize;
    if n < need {
        Err(StatsError::TooFew { need, got: n })
    } else {
        Ok(())
    }
}

fn finite_value(value: f64) -> Result<f64, StatsError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(StatsError::Degenerate)
    }
}

/// The mean and its standard error (0 for fewer than two), for [`Bootstrap::studentised`].
///
/// ```
/// assert_eq!(perf_stats::bootstrap::mean_and_se(&[1.0, 3.0]), (2.0, 1.0));
/// ```
pub fn mean_and_se(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let pivot = x.first().copied().unwrap_or(0.0);
    let mean = pivot + x.iter().map(|v| v - pivot).sum::<f64>() / n.max(1.0);
    let squares: f64 = x.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0).max(1.0) / n.max(1.0)).sqrt())
}

#[cfg(test)]
mod tests;
