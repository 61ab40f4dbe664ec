//! In: a series and the price of a change. Out: the segmentation of lowest cost.

use super::envelope::{Envelope, Parabola};
use crate::error::StatsError;
use crate::sample::at_least;
use crate::series::scale::{Scaled, noise_sd};
use std::fmt;

/// Observations farther than this many noise standard deviations from their level count as outliers (biweight).
const BIWEIGHT_SDS: f64 = 3.0;

/// Where a series changes: indices of the first observation of each new segment, and what the segmentation costs.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Segmentation {
    /// Ascending; empty where nothing changed.
    pub change_points: Vec<usize>,
    /// Cost of all segments, without penalties.
    pub segment_cost: f64,
    /// `segment_cost` plus `penalty` for each change point: no segmentation has less.
    pub penalised_cost: f64,
    /// The price of one change, in the unit of the cost.
    pub penalty: f64,
    /// Length of the series.
    pub n: usize,
}

impl fmt::Display for Segmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} changes in {} observations, at {:?}",
            self.change_points.len(),
            self.n,
            self.change_points
        )
    }
}

/// Optimal segmentation of a series into constant levels: cost = sum of squares about each level, plus a penalty a change.
///
/// The answer is that of PELT (Killick, Fearnhead & Eckley 2012, JASA 107) and of full dynamic programming: the exact
/// optimum. **Assumes** levels that stay constant within a segment and noise of one variance; **broken by** drift (which is cut
/// into stairs) and, for the L2 cost, by outliers and by autocorrelation (too many changes: raise the penalty by the
/// [autocorrelation time](crate::series::autocorrelation_time)). [`Pelt::biweight`] caps what one observation can cost, so that spikes are not changes
/// (Fearnhead & Rigaill 2019, JASA 114). About O(n) time and memory whether or not the series changes: 100,000 observations take some tens of ms.
///
/// ```
/// use perf_stats::change::Pelt;
/// let mut y = vec![10.0, 10.1, 9.9, 10.0, 10.2, 9.8, 12.0, 12.1, 11.9, 12.0, 12.2, 11.8];
/// assert_eq!(Pelt::l2().segment(&y)?.change_points, [6]);
/// y[2] = 40.0; // one spike
/// assert_eq!(Pelt::biweight().penalty(0.5).segment(&y)?.change_points, [6]);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pelt {
    biweight: bool,
    penalty: Option<f64>,
    min_size: usize, // >= 1
}

impl Pelt {
    /// Squared distances, segments of at least 2 observations.
    pub const fn l2() -> Self {
        Self {
            biweight: false,
            penalty: None,
            min_size: 2,
        }
    }

    /// Squared distances up to 3 noise standard deviations, constant beyond; segments of any length.
    pub const fn biweight() -> Self {
        Self {
            biweight: true,
            penalty: None,
            min_size: 1,
        }
    }

    /// The price of a change, in squared units of the series. Default: 2 sigma^2 ln n, sigma from the median absolute first difference.
    #[must_use]
    pub const fn penalty(mut self, penalty: f64) -> Self {
        self.penalty = Some(penalty);
        self
    }

    /// The shortest segment of the L2 cost; the biweight cost has none (a lone spike is never worth two changes).
    #[must_use]
    pub const fn min_size(mut self, min_size: usize) -> Self {
        self.min_size = min_size;
        self
    }

    /// The segmentation of lowest penalised cost.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::NonFinite`]; [`StatsError::TooFew`] under `min_size` observations; [`StatsError::BadParameter`]
    /// for a `min_size` of 0 (or other than 1 with the biweight cost) or a penalty that is negative or NaN; [`StatsError::Overflow`] if the cost exceeds `f64`.
    pub fn segment(&self, y: &[f64]) -> Result<Segmentation, StatsError> {
        if self.min_size == 0 || (self.biweight && self.min_size > 1) {
            let expected = "at least 1; with the biweight cost exactly 1";
            return Err(StatsError::BadParameter {
                name: "min_size",
                expected,
            });
        }
        if self.penalty.is_some_and(|p| p.is_nan() || p < 0.0) {
            return Err(StatsError::BadParameter {
                name: "penalty",
                expected: "not negative",
            });
        }
        at_least(y, self.min_size)?;
        let scaled = Scaled::new(y);
        let sd = noise_sd(&scaled.values);
        let penalty = match self.penalty {
            Some(p) => scaled.square_in(p),
            None => 2.0 * sd * sd * (y.len() as f64).ln(),
        };
        let cap = if self.biweight {
            BIWEIGHT_SDS * sd
        } else {
            f64::INFINITY
        };
        let (starts, total) = search(&scaled.values, penalty, self.min_size, cap);
        let change_points = backtrack(&starts);
        let changes = change_points.len() as f64;
        let cost = if self.biweight {
            (total - penalty * changes).max(0.0)
        } else {
            squares_within(&scaled.values, &change_points)
        };
        let segment_cost = scaled.square_out(cost);
        let penalty = self.penalty.unwrap_or_else(|| scaled.square_out(penalty));
        let penalties = if changes == 0.0 {
            0.0
        } else {
            penalty * changes
        };
        let penalised_cost = segment_cost + penalties;
        if !(penalised_cost.is_finite() && (penalty.is_finite() || self.penalty.is_some())) {
            return Err(StatsError::Overflow);
        }
        Ok(Segmentation {
            change_points,
            segment_cost,
            penalised_cost,
            penalty,
            n: y.len(),
        })
    }
}

/// For every end, the beginning of its last segment; and the lowest penalised cost of the whole.
fn search(y: &[f64], penalty: f64, min_size: usize, cap: f64) -> (Vec<usize>, f64) {
    let low = y.iter().copied().fold(f64::INFINITY, f64::min);
    let high = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut envelope = Envelope::new(low, high);
    let mut best = vec![f64::INFINITY; y.len() + 1];
    best[0] = -penalty.min(f64::MAX);
    let mut starts = vec![0; y.len() + 1];
    for end in 1..=y.len() {
        if cap.is_finite() {
            envelope.lower(Parabola::flat(best[end - 1] + penalty, end - 1));
            envelope.add_capped(y[end - 1], cap);
        } else {
            envelope.add_square(y[end - 1]);
            enter(&mut envelope, y, &best, penalty, min_size, end);
        }
        if let Some((cost, start)) = envelope.minimum() {
            best[end] = cost;
            starts[end] = start;
        }
    }
    let total = best[y.len()];
    (starts, total)
}

/// Lets the newest beginning that leaves `min_size` observations take part.
fn enter(e: &mut Envelope, y: &[f64], best: &[f64], penalty: f64, min_size: usize, end: usize) {
    let Some(start) = end.checked_sub(min_size) else {
        return;
    };
    let entry = if start == 0 {
        0.0
    } else {
        best[start] + penalty
    };
    if entry.is_finite() {
        let mut curve = Parabola::flat(entry, start);
        y[start..end].iter().for_each(|&v| curve.add(v));
        e.lower(curve);
    }
}

/// Change points from the beginnings, ascending.
pub(super) fn backtrack(starts: &[usize]) -> Vec<usize> {
    let mut points = Vec::new();
    let mut end = starts.len() - 1;
    while end > 0 && starts[end] > 0 {
        end = starts[end];
        points.push(end);
    }
    points.reverse();
    points
}

/// The sum of squares about the mean of each segment, in two passes.
fn squares_within(y: &[f64], change_points: &[usize]) -> f64 {
    let ends = change_points.iter().copied().chain([y.len()]);
    let mut from = 0;
    let mut sum = 0.0;
    for to in ends {
        let part = &y[from..to];
        let n = part.len() as f64;
        let mean = part.iter().sum::<f64>() / n;
        let rest = part.iter().map(|v| v - mean).sum::<f64>();
        sum +=
            (part.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() - rest * rest / n).max(0.0);
        from = to;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn steps(n: usize, every: usize, height: f64, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        (0..n)
            .map(|i| height * (i / every % 2) as f64 + rng.normal())
            .collect()
    }

    /// Full dynamic programming over all beginnings.
    fn plain(y: &[f64], penalty: f64, min_size: usize) -> f64 {
        let cost = |i: usize, j: usize| squares_within(&y[i..j], &[]);
        let mut best = vec![f64::INFINITY; y.len() + 1];
        best[0] = -penalty;
        for j in min_size..=y.len() {
            for i in 0..=j - min_size {
                best[j] = best[j].min(best[i] + cost(i, j) + penalty);
            }
        }
        best[y.len()]
    }

    #[test]
    fn is_the_optimum_for_any_shortest_segment() {
        for (seed, min_size) in [(1, 1), (2, 2), (3, 3), (4, 7)] {
            for penalty in [0.0, 0.5, 4.0, 30.0] {
                let y = steps(70, 17, 3.0, seed);
                let got = Pelt::l2()
                    .penalty(penalty)
                    .min_size(min_size)
                    .segment(&y)
                    .unwrap();
                let want = plain(&y, penalty, min_size);
                assert!((got.penalised_cost - want).abs() < 1e-9, "{got} {want}");
                let bounds: Vec<usize> = [&[0], &got.change_points[..], &[70]].concat();
                assert!(
                    bounds.windows(2).all(|w| w[1] - w[0] >= min_size),
                    "{bounds:?}"
                );
            }
        }
    }

    #[test]
    fn spikes_are_changes_for_l2_only() {
        let mut y = steps(400, 200, 5.0, 8);
        for i in [20, 90, 91, 260, 333] {
            y[i] += 400.0;
        }
        let robust = Pelt::biweight().segment(&y).unwrap();
        assert_eq!(robust.change_points.len(), 1, "{robust}");
        assert!(robust.change_points[0].abs_diff(200) <= 2);
        assert!(Pelt::l2().segment(&y).unwrap().change_points.len() > 5);
    }

    #[test]
    fn default_penalty_seldom_sees_changes_in_noise() {
        let hits = (0..200)
            .filter(|&s| {
                !Pelt::l2()
                    .segment(&steps(300, 300, 0.0, s))
                    .unwrap()
                    .change_points
                    .is_empty()
            })
            .count();
        assert!(hits <= 30, "{hits} of 200");
    }

    #[test]
    fn scale_and_offset_change_nothing() {
        let y = steps(120, 40, 4.0, 5);
        let want = Pelt::l2().segment(&y).unwrap().change_points;
        assert!(want.len() >= 2);
        for (factor, offset) in [(1e150, 0.0), (1e-200, 0.0), (1.0, 1e9)] {
            let z: Vec<f64> = y.iter().map(|v| v * factor + offset).collect();
            assert_eq!(Pelt::l2().segment(&z).unwrap().change_points, want);
        }
    }

    #[test]
    fn edges() {
        assert_eq!(Pelt::l2().segment(&[]), Err(StatsError::Empty));
        assert_eq!(
            Pelt::l2().segment(&[1.0]),
            Err(StatsError::TooFew { need: 2, got: 1 })
        );
        assert!(
            Pelt::biweight()
                .segment(&[1.0])
                .unwrap()
                .change_points
                .is_empty()
        );
        for p in [Pelt::l2(), Pelt::biweight()] {
            assert!(p.segment(&[3.0; 50]).unwrap().change_points.is_empty());
            assert!(
                p.penalty(f64::INFINITY)
                    .segment(&[1.0, 5.0, 9.0])
                    .unwrap()
                    .change_points
                    .is_empty()
            );
            assert!(p.penalty(-1.0).segment(&[1.0, 2.0]).is_err());
        }
        assert!(Pelt::l2().min_size(0).segment(&[1.0]).is_err());
        assert_eq!(
            Pelt::l2().segment(&[1e308, -1e308, 1e308]),
            Err(StatsError::Overflow)
        );
        let step: Vec<f64> = (0..40).map(|i| if i < 25 { 7.0 } else { 9.0 }).collect();
        assert_eq!(Pelt::l2().segment(&step).unwrap().change_points, [25]);
    }
}
