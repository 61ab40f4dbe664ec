//! In: shapes and a point of the beta distribution. Out: its tails and quantiles at any size of the shapes.
//!
//! statrs stops its continued fraction after 140 terms: its `Beta(1e6, 1e6).cdf(0.5)` is 0.4912. Histograms of a billion calls
//! need shapes of 1e9, so the fraction here runs until it converges and its prefactor is free of cancelling logarithms.

use super::normal_quantile;
use statrs::function::gamma::ln_gamma;
use std::f64::consts::PI;

/// Where the fraction converges slowest it needs a few times the root of the larger shape: enough for shapes of 1e10.
const MAX_TERMS: u32 = 2_000_000;

/// (P(B <= x), P(B > x)) for x + y = 1, each accurate by itself. Shapes are positive.
pub(crate) fn beta_tails(x: f64, y: f64, a: f64, b: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if y <= 0.0 {
        return (1.0, 0.0);
    }
    if x * (a + b + 2.0) < a + 1.0 {
        let lower = (power_term(x, y, a, b) / fraction(x, y, a, b)).min(1.0);
        (lower, 1.0 - lower)
    } else {
        let upper = (power_term(y, x, b, a) / fraction(y, x, b, a)).min(1.0);
        (1.0 - upper, upper)
    }
}

/// The x with P(B <= x) = p, where `q = 1 - p` is given apart so that neither tail loses digits.
///
/// Newton steps on the cdf, kept inside a shrinking bracket.
pub(crate) fn beta_quantile_tails(p: f64, q: f64, a: f64, b: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if q <= 0.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    let mut x = guess(p, q, a, b);
    for _ in 0..400 {
        let y = 1.0 - x;
        let (below, above) = beta_tails(x, y, a, b);
        let excess = if p <= q { below - p } else { q - above };
        if excess == 0.0 {
            return x;
        }
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = power_term(x, y, a, b) / (x * y);
        let mut next = x - excess / density;
        if !(next > low && next < high) {
            // Tiny quantiles are found by order of magnitude, the others by halving.
            next = if high < 0.1 {
                (low.max(f64::MIN_POSITIVE) * high).sqrt()
            } else {
                0.5 * (low + high)
            };
        }
        // Steps shrink quadratically: one this small leaves an error beyond the last digit.
        let step = (next - x).abs();
        if step <= 1e-8 * x.min(y).min((x * y / (a + b)).sqrt()) || step <= 2e-16 * x {
            return next;
        }
        x = next;
    }
    x
}

/// A start for Newton's method: Abramowitz & Stegun 26.5.22 for shapes above 1, else the mean.
fn guess(p: f64, q: f64, a: f64, b: f64) -> f64 {
    if a <= 1.0 || b <= 1.0 {
        return a / (a + b);
    }
    let z = if p <= q {
        -normal_quantile(p)
    } else {
        normal_quantile(q)
    };
    let (u, v) = (1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0));
    let lambda = (z * z - 3.0) / 6.0;
    let h = 2.0 / (u + v);
    let w = z * (h + lambda).max(0.0).sqrt() / h - (v - u) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
    let x = a / (a + b * (2.0 * w).exp());
    if x > 0.0 && x < 1.0 { x } else { a / (a + b) }
}

/// x^a y^b / B(a, b), by the saddle-point form of Loader (2000): no difference of large logarithms.
fn power_term(x: f64, y: f64, a: f64, b: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x)
        - deviance(b, n * y);
    (a / n * b / (2.0 * PI)).sqrt() * exponent.exp()
}

/// ln Gamma(z + 1) minus Stirling's formula.
fn stirling_error(z: f64) -> f64 {
    if z <= 15.0 {
        let half_ln_2pi = 0.5 * (2.0 * PI).ln();
        return ln_gamma(z + 1.0) - (z + 0.5) * z.ln() + z - half_ln_2pi;
    }
    let s = 1.0 / (z * z);
    let tail = 1.0 / 1260.0 - s * (1.0 / 1680.0 - s / 1188.0);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * tail)) / z
}

/// x ln(x / m) + m - x, accurate where x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    let d = x - m;
    if d.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let v = d / (x + m);
    let mut sum = d * v;
    let mut term = 2.0 * x * v;
    for j in 1..1000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// The continued fraction of `DiDonato` & Morris (1992, eq. 9), evaluated by Lentz's method.
///
/// It needs `y = 1 - x` apart: with `x` alone a point within 1e-9 of 1 would have lost half of its digits.
fn fraction(x: f64, y: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let gap = a * y - b * x + 1.0;
    let mut value = away_from_zero(a * gap / (a + 1.0));
    let mut c = value;
    let mut d = 0.0;
    for term in 1..=MAX_TERMS {
        let m = f64::from(term);
        let odd = a + 2.0 * m - 1.0;
        let numerator = (a + m - 1.0) / odd * ((a + b + m - 1.0) / odd) * m * (b - m) * x * x;
        let denominator = m + m * (b - m) * x / odd + (a + m) * (gap + m * (1.0 + y)) / (odd + 2.0);
        d = 1.0 / away_from_zero(denominator + numerator * d);
        c = away_from_zero(denominator + numerator / c);
        let step = c * d;
        value *= step;
        if (step - 1.0).abs() <= 1e-16 {
            break;
        }
    }
    value
}
