//! In: a range of values and of pixels. Out: [`Axis`], where a value stands, and the round values that are marked.

use crate::judge::Unit;

/// Fewer marks of 1, 2 and 5 do not make a logarithmic scale readable; then about so many even steps do.
const FEWEST: usize = 3;
const EVEN: usize = 5;

/// A scale along a picture, logarithmic or linear.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: f64, // pixel of `low`
    to: f64,   // pixel of `high`
    logarithmic: bool,
}

impl Axis {
    /// Logarithmic between two positive values, at least a tenth of a decade.
    pub(super) fn logarithmic(low: f64, high: f64, from: f64, to: f64) -> Self {
        let low = low.max(1e-3);
        let high = high.max(low * 1.26);
        Self {
            low,
            high,
            from,
            to,
            logarithmic: true,
        }
    }

    /// Linear between two values.
    pub(super) fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self {
            low,
            high,
            from,
            to,
            logarithmic: false,
        }
    }

    /// The least and the greatest value.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The pixel of a value; one that lies outside stands at the end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        let share = if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        };
        rounded(self.from + share * (self.to - self.from))
    }

    /// Round values within the range, at most about `most`.
    pub(super) fn ticks(&self, most: usize) -> Vec<f64> {
        if self.logarithmic {
            return self.decades(most);
        }
        let rough = (self.high - self.low) / most.max(1) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|round| round * power)
            .into_iter()
            .find(|&step| step >= rough)
            .unwrap_or(rough);
        self.stepped(step)
    }

    /// The same for values of a unit.
    pub(super) fn ticks_in(&self, unit: Unit, most: usize) -> Vec<f64> {
        if unit == Unit::Bytes {
            self.binary_ticks(most)
        } else {
            self.ticks(most)
        }
    }

    /// The same for amounts of memory: steps are powers of two.
    pub(super) fn binary_ticks(&self, most: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / most.max(1) as f64;
        self.stepped(2f64.powf(rough.log2().ceil()))
    }

    fn stepped(&self, step: f64) -> Vec<f64> {
        let first = (self.low / step).ceil();
        let last = (self.high / step).floor();
        let number = (last - first).clamp(0.0, 50.0) as u32;
        (0..=number)
            .map(|i| (first + f64::from(i)) * step)
            .collect()
    }

    fn decades(&self, most: usize) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor(), self.high.log10().ceil());
        let decades = (last - first).clamp(1.0, 40.0) as i32;
        let within = |value: &f64| (self.low..=self.high).contains(value);
        let all = |rounds: &[f64]| -> Vec<f64> {
            (0..=decades)
                .flat_map(|i| {
                    rounds
                        .iter()
                        .map(move |r| r * 10f64.powf(first + f64::from(i)))
                })
                .filter(within)
                .collect()
        };
        let fine = all(&[1.0, 2.0, 5.0]);
        if fine.len() < FEWEST {
            // Within a few octaves the scale is all but even.
            let even = Self {
                logarithmic: false,
                ..*self
            };
            return even.ticks(most.min(EVEN));
        }
        if fine.len() <= most {
            return fine;
        }
        let coarse = all(&[1.0]);
        let every = coarse.len().div_ceil(most.max(1)).max(1);
        coarse.into_iter().step_by(every).collect()
    }
}

/// Pixels with one decimal: shorter, and no eye sees more.
pub(super) fn rounded(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_within_and_ticks_are_round() {
        let axis = Axis::logarithmic(10.0, 1e6, 0.0, 100.0);
        assert_eq!(
            (axis.at(10.0), axis.at(1e6), axis.at(1e9)),
            (0.0, 100.0, 100.0)
        );
        assert_eq!(axis.at(1e3), 40.0);
        assert_eq!(axis.ticks(6), [10.0, 100.0, 1e3, 1e4, 1e5, 1e6]);
        let narrow = Axis::logarithmic(270.0, 480.0, 0.0, 1.0);
        assert_eq!(narrow.ticks(8), [300.0, 350.0, 400.0, 450.0]);
        let linear = Axis::linear(0.0, 10.0, 50.0, 0.0);
        assert_eq!(
            (linear.at(0.0), linear.at(2.0), linear.at(-5.0)),
            (50.0, 40.0, 50.0)
        );
        assert_eq!(linear.ticks(5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        let memory = Axis::linear(0.0, 84e6, 0.0, 1.0).binary_ticks(3);
        assert_eq!(memory, [0.0, 32.0, 64.0].map(|mib| mib * 1_048_576.0));
        for odd in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert!(axis.at(odd).is_finite() && linear.at(odd).is_finite());
        }
        assert!(Axis::linear(3.0, 3.0, 0.0, 1.0).ticks(4).len() <= 6);
    }
}
