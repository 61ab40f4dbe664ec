//! In: a shape and a random number generator. Out: how many steps the next call takes: most calls as ever, the slowest longer.

use perf_stats::Rng;
use perf_stats::quantile::quantile;

/// How the lengths of calls are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One call in fifty takes four times as long: the p99 lies within these.
    SlowPath,
    /// A minimum and an exponential above it, as of a queue: the p99 is rare and spread.
    LongTail,
}

/// Calls that [`Shape::truth`] draws.
const DRAWN: usize = 1_000_000;

impl Shape {
    /// Steps of the next call: some `typical` of them, and a share of `more` beyond where the shape is slow.
    #[inline]
    pub fn steps(self, rng: &mut Rng, typical: u64, more: f64) -> u64 {
        let typical = typical as f64;
        let (steps, is_slow) = match self {
            Self::SlowPath if rng.below(50) == 0 => (4.0 * typical, true),
            Self::SlowPath => (typical, false),
            Self::LongTail => {
                let above = -rng.uniform().ln();
                (typical * (1.0 + above), above > 3.0) // one in twenty
            }
        };
        let longer = if is_slow { 1.0 + more } else { 1.0 };
        (steps * longer) as u64
    }

    /// By how much the median and the p99 of the steps grow, as fractions: what is to be found, without a clock.
    #[must_use]
    pub fn truth(self, typical: u64, more: f64) -> [f64; 2] {
        let drawn = |more| -> Vec<f64> {
            let mut rng = Rng::new(1);
            (0..DRAWN)
                .map(|_| self.steps(&mut rng, typical, more) as f64)
                .collect()
        };
        let (old, new) = (drawn(0.0), drawn(more));
        [0.5, 0.99].map(|p| {
            let of = |calls: &[f64]| quantile(calls, p).unwrap_or(f64::NAN);
            of(&new) / of(&old) - 1.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p99_grows_and_the_median_does_not() {
        for shape in [Shape::SlowPath, Shape::LongTail] {
            let [median, p99] = shape.truth(1_000, 0.1);
            assert_eq!(median, 0.0, "{shape:?}");
            assert!((p99 - 0.1).abs() < 0.001, "{shape:?}: {p99}");
        }
    }
}
