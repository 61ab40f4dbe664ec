//! In: two samples. Out: their difference of means in units of a standard deviation (Cohen, Hedges, Glass).

use crate::contrast::check_two;
use crate::error::StatsError;
use crate::moments::{Moments, Scale};
use statrs::function::gamma::ln_gamma;

/// From this many degrees of freedom Stirling's series for J is exact to rounding, while log-gamma loses digits to its size.
const STIRLING_DF: f64 = 100.0;

/// Cohen's d: (mean(x) - mean(y)) / s, s the pooled standard deviation (n + m - 2). Biased upwards in small samples: see [`hedges_g`].
///
/// Assumes near-normal samples of one variance to be read as "so many standard deviations"; with heavy tails prefer
/// [`cliffs_delta`](super::cliffs_delta). Source: Cohen, *Statistical Power Analysis* (1988). Cost O(n).
///
/// ```
/// let d = perf_stats::effect::cohens_d(&[2.0, 3.0, 4.0], &[1.0, 2.0, 3.0])?;
/// assert_eq!(d, 1.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::TooFew`] under 2 a side, [`StatsError::ZeroVariance`] if neither side varies, [`StatsError::Empty`],
/// [`StatsError::NonFinite`], [`StatsError::Overflow`].
pub fn cohens_d(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    check_two(x, y, 2)?;
    let (a, b) = moments(x, y);
    let variance = (a.squares + b.squares) / (a.n + b.n - 2.0);
    over_sd(&a, &b, variance)
}

/// Hedges' g: Cohen's d times the exact correction J(n + m - 2), which makes it unbiased for normal samples.
///
/// Source: Hedges, *J. Educ. Statist.* 6 (1981); assumptions and cost as [`cohens_d`].
///
/// ```
/// use perf_stats::effect::{cohens_d, hedges_correction, hedges_g};
/// let (x, y) = ([2.0, 3.0, 4.0], [1.0, 2.0, 3.5]);
/// assert_eq!(hedges_g(&x, &y)?, cohens_d(&x, &y)? * hedges_correction(4.0)?);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`cohens_d`].
pub fn hedges_g(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    Ok(cohens_d(x, y)? * hedges_correction((x.len() + y.len() - 2) as f64)?)
}

/// Hedges' exact correction J(v) = Gamma(v/2) / (sqrt(v/2) Gamma((v-1)/2)) for v degrees of freedom; about 1 - 3/(4v - 1).
///
/// ```
/// let j = perf_stats::effect::hedges_correction(10.0)?;
/// assert!((j - 0.9227456).abs() < 1e-7);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] unless v > 1.
pub fn hedges_correction(v: f64) -> Result<f64, StatsError> {
    if !(v > 1.0 && v.is_finite()) {
        return Err(StatsError::BadParameter {
            name: "v",
            expected: "above 1 and finite",
        });
    }
    let a = v / 2.0;
    if v < STIRLING_DF {
        return Ok((ln_gamma(a) - ln_gamma(a - 0.5) - 0.5 * a.ln()).exp());
    }
    // The difference of two Stirling series, with the logarithms of a cancelled by hand.
    let b = a - 0.5;
    let series = |z: f64| (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * z * z)) / (z * z)) / z;
    Ok((-(a - 1.0) * (-0.5 / a).ln_1p() - 0.5 + series(a) - series(b)).exp())
}

/// Glass's delta: (mean(x) - mean(y)) / `s_y`, the standard deviation of the reference sample `y` alone (for an `x` that changes the spread too).
///
/// Source: Glass, *Educ. Researcher* 5 (1976). Cost O(n).
///
/// ```
/// let d = perf_stats::effect::glass_delta(&[5.0], &[1.0, 2.0, 3.0])?;
/// assert_eq!(d, 3.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::TooFew`] under 2 in `y`, [`StatsError::ZeroVariance`] if `y` does not vary, [`StatsError::Empty`],
/// [`StatsError::NonFinite`], [`StatsError::Overflow`].
pub fn glass_delta(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    check_two(x, y, 1)?;
    if y.len() < 2 {
        return Err(StatsError::TooFew { need: 2, got: 1 });
    }
    let (a, b) = moments(x, y);
    over_sd(&a, &b, b.variance())
}

fn moments(x: &[f64], y: &[f64]) -> (Moments, Moments) {
    let scale = Scale::common(&[x, y]);
    (Moments::scaled(x, scale), Moments::scaled(y, scale))
}

fn over_sd(a: &Moments, b: &Moments, variance: f64) -> Result<f64, StatsError> {
    if variance <= 0.0 {
        return Err(StatsError::ZeroVariance);
    }
    let d = a.mean.minus(b.mean).value() / variance.sqrt();
    if d.is_finite() {
        Ok(d)
    } else {
        Err(StatsError::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_the_correction_meet() {
        for v in [99.9, 100.1, 120.0] {
            let a: f64 = v / 2.0;
            let direct = (ln_gamma(a) - ln_gamma(a - 0.5) - 0.5 * a.ln()).exp();
            assert!(
                (hedges_correction(v).unwrap() / direct - 1.0).abs() < 1e-12,
                "{v}"
            );
        }
        let v: f64 = 1e9;
        assert!((hedges_correction(v).unwrap() - (1.0 - 3.0 / (4.0 * v - 1.0))).abs() < 1e-15);
        assert!(hedges_correction(1.0).is_err() && hedges_correction(f64::NAN).is_err());
    }
}
