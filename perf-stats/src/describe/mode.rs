//! In: numbers. Out: where they lie densest, without a bandwidth: half-sample mode and shorth.

use crate::error::StatsError;
use crate::sample::sorted;

/// The half-sample mode (Robertson & Cryer 1974; Bickel & Fruehwirth 2006): halves the sample again and again to its
/// shortest half. Survives 50 % of outliers; the estimate of a typical fast call that a long tail does not move.
///
/// Of several shortest halves the middle one is taken, so reflection changes nothing but the sign where their number is odd.
/// Varies a lot from sample to sample (error of order n^(-1/3)). Cost O(n log n).
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
///
/// ```
/// use perf_stats::describe::half_sample_mode;
/// assert_eq!(half_sample_mode(&[1.0, 5.0, 5.1, 5.1, 9.0, 30.0])?, 5.1);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn half_sample_mode(x: &[f64]) -> Result<f64, StatsError> {
    let all = sorted(x)?;
    let mut v = &all[..];
    while v.len() > 3 {
        v = shortest(v, v.len().div_ceil(2));
    }
    Ok(match *v {
        [a, b, c] if b - a < c - b => f64::midpoint(a, b),
        [a, b, c] if b - a > c - b => f64::midpoint(b, c),
        [_, b, _] => b,
        [a, b] => f64::midpoint(a, b),
        _ => v[0],
    })
}

/// The shortest interval that holds half of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Shorth {
    /// Smallest value inside.
    pub low: f64,
    /// Largest value inside.
    pub high: f64,
    /// Mean of the values inside (the shorth proper).
    pub mean: f64,
}

/// The shortest half: the narrowest interval with floor(n/2) + 1 values (Andrews et al. 1972; Grubel 1988). Its width is a robust
/// spread, its mean a mode-like centre. Ties as in [`half_sample_mode`]. Cost O(n log n).
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
///
/// ```
/// use perf_stats::describe::shorth;
/// let s = shorth(&[1.0, 10.0, 11.0, 12.0, 50.0])?;
/// assert_eq!((s.low, s.high, s.mean), (10.0, 12.0, 11.0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn shorth(x: &[f64]) -> Result<Shorth, StatsError> {
    let all = sorted(x)?;
    let half = shortest(&all, all.len() / 2 + 1);
    let (low, high) = (half[0], half[half.len() - 1]);
    let count = half.len() as f64;
    let offset: f64 = half.iter().map(|v| (0.5 * v - 0.5 * low) / count).sum();
    Ok(Shorth {
        low,
        high,
        mean: (2.0 * (0.5 * low + offset)).clamp(low, high),
    })
}

/// The narrowest window of `size` neighbours in an ascending sample; the middle one of several.
fn shortest(v: &[f64], size: usize) -> &[f64] {
    // Halved before subtracting: a width beyond the range of f64 still compares.
    let width = |i: usize| 0.5 * v[i + size - 1] - 0.5 * v[i];
    let count = v.len() - size + 1;
    let least = (0..count).map(width).fold(f64::INFINITY, f64::min);
    let ties = (0..count).filter(|&i| width(i) <= least).count();
    let start = (0..count)
        .filter(|&i| width(i) <= least)
        .nth((ties - 1) / 2)
        .unwrap_or(0);
    &v[start..start + size]
}
