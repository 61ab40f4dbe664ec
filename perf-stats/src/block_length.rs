//! In: a time-ordered series. Out: the block length with which a block bootstrap keeps its dependence, chosen by the data.

use crate::error::StatsError;
use crate::sample::{Scaled, at_least};

/// Expected block lengths for the two common block bootstraps, in observations.
///
/// Below 1 the series shows no dependence worth keeping: use blocks of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BlockLength {
    /// Mean of the geometric lengths of the stationary bootstrap, at least 0.
    pub stationary: f64,
    /// Length of the circular bootstrap's fixed blocks, at least 0.
    pub circular: f64,
}

/// The block length of Politis & White (2004) with the correction of Patton, Politis & White (2009).
///
/// It minimises the asymptotic mean squared error of the bootstrap variance of the *mean*: with R(k) the autocovariances
/// under a flat-top window, G = sum |k| R(k) and g = sum R(k), the length is (2 G^2 / D)^(1/3) n^(1/3), where D is 2 g^2
/// (stationary) or 4/3 g^2 (circular). The window's width is twice the last lag before five in a row are insignificant.
/// Capped at min(3 sqrt n, n/3).
///
/// Assumes a stationary series with summable autocovariances; a trend or a level shift is taken for long memory and gives
/// the cap. Cost O(n sqrt n).
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::TooFew`] (8 needed), [`StatsError::NonFinite`], [`StatsError::ConstantSeries`].
///
/// ```
/// use perf_stats::{Rng, block_length::block_length};
/// let mut rng = Rng::new(1);
/// let mut level = 0.0;
/// let series: Vec<f64> = (0..500).map(|_| { level = 0.9 * level + rng.normal(); level }).collect();
/// assert!(block_length(&series)?.stationary > 5.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn block_length(y: &[f64]) -> Result<BlockLength, StatsError> {
    let dependence = Dependence::new(y)?;
    let size = y.len() as f64;
    let cap = (3.0 * size.sqrt()).min(size / 3.0).ceil();
    let Dependence {
        slope, long_run, ..
    } = dependence;
    let length = |factor: f64| {
        let raw = (2.0 * slope * slope / (factor * long_run * long_run) * size).cbrt();
        if raw.is_nan() { 0.0 } else { raw.min(cap) }
    };
    Ok(BlockLength {
        stationary: length(2.0),
        circular: length(4.0 / 3.0),
    })
}

/// By how much the stationary bootstrap's spread of the mean falls short: the root of the long-run variance over the variance
/// that resampling runs of this mean length is known to give, between 1 and 2.
///
/// Runs break the dependence at their ends, which loses variance (Politis & Romano 1994, eq. 9 gives what is left exactly);
/// the flat-top estimate does not, and its own loss to the estimated mean is made good.
pub(crate) fn lost_spread(y: &[f64], mean_length: f64) -> Result<f64, StatsError> {
    let Dependence {
        deviations,
        long_run,
        weights,
        ..
    } = Dependence::new(y)?;
    let size = y.len() as f64;
    let kept = 1.0 - 1.0 / mean_length;
    let mut resampled = lagged(&deviations, 0) / size;
    for k in 1..y.len() {
        let share = kept.powi(k as i32);
        if share < 1e-9 {
            break;
        }
        // A wrapped series: lag k and lag n - k meet.
        let covariance = lagged(&deviations, k) + lagged(&deviations, y.len() - k);
        resampled += 2.0 * (1.0 - k as f64 / size) * share * covariance / size;
    }
    let whole = long_run / (1.0 - weights / size).max(0.5);
    let ratio = whole / resampled;
    Ok(if ratio > 1.0 {
        ratio.sqrt().min(2.0)
    } else {
        1.0
    })
}

/// Autocovariances summed under the flat-top window.
struct Dependence {
    deviations: Vec<f64>,
    slope: f64,    // sum of |k| R(k)
    long_run: f64, // sum of R(k)
    weights: f64,  // sum of the window
}

impl Dependence {
    fn new(y: &[f64]) -> Result<Self, StatsError> {
        let n = at_least(y, MIN_LENGTH)?.len();
        let deviations = deviations(y)?;
        let size = n as f64;
        let run = 5.max(size.log10() as usize);
        let max_lag = ((size.sqrt().ceil() as usize) + run).min(n - 2);
        let threshold = 2.0 * (size.log10() / size).sqrt();
        let small: Vec<bool> = (0..=max_lag)
            .map(|k| correlation(&deviations, k).abs() < threshold)
            .collect();
        let last = (run..=max_lag)
            .find(|&i| small[i - run..i].iter().all(|&s| s))
            .map(|i| i - run);
        let width = last.map_or(max_lag, |m| (2 * m.max(1)).min(max_lag));
        let (mut slope, mut long_run, mut weights) = (0.0, lagged(&deviations, 0) / size, 1.0);
        for k in 1..=width {
            let ratio = k as f64 / width as f64;
            let weight = if ratio <= 0.5 {
                1.0
            } else {
                2.0 * (1.0 - ratio)
            };
            let covariance = lagged(&deviations, k) / size;
            slope += 2.0 * weight * k as f64 * covariance;
            long_run += 2.0 * weight * covariance;
            weights += 2.0 * weight;
        }
        Ok(Self {
            deviations,
            slope,
            long_run,
            weights,
        })
    }
}

/// Fewer observations leave no lag at which five correlations in a row can be judged.
const MIN_LENGTH: usize = 8;

/// Deviations from the mean, on a scale where their squares neither overflow nor vanish.
fn deviations(y: &[f64]) -> Result<Vec<f64>, StatsError> {
    let scaled = Scaled::new(y).values;
    let from_first: Vec<f64> = scaled.iter().map(|v| v - scaled[0]).collect();
    let unit = Scaled::new(&from_first).values;
    if unit.iter().all(|&v| v == 0.0) {
        return Err(StatsError::ConstantSeries);
    }
    let mean = unit.iter().sum::<f64>() / unit.len() as f64;
    Ok(unit.iter().map(|v| v - mean).collect())
}

fn lagged(d: &[f64], lag: usize) -> f64 {
    d[lag..].iter().zip(d).map(|(a, b)| a * b).sum()
}

/// The cross product at this lag over the root of the sums of squares without the first and last `lag + 1` values.
fn correlation(d: &[f64], lag: usize) -> f64 {
    let squares = |part: &[f64]| part.iter().map(|v| v * v).sum::<f64>();
    let scale = (squares(&d[lag + 1..]) * squares(&d[..d.len() - lag - 1])).sqrt();
    if scale > 0.0 {
        lagged(d, lag) / scale
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn scale_and_shift_do_not_matter() {
        let mut rng = Rng::new(3);
        let y: Vec<f64> = (0..200).map(|_| rng.normal()).collect();
        let z: Vec<f64> = y.iter().map(|v| v * 1024.0).collect();
        assert_eq!(block_length(&y).unwrap(), block_length(&z).unwrap());
        let w: Vec<f64> = y.iter().map(|v| v + 1e6).collect();
        let (a, b) = (block_length(&y).unwrap(), block_length(&w).unwrap());
        assert!((a.stationary - b.stationary).abs() < 1e-6 * a.stationary);
    }

    #[test]
    fn hard_inputs_give_numbers_or_reasons() {
        assert_eq!(block_length(&[]), Err(StatsError::Empty));
        assert_eq!(block_length(&[1.0; 20]), Err(StatsError::ConstantSeries));
        for scale in [5e-324, 1e308, 1e15] {
            let y: Vec<f64> = (0..20)
                .map(|i| if i % 3 == 0 { scale } else { -scale })
                .collect();
            let b = block_length(&y).unwrap();
            assert!(
                b.stationary.is_finite() && b.circular >= 0.0,
                "{scale}: {b:?}"
            );
        }
    }
}
