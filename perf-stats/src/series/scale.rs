//! In: any finite series. Out: the same series near zero and one, so that squares neither overflow nor lose digits; noise from differences.

use crate::sample::sorted;

/// A series as `pivot + value * 2^exponent`, with all values within -2 and 2.
pub(crate) struct Scaled {
    pub(crate) values: Vec<f64>,
    pub(crate) exponent: i32,
    pub(crate) pivot: f64, // an observation, in the unit of the series
}

impl Scaled {
    /// Relative to the middle observation; the series is finite and not empty.
    pub(crate) fn new(y: &[f64]) -> Self {
        let top = y.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let first = exponent_of(top);
        let mut values: Vec<f64> = y.iter().map(|&v| times_power(v, -first)).collect();
        let mut ordered = values.clone();
        ordered.sort_unstable_by(f64::total_cmp);
        let pivot = ordered[ordered.len() / 2];
        for v in &mut values {
            *v -= pivot;
        }
        let spread = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let second = exponent_of(spread);
        for v in &mut values {
            *v = times_power(*v, -second);
        }
        Self {
            values,
            exponent: first + second,
            pivot: times_power(pivot, first),
        }
    }

    /// A squared quantity in the units of the series, brought to the units of `values`.
    pub(crate) fn square_in(&self, square: f64) -> f64 {
        times_power(times_power(square, -self.exponent), -self.exponent)
    }

    /// The way back; infinite beyond the range of `f64`.
    pub(crate) fn square_out(&self, square: f64) -> f64 {
        times_power(times_power(square, self.exponent), self.exponent)
    }
}

/// The e with 2^e <= top < 2^(e+1); 0 for zero.
pub(crate) fn exponent_of(top: f64) -> i32 {
    if top == 0.0 {
        0
    } else {
        top.log2().floor() as i32
    }
}

/// `value * 2^exponent` in steps that are exact unless the result itself is out of range.
pub(crate) fn times_power(value: f64, exponent: i32) -> f64 {
    let third = exponent / 3;
    value * 2f64.powi(third) * 2f64.powi(third) * 2f64.powi(exponent - 2 * third)
}

/// The standard deviation of the noise about a level that changes seldom: from the median absolute first difference
/// (over sqrt 2, as a normal sd), or from their mean square where more than half of them are zero. 0 for a constant series.
pub(crate) fn noise_sd(values: &[f64]) -> f64 {
    /// 1 / Phi^-1(3/4): a median absolute deviation as a normal standard deviation.
    const NORMAL_MAD: f64 = 1.482_602_218_505_602;
    let steps: Vec<f64> = values.windows(2).map(|w| w[1] - w[0]).collect();
    let absolute: Vec<f64> = steps.iter().map(|d| d.abs()).collect();
    let Ok(s) = sorted(&absolute) else { return 0.0 };
    let median = 0.5 * (s[(s.len() - 1) / 2] + s[s.len() / 2]);
    let per_step = if median > 0.0 {
        NORMAL_MAD * median
    } else {
        (steps.iter().map(|d| d * d).sum::<f64>() / steps.len() as f64).sqrt()
    };
    per_step / std::f64::consts::SQRT_2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn scaling_is_exact_and_reversible() {
        for factor in [1.0, 1e300, 1e-310] {
            let y = [3.0 * factor, 4.0 * factor, 7.0 * factor];
            let s = Scaled::new(&y);
            assert!(s.values.iter().all(|v| v.abs() <= 2.0));
            let back = times_power(s.values[2] - s.values[0], s.exponent);
            assert!((back / (y[2] - y[0]) - 1.0).abs() < 1e-9, "{factor}");
        }
        let s = Scaled::new(&[1e308, -1e308, 1e308]);
        assert!(s.values.iter().all(|v| v.is_finite()) && s.square_out(1.0) == f64::INFINITY);
        assert_eq!(Scaled::new(&[5.0; 3]).values, [0.0; 3]);
    }

    #[test]
    fn noise_ignores_level_changes() {
        let mut rng = Rng::new(5);
        let y: Vec<f64> = (0..2_000)
            .map(|i| f64::from(i / 500) * 50.0 + 3.0 * rng.normal())
            .collect();
        assert!((noise_sd(&y) / 3.0 - 1.0).abs() < 0.1);
        assert_eq!(noise_sd(&[4.0; 9]), 0.0);
        assert_eq!(noise_sd(&[4.0]), 0.0);
        assert!(noise_sd(&[0.0, 0.0, 0.0, 9.0, 9.0]) > 0.0);
    }
}
