//! In: an argument and two parameters of any size. Out: the logarithm of the regularised incomplete beta function.
//!
//! statrs 0.19.1 stops its continued fraction too early at large parameters (`Beta(1e6, 1e6).cdf(0.5)` = 0.4912), and a
//! billion calls make parameters larger than that.

use crate::special::{normal_cdf, normal_sf};
use statrs::function::gamma::ln_gamma;
use std::f64::consts::PI;

/// Above this the normal-type expansion is exact to about 1e-12 and the continued fraction slow.
const LARGE: f64 = 1e6;

/// Enough terms for both parameters at [`LARGE`], where about the square root of the larger one is needed.
const MAX_TERMS: u32 = 100_000;

/// ln P(B > x) for B of the beta distribution, `a`, `b` > 0; -inf where the probability is 0.
pub(crate) fn ln_beta_sf(x: f64, a: f64, b: f64) -> f64 {
    ln_beta_cdf_pair(1.0 - x, x, b, a)
}

/// ln P(B <= x) for B of the beta distribution, `a`, `b` > 0; -inf where the probability is 0.
pub(crate) fn ln_beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    ln_beta_cdf_pair(x, 1.0 - x, a, b)
}

/// ln of the complete beta function, without the cancellation of three large `ln_gamma`.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    let shares = -(a - 0.5) * (b / a).ln_1p() - b * (a / b).ln_1p();
    shares - 0.5 * b.ln() + 0.5 * (2.0 * PI).ln() + stirling_rests(a, b)
}

/// What Stirling's formula leaves out of the logarithm of the complete beta function.
pub(crate) fn stirling_rests(a: f64, b: f64) -> f64 {
    stirling_rest(a) + stirling_rest(b) - stirling_rest(a + b)
}

/// What Stirling's formula leaves out: ln Gamma(x) - [(x - 1/2) ln x - x + ln(2 pi)/2].
fn stirling_rest(x: f64) -> f64 {
    if x < 12.0 {
        return ln_gamma(x) - ((x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln());
    }
    let y = 1.0 / (x * x);
    (1.0 / 12.0
        - y * (1.0 / 360.0
            - y * (1.0 / 1260.0
                - y * (1.0 / 1680.0 - y * (1.0 / 1188.0 - y * (691.0 / 360_360.0 - y / 156.0))))))
        / x
}

/// x ln(x / m) + m - x for x, m > 0, accurate where x is near m (Loader 2000).
pub(crate) fn deviance(x: f64, m: f64) -> f64 {
    let d = x - m;
    if d.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() - d;
    }
    // With v = d/(x + m): ln(x/m) = 2 atanh(v), expanded in odd powers.
    let v = d / (x + m);
    let mut sum = d * v;
    let mut power = 2.0 * x * v;
    let v2 = v * v;
    for j in 1..200u32 {
        power *= v2;
        let next = sum + power / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// `x` and its complement `y` are given apart, so that neither loses digits near 1.
fn ln_beta_cdf_pair(x: f64, y: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if y <= 0.0 {
        return 0.0;
    }
    if a.min(b) > LARGE {
        return ln_large(x, y, a, b);
    }
    // ln of x^a y^b / B(a, b), arranged so that nothing large cancels.
    let n = a + b;
    let ln_front = 0.5 * ((a / n * b).ln() - (2.0 * PI).ln())
        - deviance(a, n * x)
        - deviance(b, n * y)
        - stirling_rests(a, b);
    if x < (a + 1.0) / (n + 2.0) {
        return (ln_front + continued_fraction(x, a, b).ln() - a.ln()).min(0.0);
    }
    let upper = ln_front + continued_fraction(y, b, a).ln() - b.ln();
    (-upper.exp().min(1.0)).ln_1p()
}

/// The continued fraction of the incomplete beta function by Lentz' method (DLMF 8.17.22).
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    let keep = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..=MAX_TERMS {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / keep(1.0 + even * d);
        c = keep(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / keep(1.0 + odd * d);
        c = keep(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

/// The normal-type expansion for two large parameters (Temme 1979; DLMF 8.18.9), first correction included.
fn ln_large(x: f64, y: f64, a: f64, b: f64) -> f64 {
    let n = a + b;
    let half_square = deviance(a, n * x) + deviance(b, n * y); // n eta^2 / 2
    let z = (2.0 * half_square).sqrt().copysign(x - a / n);
    let sd = (a * b / n).sqrt() / n; // of the proportion
    let u = (x - a / n) / sd;
    // (1/eta - sqrt(x0 (1 - x0))/(x - x0)) / sqrt(n) in units of z; its limit at z = 0 is a third of the skewness.
    let correction = if z.abs() < 1e-3 {
        (b - a) / (3.0 * (a * b * n).sqrt())
    } else {
        1.0 / z - 1.0 / u
    };
    let density = (-half_square).exp() / (2.0 * PI).sqrt();
    if z < -30.0 {
        // The tail of the normal law by its own expansion: the correction stays relative.
        return -half_square - 0.5 * (2.0 * PI).ln() - (-z).ln() + (-1.0 / (z * z)).ln_1p();
    }
    if z < 0.0 {
        return (normal_cdf(z) + correction * density)
            .max(f64::MIN_POSITIVE)
            .ln()
            .min(0.0);
    }
    (-(normal_sf(z) - correction * density).clamp(0.0, 1.0)).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `mpmath.betainc(regularized=True)` at 60 digits.
    #[expect(
        clippy::unreadable_literal,
        clippy::excessive_precision,
        clippy::approx_constant
    )] // as printed
    const KNOWN: &[(f64, f64, f64, f64)] = &[
        (0.5, 1_000_000.0, 1_000_000.0, -0.69314718055994531),
        (0.01, 0.5, 49.5, -0.38529265823316979),
        (0.3, 2.0, 5.0, -0.54502894510748895),
        (0.012, 10000.0, 1_000_000.0, -3.4098724400583525e-55),
        (0.0118, 12001.0, 988_099.0, -3.4197548742850299),
        (0.9, 3.0, 0.5, -0.80874760032333792),
        (1e-09, 0.5, 1_000_000_000.0, -0.17114331517946697),
        (0.2, 4_000_000.0, 16_100_000.0, -3.2155413769061099e-29),
    ];

    #[test]
    fn agrees_with_forty_digit_arithmetic() {
        for &(x, a, b, want) in KNOWN {
            let got = ln_beta_cdf(x, a, b);
            let error = (got - want).abs() / want.abs().max(1.0);
            assert!(error < 1e-8, "x {x} a {a} b {b}: got {got}, want {want}");
        }
    }

    #[test]
    fn both_tails_sum_to_one() {
        for (x, a, b) in [
            (0.3, 2.0, 5.0),
            (0.01, 0.5, 49.5),
            (0.012, 12_001.0, 988_099.0),
        ] {
            let sum = ln_beta_cdf(x, a, b).exp() + ln_beta_sf(x, a, b).exp();
            assert!((sum - 1.0).abs() < 1e-10, "{x} {a} {b}: {sum}");
        }
        assert_eq!(ln_beta_cdf(0.0, 1.0, 1.0), f64::NEG_INFINITY);
        assert_eq!(ln_beta_sf(0.0, 1.0, 1.0), 0.0);
    }

    #[test]
    fn the_methods_meet_at_their_border() {
        for u in [-4.0, -1.0, -0.001, 0.0, 0.5, 3.0] {
            let at = |a: f64| {
                let b = 3.0 * a;
                let sd = (a * b / (4.0 * a)).sqrt() / (4.0 * a);
                ln_beta_cdf(0.25 + u * sd, a, b)
            };
            let (below, above) = (at(LARGE * (1.0 - 1e-9)), at(LARGE * (1.0 + 1e-9)));
            assert!((below - above).abs() < 1e-7, "u {u}: {below} {above}");
        }
    }
}
