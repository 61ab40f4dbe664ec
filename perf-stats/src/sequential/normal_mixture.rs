//! In: a running sum and how much noise it has gathered. Out: e-values and boundaries of the normal mixture.

use crate::error::StatsError;
use crate::interval::{Interval, check_open_unit};

/// The normal mixture: a boundary that the sum of centred noise crosses, ever, with probability at most alpha.
///
/// **Assumes** that the sum gathers sub-Gaussian noise of the stated variance ("intrinsic time"), e.g. n times the known variance.
/// `rho` chooses where the boundary is tight, never whether it is valid. Source: Robbins 1970; Howard, Ramdas,
/// McAuliffe & Sekhon 2021, Annals of Statistics 49. For noise of unknown size see [`super::SelfNormalised`].
///
/// ```
/// use perf_stats::sequential::NormalMixture;
/// let mixture = NormalMixture::new(10.0)?;
/// // ln e = S^2 / (2 (V + rho)) - ln((V + rho)/rho) / 2
/// assert!((mixture.log_e(10.0, 100.0)? + 0.744_402_181_853_730_7).abs() < 1e-12);
/// assert!((mixture.boundary(100.0, 0.05)? - 30.378_110_214_259_52).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormalMixture {
    rho: f64, // > 0, in units of intrinsic time
}

impl NormalMixture {
    /// The mixture with this `rho`.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless positive and finite.
    pub fn new(rho: f64) -> Result<Self, StatsError> {
        if rho > 0.0 && rho.is_finite() {
            Ok(Self { rho })
        } else {
            Err(StatsError::BadParameter {
                name: "rho",
                expected: "positive and finite",
            })
        }
    }

    /// The mixture whose boundary is nearly tightest when this much intrinsic time has passed.
    ///
    /// rho = V / (2 ln(1/alpha) + ln(1 + 2 ln(1/alpha))), Howard et al. 2021, section 3.5.
    ///
    /// ```
    /// use perf_stats::sequential::NormalMixture;
    /// let tuned = NormalMixture::tuned(400.0, 0.05)?;
    /// for rho in [4.0, 400.0] {
    ///     assert!(tuned.boundary(400.0, 0.05)? < NormalMixture::new(rho)?.boundary(400.0, 0.05)?);
    /// }
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless the time is positive and finite and `alpha` in (0, 1).
    pub fn tuned(intrinsic_time: f64, alpha: f64) -> Result<Self, StatsError> {
        let twice = -2.0 * check_open_unit(alpha, "alpha")?.ln();
        Self::new(intrinsic_time / (twice + twice.ln_1p()))
    }

    /// ln of the e-value against "the noise has mean zero".
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `sum` is finite and `intrinsic_time` finite and not negative.
    pub fn log_e(&self, sum: f64, intrinsic_time: f64) -> Result<f64, StatsError> {
        if !sum.is_finite() {
            return Err(StatsError::BadParameter {
                name: "sum",
                expected: "finite",
            });
        }
        let v = check_time(intrinsic_time)?;
        let z = sum / (v + self.rho).sqrt();
        Ok(0.5 * (z * z - self.log_growth(v)))
    }

    /// The boundary: |sum| reaches it, at any time, with probability at most `alpha`; there the e-value is 1/alpha.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] as for [`NormalMixture::log_e`], and for `alpha` outside (0, 1).
    pub fn boundary(&self, intrinsic_time: f64, alpha: f64) -> Result<f64, StatsError> {
        let v = check_time(intrinsic_time)?;
        let limit = -2.0 * check_open_unit(alpha, "alpha")?.ln();
        Ok((v + self.rho).sqrt() * (self.log_growth(v) + limit).sqrt())
    }

    /// ln((V + rho) / rho).
    fn log_growth(self, v: f64) -> f64 {
        let ratio = v / self.rho;
        if ratio.is_finite() {
            ratio.ln_1p()
        } else {
            v.ln() - self.rho.ln()
        }
    }
}

fn check_time(v: f64) -> Result<f64, StatsError> {
    if (0.0..=1e300).contains(&v) {
        Ok(v)
    } else {
        Err(StatsError::BadParameter {
            name: "intrinsic_time",
            expected: "within 0 and 1e300",
        })
    }
}

/// The mixture sequential probability ratio test: a mean of observations with known standard deviation, watched for ever.
///
/// **Assumes** independent (sub-)Gaussian observations of the stated standard deviation; a deviation that is stated too small breaks it. `effect_sd` is the
/// size of shift one expects, and only costs samples when wrong. Source: Johari, Koomen, Pekelis & Walsh 2017 (KDD).
/// For pairs A, B push the difference, whose deviation is sqrt(2) that of one.
///
/// ```
/// use perf_stats::sequential::MixtureSprt;
/// let mut test = MixtureSprt::new(0.0, 1.0, 0.5)?; // is the mean 0?
/// for i in 0..60 {
///     test.push(0.8 + if i % 2 == 0 { 0.5 } else { -0.5 })?;
/// }
/// assert!(test.p() < 1e-6);
/// assert!(test.interval(0.05)?.contains(0.8));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureSprt {
    null: f64,
    sd: f64, // > 0, of one observation
    mixture: NormalMixture,
    n: u64,
    sum: f64,  // of (observation - null) / sd
    best: f64, // largest ln e so far
}

impl MixtureSprt {
    /// A test of the mean `null`, for observations of standard deviation `sd` and shifts of about `effect_sd`.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless `null` is finite and both deviations are within 1e-150 and 1e150.
    pub fn new(null: f64, sd: f64, effect_sd: f64) -> Result<Self, StatsError> {
        if !null.is_finite() {
            return Err(StatsError::BadParameter {
                name: "null",
                expected: "finite",
            });
        }
        for (value, name) in [(sd, "sd"), (effect_sd, "effect_sd")] {
            if !(1e-150..=1e150).contains(&value) {
                return Err(StatsError::BadParameter {
                    name,
                    expected: "within 1e-150 and 1e150",
                });
            }
        }
        let ratio = (sd / effect_sd).clamp(1e-150, 1e150);
        Ok(Self {
            null,
            sd,
            mixture: NormalMixture::new(ratio * ratio)?,
            n: 0,
            sum: 0.0,
            best: 0.0,
        })
    }

    /// Takes the next observation.
    ///
    /// # Errors
    /// [`StatsError::NonFinite`] (with the number of observations before it), [`StatsError::Overflow`] for one beyond 1e150
    /// standard deviations; the state is then unchanged.
    pub fn push(&mut self, x: f64) -> Result<(), StatsError> {
        if !x.is_finite() {
            return Err(StatsError::NonFinite {
                index: self.n as usize,
            });
        }
        let z = (x - self.null) / self.sd;
        if !(self.sum + z).is_finite() || z.abs() > 1e150 {
            return Err(StatsError::Overflow);
        }
        self.sum += z;
        self.n += 1;
        self.best = self.best.max(self.log_e()?);
        Ok(())
    }

    /// ln of the present e-value against the null.
    ///
    /// # Errors
    /// None occurs once constructed; the signature is that of [`NormalMixture::log_e`].
    pub fn log_e(&self) -> Result<f64, StatsError> {
        self.mixture.log_e(self.sum, self.n as f64)
    }

    /// The always-valid p-value: 1 over the largest e-value so far, never above 1.
    pub fn p(&self) -> f64 {
        super::p_from_log_e(self.best)
    }

    /// The present confidence interval of the mean, valid at every moment.
    ///
    /// # Errors
    /// [`StatsError::Empty`] before the first observation, [`StatsError::BadParameter`] for `alpha` outside (0, 1).
    pub fn interval(&self, alpha: f64) -> Result<Interval, StatsError> {
        if self.n == 0 {
            return Err(StatsError::Empty);
        }
        let n = self.n as f64;
        let half = self.sd * (self.mixture.boundary(n, alpha)? / n);
        let mean = self.null + self.sd * (self.sum / n);
        Ok(Interval::new(
            mean - half,
            mean + half,
            1.0 - alpha,
            "normal-mixture confidence sequence",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn the_boundary_is_where_the_evidence_is_reached() {
        for (rho, v, alpha) in [(1.0, 0.0, 0.05), (25.0, 400.0, 0.01), (1e-9, 1e12, 0.3)] {
            let m = NormalMixture::new(rho).unwrap();
            let edge = m.boundary(v, alpha).unwrap();
            assert!((m.log_e(edge, v).unwrap() + f64::ln(alpha)).abs() < 1e-9);
        }
    }

    #[test]
    fn agrees_with_the_formula_of_the_ratio_test() {
        let (sd, tau, mean, n) = (2.0, 0.7, 0.4, 50.0);
        let mut t = MixtureSprt::new(1.0, sd, tau).unwrap();
        (0..50).for_each(|_| t.push(1.0 + mean).unwrap());
        let (s2, t2): (f64, f64) = (sd * sd, tau * tau);
        let want =
            0.5 * (s2 / (s2 + n * t2)).ln() + n * n * t2 * mean * mean / (2.0 * s2 * (s2 + n * t2));
        assert!((t.log_e().unwrap() - want).abs() < 1e-12);
    }

    /// Watched over 1,000 observations, at most alpha of the runs ever reject a true null.
    #[test]
    fn optional_stopping_is_harmless() {
        let rejected = (0..1_000u64)
            .filter(|&run| {
                let mut rng = Rng::stream(21, run);
                let mut t = MixtureSprt::new(5.0, 3.0, 1.0).unwrap();
                (0..1_000).for_each(|_| t.push(5.0 + 3.0 * rng.normal()).unwrap());
                t.p() <= 0.05
            })
            .count();
        assert!((10..=70).contains(&rejected), "{rejected}");
    }

    #[test]
    fn bad_arguments_are_refused() {
        assert!(NormalMixture::new(0.0).is_err() && NormalMixture::new(f64::NAN).is_err());
        assert!(NormalMixture::tuned(0.0, 0.05).is_err());
        let m = NormalMixture::new(1.0).unwrap();
        assert!(m.log_e(f64::INFINITY, 1.0).is_err() && m.log_e(0.0, -1.0).is_err());
        assert!(m.boundary(1.0, 1.0).is_err());
        let mut t = MixtureSprt::new(0.0, 1.0, 1.0).unwrap();
        assert_eq!(t.interval(0.05), Err(StatsError::Empty));
        assert_eq!(t.push(f64::NAN), Err(StatsError::NonFinite { index: 0 }));
        assert_eq!(t.push(1e200), Err(StatsError::Overflow));
        assert_eq!(t.p(), 1.0);
    }
}
