//! In: two samples or pairs. Out: the t-tests of their means, each with its interval.

use super::TestResult;
use crate::contrast::Contrast;
use crate::error::StatsError;

/// Welch's test: do two independent samples have the same mean? No equality of variances is assumed.
///
/// The estimate is mean(x) - mean(y), with `t = estimate / sqrt(s_x^2/n + s_y^2/m)` and Satterthwaite's degrees of freedom
/// `(s_x^2/n + s_y^2/m)^2 / ((s_x^2/n)^2/(n-1) + (s_y^2/m)^2/(m-1))`.
///
/// Assumes independent observations and means that are close to normal: strong skew with few observations, heavy tails, and above
/// all autocorrelation (successive calls of one process) break it. Use values of blocks or of processes, not of calls.
/// Source: Welch, *Biometrika* 34 (1947). Cost O(n); differences are formed in double width, so that an offset of 1e15 costs no digits.
///
/// ```
/// use perf_stats::tests::welch_t;
/// let baseline = [10.1, 9.9, 10.3, 10.0];
/// let candidate = [10.9, 11.2, 10.7, 11.0, 11.1];
/// let r = welch_t(&candidate, &baseline, 0.95)?;
/// assert!(r.p.greater < 0.001);
/// assert!(r.interval.is_some_and(|i| i.contains(0.9) && !i.contains(0.0)));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::TooFew`] under 2 observations a side, [`StatsError::NonFinite`],
/// [`StatsError::ZeroVariance`] if neither side varies, [`StatsError::BadParameter`] for the level, [`StatsError::Overflow`].
pub fn welch_t(x: &[f64], y: &[f64], level: f64) -> Result<TestResult, StatsError> {
    TestResult::of_contrast(&Contrast::welch(x, y)?, level, "Welch t")
}

/// Student's test for two independent samples with *equal* variances; prefer [`welch_t`] unless equality is known.
///
/// t = (mean(x) - mean(y)) / (s sqrt(1/n + 1/m)), s^2 the pooled variance, n + m - 2 degrees of freedom. Unequal variances with
/// unequal counts break its error rate in either direction; otherwise as [`welch_t`]. Source: Student, *Biometrika* 6 (1908). Cost O(n).
///
/// ```
/// let r = perf_stats::tests::pooled_t(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0], 0.95)?;
/// assert_eq!((r.estimate, r.df), (-1.0, Some(4.0)));
/// assert!((r.statistic + 1.5f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`welch_t`]; three observations in all suffice.
pub fn pooled_t(x: &[f64], y: &[f64], level: f64) -> Result<TestResult, StatsError> {
    TestResult::of_contrast(&Contrast::pooled(x, y)?, level, "pooled t")
}

/// The paired t-test: is the mean of the differences `x[i] - y[i]` zero?
///
/// `t = mean(d) / (s_d / sqrt(n))`, n - 1 degrees of freedom. Assumes independent pairs and a near-normal mean of differences; what the
/// two members of a pair share (a drift, a hot machine) cancels. Source: Student, *Biometrika* 6 (1908). Cost O(n); every difference
/// is exact.
///
/// ```
/// let before = [10.0, 20.0, 30.0, 40.0];
/// let after = [10.5, 20.4, 30.6, 40.5];
/// let r = perf_stats::tests::paired_t(&after, &before, 0.95)?;
/// assert!((r.estimate - 0.5).abs() < 1e-12 && r.p.two_sided < 0.01);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`welch_t`]; [`StatsError::LengthMismatch`]; [`StatsError::ZeroVariance`] if all differences are equal.
pub fn paired_t(x: &[f64], y: &[f64], level: f64) -> Result<TestResult, StatsError> {
    TestResult::of_contrast(&Contrast::paired(x, y)?, level, "paired t")
}
