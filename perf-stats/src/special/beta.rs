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
    match smaller_tail(x, y, a, b) {
        Tail::Lower(ln) => (ln.exp(), -ln.exp_m1()),
        Tail::Upper(ln) => (-ln.exp_m1(), ln.exp()),
    }
}

/// The logarithms of [`beta_tails`]: they reach where the tails themselves have vanished; -inf for a probability of 0.
pub(crate) fn ln_beta_tails(x: f64, y: f64, a: f64, b: f64) -> (f64, f64) {
    match smaller_tail(x, y, a, b) {
        Tail::Lower(ln) => (ln, (-ln.exp()).ln_1p()),
        Tail::Upper(ln) => ((-ln.exp()).ln_1p(), ln),
    }
}

/// The logarithm of the tail on whose side of the mean the point lies.
enum Tail {
    Lower(f64), // ln P(B <= x)
    Upper(f64), // ln P(B > x)
}

fn smaller_tail(x: f64, y: f64, a: f64, b: f64) -> Tail {
    if x <= 0.0 {
        Tail::Lower(f64::NEG_INFINITY)
    } else if y <= 0.0 {
        Tail::Upper(f64::NEG_INFINITY)
    } else if x * (a + b + 2.0) < a + 1.0 {
        Tail::Lower((ln_power_term(x, y, a, b) - fraction(x, y, a, b).ln()).min(0.0))
    } else {
        Tail::Upper((ln_power_term(y, x, b, a) - fraction(y, x, b, a).ln()).min(0.0))
    }
}

/// ln of the complete beta function, without the cancellation of three large `ln_gamma`.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    let shares = -(a - 0.5) * (b / a).ln_1p() - b * (a / b).ln_1p();
    shares - 0.5 * b.ln() + 0.5 * (2.0 * PI).ln() + stirling_errors(a, b)
}

/// What Stirling's formula leaves out of the logarithm of the complete beta function.
pub(crate) fn stirling_errors(a: f64, b: f64) -> f64 {
    stirling_error(a) + stirling_error(b) - stirling_error(a + b)
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
        let density = ln_power_term(x, y, a, b).exp() / (x * y);
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

/// ln of x^a y^b / B(a, b), by the saddle-point form of Loader (2000): no difference of large logarithms.
fn ln_power_term(x: f64, y: f64, a: f64, b: f64) -> f64 {
    let n = a + b;
    0.5 * (a / n * b / (2.0 * PI)).ln()
        - stirling_errors(a, b)
        - deviance(a, n * x)
        - deviance(b, n * y)
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

/// x ln(x / m) + m - x for x, m > 0, accurate where x is near m (Loader 2000).
pub(crate) fn deviance(x: f64, m: f64) -> f64 {
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
            let got = ln_beta_tails(x, 1.0 - x, a, b).0;
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
            let (lower, upper) = ln_beta_tails(x, 1.0 - x, a, b);
            let sum = lower.exp() + upper.exp();
            assert!((sum - 1.0).abs() < 1e-10, "{x} {a} {b}: {sum}");
        }
        assert_eq!(ln_beta_tails(0.0, 1.0, 1.0, 1.0), (f64::NEG_INFINITY, 0.0));
    }
}
