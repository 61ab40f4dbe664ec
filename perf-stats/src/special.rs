//! In: arguments of distribution functions. Out: their values by statrs, guarded where statrs 0.19.1 was found wrong or endless.
//!
//! Tails are always taken directly (`sf`), never as `1 - cdf`.

use statrs::distribution::{Beta, Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};
use statrs::distribution::{FisherSnedecor, Normal};
use statrs::function::{beta::beta_reg, gamma::ln_gamma};

/// Above this many degrees of freedom expansions in 1/df are exact to rounding, while statrs' t quantile loses digits (6e-5 at
/// 1e6) or does not return (1e8).
const T_EXPANSION_DF: f64 = 1e5;

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
///
/// The incomplete beta function is taken at t^2/(df + t^2) below t = 1 and at df/(df + t^2) above, so that neither a tiny
/// nor a huge t loses digits; above 1e5 degrees of freedom Hill's normal deviate (1970) is closer than statrs' beta function.
pub(crate) fn t_sf(t: f64, df: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - t_sf(-t, df);
    }
    if df > T_EXPANSION_DF {
        return normal_sf(hill_deviate(t, df));
    }
    let ratio = (t / df.sqrt()).powi(2);
    if t < 1.0 {
        0.5 - 0.5 * beta_reg(0.5, df / 2.0, ratio / (1.0 + ratio))
    } else if ratio.is_finite() {
        0.5 * beta_reg(df / 2.0, 0.5, 1.0 / (1.0 + ratio))
    } else {
        0.0
    }
}

/// The standard normal deviate with the tail of `t` (t >= 0, df large).
fn hill_deviate(t: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        return t;
    }
    let a = df - 0.5;
    let b = 48.0 * a * a;
    let y = a * ((t / df.sqrt()).powi(2)).ln_1p();
    y.sqrt() * (1.0 + (y + 3.0) / b)
}

/// The t with P(T <= t) = p, for p in (0, 1) and df > 0.
pub(crate) fn t_quantile(p: f64, df: f64) -> f64 {
    if p < 0.5 {
        -t_upper_quantile(p, df)
    } else {
        t_upper_quantile(1.0 - p, df)
    }
}

/// The t >= 0 with P(T > t) = q, for q in (0, 0.5].
///
/// Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5) above 1e5 degrees of freedom; below, where statrs' inverse loses
/// digits or does not return, Newton steps on the logarithms of t and of the tail, kept within a bracket.
pub(crate) fn t_upper_quantile(q: f64, df: f64) -> f64 {
    if q >= 0.5 {
        return 0.0;
    }
    let z = -normal_quantile(q);
    if df > T_EXPANSION_DF {
        let (z3, z5) = (z.powi(3), z.powi(5));
        return z + (z3 + z) / (4.0 * df) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * df * df);
    }
    let log_density = ln_gamma(f64::midpoint(df, 1.0))
        - ln_gamma(df / 2.0)
        - 0.5 * (df * std::f64::consts::PI).ln();
    let (mut low, mut high) = (0.0, f64::MAX);
    let mut t = z.max(f64::MIN_POSITIVE);
    for _ in 0..400 {
        let tail = t_sf(t, df);
        if tail > q {
            low = t;
        } else {
            high = t;
        }
        let density = (log_density - f64::midpoint(df, 1.0) * (t * t / df).ln_1p()).exp();
        // d ln(tail) / d ln(t) is -t density / tail.
        let step = (tail / q).ln() * tail / (t * density);
        let next = if step.is_finite() {
            t * step.clamp(-3.0, 3.0).exp()
        } else {
            t * 2.0
        };
        let next = match (low, high) {
            _ if next > low && next < high => next,
            (l, f64::MAX) => l * 2.0,
            (0.0, h) => h / 2.0,
            (l, h) => (l * h).sqrt(),
        };
        if (next - t).abs() <= 2.0 * f64::EPSILON * t {
            return next;
        }
        t = next;
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
