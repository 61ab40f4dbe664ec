//! In: checked numbers. Out: means and sums of squared deviations carried in twice the precision of `f64`, so that neither a common
//! offset (1e15 + small) nor a huge or tiny scale loses digits.

use crate::error::StatsError;

/// The unevaluated sum `hi + lo` of two numbers, about 32 decimal digits (Dekker 1971; Knuth's two-sum).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wide {
    hi: f64,
    lo: f64,
}

impl Wide {
    pub(crate) const ZERO: Self = Self { hi: 0.0, lo: 0.0 };

    /// Exactly `a`.
    pub(crate) const fn new(a: f64) -> Self {
        Self { hi: a, lo: 0.0 }
    }

    /// Exactly `a - b`.
    pub(crate) fn difference(a: f64, b: f64) -> Self {
        let (hi, lo) = two_sum(a, -b);
        Self { hi, lo }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let (s, e) = two_sum(self.hi, other.hi);
        let (t, f) = two_sum(self.lo, other.lo);
        let (s, e) = fast_two_sum(s, e + t);
        let (hi, lo) = fast_two_sum(s, e + f);
        Self { hi, lo }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(Self {
            hi: -other.hi,
            lo: -other.lo,
        })
    }

    /// The quotient by a number exactly representable in `f64` (a count).
    pub(crate) fn over(self, n: f64) -> Self {
        let q = self.hi / n;
        let remainder = q.mul_add(-n, self.hi) + self.lo;
        let (hi, lo) = fast_two_sum(q, remainder / n);
        Self { hi, lo }
    }

    /// The nearest `f64`.
    pub(crate) fn value(self) -> f64 {
        self.hi + self.lo
    }
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// As [`two_sum`], for |a| >= |b|.
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// A power of two that brings the largest magnitude near 1, so that squares neither overflow nor vanish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    exponent: i32,
}

impl Scale {
    /// For numbers of which `largest` is the greatest magnitude (finite).
    pub(crate) fn of(largest: f64) -> Self {
        let biased = (largest.to_bits() >> 52) & 0x7ff;
        Self {
            exponent: biased as i32 - 1022,
        }
    }

    /// For all numbers of the slices together.
    pub(crate) fn common(slices: &[&[f64]]) -> Self {
        let all = slices.iter().flat_map(|s| s.iter());
        Self::of(all.fold(0.0, |m: f64, v| m.max(v.abs())))
    }

    /// A number of the data brought to the scale; exact unless it is 2^-1000 of the largest or less.
    pub(crate) fn shrink(self, v: f64) -> f64 {
        let half = -self.exponent / 2;
        v * 2f64.powi(half) * 2f64.powi(-self.exponent - half)
    }

    /// A scaled number brought back; infinite where the result exceeds the range of `f64`.
    pub(crate) fn restore(self, v: f64) -> f64 {
        let half = self.exponent / 2;
        v * 2f64.powi(half) * 2f64.powi(self.exponent - half)
    }
}

impl Scale {
    /// A ratio of numbers scaled by `self` and by `other`, brought back.
    pub(crate) fn restore_ratio(self, other: Self, v: f64) -> f64 {
        let exponent = self.exponent - other.exponent;
        Self { exponent }.restore(v)
    }
}

/// Count, mean and sum of squared deviations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    pub(crate) n: f64,
    pub(crate) mean: Wide,
    pub(crate) squares: f64,
}

impl Moments {
    /// Two passes over the items; all equal items give exactly zero `squares`. No items: mean 0.
    pub(crate) fn of(items: impl Iterator<Item = Wide> + Clone) -> Self {
        let mut sum = Wide::ZERO;
        let mut n = 0.0;
        let mut first = None;
        let mut constant = true;
        for v in items.clone() {
            sum = sum.plus(v);
            n += 1.0;
            constant &= *first.get_or_insert(v) == v;
        }
        match first {
            None => Self {
                n,
                mean: Wide::ZERO,
                squares: 0.0,
            },
            Some(v) if constant => Self {
                n,
                mean: v,
                squares: 0.0,
            },
            Some(_) => {
                let mean = sum.over(n);
                let squares = items.map(|v| v.minus(mean).value().powi(2)).sum();
                Self { n, mean, squares }
            }
        }
    }

    /// Of the numbers, brought to the scale.
    pub(crate) fn scaled(x: &[f64], scale: Scale) -> Self {
        Self::of(x.iter().map(|&v| Wide::new(scale.shrink(v))))
    }

    /// The unbiased variance (n >= 2).
    pub(crate) fn variance(&self) -> f64 {
        self.squares / (self.n - 1.0)
    }
}

/// The natural logarithms of positive numbers; `name` is the argument's, for the refusal.
pub(crate) fn logarithms(x: &[f64], name: &'static str) -> Result<Vec<f64>, StatsError> {
    if x.iter().all(|&v| v > 0.0) {
        return Ok(x.iter().map(|v| v.ln()).collect());
    }
    Err(StatsError::BadParameter {
        name,
        expected: "positive throughout",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_costs_no_digits() {
        let x: Vec<f64> = [0.125, 0.25, 0.5, 1.0, 1.5]
            .iter()
            .map(|v| 1e15 + v)
            .collect();
        let m = Moments::scaled(&x, Scale::of(0.75));
        assert!((m.mean.minus(Wide::new(1e15)).value() - 0.675).abs() < 1e-16);
        assert!((m.squares - 1.3).abs() < 1e-15);
    }

    #[test]
    fn any_scale_is_brought_near_one_and_back() {
        for v in [f64::MAX, 1.0, 3e-200, f64::MIN_POSITIVE, 5e-324] {
            let scale = Scale::of(v);
            let s = scale.shrink(v);
            assert!((2f64.powi(-53)..1.0).contains(&s), "{v} {s}");
            assert_eq!(scale.restore(s), v);
        }
        assert_eq!(Scale::of(0.0).shrink(0.0), 0.0);
    }

    #[test]
    fn constants_have_exactly_no_spread() {
        let m = Moments::of([Wide::difference(0.3, 0.1); 7].into_iter());
        assert_eq!(m.squares, 0.0);
        assert_eq!(m.mean.value(), 0.3 - 0.1);
    }
}
