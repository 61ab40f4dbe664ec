//! In: a series in time order. Out: tests of whether that order matters.

use super::correlation::centred;
use crate::error::StatsError;
use crate::sample::{at_least, sorted};
use crate::special::normal_sf;

/// What [`runs_test`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RunsTest {
    /// Unbroken stretches on one side of the median.
    pub runs: usize,
    /// Observations above the median.
    pub above: usize,
    /// Observations below it; those equal to it are left out.
    pub below: usize,
    /// (runs - expected) / sd: negative for drift and clusters, positive for alternation.
    pub z: f64,
    /// Two-sided p, normal approximation.
    pub p: f64,
}

impl std::fmt::Display for RunsTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} runs ({} above, {} below), z {:.3}, p {}",
            self.runs, self.above, self.below, self.z, self.p
        )
    }
}

/// Whether values above and below the median are mixed as chance would mix them (Wald & Wolfowitz 1940).
///
/// **Assumes** nothing about the distribution; values equal to the median are dropped, so it says little about two-valued series.
/// The normal approximation is fair from about 10 on each side. O(n log n).
///
/// ```
/// use perf_stats::series::runs_test;
/// let step: Vec<f64> = (0..40).map(|i| if i < 20 { 1.0 } else { 2.0 } + 0.01 * f64::from(i % 7)).collect();
/// let test = runs_test(&step)?;
/// assert!(test.runs == 2 && test.p < 1e-8);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 2 observations, [`StatsError::ConstantSeries`],
/// [`StatsError::Degenerate`] where all but the median's own value lie on one side of it.
pub fn runs_test(y: &[f64]) -> Result<RunsTest, StatsError> {
    let s = sorted(at_least(y, 2)?)?;
    if s[0] == s[s.len() - 1] {
        return Err(StatsError::ConstantSeries);
    }
    let (low, high) = (s[(s.len() - 1) / 2], s[s.len() / 2]);
    // Nothing lies strictly between the middle two, so their mean need not be formed.
    let side = |v: f64| {
        if low == high {
            (v != low).then_some(v > low)
        } else {
            Some(v >= high)
        }
    };
    let sides: Vec<bool> = y.iter().filter_map(|&v| side(v)).collect();
    let above = sides.iter().filter(|&&s| s).count();
    let below = sides.len() - above;
    if above == 0 || below == 0 {
        return Err(StatsError::Degenerate);
    }
    let runs = 1 + sides.windows(2).filter(|w| w[0] != w[1]).count();
    let (a, b) = (above as f64, below as f64);
    let n = a + b;
    let expected = 1.0 + 2.0 * a * b / n;
    let variance = (expected - 1.0) * (expected - 2.0) / (n - 1.0);
    let z = if variance > 0.0 {
        (runs as f64 - expected) / variance.sqrt()
    } else {
        0.0
    };
    Ok(RunsTest {
        runs,
        above,
        below,
        z,
        p: (2.0 * normal_sf(z.abs())).min(1.0),
    })
}

/// What [`von_neumann`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct VonNeumann {
    /// Mean squared difference of ranks of neighbours over the variance of ranks: 2 for independence, below for drift.
    pub ratio: f64,
    /// (ratio - 2) / sd.
    pub z: f64,
    /// Two-sided p, normal approximation (fair from n = 10).
    pub p: f64,
    /// Length of the series.
    pub n: usize,
}

impl std::fmt::Display for VonNeumann {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "von Neumann ratio {:.4} (2 if independent), p {}, n {}",
            self.ratio, self.p, self.n
        )
    }
}

/// Whether neighbours resemble one another: von Neumann's ratio of the ranks (Bartels 1982).
///
/// Ratio = sum (R(t+1) - R(t))^2 / sum (R(t) - mean R)^2 with midranks; about normal with mean 2 and variance
/// 4(n-2)(5n^2-2n-9) / (5n(n+1)(n-1)^2). More powerful than [`runs_test`], and like it free of the distribution. O(n log n).
///
/// ```
/// use perf_stats::series::von_neumann;
/// let slow_wave: Vec<f64> = (0..60).map(|i| (f64::from(i) / 10.0).sin()).collect();
/// let test = von_neumann(&slow_wave)?;
/// assert!(test.ratio < 0.2 && test.p < 1e-9);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 4 observations, [`StatsError::ConstantSeries`].
pub fn von_neumann(y: &[f64]) -> Result<VonNeumann, StatsError> {
    let ranks = doubled_midranks(at_least(y, 4)?)?;
    let d = centred(&ranks)?;
    let steps: f64 = d.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum();
    let ratio = steps / d.iter().map(|v| v * v).sum::<f64>();
    let n = y.len() as f64;
    let variance = 4.0 * (n - 2.0) * (5.0 * n * n - 2.0 * n - 9.0)
        / (5.0 * n * (n + 1.0) * (n - 1.0) * (n - 1.0));
    let z = (ratio - 2.0) / variance.sqrt();
    Ok(VonNeumann {
        ratio,
        z,
        p: (2.0 * normal_sf(z.abs())).min(1.0),
        n: y.len(),
    })
}

/// Twice the midrank of every observation (whole numbers), in the order given.
pub(crate) fn doubled_midranks(y: &[f64]) -> Result<Vec<f64>, StatsError> {
    let s = sorted(y)?;
    let rank = |v: f64| {
        let below = s.partition_point(|&w| w < v);
        let up_to = s.partition_point(|&w| w <= v);
        (below + up_to + 1) as f64
    };
    Ok(y.iter().map(|&v| rank(v)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn both_keep_their_level_and_find_dependence() {
        let (mut level, mut power) = ([0u32; 2], [0u32; 2]);
        for run in 0..1_000 {
            let mut rng = Rng::stream(71, run);
            let white: Vec<f64> = (0..60).map(|_| rng.normal()).collect();
            let mut state = 0.0;
            let red: Vec<f64> = white
                .iter()
                .map(|v| {
                    state = 0.6 * state + v;
                    state
                })
                .collect();
            for (y, count) in [(&white, &mut level), (&red, &mut power)] {
                count[0] += u32::from(runs_test(y).unwrap().p < 0.05);
                count[1] += u32::from(von_neumann(y).unwrap().p < 0.05);
            }
        }
        assert!(level.iter().all(|c| (25..=80).contains(c)), "{level:?}");
        assert!(power[0] > 600 && power[1] > 900, "{power:?}");
    }

    #[test]
    fn alternation_is_found_too() {
        let y: Vec<f64> = (0..30)
            .map(|i| if i % 2 == 0 { 1.0 } else { 2.0 })
            .collect();
        let r = runs_test(&y).unwrap();
        assert!(r.runs == 30 && r.z > 5.0 && r.above == 15);
        assert!(von_neumann(&y).unwrap().z > 5.0);
    }

    #[test]
    fn unusable_series_are_refused() {
        assert_eq!(runs_test(&[]), Err(StatsError::Empty));
        assert_eq!(runs_test(&[2.0; 5]), Err(StatsError::ConstantSeries));
        assert_eq!(runs_test(&[2.0, 2.0, 3.0]), Err(StatsError::Degenerate));
        assert_eq!(von_neumann(&[2.0; 5]), Err(StatsError::ConstantSeries));
        assert!(runs_test(&[1e308, -1e308]).unwrap().p <= 1.0);
        assert!(runs_test(&[0.0, 1.0, 1.0, 0.0, 1.0, 0.0]).unwrap().runs == 5);
    }
}
