//! In: an effect in standard deviations, counts, error rates. Out: the power of t-tests, the n they need, the effect they can show.

use super::noncentral_t::noncentral_t_tails;
use crate::error::StatsError;
use crate::interval::{Alternative, check_open_unit};
use crate::special::t_upper_quantile;

/// Fewest degrees of freedom a search for n considers.
const MIN_DF: f64 = 0.5;

/// No search goes beyond this n, or beyond this effect.
const UNREACHABLE: f64 = 1e12;

/// How the observations come.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Design {
    /// Two samples of n and `ratio` n; the effect is the difference of means over the common standard deviation.
    Independent {
        /// Size of the second sample over that of the first.
        ratio: f64,
    },
    /// n pairs (or one sample); the effect is the mean difference over the standard deviation of the *differences*.
    Paired,
}

/// Power of t-tests: what n, effect, error rate and power determine of one another.
///
/// The power is the chance that a t statistic of noncentrality effect * sqrt(n m/(n + m)) (pairs: effect * sqrt(n)) falls beyond the critical
/// value, in either tail for a two-sided test. n may be fractional; round it up. Assumes normal observations of one variance (heavier tails need
/// more: [`n_for_ranks`](super::n_for_ranks), or better [`power_by_resampling`](super::power_by_resampling)), and independent ones:
/// n counts blocks or processes, not calls. Source: Cohen, *Statistical Power Analysis* (1988), exact by the noncentral t law.
///
/// ```
/// use perf_stats::power::TPower;
/// let test = TPower::independent();
/// assert!((test.power(0.5, 64.0)? - 0.8014596).abs() < 1e-6);
/// assert_eq!(test.n_required(0.5, 0.8)?.ceil(), 64.0);
/// assert!((test.detectable_effect(64.0, 0.8)? - 0.499).abs() < 1e-3);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TPower {
    design: Design,
    alpha: f64,
    alternative: Alternative,
}

impl TPower {
    /// Two independent samples of one size, alpha 0.05 two-sided.
    pub const fn independent() -> Self {
        Self::new(Design::Independent { ratio: 1.0 })
    }

    /// Pairs, alpha 0.05 two-sided.
    pub const fn paired() -> Self {
        Self::new(Design::Paired)
    }

    /// The design, alpha 0.05 two-sided.
    pub const fn new(design: Design) -> Self {
        Self {
            design,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
        }
    }

    /// Another error rate, in (0, 1).
    #[must_use]
    pub const fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// Another alternative.
    #[must_use]
    pub const fn alternative(self, alternative: Alternative) -> Self {
        Self {
            alternative,
            ..self
        }
    }

    fn check(&self) -> Result<(), StatsError> {
        check_open_unit(self.alpha, "alpha")?;
        match self.design {
            Design::Independent { ratio } if !(ratio > 0.0 && ratio.is_finite()) => {
                Err(StatsError::BadParameter {
                    name: "ratio",
                    expected: "positive and finite",
                })
            }
            _ => Ok(()),
        }
    }

    /// (degrees of freedom, factor from effect to noncentrality) at n.
    fn at(&self, n: f64) -> (f64, f64) {
        match self.design {
            Design::Independent { ratio } => (
                n * (1.0 + ratio) - 2.0,
                (n * (ratio / (1.0 + ratio))).sqrt(),
            ),
            Design::Paired => (n - 1.0, n.sqrt()),
        }
    }

    /// The n at which `df` degrees of freedom are left.
    fn n_with(&self, df: f64) -> f64 {
        match self.design {
            Design::Independent { ratio } => (df + 2.0) / (1.0 + ratio),
            Design::Paired => df + 1.0,
        }
    }

    /// The chance to detect the effect (in standard deviations, with its sign) with n in the first sample, or n pairs.
    ///
    /// ```
    /// use perf_stats::{Alternative, power::TPower};
    /// let one_sided = TPower::independent().alternative(Alternative::Greater);
    /// assert!((one_sided.power(0.3, 50.0)? - 0.4383254).abs() < 1e-6);
    /// assert!(one_sided.power(-0.3, 50.0)? < 0.05);
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] for an argument out of range, [`StatsError::TooFew`] if no degree of freedom is left.
    pub fn power(&self, effect: f64, n: f64) -> Result<f64, StatsError> {
        self.check()?;
        if !effect.is_finite() {
            return Err(StatsError::BadParameter {
                name: "effect",
                expected: "finite",
            });
        }
        if !(n > 0.0 && n.is_finite()) {
            return Err(StatsError::BadParameter {
                name: "n",
                expected: "positive and finite",
            });
        }
        let (df, factor) = self.at(n);
        if df <= 0.0 {
            return Err(StatsError::TooFew {
                need: self.n_with(1.0).ceil() as usize,
                got: n as usize,
            });
        }
        let ncp = effect * factor;
        let critical = |tail: f64| signed_upper_quantile(tail, df);
        Ok(match self.alternative {
            Alternative::TwoSided => {
                let t = critical(self.alpha / 2.0);
                let (_, above) = noncentral_t_tails(t, df, ncp)?;
                let (below, _) = noncentral_t_tails(-t, df, ncp)?;
                (above + below).min(1.0)
            }
            Alternative::Greater => noncentral_t_tails(critical(self.alpha), df, ncp)?.1,
            Alternative::Less => noncentral_t_tails(-critical(self.alpha), df, ncp)?.0,
        })
    }

    /// The (fractional) n in the first sample, or number of pairs, at which the power is reached; not below half a degree of freedom.
    ///
    /// ```
    /// use perf_stats::{StatsError, power::TPower};
    /// let n = TPower::paired().alpha(0.01).n_required(1.2, 0.9)?;
    /// assert!((TPower::paired().alpha(0.01).power(1.2, n)? - 0.9).abs() < 1e-9);
    /// assert_eq!(TPower::paired().n_required(0.0, 0.9), Err(StatsError::Unreachable));
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// [`StatsError::BadParameter`]; [`StatsError::Unreachable`] if the effect is 0, of the wrong sign, or too small for 1e12 observations.
    pub fn n_required(&self, effect: f64, power: f64) -> Result<f64, StatsError> {
        check_open_unit(power, "power")?;
        let low = self.n_with(MIN_DF);
        solve(power, low, |n| self.power(effect, n))
    }

    /// The smallest effect, in standard deviations, that n observations detect with the power; negative for the alternative `Less`.
    ///
    /// # Errors
    /// As [`TPower::power`]; [`StatsError::Unreachable`] if no effect below 1e12 will do.
    pub fn detectable_effect(&self, n: f64, power: f64) -> Result<f64, StatsError> {
        check_open_unit(power, "power")?;
        let sign = if self.alternative == Alternative::Less {
            -1.0
        } else {
            1.0
        };
        Ok(sign * solve(power, 0.0, |effect| self.power(sign * effect, n))?)
    }
}

/// The t with P(T > t) = tail, for any tail in (0, 1).
fn signed_upper_quantile(tail: f64, df: f64) -> f64 {
    if tail > 0.5 {
        -t_upper_quantile(1.0 - tail, df)
    } else {
        t_upper_quantile(tail, df)
    }
}

/// Where an increasing function reaches the goal, at or above `low`.
fn solve(
    goal: f64,
    low: f64,
    f: impl Fn(f64) -> Result<f64, StatsError>,
) -> Result<f64, StatsError> {
    if f(low)? >= goal {
        return Ok(low);
    }
    let (mut low, mut high) = (low, 2.0 * low + 1.0);
    while f(high)? < goal {
        if high > UNREACHABLE {
            return Err(StatsError::Unreachable);
        }
        low = high;
        high *= 2.0;
    }
    while high - low > 1e-13 * high {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if f(middle)? < goal {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::tests::welch_t;

    #[test]
    fn power_is_what_tests_show() {
        let mut rng = Rng::new(21);
        let runs = 4_000;
        let mut rejected = 0;
        for _ in 0..runs {
            let x: Vec<f64> = (0..20).map(|_| rng.normal() + 0.8).collect();
            let y: Vec<f64> = (0..20).map(|_| rng.normal()).collect();
            rejected += u32::from(welch_t(&x, &y, 0.95).unwrap().p.two_sided < 0.05);
        }
        let want = TPower::independent().power(0.8, 20.0).unwrap();
        let share = f64::from(rejected) / f64::from(runs);
        assert!((share - want).abs() < 0.03, "{share} {want}");
    }

    #[test]
    fn answers_invert_each_other_and_wrong_signs_are_unreachable() {
        for alternative in [
            Alternative::TwoSided,
            Alternative::Greater,
            Alternative::Less,
        ] {
            let test = TPower::new(Design::Independent { ratio: 1.5 }).alternative(alternative);
            let d = test.detectable_effect(25.0, 0.85).unwrap();
            assert!((test.power(d, 25.0).unwrap() - 0.85).abs() < 1e-10);
            assert!((test.n_required(d, 0.85).unwrap() - 25.0).abs() < 1e-6);
            if alternative != Alternative::TwoSided {
                assert_eq!(test.n_required(-d, 0.85), Err(StatsError::Unreachable));
            }
        }
    }

    #[test]
    fn extremes_are_answers_or_refusals() {
        let test = TPower::independent();
        for n in [1.0, 1.5, 2.0, 1e3, 1e9] {
            for d in [0.0, 1e-300, 1e-3, 1.0, 50.0, 1e6] {
                if let Ok(p) = test.power(d, n) {
                    assert!((0.0..=1.0).contains(&p), "{n} {d} {p}");
                }
            }
        }
        assert!(matches!(
            test.power(1.0, 1.0),
            Err(StatsError::TooFew { need: 2, got: 1 })
        ));
        assert!(test.power(f64::NAN, 5.0).is_err() && test.power(1.0, f64::INFINITY).is_err());
        assert!(test.alpha(0.0).power(1.0, 5.0).is_err() && test.n_required(1.0, 1.0).is_err());
    }
}
