//! In: arguments of distribution functions. Out: their values by statrs, guarded where statrs 0.19.1 was found wrong or endless.
//!
//! Tails are always taken directly (`sf`), never as `1 - cdf`.

mod beta;

pub(crate) use beta::{
    beta_quantile_tails, beta_tails, deviance, ln_beta, ln_beta_tails, stirling_errors,
};

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// Above this many degrees of freedom expansions in 1/df are exact to rounding.
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

/// P(T > t) with `df` degrees of freedom (df > 0).
pub(crate) fn t_sf(t: f64, df: f64) -> f64 {
    let square = t * t;
    if t < 0.0 {
        return 1.0 - t_sf(-t, df);
    }
    if df > T_EXPANSION_DF {
        return normal_sf(hill_deviate(t, df));
    }
    let (x, y) = if square.is_finite() {
        (df / (df + square), square / (df + square))
    } else {
        ((df.sqrt() / t).powi(2), 1.0)
    };
    0.5 * beta_tails(x, y, 0.5 * df, 0.5).0
}

/// The standard normal deviate with the tail of `t` (t >= 0, df large): Hill (1970).
fn hill_deviate(t: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        return t;
    }
    let a = df - 0.5;
    let y = a * ((t / df.sqrt()).powi(2)).ln_1p();
    y.sqrt() * (1.0 + (y + 3.0) / (48.0 * a * a))
}

/// The t with P(T <= t) = p, for p in (0, 1) and df > 0.
///
/// From the quantile of the beta distribution of T^2; by the Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5) above 1e5
/// degrees of freedom.
pub(crate) fn t_quantile(p: f64, df: f64) -> f64 {
    if p > 0.5 {
        t_upper_quantile(1.0 - p, df)
    } else {
        -t_upper_quantile(p, df)
    }
}

/// The t >= 0 with P(T > t) = tail, for tail in (0, 1/2].
pub(crate) fn t_upper_quantile(tail: f64, df: f64) -> f64 {
    if tail >= 0.5 {
        return 0.0;
    }
    if df > T_EXPANSION_DF {
        let z = -normal_quantile(tail);
        let (z3, z5) = (z.powi(3), z.powi(5));
        return z + (z3 + z) / (4.0 * df) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * df * df);
    }
    if tail < 0.25 {
        let x = beta_quantile_tails(2.0 * tail, 1.0 - 2.0 * tail, 0.5 * df, 0.5);
        (df * (1.0 - x) / x).sqrt()
    } else {
        let y = beta_quantile_tails(1.0 - 2.0 * tail, 2.0 * tail, 0.5, 0.5 * df);
        (df * y / (1.0 - y)).sqrt()
    }
}

/// P(X > x) of chi squared.
pub(crate) fn chi_squared_sf(x: f64, df: f64) -> f64 {
    ChiSquared::new(df).map_or(1.0, |d| d.sf(x))
}

/// P(Bin(n, p) <= k).
pub(crate) fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    beta_tails(1.0 - p, p, (n - k) as f64, k as f64 + 1.0).0
}

/// P(Bin(n, p) > k).
pub(crate) fn binomial_sf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n {
        return 0.0;
    }
    beta_tails(p, 1.0 - p, k as f64 + 1.0, (n - k) as f64).0
}

/// P(B <= x) of the beta distribution (positive shapes).
pub(crate) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    beta_tails(x, 1.0 - x, a, b).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64, rtol: f64) {
        assert!(
            (got - want).abs() <= rtol * want.abs(),
            "got {got:e}, want {want:e}"
        );
    }

    #[test]
    fn large_shapes_keep_their_digits() {
        near(beta_cdf(0.5, 1e6, 1e6), 0.5, 1e-13);
        near(beta_cdf(0.5, 1e9, 1e9), 0.5, 1e-12);
        near(binomial_cdf(5, 10, 0.5), 0.623_046_875, 1e-14);
        near(
            binomial_sf(10_000_000, 1_000_000_000, 0.01),
            0.499_915_894_521_727,
            1e-11,
        );
    }

    #[test]
    fn tails_agree_with_forty_digit_arithmetic() {
        near(beta_cdf(0.01, 0.3, 7.0), 0.487_492_050_933_724_7, 1e-12);
        near(beta_cdf(0.7, 20.5, 9.25), 0.531_178_443_920_690_1, 1e-12);
        near(
            beta_cdf(0.001, 8.0, 993.0),
            1.003_187_061_475_639_4e-5,
            1e-12,
        );
        near(beta_cdf(0.49, 500.0, 520.0), 0.495_167_150_857_804, 1e-12);
        near(
            beta_cdf(0.0009, 100.0, 100_000.0),
            0.160_435_147_154_001_91,
            1e-12,
        );
        near(t_sf(0.5, 3.0), 0.325_723_982_424_075_5, 1e-12);
        near(t_sf(2.5, 7.5), 0.019_410_129_136_812_779, 1e-12);
        near(t_sf(12.0, 4.0), 0.000_138_214_274_251_486_48, 1e-12);
        near(t_sf(1.3, 100_000.0), 0.096_801_982_771_590_01, 1e-12);
        near(t_sf(30.0, 12.0), 5.886_590_953_509_474e-13, 1e-12);
    }

    #[test]
    fn quantiles_invert() {
        for (a, b) in [(0.3, 7.0), (1.0, 1.0), (8.0, 993.0), (5e5, 2e6), (3.0, 1e9)] {
            for p in [1e-12, 1e-3, 0.1, 0.5, 0.9, 0.999] {
                println!(
                    "{a} {b} {p} {:e}",
                    beta_cdf(beta_quantile_tails(p, 1.0 - p, a, b), a, b) / p - 1.0
                );
                near(
                    beta_cdf(beta_quantile_tails(p, 1.0 - p, a, b), a, b),
                    p,
                    1e-11,
                );
            }
        }
        for df in [1.0, 2.0, 3.5, 30.0, 1e4, 9.9e4, 1.1e5, 1e7, 1e12] {
            for p in [1e-12, 0.01, 0.3, 0.499_999, 0.5, 0.6, 0.975] {
                near(t_sf(-t_quantile(p, df), df), p, 1e-9);
            }
        }
        assert_eq!(t_quantile(0.5, 4.0), 0.0);
    }
}
