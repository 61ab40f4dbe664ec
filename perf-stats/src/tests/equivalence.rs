//! In: two samples and the limits of what does not matter. Out: whether their difference lies within (two one-sided tests).

use crate::contrast::{Contrast, check_two};
use crate::error::StatsError;
use crate::interval::{Interval, check_open_unit};
use crate::moments::logarithms;
use crate::special::t_sf;
use std::fmt;

/// The answer of an equivalence test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Equivalence {
    /// The procedure's name.
    pub method: &'static str,
    /// The difference mean(x) - mean(y); of a log-ratio test the ratio of geometric means x / y.
    pub estimate: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// The statistic against the lower limit: large when the difference is above it.
    pub t_lower: f64,
    /// The statistic against the upper limit: very negative when the difference is below it.
    pub t_upper: f64,
    /// p of "at or below the lower limit".
    pub p_lower: f64,
    /// p of "at or above the upper limit".
    pub p_upper: f64,
    /// The larger of the two: equivalence is shown at `alpha` when this is at most `alpha`. `p_lower` or `p_upper` alone shows non-inferiority.
    pub p: f64,
    /// The interval at level 1 - 2 alpha; equivalence is shown exactly when it lies within the limits.
    pub interval: Interval,
    /// The limits, as given.
    pub limits: (f64, f64),
}

impl Equivalence {
    /// Whether equivalence is shown at the alpha the test was asked for.
    pub fn shown(&self) -> bool {
        2.0 * self.p <= 1.0 - self.interval.level
    }

    fn new(
        contrast: &Contrast,
        (low, high): (f64, f64),
        alpha: f64,
        method: &'static str,
    ) -> Result<Self, StatsError> {
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Err(StatsError::BadParameter {
                name: "low, high",
                expected: "finite, the lower first",
            });
        }
        check_open_unit(alpha, "alpha")?;
        if alpha >= 0.5 {
            return Err(StatsError::BadParameter {
                name: "alpha",
                expected: "below 0.5",
            });
        }
        let (t_lower, t_upper) = (contrast.statistic(low), contrast.statistic(high));
        let (p_lower, p_upper) = (t_sf(t_lower, contrast.df), t_sf(-t_upper, contrast.df));
        let result = Self {
            method,
            estimate: contrast.scale.restore(contrast.difference.value()),
            df: contrast.df,
            t_lower,
            t_upper,
            p_lower,
            p_upper,
            p: p_lower.max(p_upper),
            interval: contrast.interval(1.0 - 2.0 * alpha, method),
            limits: (low, high),
        };
        result.checked()
    }

    fn checked(self) -> Result<Self, StatsError> {
        let i = self.interval;
        let numbers = [self.estimate, self.t_lower, self.t_upper, i.low, i.high];
        if numbers.iter().all(|v| v.is_finite()) && !self.p.is_nan() {
            Ok(self)
        } else {
            Err(StatsError::Overflow)
        }
    }
}

impl fmt::Display for Equivalence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.limits;
        let word = if self.shown() {
            "within"
        } else {
            "not shown within"
        };
        write!(
            f,
            "{}: {} {}, {word} [{low}, {high}], p = {}",
            self.method, self.estimate, self.interval, self.p
        )
    }
}

/// Equivalence of two means (two one-sided Welch tests): is low < mean(x) - mean(y) < high?
///
/// p is the larger of the two one-sided p-values, t = (difference - limit) / SE; the limits must be chosen before seeing the data.
/// Assumptions as in [`welch_t`](super::welch_t). Source: Schuirmann, *J. Pharmacokin. Biopharm.* 15 (1987). Cost O(n).
///
/// ```
/// use perf_stats::tests::tost_welch;
/// let x = [10.0, 10.2, 9.9, 10.1, 10.0, 9.8];
/// let y = [10.1, 10.0, 9.9, 10.2, 10.0, 10.1];
/// assert!(tost_welch(&x, &y, -0.5, 0.5, 0.05)?.shown());
/// assert!(!tost_welch(&x, &y, -0.05, 0.05, 0.05)?.shown());
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`welch_t`](super::welch_t); [`StatsError::BadParameter`] for the limits or for `alpha` outside (0, 0.5).
pub fn tost_welch(
    x: &[f64],
    y: &[f64],
    low: f64,
    high: f64,
    alpha: f64,
) -> Result<Equivalence, StatsError> {
    Equivalence::new(&Contrast::welch(x, y)?, (low, high), alpha, "TOST, Welch")
}

/// Equivalence of paired means: is low < mean(x - y) < high?
///
/// As [`tost_welch`] on the paired differences, with n - 1 degrees of freedom.
///
/// ```
/// let x = [10.0, 20.0, 30.0, 40.0, 50.0];
/// let y = [10.1, 19.9, 30.0, 40.2, 49.9];
/// let r = perf_stats::tests::tost_paired(&x, &y, -1.0, 1.0, 0.05)?;
/// assert!(r.shown() && r.p < 0.001);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`paired_t`](super::paired_t); [`StatsError::BadParameter`] for the limits or for `alpha` outside (0, 0.5).
pub fn tost_paired(
    x: &[f64],
    y: &[f64],
    low: f64,
    high: f64,
    alpha: f64,
) -> Result<Equivalence, StatsError> {
    Equivalence::new(&Contrast::paired(x, y)?, (low, high), alpha, "TOST, paired")
}

/// Equivalence of geometric means: is low < gm(x) / gm(y) < high? For durations, whose changes are relative: limits 0.98 and 1.02, say.
///
/// [`tost_welch`] on the logarithms; estimate, interval and limits are given as ratios.
///
/// ```
/// let x = [100.0, 101.0, 99.0, 100.5, 99.5];
/// let y = [100.2, 99.8, 100.4, 99.6, 100.0];
/// let r = perf_stats::tests::tost_log_ratio(&x, &y, 0.98, 1.02, 0.05)?;
/// assert!(r.shown() && r.interval.contains(1.0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`tost_welch`]; [`StatsError::BadParameter`] if an observation or a limit is not positive.
pub fn tost_log_ratio(
    x: &[f64],
    y: &[f64],
    low: f64,
    high: f64,
    alpha: f64,
) -> Result<Equivalence, StatsError> {
    check_two(x, y, 2)?;
    if low <= 0.0 || high <= 0.0 {
        return Err(StatsError::BadParameter {
            name: "low, high",
            expected: "positive ratios",
        });
    }
    let contrast = Contrast::welch(&logarithms(x, "x")?, &logarithms(y, "y")?)?;
    let r = Equivalence::new(&contrast, (low.ln(), high.ln()), alpha, "TOST, log ratio")?;
    Equivalence {
        estimate: r.estimate.exp(),
        interval: r.interval.map(f64::exp),
        limits: (low, high),
        ..r
    }
    .checked()
}

/// Whether a confidence interval lies within the limits: at level 1 - 2 alpha the same as two one-sided tests at alpha, for any
/// procedure that gives an interval (bootstrap, Hodges-Lehmann, signed rank).
///
/// ```
/// use perf_stats::{Interval, tests::interval_within};
/// let i = Interval::new(-0.004, 0.011, 0.98, "signed rank");
/// assert!(interval_within(&i, -0.02, 0.02)?);
/// assert!(!interval_within(&i, -0.01, 0.01)?);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] unless `low` < `high`.
pub fn interval_within(interval: &Interval, low: f64, high: f64) -> Result<bool, StatsError> {
    if low < high {
        Ok(low < interval.low && interval.high < high)
    } else {
        Err(StatsError::BadParameter {
            name: "low, high",
            expected: "the lower first",
        })
    }
}
