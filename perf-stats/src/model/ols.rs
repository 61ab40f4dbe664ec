//! In: predictors and a response. Out: the least-squares line with intervals and information criteria.

use super::qr::Qr;
use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::sample::finite;
use crate::series::scale::{Scaled, times_power};
use crate::special::{t_quantile, t_sf};
use std::f64::consts::{LN_2, PI};

/// One coefficient of [`Ols`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Coefficient {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// value / se; infinite where the fit is perfect.
    pub t: f64,
    /// Two-sided p of "it is 0".
    pub p: f64,
    /// Its interval.
    pub interval: Interval,
}

/// What [`ols`] answers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ols {
    /// The intercept, then one for each predictor.
    pub coefficients: Vec<Coefficient>,
    /// Share of the variance explained, in [0, 1].
    pub r2: f64,
    /// Residual sum of squares.
    pub rss: f64,
    /// Residual standard deviation, sqrt(rss / df).
    pub sigma: f64,
    /// Of normal noise; infinite where the fit is perfect.
    pub log_likelihood: f64,
    /// Akaike's criterion; the noise variance counts as a parameter (as in R).
    pub aic: f64,
    /// The same corrected for small n; none where n is too small for it.
    pub aicc: Option<f64>,
    /// Schwarz' criterion.
    pub bic: f64,
    /// Observations.
    pub n: usize,
    /// n minus the number of coefficients.
    pub df: usize,
}

impl std::fmt::Display for Ols {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let values: Vec<f64> = self.coefficients.iter().map(|c| c.value).collect();
        write!(
            f,
            "coefficients {values:?}, R2 {:.4}, n {}",
            self.r2, self.n
        )
    }
}

/// Ordinary least squares with an intercept.
///
/// Predictors and response are centred and scaled before an own Householder QR, so that nanosecond timestamps (1.7e18 + 1e9 i) keep their digits. **Assumes** noise that is independent, of one
/// variance and roughly normal (for p and intervals at small n); **broken by** outliers (see [`crate::trend::theil_sen`]), autocorrelation, and curvature. Source: Golub & Van Loan 2013, section 5.3.
/// O(n k^2).
///
/// ```
/// use perf_stats::model::ols;
/// let size: Vec<f64> = (0..8).map(|i| 1.7e18 + 1e9 * f64::from(i)).collect();
/// let cost = [3.0, 5.1, 6.9, 9.0, 11.1, 12.9, 15.0, 17.1];
/// let fit = ols(&[size], &cost, 0.95)?;
/// assert!(fit.coefficients[1].interval.contains(2e-9) && fit.r2 > 0.999);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`] (over y, then the columns), [`StatsError::LengthMismatch`], [`StatsError::TooFew`] unless there are more observations than coefficients;
/// [`StatsError::Degenerate`] for constant or dependent predictors, [`StatsError::ZeroVariance`] for a constant response, [`StatsError::BadParameter`] for `level` outside (0, 1),
/// [`StatsError::Overflow`].
pub fn ols(x: &[impl AsRef<[f64]>], y: &[f64], level: f64) -> Result<Ols, StatsError> {
    check_level(level)?;
    finite(y)?;
    for (j, column) in x.iter().map(AsRef::as_ref).enumerate() {
        if column.len() != y.len() {
            return Err(StatsError::LengthMismatch {
                left: column.len(),
                right: y.len(),
            });
        }
        finite(column).map_err(|e| match e {
            StatsError::NonFinite { index } => StatsError::NonFinite {
                index: (j + 1) * y.len() + index,
            },
            other => other,
        })?;
    }
    let count = x.len() + 1;
    if y.len() <= count {
        return Err(StatsError::TooFew {
            need: count + 1,
            got: y.len(),
        });
    }
    let response = Centred::new(y);
    if response.values.iter().all(|v| *v == 0.0) {
        return Err(StatsError::ZeroVariance);
    }
    let predictors: Vec<Centred> = x.iter().map(|c| Centred::new(c.as_ref())).collect();
    let columns = predictors.iter().map(|c| c.values.clone()).collect();
    let qr = Qr::new(columns, response.values.clone()).ok_or(StatsError::Degenerate)?;
    assemble(&qr, &predictors, &response, level)
}

/// A column minus its mean, in units of 2^exponent.
struct Centred {
    values: Vec<f64>,
    exponent: i32,
    mean: f64, // in units of 2^exponent
}

impl Centred {
    fn new(column: &[f64]) -> Self {
        let scaled = Scaled::new(column);
        let n = column.len() as f64;
        let mut values = scaled.values;
        let shift = values.iter().sum::<f64>() / n;
        for v in &mut values {
            *v -= shift;
        }
        Self {
            values,
            exponent: scaled.exponent,
            mean: times_power(scaled.pivot, -scaled.exponent) + shift,
        }
    }
}

/// Back to the units of the caller.
fn assemble(qr: &Qr, x: &[Centred], y: &Centred, level: f64) -> Result<Ols, StatsError> {
    let n = y.values.len();
    let df = n - x.len() - 1;
    let slopes = qr.solution();
    let squares = qr.residual_squares();
    let sd = (squares / df as f64).sqrt();
    let q = t_quantile(0.5 * (1.0 + level), df as f64);
    let finish = |value: f64, se: f64, exponent: i32| {
        let (value, se) = (times_power(value, exponent), times_power(se, exponent));
        let t = if se > 0.0 {
            value / se
        } else if value == 0.0 {
            0.0
        } else {
            f64::INFINITY.copysign(value)
        };
        let p = (2.0 * t_sf(t.abs(), df as f64)).min(1.0);
        let interval = Interval::new(value - q * se, value + q * se, level, "least squares");
        let usable = value.is_finite() && interval.low.is_finite() && interval.high.is_finite();
        usable
            .then_some(Coefficient {
                value,
                se,
                t,
                p,
                interval,
            })
            .ok_or(StatsError::Overflow)
    };
    let means: Vec<f64> = x.iter().map(|c| c.mean).collect();
    // Slopes are per scaled unit of x, so scaled means belong to them.
    let explained: f64 = slopes.iter().zip(&means).map(|(b, m)| b * m).sum();
    let intercept_se = sd * (1.0 / n as f64 + qr.variance_of(&means)).sqrt();
    let mut coefficients = vec![finish(y.mean - explained, intercept_se, y.exponent)?];
    for (j, column) in x.iter().enumerate() {
        let mut unit = vec![0.0; x.len()];
        unit[j] = 1.0;
        let se = sd * qr.variance_of(&unit).sqrt();
        coefficients.push(finish(slopes[j], se, y.exponent - column.exponent)?);
    }
    let square = |v: f64| times_power(times_power(v, y.exponent), y.exponent);
    let total: f64 = y.values.iter().map(|v| v * v).sum();
    let (rss, sigma) = (square(squares), times_power(sd, y.exponent));
    if !(rss.is_finite() && sigma.is_finite()) {
        return Err(StatsError::Overflow);
    }
    let count = n as f64;
    let ln_variance = (squares / count).ln() + 2.0 * f64::from(y.exponent) * LN_2;
    let log_likelihood = -0.5 * count * ((2.0 * PI).ln() + ln_variance + 1.0);
    let p = x.len() as f64 + 2.0;
    let aic = 2.0 * p - 2.0 * log_likelihood;
    let spare = count - p - 1.0;
    Ok(Ols {
        coefficients,
        r2: (1.0 - squares / total).clamp(0.0, 1.0),
        rss,
        sigma,
        log_likelihood,
        aic,
        aicc: (spare > 0.0).then(|| aic + 2.0 * p * (p + 1.0) / spare),
        bic: p * count.ln() - 2.0 * log_likelihood,
        n,
        df,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn intervals_cover_as_stated() {
        let covered = (0..1_000u64)
            .filter(|&run| {
                let mut rng = Rng::stream(121, run);
                let a: Vec<f64> = (0..12).map(|_| rng.normal()).collect();
                let b: Vec<f64> = (0..12).map(|_| rng.uniform()).collect();
                let y: Vec<f64> = a
                    .iter()
                    .zip(&b)
                    .map(|(a, b)| 1.0 + 2.0 * a - 3.0 * b + rng.normal())
                    .collect();
                ols(&[a, b], &y, 0.9).unwrap().coefficients[2]
                    .interval
                    .contains(-3.0)
            })
            .count();
        assert!((870..=930).contains(&covered), "{covered}");
    }

    #[test]
    fn edges() {
        let none: [Vec<f64>; 0] = [];
        let mean = ols(&none, &[1.0, 2.0, 6.0], 0.95).unwrap();
        assert!((mean.coefficients[0].value - 3.0).abs() < 1e-15 && mean.r2 == 0.0);
        let x = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(ols(&[x], &[5.0; 4], 0.95), Err(StatsError::ZeroVariance));
        assert_eq!(ols(&[[2.0; 4]], &x, 0.95), Err(StatsError::Degenerate));
        assert_eq!(
            ols(&[x, x], &[1.0, 2.0, 3.0, 5.0], 0.95),
            Err(StatsError::Degenerate)
        );
        assert_eq!(
            ols(&[&x[..2]], &[1.0, 2.0], 0.95),
            Err(StatsError::TooFew { need: 3, got: 2 })
        );
        assert!(matches!(
            ols(&[&x[..2]], &x, 0.95),
            Err(StatsError::LengthMismatch { .. })
        ));
        let perfect = ols(&[x], &[2.0, 4.0, 6.0, 8.0], 0.95).unwrap();
        assert!((perfect.coefficients[1].value - 2.0).abs() < 1e-14 && !perfect.aic.is_nan());
        assert!(ols(&[x], &[1e308, -1e308, 1e308, 0.0], 0.95).is_err());
        assert!(
            ols(
                &[[0.0, 5e-324, 1e-323, 2e-323]],
                &[1e308, -1e308, 1e308, 0.0],
                0.9
            )
            .is_err()
        );
    }
}
