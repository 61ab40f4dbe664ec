//! In: arguments of distribution functions. Out: their values by statrs, guarded where statrs 0.19.1 was found wrong or endless.
//!
//! Tails are always taken directly (`sf`), never as `1 - cdf`.

use statrs::distribution::{Beta, Binomial, ChiSquared, Continuous, ContinuousCDF, DiscreteCDF};
use statrs::distribution::{FisherSnedecor, Normal, StudentsT};

/// Above this many degrees of freedom statrs' t quantile loses digits (6e-5 at 1e6) or does not return (1e8).
const T_QUANTILE_MAX_DF: f64 = 1e5;

fn standard_normal() -> Normal {
    Normal::standard()
}

/// P(Z <= z), relative error below 1e-10.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    standard_normal().cdf(z)
}

/// P(Z > z), accurate in the far tail.
pub(crate) fn normal_sf(z: f64) -> f64 {
    standard_normal().sf(z)
}

/// The z with P(Z <= z) = p, for p in (0, 1).
pub(crate) fn normal_quantile(p: f64) -> f64 {
    standard_normal().inverse_cdf(p)
}

/// P(T <= t) with `df` degrees of freedom (df > 0).
pub(crate) fn t_cdf(t: f64, df: f64) -> f64 {
    t_sf(-t, df)
}

/// P(T > t) with `df` degrees of freedom (df > 0).
pub(crate) fn t_sf(t: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df) {
        Ok(d) => d.sf(t),
        Err(_) => normal_sf(t),
    }
}

/// The t with P(T <= t) = p, for p in (0, 1) and df > 0.
///
/// Normal start with the Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5) above 1e5 degrees of freedom, statrs' own
/// inverse polished by Newton steps below.
pub(crate) fn t_quantile(p: f64, df: f64) -> f64 {
    if p == 0.5 {
        return 0.0;
    }
    if p > 0.5 {
        return -t_lower_quantile(1.0 - p, df);
    }
    t_lower_quantile(p, df)
}

fn t_lower_quantile(p: f64, df: f64) -> f64 {
    if df > T_QUANTILE_MAX_DF {
        let z = normal_quantile(p);
        let (z3, z5) = (z.powi(3), z.powi(5));
        return z + (z3 + z) / (4.0 * df) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * df * df);
    }
    if df == 1.0 {
        return -1.0 / (std::f64::consts::PI * p).tan();
    }
    let Ok(d) = StudentsT::new(0.0, 1.0, df) else {
        return normal_quantile(p);
    };
    let mut t = d.inverse_cdf(p);
    for _ in 0..3 {
        let slope = d.pdf(t);
        if !(slope > 0.0 && t.is_finite()) {
            break;
        }
        let step = (d.cdf(t) - p) / slope;
        if !step.is_finite() {
            break;
        }
        t -= step;
        if step.abs() <= 1e-15 * t.abs() {
            break;
        }
    }
    t
}

/// P(X > x) of chi squared.
pub(crate) fn chi_squared_sf(x: f64, df: f64) -> f64 {
    ChiSquared::new(df).map_or(f64::NAN, |d| d.sf(x))
}

/// P(F > x) of the F distribution.
pub(crate) fn f_sf(x: f64, df1: f64, df2: f64) -> f64 {
    FisherSnedecor::new(df1, df2).map_or(f64::NAN, |d| d.sf(x))
}

/// P(Bin(n, p) <= k).
pub(crate) fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    Binomial::new(p, n).map_or(f64::NAN, |d| d.cdf(k))
}

/// P(Bin(n, p) > k).
pub(crate) fn binomial_sf(k: u64, n: u64, p: f64) -> f64 {
    Binomial::new(p, n).map_or(f64::NAN, |d| d.sf(k))
}

/// P(B <= x) of the beta distribution.
pub(crate) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |d| d.cdf(x))
}

/// The x with P(B <= x) = p of the beta distribution.
pub(crate) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |d| d.inverse_cdf(p))
}
