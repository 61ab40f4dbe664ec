//! In: one long run, or several. Out: whether it settled, since when, and in which shape it got there.

use super::partition::cheapest_cuts;
use crate::error::StatsError;
use crate::sample::at_least;
use crate::series::scale::Scaled;

/// Observations averaged into one by MSER-5.
const MSER_BATCH: usize = 5;
/// Windows in which outliers are sought, in observations.
const OUTLIER_WINDOW: usize = 200;
/// Farther than this many interquartile ranges from the quartiles is an outlier.
const OUTLIER_REACH: f64 = 3.0;
/// Penalty of a change of mean or variance: this times ln n (Barrett et al. 2017).
const PENALTY_FACTOR: f64 = 15.0;
/// A run counts as steady if at least this share of it, at its end, has one level.
const STEADY_SHARE: f64 = 0.25;
/// Longer series are averaged down to at most this many values, because the search is quadratic where nothing changes.
const LONGEST: usize = 4_000;

/// Where the initial transient of one long run ends, by MSER-5 (White 1997, Simulation 69; Spratt 1998).
///
/// The index of the first observation to keep, a multiple of 5: the truncation that minimises the standard error of what is left. None where
/// the minimum lies in the second half: the run is too short to tell. **Assumes** one transient at the beginning; **broken by** later changes, see [`steady_state`]. O(n).
///
/// ```
/// use perf_stats::change::steady_start;
/// let mut rng = perf_stats::Rng::new(1);
/// let run: Vec<f64> = (0..500).map(|i| if i < 60 { 30.0 } else { 20.0 } + rng.normal()).collect();
/// assert_eq!(steady_start(&run)?, Some(60));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 20 observations.
pub fn steady_start(y: &[f64]) -> Result<Option<usize>, StatsError> {
    let scaled = Scaled::new(at_least(y, 4 * MSER_BATCH)?);
    let batches = averages(&scaled.values, MSER_BATCH);
    let count = batches.len();
    let (mut best, mut best_start) = (f64::INFINITY, 0);
    // From the end, by running moments.
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for (start, v) in batches.iter().enumerate().rev() {
        n += 1.0;
        let d = v - mean;
        mean += d / n;
        squares += d * (v - mean);
        // The last few batches agree by chance; White's rule leaves at least 5 of them.
        if count - start >= 5.min(count) && squares / (n * n) <= best {
            best = squares / (n * n);
            best_start = start;
        }
    }
    Ok((2 * best_start <= count).then_some(best_start * MSER_BATCH))
}

/// The shape of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum RunShape {
    /// One level from the beginning.
    Flat,
    /// Settled at a lower level (less time) than before.
    Warmup,
    /// Settled at a higher level than some stretch before.
    Slowdown,
    /// Did not settle: there is no steady number to report.
    NoSteadyState,
    /// Several runs that differ in shape ([`agree_on_shape`] only).
    Inconsistent,
}

/// What [`steady_state`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SteadyState {
    /// The shape.
    pub shape: RunShape,
    /// First observation of the steady part; none without one.
    pub start: Option<usize>,
    /// Mean of the steady part without outliers; none without one.
    pub level: Option<f64>,
    /// Changes of mean or variance found.
    pub changes: usize,
    /// Outliers set aside while looking for changes.
    pub outliers: usize,
}

impl std::fmt::Display for SteadyState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.start, self.level) {
            (Some(start), Some(level)) => write!(
                f,
                "{:?}: level {level} from observation {start}",
                self.shape
            ),
            _ => write!(f, "{:?} after {} changes", self.shape, self.changes),
        }
    }
}

/// Whether a run (times in order) settled, and how it got there, after Barrett, Bolz-Tereick, Killick, Mount & Tratt 2017 (OOPSLA).
///
/// Outliers beyond 3 interquartile ranges in windows of 200 are set aside; PELT finds changes of mean and variance (normal cost, penalty 15 ln n); segments whose mean is within
/// `tolerance` (a fraction, 0.01 is usual) of the last segment's count as the same level. The run is steady if the last stretch of that level is at least a quarter of it.
/// Lower is better. **Assumes** at least some hundred observations in time order; **broken by** smooth drift, which is cut into stairs (and then
/// reported as such). O(n log n) to O(4,000^2): beyond 4,000 observations neighbours are averaged first.
///
/// ```
/// use perf_stats::change::{RunShape, steady_state};
/// let mut rng = perf_stats::Rng::new(1);
/// let run: Vec<f64> = (0..400).map(|i| if i < 70 { 30.0 } else { 20.0 } + 0.2 * rng.normal()).collect();
/// let steady = steady_state(&run, 0.01)?;
/// assert_eq!((steady.shape, steady.start), (RunShape::Warmup, Some(70)));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 20 observations, [`StatsError::BadParameter`] unless `tolerance` is finite and not negative.
pub fn steady_state(y: &[f64], tolerance: f64) -> Result<SteadyState, StatsError> {
    if !(tolerance >= 0.0 && tolerance.is_finite()) {
        return Err(StatsError::BadParameter {
            name: "tolerance",
            expected: "finite, not negative",
        });
    }
    at_least(y, 20)?;
    let kept = without_outliers(y);
    let per_value = kept.len().div_ceil(LONGEST);
    let values: Vec<f64> = kept.iter().map(|&i| y[i]).collect();
    let scaled = averages(&Scaled::new(&values).values, per_value);
    let costs = NormalCost::new(&scaled);
    let penalty = PENALTY_FACTOR * (scaled.len() as f64).ln();
    let cuts = cheapest_cuts(scaled.len(), 3, penalty, |i, j| costs.cost(i, j));
    let starts: Vec<usize> = std::iter::once(0)
        .chain(cuts)
        .map(|c| c * per_value)
        .collect();
    let level = |k: usize| {
        let end = starts.get(k + 1).copied().unwrap_or(values.len());
        mean(&values[starts[k]..end])
    };
    let last = level(starts.len() - 1);
    let same = |k: usize| (level(k) - last).abs() <= tolerance * last.abs();
    let first_same = (0..starts.len())
        .rev()
        .take_while(|&k| same(k))
        .last()
        .unwrap_or(starts.len() - 1);
    let start = starts[first_same];
    let outliers = y.len() - kept.len();
    let changes = starts.len() - 1;
    if first_same > 0 && ((values.len() - start) as f64) < STEADY_SHARE * values.len() as f64 {
        let shape = RunShape::NoSteadyState;
        return Ok(SteadyState {
            shape,
            start: None,
            level: None,
            changes,
            outliers,
        });
    }
    let shape = if first_same == 0 {
        RunShape::Flat
    } else if (0..first_same).any(|k| level(k) < last && !same(k)) {
        RunShape::Slowdown
    } else {
        RunShape::Warmup
    };
    let at = if start == 0 { 0 } else { kept[start] };
    Ok(SteadyState {
        shape,
        start: Some(at),
        level: Some(mean(&values[start..])),
        changes,
        outliers,
    })
}

/// The shape of several runs of the same thing: their common one, or [`RunShape::Inconsistent`].
///
/// ```
/// use perf_stats::change::{RunShape, agree_on_shape};
/// assert_eq!(agree_on_shape([RunShape::Flat, RunShape::Flat]), Some(RunShape::Flat));
/// assert_eq!(agree_on_shape([RunShape::Flat, RunShape::Warmup]), Some(RunShape::Inconsistent));
/// ```
pub fn agree_on_shape(shapes: impl IntoIterator<Item = RunShape>) -> Option<RunShape> {
    shapes
        .into_iter()
        .reduce(|a, b| if a == b { a } else { RunShape::Inconsistent })
}

/// The mean, formed so that it cannot overflow.
fn mean(y: &[f64]) -> f64 {
    let n = y.len() as f64;
    y.iter().map(|v| v / n).sum()
}

/// Means of `size` neighbours; what does not fill the last group is left out.
fn averages(y: &[f64], size: usize) -> Vec<f64> {
    y.chunks_exact(size).map(mean).collect()
}

/// Indices of the observations within 3 interquartile ranges of the quartiles of their window.
fn without_outliers(y: &[f64]) -> Vec<usize> {
    let mut kept = Vec::with_capacity(y.len());
    let windows = y.len().div_ceil(OUTLIER_WINDOW);
    for w in 0..windows {
        let (from, to) = (w * y.len() / windows, (w + 1) * y.len() / windows);
        let mut s = y[from..to].to_vec();
        s.sort_unstable_by(f64::total_cmp);
        let (q1, q3) = (s[s.len() / 4], s[s.len() - 1 - s.len() / 4]);
        let reach = OUTLIER_REACH * (q3 / 2.0 - q1 / 2.0);
        let within = |v: f64| v / 2.0 >= q1 / 2.0 - reach && v / 2.0 <= q3 / 2.0 + reach;
        kept.extend((from..to).filter(|&i| within(y[i])));
    }
    kept
}

/// Twice the negative log likelihood of a stretch under its own mean and variance, by running sums.
struct NormalCost {
    sums: Vec<(f64, f64)>,
    floor: f64, // of a variance: what the resolution of the values allows
}

impl NormalCost {
    fn new(y: &[f64]) -> Self {
        let mut sums = vec![(0.0, 0.0)];
        let centre = mean(y);
        let (mut s, mut s2) = (0.0, 0.0);
        for v in y {
            s += v - centre;
            s2 += (v - centre) * (v - centre);
            sums.push((s, s2));
        }
        let overall = (s2 / y.len() as f64).max(f64::MIN_POSITIVE);
        Self {
            sums,
            floor: overall * 1e-9,
        }
    }

    fn cost(&self, i: usize, j: usize) -> f64 {
        let n = (j - i) as f64;
        let (s, s2) = (
            self.sums[j].0 - self.sums[i].0,
            self.sums[j].1 - self.sums[i].1,
        );
        let variance = ((s2 - s * s / n) / n).max(self.floor);
        n * (variance.ln() + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn run(levels: &[(usize, f64)], seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        let level = levels.iter().flat_map(|&(n, v)| std::iter::repeat_n(v, n));
        level.map(|v| v + 0.05 * rng.normal()).collect()
    }

    #[test]
    fn each_shape_is_recognised() {
        let shape = |levels: &[(usize, f64)]| {
            (0..20)
                .map(|s| steady_state(&run(levels, s), 0.01).unwrap().shape)
                .collect::<Vec<_>>()
        };
        let all = |shapes: Vec<RunShape>, want: RunShape| {
            assert!(
                shapes.iter().filter(|&&s| s == want).count() >= 19,
                "{want:?}: {shapes:?}"
            );
        };
        all(shape(&[(600, 10.0)]), RunShape::Flat);
        all(
            shape(&[(100, 14.0), (100, 12.0), (400, 10.0)]),
            RunShape::Warmup,
        );
        all(shape(&[(100, 8.0), (400, 10.0)]), RunShape::Slowdown);
        all(
            shape(&[(250, 10.0), (250, 11.0), (50, 10.0), (60, 12.0)]),
            RunShape::NoSteadyState,
        );
    }

    #[test]
    fn outliers_are_counted_and_do_not_count() {
        let mut y = run(&[(100, 12.0), (500, 10.0)], 4);
        for i in [3, 250, 251, 470] {
            y[i] = 500.0;
        }
        let s = steady_state(&y, 0.01).unwrap();
        assert_eq!(
            (s.shape, s.start, s.outliers),
            (RunShape::Warmup, Some(100), 4)
        );
        assert!((s.level.unwrap() - 10.0).abs() < 0.02);
    }

    #[test]
    fn long_runs_and_extremes_are_answered() {
        let mut rng = Rng::new(4);
        let long: Vec<f64> = (0..50_000)
            .map(|i| if i < 10_000 { 3.0 } else { 2.0 } + 0.1 * rng.normal())
            .collect();
        let s = steady_state(&long, 0.01).unwrap();
        assert!(
            s.shape == RunShape::Warmup && s.start.unwrap().abs_diff(10_000) < 200,
            "{s}"
        );
        assert_eq!(steady_state(&[4.0; 30], 0.0).unwrap().shape, RunShape::Flat);
        let wild: Vec<f64> = (0..40)
            .map(|i| if i % 2 == 0 { 1e308 } else { -1e308 })
            .collect();
        assert!(
            steady_state(&wild, 0.01)
                .unwrap()
                .level
                .is_none_or(f64::is_finite)
        );
        assert!(
            steady_state(&[1.0; 3], 0.01).is_err() && steady_state(&[1.0; 30], f64::NAN).is_err()
        );
    }

    #[test]
    fn mser_says_when_the_run_is_too_short() {
        let ramp: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(steady_start(&ramp).unwrap(), None);
        let mut rng = Rng::new(6);
        let flat: Vec<f64> = (0..300).map(|_| rng.normal()).collect();
        assert!(steady_start(&flat).unwrap().is_none_or(|s| s < 150));
        assert_eq!(steady_start(&[7.0; 40]).unwrap(), Some(0));
    }
}
