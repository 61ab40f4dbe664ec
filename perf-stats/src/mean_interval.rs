//! In: one or two samples. Out: intervals for a mean and for a ratio of means.

use crate::describe::Shape;
use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::sample::{at_least, binary_exponent, representable, times_power_of_two};
use crate::special::t_quantile;

/// Student's interval for the mean: mean -+ t(n - 1) sd / sqrt n.
///
/// Assumes independent observations of finite variance; exact for normal data, good for n above 20 or so if they are not very
/// skewed. For latencies with heavy tails it covers less than it says (82-91 % instead of 95 % at n = 20).
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::TooFew`] (2 needed), [`StatsError::NonFinite`], [`StatsError::BadParameter`] for the
/// level, [`StatsError::Overflow`].
///
/// ```
/// use perf_stats::mean_interval::mean_interval;
/// let i = mean_interval(&[9.0, 10.0, 11.0], 0.95)?;
/// assert!((i.low - 7.5159).abs() < 1e-4 && (i.high - 12.4841).abs() < 1e-4);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn mean_interval(x: &[f64], level: f64) -> Result<Interval, StatsError> {
    let m = Mean::new(x)?;
    let half = t_quantile(0.5 * (1.0 + check_level(level)?), m.df) * m.se;
    Ok(Interval::new(
        representable(m.value - half)?,
        representable(m.value + half)?,
        level,
        "Student t",
    ))
}

/// Student's interval for a mean whose moments are known: of a histogram, or of dependent observations at their effective number.
///
/// `variance` is that of single observations, `n` (at least 2, may be fractional) the number of independent ones they are worth.
///
/// # Errors
/// [`StatsError::BadParameter`] for a moment that is not finite, a negative variance, n below 2, or the level;
/// [`StatsError::Overflow`].
///
/// ```
/// use perf_stats::mean_interval::{mean_interval, mean_interval_from};
/// let known = mean_interval_from(10.0, 1.0, 3.0, 0.95)?;
/// assert!((known.low - mean_interval(&[9.0, 10.0, 11.0], 0.95)?.low).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn mean_interval_from(
    mean: f64,
    variance: f64,
    n: f64,
    level: f64,
) -> Result<Interval, StatsError> {
    let bad = |name, expected| Err(StatsError::BadParameter { name, expected });
    if !mean.is_finite() {
        return bad("mean", "finite");
    }
    if !(variance.is_finite() && variance >= 0.0) {
        return bad("variance", "finite and not negative");
    }
    if !(n.is_finite() && n >= 2.0) {
        return bad("n", "at least 2 and finite");
    }
    let half = t_quantile(0.5 * (1.0 + check_level(level)?), n - 1.0) * (variance / n).sqrt();
    Ok(Interval::new(
        representable(mean - half)?,
        representable(mean + half)?,
        level,
        "Student t",
    ))
}

struct Mean {
    value: f64,
    se: f64,
    df: f64,
}

impl Mean {
    fn new(x: &[f64]) -> Result<Self, StatsError> {
        let n = at_least(x, 2)?.len() as f64;
        let exponent = binary_exponent(x);
        let scaled: Vec<_> = x
            .iter()
            .map(|&v| (times_power_of_two(v, -exponent), 1.0))
            .collect();
        let shape = Shape::new(&scaled, exponent);
        let se = representable(shape.sd().unwrap_or(0.0) / n.sqrt())?;
        Ok(Self {
            value: representable(shape.mean())?,
            se,
            df: n - 1.0,
        })
    }
}

/// The ratios of two means that the data do not contradict.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Fieller {
    /// An ordinary interval.
    Bounded(Interval),
    /// The denominator may be 0: every ratio up to `below` and every ratio from `above` on is possible.
    Outside {
        /// Upper end of the lower half-line.
        below: f64,
        /// Lower end of the upper half-line.
        above: f64,
    },
    /// The data exclude no ratio at all.
    Everything,
}

/// Ratio of means mean(x) / mean(y) with Fieller's interval (1954), and whether that is bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RatioOfMeans {
    /// mean(x) / mean(y).
    pub estimate: f64,
    /// The set of ratios not contradicted at the level.
    pub set: Fieller,
    /// Two-sided confidence.
    pub level: f64,
    /// Degrees of freedom (Satterthwaite, at the estimate).
    pub df: f64,
}

/// The ratio mean(x) / mean(y) of independent samples by Fieller's theorem: all r for which mean(x) - r mean(y) is not
/// significantly different from 0.
///
/// Assumes means that are about normal; nothing about the sign of the denominator. If mean(y) itself is not significantly
/// different from 0 the set is unbounded, and says so. With m the estimate, s = t se(x)/mean(y) and g = (t se(y)/mean(y))^2:
/// (m -+ sqrt(g m^2 + s^2 (1 - g))) / (1 - g). Used for benchmark ratios by Kalibera & Jones 2013.
///
/// # Errors
/// As [`mean_interval`]; [`StatsError::Degenerate`] for a mean(y) of 0, [`StatsError::ZeroVariance`] if neither sample varies.
///
/// ```
/// use perf_stats::mean_interval::{Fieller, ratio_of_means};
/// let r = ratio_of_means(&[19.0, 20.0, 21.0, 20.0], &[10.0, 9.9, 10.1, 10.0], 0.95)?;
/// let Fieller::Bounded(i) = r.set else { panic!() };
/// assert!((r.estimate - 2.0).abs() < 1e-12 && i.low > 1.8 && i.high < 2.2);
/// assert_eq!(ratio_of_means(&[1.0, 2.0], &[-1.0, 1.5], 0.95)?.set, Fieller::Everything);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn ratio_of_means(x: &[f64], y: &[f64], level: f64) -> Result<RatioOfMeans, StatsError> {
    let (estimate, sx, sy, df) = relative(x, y)?;
    let t = t_quantile(0.5 * (1.0 + check_level(level)?), df);
    let (s, g) = (t * sx, (t * sy).powi(2));
    let radicand = g * estimate * estimate + s * s * (1.0 - g);
    let root = |sign: f64| representable((estimate + sign * radicand.sqrt()) / (1.0 - g));
    let set = if g < 1.0 {
        Fieller::Bounded(Interval::new(root(-1.0)?, root(1.0)?, level, "Fieller"))
    } else if radicand <= 0.0 || g == 1.0 {
        Fieller::Everything
    } else {
        Fieller::Outside {
            below: root(1.0)?,
            above: root(-1.0)?,
        }
    };
    Ok(RatioOfMeans {
        estimate,
        set,
        level,
        df,
    })
}

/// The ratio of positive means by the delta method on its logarithm: exp(ln r -+ t sqrt(cv(x)^2/n + cv(y)^2/m)).
///
/// Always bounded and positive; agrees with Fieller where both means are many standard errors from 0, and is too narrow where
/// they are not.
///
/// # Errors
/// As [`ratio_of_means`]; [`StatsError::BadParameter`] unless both means are positive.
///
/// ```
/// use perf_stats::mean_interval::ratio_log_delta;
/// let i = ratio_log_delta(&[19.0, 20.0, 21.0, 20.0], &[10.0, 9.9, 10.1, 10.0], 0.95)?;
/// assert!((i.low * i.high - 4.0).abs() < 1e-9); // symmetric about 2 in logarithms
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn ratio_log_delta(x: &[f64], y: &[f64], level: f64) -> Result<Interval, StatsError> {
    if Mean::new(x)?.value <= 0.0 || Mean::new(y)?.value <= 0.0 {
        return Err(StatsError::BadParameter {
            name: "means",
            expected: "positive",
        });
    }
    let (estimate, sx, sy, df) = relative(x, y)?;
    let t = t_quantile(0.5 * (1.0 + check_level(level)?), df);
    let half = t * (sx / estimate).hypot(sy);
    let end = |sign: f64| representable(estimate * (sign * half).exp());
    Ok(Interval::new(end(-1.0)?, end(1.0)?, level, "log delta"))
}

/// Ratio of means, standard errors of both over |mean(y)|, and Satterthwaite's degrees of freedom at the ratio.
fn relative(x: &[f64], y: &[f64]) -> Result<(f64, f64, f64, f64), StatsError> {
    let (a, b) = (Mean::new(x)?, Mean::new(y)?);
    if b.value == 0.0 {
        return Err(StatsError::Degenerate);
    }
    let estimate = representable(a.value / b.value)?;
    let (sx, sy) = (
        representable(a.se / b.value.abs())?,
        representable(b.se / b.value.abs())?,
    );
    let other = sy * estimate.abs();
    let largest = sx.max(other);
    if largest == 0.0 {
        return Err(StatsError::ZeroVariance);
    }
    let (u, v) = ((sx / largest).powi(2), (other / largest).powi(2));
    let df = (u + v).powi(2) / (u * u / a.df + v * v / b.df);
    Ok((estimate, sx, sy, df))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn coverage_under_normality() {
        let mut rng = Rng::new(31);
        let (runs, mut mean_hits, mut fieller_hits, mut delta_hits) = (3_000, 0, 0, 0);
        for _ in 0..runs {
            let mut draw =
                |n: usize, at: f64| -> Vec<f64> { (0..n).map(|_| at + rng.normal()).collect() };
            let (x, y) = (draw(20, 30.0), draw(25, 10.0));
            mean_hits += u32::from(mean_interval(&x, 0.95).unwrap().contains(30.0));
            let Fieller::Bounded(i) = ratio_of_means(&x, &y, 0.95).unwrap().set else {
                panic!()
            };
            fieller_hits += u32::from(i.contains(3.0));
            delta_hits += u32::from(ratio_log_delta(&x, &y, 0.95).unwrap().contains(3.0));
        }
        for hits in [mean_hits, fieller_hits, delta_hits] {
            let rate = f64::from(hits) / f64::from(runs);
            assert!(
                (rate - 0.95).abs() < 4.0 * (0.0475 / f64::from(runs)).sqrt(),
                "{rate}"
            );
        }
    }

    #[test]
    fn an_uncertain_denominator_is_said() {
        let set = ratio_of_means(&[100.0, 101.0, 102.0], &[-1.0, 2.0, 1.0], 0.95)
            .unwrap()
            .set;
        assert!(
            matches!(set, Fieller::Outside { below, above } if below < 0.0 && above > 0.0),
            "{set:?}"
        );
        assert_eq!(
            ratio_of_means(&[1.0, 1.0], &[2.0, 2.0], 0.9),
            Err(StatsError::ZeroVariance)
        );
        assert_eq!(
            ratio_of_means(&[1.0, 2.0], &[-1.0, 1.0], 0.9),
            Err(StatsError::Degenerate)
        );
    }
}
