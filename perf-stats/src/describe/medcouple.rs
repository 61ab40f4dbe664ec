//! In: numbers. Out: the medcouple, a skewness that outliers cannot move.

use crate::describe::median_in_place;
use crate::error::StatsError;
use crate::pair_order::{PairValues, median_pair_value};
use crate::sample::{Scaled, finite, sorted};

/// The medcouple of Brys, Hubert & Struyf (2004), in [-1, 1]: the median of ((u - m) - (m - v)) / (u - v) over all u above and
/// v below the median m. Positive for a long right tail; survives 25 % of outliers.
///
/// Pairs of values that both equal the median count -1, 0 and 1 by their order, as there. Cost O(n log n).
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`].
///
/// ```
/// use perf_stats::describe::medcouple;
/// assert_eq!(medcouple(&[1.0, 2.0, 3.0, 4.0, 5.0])?, 0.0);
/// assert!(medcouple(&[1.0, 2.0, 3.0, 6.0, 20.0])? > 0.4);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn medcouple(x: &[f64]) -> Result<f64, StatsError> {
    finite(x)?;
    let scaled = Scaled::new(&sorted(x)?).values;
    let centre = median_in_place(&mut scaled.clone());
    let above: Vec<f64> = scaled
        .iter()
        .filter(|&&v| v > centre)
        .map(|v| v - centre)
        .collect();
    let below: Vec<f64> = scaled
        .iter()
        .rev()
        .filter(|&&v| v < centre)
        .map(|v| centre - v)
        .collect();
    let tied = scaled.len() - above.len() - below.len();
    let kernel = Kernel {
        above: &above,
        below: &below,
        tied: tied as u64,
    };
    if kernel.total() == 0 {
        return Ok(0.0);
    }
    Ok(median_pair_value(&kernel, 4 * x.len()).clamp(-1.0, 1.0) + 0.0)
}

/// The kernel's values: distances above and below the median, both ascending and positive; `tied` values at the median itself.
struct Kernel<'a> {
    above: &'a [f64],
    below: &'a [f64],
    tied: u64,
}

impl Kernel<'_> {
    fn value(a: f64, b: f64) -> f64 {
        (a - b) / (a + b)
    }

    /// How many values are -1, 0 and 1 because one of their pair is at the median.
    fn at_median(&self) -> [(f64, u64); 3] {
        let among = self.tied * self.tied.saturating_sub(1) / 2;
        let low = among + self.tied * self.below.len() as u64;
        let high = among + self.tied * self.above.len() as u64;
        [(-1.0, low), (0.0, self.tied), (1.0, high)]
    }
}

impl PairValues for Kernel<'_> {
    fn total(&self) -> u64 {
        let apart = self.above.len() as u64 * self.below.len() as u64;
        apart + self.at_median().iter().map(|p| p.1).sum::<u64>()
    }

    fn range(&self) -> (f64, f64) {
        (-1.0, 1.0)
    }

    fn count_up_to(&self, limit: f64) -> u64 {
        let tied: u64 = self
            .at_median()
            .iter()
            .filter(|p| p.0 <= limit)
            .map(|p| p.1)
            .sum();
        // The kernel grows with a and falls with b: for ascending a the first b that is far enough moves up only.
        let (mut first, mut count) = (0, 0);
        for &a in self.above {
            while first < self.below.len() && Self::value(a, self.below[first]) > limit {
                first += 1;
            }
            count += (self.below.len() - first) as u64;
        }
        tied + count
    }

    fn collect_between(&self, low: f64, high: f64, out: &mut Vec<f64>) {
        for (value, count) in self.at_median() {
            if low < value && value <= high {
                out.extend(std::iter::repeat_n(value, count as usize));
            }
        }
        let (mut first, mut end) = (0, 0);
        for &a in self.above {
            while first < self.below.len() && Self::value(a, self.below[first]) > high {
                first += 1;
            }
            end = end.max(first);
            while end < self.below.len() && Self::value(a, self.below[end]) > low {
                end += 1;
            }
            out.extend(self.below[first..end].iter().map(|&b| Self::value(a, b)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // statsmodels 0.15.0, stattools.medcouple
        assert!(
            (medcouple(&[
                0.45, 0.27, 0.78, 1.52, 3.11, 1.12, 0.58, 0.46, 2.11, 5.13, 1.31, 0.29
            ])
            .unwrap()
                - 0.316_607_920_381_505_1)
                .abs()
                < 1e-12
        );
        assert!(
            (medcouple(&[
                -2.0, 3.0, 0.5, -3.5, -0.0, -2.5, -1.5, -1.0, -1.5, 1.0, -0.0, -1.0, 1.0, 1.5, -3.5
            ])
            .unwrap()
                - 0.230_769_230_769_230_78)
                .abs()
                < 1e-12
        );
        assert!(
            (medcouple(&[
                0.696, 1.188, 0.042, 1.773, 0.001, 2.148, 0.929, 0.305, 0.696
            ])
            .unwrap()
                - 0.164_979_203_362_229_65)
                .abs()
                < 1e-12
        );
        assert!(
            (medcouple(&[1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 9.0, 11.0, 0.5]).unwrap()
                - 0.680_672_268_907_563)
                .abs()
                < 1e-12
        );
        assert!(
            (medcouple(&[
                -1.09, -1.36, 0.22, -1.11, 1.17, 0.72, -2.0, 0.27, -1.1, 0.03, 0.04, -1.99, -0.23,
                -0.26, 0.96, -1.18, 0.74, -1.1, -0.33, -0.84, 5.45, 4.57, 6.43, 4.64, 4.84, 4.84,
                3.39, 3.93, 5.35, 3.6, 4.19, 3.98, 4.61, 3.64
            ])
            .unwrap()
                - 0.383_838_383_838_383_76)
                .abs()
                < 1e-12
        );
        assert!(
            (medcouple(&[0.0, 0.0, 0.0, 1.0, 5.0, 5.0, 5.0, 6.0, 9.0, 9.0, 2.0, 2.0]).unwrap()
                - 0.0)
                .abs()
                < 1e-12
        );
        assert_eq!(medcouple(&[4.0; 7]).unwrap(), 0.0);
        assert_eq!(medcouple(&[4.0]).unwrap(), 0.0);
    }

    #[test]
    fn reflection_changes_the_sign() {
        let x = [1.0, 2.0, 2.0, 2.0, 7.0, 9.0, 30.0];
        let mirrored: Vec<f64> = x.iter().map(|v| -v).collect();
        assert_eq!(medcouple(&x).unwrap(), -medcouple(&mirrored).unwrap());
    }
}
