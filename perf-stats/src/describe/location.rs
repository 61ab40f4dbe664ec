//! In: numbers. Out: robust locations and spreads: median, MAD, trimmed and winsorised means.

use crate::error::StatsError;
use crate::sample::{Scaled, finite, floor_decimal, representable, times_power_of_two};

/// The factor that makes the median absolute deviation estimate the sd of normal data: 1 / `normal_quantile(3/4)`.
pub const MAD_NORMAL: f64 = 1.482_602_218_505_602;

/// The median: the middle value, or the mean of the two middle ones. Cost O(n).
///
/// Breaks down only when half of the data are wrong. Type 7 (and 2, 5, 6, 8, 9) quantile at 1/2.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
///
/// ```
/// use perf_stats::describe::median;
/// assert_eq!(median(&[3.0, 1.0, 2.0, 100.0])?, 2.5);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn median(x: &[f64]) -> Result<f64, StatsError> {
    Ok(median_in_place(&mut finite(x)?.to_vec()))
}

/// The median of finite numbers whose order may be destroyed; 0 for none. For statistics of resamples, where a copy would cost.
///
/// ```
/// assert_eq!(perf_stats::describe::median_in_place(&mut [5.0, 1.0, 3.0]), 3.0);
/// ```
pub fn median_in_place(x: &mut [f64]) -> f64 {
    let n = x.len();
    if n == 0 {
        return 0.0;
    }
    let (below, &mut upper, _) = x.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return upper + 0.0;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(lower, upper) + 0.0
}

/// The median absolute deviation from the median, not scaled; times [`MAD_NORMAL`] it estimates the sd of normal data.
///
/// 0 when more than half of the values are equal. Cost O(n). Hampel 1974.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::Overflow`].
///
/// ```
/// use perf_stats::describe::mad;
/// assert_eq!(mad(&[1.0, 2.0, 3.0, 4.0, 1000.0])?, 1.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn mad(x: &[f64]) -> Result<f64, StatsError> {
    let mut scaled = Scaled::new(finite(x)?);
    let centre = median_in_place(&mut scaled.values);
    scaled
        .values
        .iter_mut()
        .for_each(|v| *v = (*v - centre).abs());
    let deviation = median_in_place(&mut scaled.values);
    scaled.back(deviation)
}

/// A mean that ignores the tails, and one that pulls them in.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Trimmed {
    /// Mean of what is left after `cut` values went from each end.
    pub mean: f64,
    /// Standard error of `mean` (Tukey & `McLaughlin` 1963): winsorised sd / ((1 - 2 trim) sqrt n); none for one observation.
    pub se: Option<f64>,
    /// Mean after the `cut` lowest and highest values were set to the nearest value kept.
    pub winsorized_mean: f64,
    /// Variance (divisor n - 1) of the winsorised sample; none for one observation, or beyond the range of `f64`.
    pub winsorized_variance: Option<f64>,
    /// Values cut from each end: the integer part of trim times n.
    pub cut: usize,
    /// Observations.
    pub n: usize,
}

impl std::fmt::Display for Trimmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "trimmed mean {} (n = {}, {} cut from each end)",
            self.mean, self.n, self.cut
        )
    }
}

/// Trimmed and winsorised mean with `trim` (0 to below 1/2) cut from each end. Cost O(n).
///
/// Assumes independent observations for the standard error; estimates the population's trimmed mean, which differs from its
/// mean when it is skewed. 20 % is the usual choice: it survives 20 % of outliers and loses little under normality.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for `trim`, [`StatsError::Overflow`].
///
/// ```
/// use perf_stats::describe::trimmed;
/// let t = trimmed(&[1.0, 2.0, 3.0, 4.0, 900.0], 0.2)?;
/// assert_eq!((t.mean, t.winsorized_mean, t.cut), (3.0, 3.0, 1));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn trimmed(x: &[f64], trim: f64) -> Result<Trimmed, StatsError> {
    if !(0.0..0.5).contains(&trim) {
        return Err(StatsError::BadParameter {
            name: "trim",
            expected: "from 0 to below 1/2",
        });
    }
    let n = finite(x)?.len();
    let cut = floor_decimal(trim * n as f64) as usize;
    let scaled = Scaled::new(x);
    let mut order = scaled.values.clone();
    let low = *order.select_nth_unstable_by(cut, f64::total_cmp).1;
    let high = *order.select_nth_unstable_by(n - 1 - cut, f64::total_cmp).1;
    // Everything relative to the lowest value kept, in units of the kept range: no digits lost to an offset, no square out of range.
    let unit = if high > low { high - low } else { 1.0 };
    for v in &mut order {
        *v = (v.clamp(low, high) - low) / unit;
    }
    let (size, edge) = (n as f64, cut as f64);
    let sum: f64 = order.iter().sum();
    let centre = sum / size;
    let squares: f64 = order.iter().map(|v| (v - centre).powi(2)).sum();
    let scaled_variance = squares / (size - 1.0);
    let location = |v: f64| scaled.back(low + unit * v);
    let spread = |sd: f64| times_power_of_two(unit * sd, scaled.exponent);
    let top = if high > low { 1.0 } else { 0.0 };
    let variance = representable(spread(spread(scaled_variance))).ok();
    Ok(Trimmed {
        mean: location((sum - edge * top) / (size - 2.0 * edge))?,
        se: (n > 1).then(|| spread(scaled_variance.sqrt() / ((1.0 - 2.0 * trim) * size.sqrt()))),
        winsorized_mean: location(centre)?,
        winsorized_variance: if n > 1 { variance } else { None },
        cut,
        n,
    })
}
