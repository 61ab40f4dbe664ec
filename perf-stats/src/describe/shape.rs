//! In: numbers with weights. Out: their power sums about the mean, on a scale where none of them overflows or vanishes.

use crate::sample::times_power_of_two;

/// Mean and central power sums of a weighted sample, in two passes about a pivot.
///
/// Values are taken times 2^-exponent and less a pivot near them, so that an offset of 1e15 costs no digits.
pub(crate) struct Shape {
    count: f64,
    pivot: f64,     // scaled
    offset: f64,    // scaled mean less pivot
    sums: [f64; 3], // weighted sums of squared, cubed, fourth powers of deviations, in units of `unit`
    unit: f64,      // scaled: the largest deviation
    exponent: i32,
}

impl Shape {
    /// From finite values (at least one) with positive weights, all scaled by 2^-exponent.
    pub(crate) fn new(scaled: &[(f64, f64)], exponent: i32) -> Self {
        let pivot = scaled[scaled.len() / 2].0;
        let count: f64 = scaled.iter().map(|p| p.1).sum();
        let offset = scaled.iter().map(|&(v, w)| (v - pivot) * w).sum::<f64>() / count;
        let deviation = |v: f64| (v - pivot) - offset;
        let unit = scaled
            .iter()
            .fold(0.0, |m: f64, &(v, _)| m.max(deviation(v).abs()));
        let mut shape = Self {
            count,
            pivot,
            offset,
            sums: [0.0; 3],
            unit,
            exponent,
        };
        if unit > 0.0 && scaled.iter().any(|&(v, _)| v != scaled[0].0) {
            let mut drift = 0.0;
            for &(v, w) in scaled {
                let d = deviation(v) / unit;
                let square = d * d * w;
                drift += d * w;
                shape.sums[0] += square;
                shape.sums[1] += square * d;
                shape.sums[2] += square * d * d;
            }
            shape.sums[0] -= drift * drift / count;
        }
        shape
    }

    pub(crate) fn mean(&self) -> f64 {
        times_power_of_two(self.pivot + self.offset, self.exponent)
    }

    /// The standard deviation with divisor n - 1; none for fewer than two observations.
    pub(crate) fn sd(&self) -> Option<f64> {
        let scaled = (self.sums[0] / (self.count - 1.0)).sqrt() * self.unit;
        (self.count >= 2.0).then(|| times_power_of_two(scaled, self.exponent))
    }

    /// The variance with divisor n - 1; none for fewer than two observations. It may exceed the range of `f64`.
    pub(crate) fn variance(&self) -> Option<f64> {
        let scaled = self.sums[0] / (self.count - 1.0) * self.unit * self.unit;
        (self.count >= 2.0)
            .then(|| times_power_of_two(times_power_of_two(scaled, self.exponent), self.exponent))
    }

    /// g1 = m3 / m2^1.5; none without spread.
    pub(crate) fn skewness(&self) -> Option<f64> {
        let m2 = self.sums[0] / self.count;
        (m2 > 0.0).then(|| self.sums[1] / self.count / m2.powf(1.5))
    }

    /// g2 = m4 / m2^2 - 3; none without spread.
    pub(crate) fn excess_kurtosis(&self) -> Option<f64> {
        let m2 = self.sums[0] / self.count;
        (m2 > 0.0).then(|| self.sums[2] / self.count / (m2 * m2) - 3.0)
    }
}
