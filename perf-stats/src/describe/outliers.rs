//! In: numbers. Out: how many of them lie outside of fences, by three rules. Nothing is ever dropped.

use super::{MAD_NORMAL, medcouple, median_in_place};
use crate::error::StatsError;
use crate::quantile::{Definition, quantiles};
use crate::sample::{Scaled, finite, sorted};
use std::fmt;

/// Values outside of fences: counted and shown, never removed. A pause of the collector is data; robust estimators bear it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Outliers {
    /// Values below are outliers.
    pub low_fence: f64,
    /// Values above are outliers.
    pub high_fence: f64,
    /// How many lie below `low_fence`, severe ones included.
    pub low: usize,
    /// How many lie above `high_fence`, severe ones included.
    pub high: usize,
    /// How many lie below by more than twice the fence's distance.
    pub low_severe: usize,
    /// How many lie above by more than twice the fence's distance.
    pub high_severe: usize,
    /// Observations.
    pub n: usize,
    /// The rule that set the fences.
    pub rule: &'static str,
}

impl fmt::Display for Outliers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            low,
            high,
            low_severe,
            high_severe,
            n,
            rule,
            ..
        } = self;
        write!(
            f,
            "{low} low ({low_severe} severe), {high} high ({high_severe} severe) of {n} ({rule})"
        )
    }
}

/// Tukey's fences (1977): 1.5 interquartile ranges (type 7) beyond the quartiles; severe beyond 3.
///
/// Made for symmetric data: 0.7 % of normal values lie outside, but 8 % of lognormal ones.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
///
/// ```
/// use perf_stats::describe::tukey_outliers;
/// let o = tukey_outliers(&[1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 50.0])?;
/// assert_eq!((o.high, o.high_severe, o.low), (1, 1, 0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn tukey_outliers(x: &[f64]) -> Result<Outliers, StatsError> {
    beyond_quartiles(x, 0.0, "Tukey")
}

/// Tukey's fences adjusted for skewness by the medcouple (Hubert & Vandervieren 2008): the distances are multiplied by
/// exp(-4 MC) and exp(3 MC) (exp(-3 MC) and exp(4 MC) for MC below 0).
///
/// The fair rule for latencies, whose long right tail is not an error.
///
/// # Errors
/// As [`tukey_outliers`].
///
/// ```
/// use perf_stats::describe::{adjusted_outliers, tukey_outliers};
/// let x: Vec<f64> = (0..200).map(|i| (f64::from(i) / 50.0).exp()).collect(); // skewed
/// assert!(adjusted_outliers(&x)?.high < tukey_outliers(&x)?.high);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn adjusted_outliers(x: &[f64]) -> Result<Outliers, StatsError> {
    beyond_quartiles(x, medcouple(x)?, "medcouple-adjusted Tukey")
}

fn beyond_quartiles(x: &[f64], skew: f64, rule: &'static str) -> Result<Outliers, StatsError> {
    let scaled = Scaled::new(&sorted(x)?);
    let q = quantiles(&scaled.values, &[0.25, 0.75], Definition::Linear)?;
    let reach = 1.5 * (q[1] - q[0]);
    let (left, right) = if skew >= 0.0 {
        (-4.0, 3.0)
    } else {
        (-3.0, 4.0)
    };
    let (below, above) = (reach * (left * skew).exp(), reach * (right * skew).exp());
    Ok(count(&scaled, (q[0], below), (q[1], above), rule))
}

/// Fences at `cutoff` normal-scaled MADs from the median, with a MAD of its own for each side (3 is usual).
///
/// Where more than half of a side equals the median its MAD is 0, and every other value of that side is outside.
///
/// # Errors
/// As [`tukey_outliers`]; [`StatsError::BadParameter`] unless `cutoff` is positive.
///
/// ```
/// use perf_stats::describe::double_mad_outliers;
/// assert_eq!(double_mad_outliers(&[1.0, 2.0, 3.0, 4.0, 60.0], 3.0)?.high, 1);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn double_mad_outliers(x: &[f64], cutoff: f64) -> Result<Outliers, StatsError> {
    if !(cutoff > 0.0 && cutoff.is_finite()) {
        return Err(StatsError::BadParameter {
            name: "cutoff",
            expected: "positive",
        });
    }
    let scaled = Scaled::new(finite(x)?);
    let centre = median_in_place(&mut scaled.values.clone());
    let side = |keep: fn(f64) -> bool| {
        let distances = scaled
            .values
            .iter()
            .map(|v| v - centre)
            .filter(|&d| keep(d));
        cutoff * MAD_NORMAL * median_in_place(&mut distances.map(f64::abs).collect::<Vec<_>>())
    };
    let (below, above) = (side(|d| d <= 0.0), side(|d| d >= 0.0));
    Ok(count(
        &scaled,
        (centre, below),
        (centre, above),
        "double MAD",
    ))
}

/// Counts beyond (start, distance) on either side.
fn count(scaled: &Scaled, low: (f64, f64), high: (f64, f64), rule: &'static str) -> Outliers {
    let under = |fence: f64| scaled.values.iter().filter(|&&v| v < fence).count();
    let over = |fence: f64| scaled.values.iter().filter(|&&v| v > fence).count();
    // A fence outside of the range of f64 keeps nothing out; the largest number says so.
    let back = |v: f64| scaled.back(v).unwrap_or(f64::MAX.copysign(v));
    Outliers {
        low_fence: back(low.0 - low.1),
        high_fence: back(high.0 + high.1),
        low: under(low.0 - low.1),
        high: over(high.0 + high.1),
        low_severe: under(low.0 - 2.0 * low.1),
        high_severe: over(high.0 + 2.0 * high.1),
        n: scaled.values.len(),
        rule,
    }
}
