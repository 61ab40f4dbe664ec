//! In: numbers, or values with counts. Out: what they look like: location, spread, shape, outliers, modes.

mod density;
mod dip;
mod location;
mod medcouple;
mod mode;
mod outliers;
mod scale;
mod shape;

pub use density::{Bandwidth, Density, Mode, density};
pub use dip::{Dip, dip_test};
pub use location::{MAD_NORMAL, Trimmed, mad, median, median_in_place, trimmed};
pub use medcouple::medcouple;
pub use mode::{Shorth, half_sample_mode, shorth};
pub use outliers::{Outliers, adjusted_outliers, double_mad_outliers, tukey_outliers};
pub use scale::{qn, sn};
pub(crate) use shape::Shape;

use crate::error::StatsError;
use crate::sample::{Weighted, binary_exponent, finite, representable, times_power_of_two};
use std::fmt;

/// The numbers that describe a sample. What the data do not define (a variance of one observation, the skewness of a
/// constant, the geometric mean of negative values) is `None`, never NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Description {
    /// Observations.
    pub n: u64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Median.
    pub median: f64,
    /// Median absolute deviation from the median, not scaled.
    pub mad: f64,
    /// Variance with divisor n - 1; none also where it exceeds the range of `f64`.
    pub variance: Option<f64>,
    /// Square root of the variance, also where that is out of range.
    pub sd: Option<f64>,
    /// Coefficient of variation: sd / |mean|; none where the mean is 0.
    pub cv: Option<f64>,
    /// Skewness g1 = m3 / m2^1.5.
    pub skewness: Option<f64>,
    /// Skewness G1, adjusted for the sample size (n >= 3).
    pub skewness_adjusted: Option<f64>,
    /// Excess kurtosis g2 = m4 / m2^2 - 3.
    pub excess_kurtosis: Option<f64>,
    /// Geometric mean, for positive data.
    pub geometric_mean: Option<f64>,
    /// Harmonic mean, for positive data.
    pub harmonic_mean: Option<f64>,
}

impl Description {
    /// The MAD scaled to the sd of normal data.
    pub fn mad_normal(&self) -> f64 {
        self.mad * MAD_NORMAL
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            n,
            mean,
            median,
            mad,
            min,
            max,
            ..
        } = self;
        write!(
            f,
            "n = {n}, median {median}, MAD {mad}, mean {mean}, range {min} to {max}"
        )
    }
}

/// Describes a sample in O(n): moments in two passes about a pivot, order statistics by selection.
///
/// Assumes nothing. Moments of heavy-tailed data (latencies are) say little: a single value can carry the variance; the
/// median and the MAD stay. Formulas as in the fields.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::Overflow`] if the MAD exceeds the range of `f64`.
///
/// ```
/// use perf_stats::describe::describe;
/// let d = describe(&[2.0, 4.0, 4.0, 6.0])?;
/// assert_eq!((d.mean, d.median, d.mad), (4.0, 4.0, 1.0));
/// assert_eq!(d.variance, Some(8.0 / 3.0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn describe(x: &[f64]) -> Result<Description, StatsError> {
    let exponent = binary_exponent(finite(x)?);
    let scaled: Vec<(f64, f64)> = x
        .iter()
        .map(|&v| (times_power_of_two(v, -exponent), 1.0))
        .collect();
    let shape = Shape::new(&scaled, exponent);
    let min = x.iter().copied().fold(f64::INFINITY, f64::min);
    let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let order = Order {
        n: x.len() as u64,
        min,
        max,
        median: median(x)?,
        mad: mad(x)?,
    };
    complete(&order, &shape, &scaled, exponent)
}

/// Describes values with counts, at a cost of the number of distinct values.
///
/// # Errors
/// [`StatsError::Overflow`] if the MAD exceeds the range of `f64`.
///
/// ```
/// use perf_stats::{Weighted, describe::describe_weighted};
/// let w = Weighted::new([(1.0, 1_000_000_000), (2.0, 1_000_000_000)])?;
/// assert_eq!(describe_weighted(&w)?.mean, 1.5);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn describe_weighted(w: &Weighted) -> Result<Description, StatsError> {
    let values: Vec<f64> = w.pairs().iter().map(|p| p.0).collect();
    let exponent = binary_exponent(&values);
    let scale = |v: f64| times_power_of_two(v, -exponent);
    let scaled: Vec<(f64, f64)> = w.pairs().iter().map(|p| (scale(p.0), p.1 as f64)).collect();
    let shape = Shape::new(&scaled, exponent);
    let median = middle(w);
    let deviations = Weighted::new(
        w.pairs()
            .iter()
            .map(|p| ((scale(p.0) - scale(median)).abs(), p.1)),
    )?;
    let mad = representable(times_power_of_two(middle(&deviations), exponent))?;
    let order = Order {
        n: w.total(),
        min: values[0],
        max: values[values.len() - 1],
        median,
        mad,
    };
    complete(&order, &shape, &scaled, exponent)
}

fn middle(w: &Weighted) -> f64 {
    f64::midpoint(w.nth((w.total() - 1) / 2), w.nth(w.total() / 2))
}

struct Order {
    n: u64,
    min: f64,
    max: f64,
    median: f64,
    mad: f64,
}

/// Joins order statistics and moments.
fn complete(
    order: &Order,
    shape: &Shape,
    scaled: &[(f64, f64)],
    exponent: i32,
) -> Result<Description, StatsError> {
    let Order {
        n,
        min,
        max,
        median,
        mad,
    } = *order;
    let count = n as f64;
    // Rounding may push a mean of nearly equal values past the largest of them.
    let mean = representable(shape.mean())?.clamp(min, max);
    let sd = shape.sd().filter(|v| v.is_finite());
    let skewness = shape.skewness();
    let adjust = |g: f64| g * (count * (count - 1.0)).sqrt() / (count - 2.0);
    let positive = min > 0.0;
    let smallest = times_power_of_two(min, -exponent);
    let logs = || {
        scaled
            .iter()
            .map(|&(v, w)| (v / smallest).ln() * w)
            .sum::<f64>()
            / count
    };
    let inverses = || scaled.iter().map(|&(v, w)| smallest / v * w).sum::<f64>() / count;
    let bounded = |v: f64| v.clamp(min, max);
    Ok(Description {
        n,
        min,
        max,
        mean,
        median,
        mad,
        variance: shape.variance().filter(|v| v.is_finite()),
        sd,
        cv: sd.map(|s| s / mean.abs()).filter(|v| v.is_finite()),
        skewness,
        skewness_adjusted: skewness.filter(|_| n >= 3).map(adjust),
        excess_kurtosis: shape.excess_kurtosis(),
        geometric_mean: (positive && smallest > 0.0).then(|| bounded(min * logs().exp())),
        harmonic_mean: (positive && smallest > 0.0).then(|| bounded(min / inverses())),
    })
}
