//! In: measurements repeated at several levels (builds, processes, iterations). Out: which level the noise comes from, an honest interval, and how often to repeat each.

use super::fieller;
use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::sample::finite;
use crate::series::scale::{Scaled, times_power};
use crate::special::t_quantile;

/// One level of repetition.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Level {
    /// Repetitions within one of the level above.
    pub count: usize,
    /// Mean square between repetitions of this level.
    pub mean_square: f64,
    /// What this level alone adds to the variance of one measurement, not below 0.
    pub variance: f64,
    /// The same estimate before it was cut off at 0; negative where the level adds nothing.
    pub variance_unclamped: f64,
}

/// Variance components of a balanced nested design, after Kalibera & Jones 2013 ("Rigorous benchmarking in reasonable time").
///
/// **Assumes** that repetitions of one level are exchangeable and independent (a process's iterations after warm-up are rarely quite independent; the interval below does not need them to be) and
/// the same number everywhere. The unit of inference is the top level: one process with a million iterations is one observation. O(n).
///
/// ```
/// use perf_stats::model::Hierarchy;
/// // 3 processes of 4 iterations, in ms.
/// let times = [10.0, 10.1, 9.9, 10.0, 12.0, 12.1, 11.9, 12.0, 11.0, 11.1, 10.9, 11.0];
/// let h = Hierarchy::new(&times, &[3, 4])?;
/// assert!((h.levels()[0].variance - 1.0).abs() < 0.01); // processes differ, iterations hardly
/// assert!(h.levels()[1].variance < 0.01);
/// let interval = h.interval(0.95)?;
/// assert!(interval.width() > 4.0, "three processes tell little: {interval}");
/// // A process costs 2 s to start, an iteration 0.01 s: two iterations a process suffice.
/// assert_eq!(h.optimal_counts(&[2.0, 0.01])?, [Some(2)]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Hierarchy {
    levels: Vec<Level>,
    mean: f64,
    variance_of_mean: f64, // in squared units
    n: usize,
}

impl std::fmt::Display for Hierarchy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "mean {}, {} at the top level, n {}",
            self.mean, self.levels[0].count, self.n
        )
    }
}

impl Hierarchy {
    /// From values in nested order (all iterations of the first process, then of the second ...) and the counts from the top level down.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`]; [`StatsError::BadParameter`] without levels; [`StatsError::TooFew`] under 2 repetitions of a level;
    /// [`StatsError::LengthMismatch`] unless there are as many values as the counts multiply to; [`StatsError::Overflow`].
    pub fn new(values: &[f64], counts: &[usize]) -> Result<Self, StatsError> {
        finite(values)?;
        if counts.is_empty() {
            return Err(StatsError::BadParameter {
                name: "counts",
                expected: "at least one level",
            });
        }
        if let Some(&got) = counts.iter().find(|&&c| c < 2) {
            return Err(StatsError::TooFew { need: 2, got });
        }
        let product = counts.iter().fold(1usize, |n, &c| n.saturating_mul(c));
        if product != values.len() {
            return Err(StatsError::LengthMismatch {
                left: values.len(),
                right: product,
            });
        }
        let scaled = Scaled::new(values);
        let (squares, centre) = mean_squares(&scaled.values, counts);
        let out = |v: f64| scaled.square_out(v);
        let mut below = 1.0;
        let mut levels = Vec::new();
        for (k, (&count, &square)) in counts.iter().zip(&squares).enumerate().rev() {
            // What the level below contributes to this mean square.
            let lower = squares.get(k + 1).copied().unwrap_or(0.0);
            let variance = (square - lower) / below;
            levels.push(Level {
                count,
                mean_square: out(square),
                variance: out(variance.max(0.0)),
                variance_unclamped: out(variance),
            });
            below *= count as f64;
        }
        levels.reverse();
        let mean = scaled.pivot + times_power(centre, scaled.exponent);
        let variance_of_mean = out(squares[0] / values.len() as f64);
        let numbers = levels
            .iter()
            .flat_map(|l| [l.mean_square, l.variance_unclamped]);
        if !(mean.is_finite() && numbers.chain([variance_of_mean]).all(f64::is_finite)) {
            return Err(StatsError::Overflow);
        }
        Ok(Self {
            levels,
            mean,
            variance_of_mean,
            n: values.len(),
        })
    }

    /// Two levels from one row a process.
    ///
    /// # Errors
    /// As [`Hierarchy::new`]; [`StatsError::LengthMismatch`] where rows differ in length.
    pub fn from_rows(rows: &[impl AsRef<[f64]>]) -> Result<Self, StatsError> {
        let first = rows.first().ok_or(StatsError::Empty)?.as_ref().len();
        let values: Vec<f64> = rows
            .iter()
            .flat_map(|r| r.as_ref().iter().copied())
            .collect();
        if let Some(row) = rows.iter().find(|r| r.as_ref().len() != first) {
            return Err(StatsError::LengthMismatch {
                left: first,
                right: row.as_ref().len(),
            });
        }
        Self::new(&values, &[rows.len(), first])
    }

    /// The levels, from the top down.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The mean of all values.
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// The share of the variance of one measurement that the top level adds (with two levels the intraclass correlation); none where nothing varies.
    pub fn top_share(&self) -> Option<f64> {
        let top = self.levels.iter().map(|l| l.variance).fold(0.0, f64::max);
        let total: f64 = self.levels.iter().map(|l| l.variance / top).sum();
        (top > 0.0).then(|| self.levels[0].variance / top / total)
    }

    /// The interval of the mean: Student t with one observation a repetition of the top level.
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] for `level` outside (0, 1), [`StatsError::Overflow`].
    pub fn interval(&self, level: f64) -> Result<Interval, StatsError> {
        let df = self.levels[0].count as f64 - 1.0;
        let half = t_quantile(0.5 * (1.0 + check_level(level)?), df) * self.variance_of_mean.sqrt();
        let (low, high) = (self.mean - half, self.mean + half);
        if !(low.is_finite() && high.is_finite()) {
            return Err(StatsError::Overflow);
        }
        Ok(Interval::new(
            low,
            high,
            level,
            "Student t over the top level",
        ))
    }

    /// The ratio of this mean to another's with its Fieller interval (unbounded where the other's sign is not certain), at the smaller of both numbers of top-level repetitions minus 1.
    ///
    /// ```
    /// use perf_stats::model::Hierarchy;
    /// let old = Hierarchy::new(&[10.0, 10.2, 9.9, 10.1, 10.3, 9.8], &[3, 2])?;
    /// let new = Hierarchy::new(&[12.1, 11.9, 12.0, 12.2, 11.8, 12.0], &[3, 2])?;
    /// let (ratio, interval) = new.ratio_to(&old, 0.95)?;
    /// assert!((ratio - 1.194).abs() < 0.001 && interval.low > 1.1);
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] for a bad `level`, [`StatsError::Degenerate`] for a mean of 0 below the line, [`StatsError::Overflow`].
    pub fn ratio_to(&self, other: &Self, level: f64) -> Result<(f64, Interval), StatsError> {
        let df = self.levels[0].count.min(other.levels[0].count) as f64 - 1.0;
        let t = t_quantile(0.5 * (1.0 + check_level(level)?), df);
        if other.mean == 0.0 {
            return Err(StatsError::Degenerate);
        }
        let ratio = self.mean / other.mean;
        if !ratio.is_finite() {
            return Err(StatsError::Overflow);
        }
        let (x, y) = (
            (self.mean, self.variance_of_mean),
            (other.mean, other.variance_of_mean),
        );
        Ok((ratio, fieller::ratio(x, y, t, level)))
    }

    /// How many repetitions of each level below the top give the most precise mean for the time spent.
    ///
    /// r = ceil(sqrt(c' / c * T^2 / T'^2)) with c the cost of one repetition, T^2 the variance it adds, and primes for the level above
    /// (Kalibera & Jones 2013, section 7). `costs` from the top down, in any unit (top: what starting one more costs beside its repetitions). None where the level above adds no variance: then repeat as often as
    /// you like within one. At the top level repeat until the interval is narrow enough.
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] unless there is one cost a level, [`StatsError::BadParameter`] unless all are positive and finite.
    pub fn optimal_counts(&self, costs: &[f64]) -> Result<Vec<Option<u64>>, StatsError> {
        if costs.len() != self.levels.len() {
            return Err(StatsError::LengthMismatch {
                left: costs.len(),
                right: self.levels.len(),
            });
        }
        if costs.iter().any(|c| !(*c > 0.0 && c.is_finite())) {
            return Err(StatsError::BadParameter {
                name: "costs",
                expected: "positive and finite",
            });
        }
        let pairs = self.levels.windows(2).zip(costs.windows(2));
        let count = |(levels, costs): (&[Level], &[f64])| {
            if levels[0].variance == 0.0 {
                return None;
            }
            let spread = levels[1].variance / levels[0].variance;
            Some((costs[0] / costs[1] * spread).sqrt().ceil().max(1.0) as u64)
        };
        Ok(pairs.map(count).collect())
    }
}

/// The mean square of each level from the top down, and the mean of all values.
fn mean_squares(values: &[f64], counts: &[usize]) -> (Vec<f64>, f64) {
    let mut means = values.to_vec();
    let mut weight = 1.0; // values under each of `means`
    let mut squares = Vec::with_capacity(counts.len());
    for &count in counts.iter().rev() {
        let mut sum = 0.0;
        let groups: Vec<f64> = means
            .chunks_exact(count)
            .map(|group| {
                let rough = group.iter().sum::<f64>() / count as f64;
                let mean = rough + group.iter().map(|v| v - rough).sum::<f64>() / count as f64;
                sum += group.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
                mean
            })
            .collect();
        squares.push(weight * sum / (groups.len() as f64 * (count as f64 - 1.0)));
        weight *= count as f64;
        means = groups;
    }
    squares.reverse();
    (squares, means[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn three_levels_are_told_apart() {
        let mut rng = Rng::new(131);
        let mut values = Vec::new();
        for _ in 0..40 {
            let build = 4.0 * rng.normal();
            for _ in 0..30 {
                let process = 2.0 * rng.normal();
                values.extend((0..10).map(|_| 100.0 + build + process + rng.normal()));
            }
        }
        let h = Hierarchy::new(&values, &[40, 30, 10]).unwrap();
        let v: Vec<f64> = h.levels().iter().map(|l| l.variance).collect();
        assert!(
            (v[2] - 1.0).abs() < 0.05 && (v[1] / 4.0 - 1.0).abs() < 0.15,
            "{v:?}"
        );
        assert!((v[0] / 16.0 - 1.0).abs() < 0.6, "{v:?}");
        assert!((h.top_share().unwrap() - v[0] / (v[0] + v[1] + v[2])).abs() < 1e-12);
        // sqrt(100/1 * 4/16) = 5 and sqrt(1/0.01 * 1/4) = 5, within noise.
        let counts = h.optimal_counts(&[100.0, 1.0, 0.01]).unwrap();
        assert!(
            counts
                .iter()
                .all(|c| c.is_some_and(|c| (3..=8).contains(&c))),
            "{counts:?}"
        );
    }

    #[test]
    fn the_interval_covers_whatever_the_share() {
        let covered = (0..1_000u64)
            .filter(|&run| {
                let mut rng = Rng::stream(132, run);
                let rows: Vec<Vec<f64>> = (0..6)
                    .map(|_| {
                        let process = 3.0 * rng.normal();
                        (0..20).map(|_| process + rng.normal()).collect()
                    })
                    .collect();
                Hierarchy::from_rows(&rows)
                    .unwrap()
                    .interval(0.95)
                    .unwrap()
                    .contains(0.0)
            })
            .count();
        assert!((930..=970).contains(&covered), "{covered}");
    }

    #[test]
    fn edges() {
        let none: [[f64; 2]; 0] = [];
        assert_eq!(Hierarchy::from_rows(&none), Err(StatsError::Empty));
        assert_eq!(
            Hierarchy::new(&[1.0, 2.0], &[1, 2]),
            Err(StatsError::TooFew { need: 2, got: 1 })
        );
        assert!(Hierarchy::from_rows(&[vec![1.0, 2.0], vec![1.0]]).is_err());
        assert!(
            Hierarchy::new(&[1.0; 4], &[]).is_err() && Hierarchy::new(&[1.0; 4], &[2, 3]).is_err()
        );
        let flat = Hierarchy::new(&[3.0; 4], &[2, 2]).unwrap();
        assert_eq!(
            (flat.top_share(), flat.interval(0.9).unwrap().width()),
            (None, 0.0)
        );
        assert_eq!(flat.optimal_counts(&[1.0, 1.0]).unwrap(), [None]);
        assert!(Hierarchy::new(&[1e308, -1e308, 1e308, 0.0], &[2, 2]).is_err());
        let zero = Hierarchy::new(&[1.0, -1.0, -1.0, 1.0], &[2, 2]).unwrap();
        assert_eq!(flat.ratio_to(&zero, 0.9), Err(StatsError::Degenerate));
    }
}
