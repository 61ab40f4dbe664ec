//! In: two samples. Out: the relative change from `y` (baseline) to `x` (candidate), of means or quantiles, with intervals.

use crate::contrast::{Contrast, check_two};
use crate::error::StatsError;
use crate::interval::{Interval, check_level, check_open_unit};
use crate::moments::{Moments, Scale, Wide, logarithms};
use crate::resample::{gamma, replicate};
use crate::rng::Rng;
use crate::sample::sorted;
use crate::special::t_upper_quantile;
use std::fmt;

/// Bootstrap replicates of a ratio of quantiles.
const REPLICATES: usize = 9_999;

/// A quantile needs this many observations beyond it on either side for its bootstrap to mean anything.
const MIN_BEYOND: f64 = 5.0;

/// A ratio candidate / baseline with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ratio {
    /// x / y.
    pub estimate: f64,
    /// Its confidence interval; none with fewer than 2 observations a side, or where neither side varies.
    pub interval: Option<Interval>,
}

/// A relative change, candidate / baseline - 1: 0.05 is "5 % more".
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RelativeChange {
    /// x / y - 1.
    pub estimate: f64,
    /// Its confidence interval.
    pub interval: Interval,
    /// Observations of `x` and of `y`.
    pub n: (usize, usize),
}

impl fmt::Display for RelativeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let i = &self.interval;
        let percent = |v: f64| v * 100.0;
        write!(
            f,
            "{:+.3} % [{:+.3}, {:+.3}] ({} %, {}), n = {} v {}",
            percent(self.estimate),
            percent(i.low),
            percent(i.high),
            percent(i.level),
            i.method,
            self.n.0,
            self.n.1
        )
    }
}

fn positive(x: &[f64], y: &[f64]) -> Result<(), StatsError> {
    match (x.iter().all(|&v| v > 0.0), y.iter().all(|&v| v > 0.0)) {
        (true, true) => Ok(()),
        (false, _) => Err(not_positive("x")),
        _ => Err(not_positive("y")),
    }
}

const fn not_positive(name: &'static str) -> StatsError {
    StatsError::BadParameter {
        name,
        expected: "positive throughout",
    }
}

/// A ratio that may leave the crate.
fn representable(ratio: f64) -> Result<f64, StatsError> {
    if ratio.is_finite() {
        Ok(ratio)
    } else {
        Err(StatsError::Overflow)
    }
}

/// mean(x) / mean(y). For an interval see [`relative_change_of_mean`].
///
/// ```
/// assert_eq!(perf_stats::effect::ratio_of_means(&[1.0, 2.0], &[2.0, 4.0])?, 0.5);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] unless all numbers are positive, [`StatsError::Overflow`].
pub fn ratio_of_means(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    check_two(x, y, 1)?;
    positive(x, y)?;
    let (sx, sy) = (Scale::common(&[x]), Scale::common(&[y]));
    let scaled = Moments::scaled(x, sx).mean.value() / Moments::scaled(y, sy).mean.value();
    representable(sx.restore_ratio(sy, scaled))
}

/// median(x) / median(y), medians by the mean of the two middle values. For an interval see [`relative_change_of_quantile`].
///
/// ```
/// assert_eq!(perf_stats::effect::ratio_of_medians(&[1.0, 2.0, 90.0], &[2.0, 4.0])?, 2.0 / 3.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`ratio_of_means`].
pub fn ratio_of_medians(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    check_two(x, y, 1)?;
    positive(x, y)?;
    let median = |v: &[f64], scale: Scale| {
        let scaled: Vec<f64> = v.iter().map(|&v| scale.shrink(v)).collect();
        Ok::<f64, StatsError>(type7(&sorted(&scaled)?, 0.5))
    };
    let (sx, sy) = (Scale::common(&[x]), Scale::common(&[y]));
    representable(sx.restore_ratio(sy, median(x, sx)? / median(y, sy)?))
}

/// gm(x) / gm(y), the ratio of geometric means, with Welch's interval of the difference of mean logarithms.
///
/// For durations, whose noise is multiplicative. Assumptions as [`welch_t`](crate::tests::welch_t) on the logarithms; it speaks of geometric
/// means (of medians, if the logarithms are symmetric), not of totals. Cost O(n).
///
/// ```
/// let r = perf_stats::effect::ratio_of_geometric_means(&[2.0, 8.0], &[1.0, 4.0], 0.95)?;
/// assert!((r.estimate - 2.0).abs() < 1e-15 && r.interval.is_some_and(|i| i.contains(2.0)));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`ratio_of_means`]; [`StatsError::BadParameter`] for the level.
pub fn ratio_of_geometric_means(x: &[f64], y: &[f64], level: f64) -> Result<Ratio, StatsError> {
    check_level(level)?;
    check_two(x, y, 1)?;
    let (x, y) = (logarithms(x, "x")?, logarithms(y, "y")?);
    let mean = |v: &[f64]| Moments::of(v.iter().map(|&v| Wide::new(v))).mean;
    let estimate = representable(mean(&x).minus(mean(&y)).value().exp())?;
    let interval = match Contrast::welch(&x, &y) {
        Ok(c) => Some(c.interval(level, "Welch t of logarithms").map(f64::exp)),
        Err(StatsError::TooFew { .. } | StatsError::ZeroVariance) => None,
        Err(other) => return Err(other),
    };
    interval.map_or(Ok(0.0), |i| representable(i.high))?;
    Ok(Ratio { estimate, interval })
}

/// The relative change of the mean, mean(x) / mean(y) - 1, with the delta-method interval of its logarithm.
///
/// ln(mean(x)/mean(y)) +- t sqrt(`CV_x`^2/n + `CV_y`^2/m), degrees of freedom by Satterthwaite. Assumes independent positive observations with
/// a near-normal mean on either side: with skew and n = 20 it covers less than it says. Where a mean may be near zero use Fieller. Source:
/// Kalibera & Jones, *ISMM* (2013), for the use; the delta method for the formula. Cost O(n).
///
/// ```
/// let baseline = [100.0, 102.0, 99.0, 101.0, 98.0];
/// let candidate = [105.0, 107.0, 104.0, 106.0, 103.0];
/// let r = perf_stats::effect::relative_change_of_mean(&candidate, &baseline, 0.95)?;
/// assert!((r.estimate - 0.05).abs() < 1e-12 && !r.interval.contains(0.0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`ratio_of_means`]; [`StatsError::TooFew`] under 2 a side, [`StatsError::ZeroVariance`] if neither varies (the change is then exact).
pub fn relative_change_of_mean(
    x: &[f64],
    y: &[f64],
    level: f64,
) -> Result<RelativeChange, StatsError> {
    check_level(level)?;
    check_two(x, y, 2)?;
    let ratio = ratio_of_means(x, y)?;
    let side = |v: &[f64]| {
        let m = Moments::scaled(v, Scale::common(&[v]));
        (m.variance() / m.n / m.mean.value().powi(2), m.n - 1.0)
    };
    let ((vx, dfx), (vy, dfy)) = (side(x), side(y));
    let total = vx + vy;
    if total <= 0.0 {
        return Err(StatsError::ZeroVariance);
    }
    let df = 1.0 / ((vx / total).powi(2) / dfx + (vy / total).powi(2) / dfy);
    let half = t_upper_quantile((1.0 - level) / 2.0, df) * total.sqrt();
    let end = |h: f64| (ratio.ln() + h).exp_m1();
    representable(end(half))?;
    Ok(RelativeChange {
        estimate: ratio - 1.0,
        interval: Interval::new(end(-half), end(half), level, "t of log ratio"),
        n: (x.len(), y.len()),
    })
}

/// The relative change of a quantile, `Q_p`(x) / `Q_p`(y) - 1 (type 7), with a percentile bootstrap interval.
///
/// The bootstrap is of 9,999 replicates, each drawn in O(1): the k-th smallest of a resample of n has the rank of the k-th of n uniform numbers,
/// a beta deviate. p = 0.5 is the headline of a comparison.
///
/// Assumes independent positive observations of a law that is continuous near the quantile; ticks and autocorrelation make it too narrow. For a
/// tail quantile of runs in blocks use [`quantile_shift`](crate::tests::quantile_shift). Sources: Efron, *Ann. Statist.* 7 (1979); Hyndman & Fan
/// (1996) for the type. Cost O(N log N).
///
/// ```
/// use perf_stats::{Rng, effect::relative_change_of_quantile};
/// let mut rng = Rng::new(1);
/// let y: Vec<f64> = (0..200).map(|_| 100.0 + rng.normal()).collect();
/// let x: Vec<f64> = (0..200).map(|_| 110.0 + rng.normal()).collect();
/// let r = relative_change_of_quantile(&x, &y, 0.5, 0.95, Rng::DEFAULT_SEED)?;
/// assert!(r.interval.contains(r.estimate) && (r.estimate - 0.10).abs() < 0.01);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`ratio_of_means`]; [`StatsError::TooFew`] unless n p and n (1 - p) are at least 5 on either side; [`StatsError::BadParameter`] for
/// `p` or `level`.
pub fn relative_change_of_quantile(
    x: &[f64],
    y: &[f64],
    p: f64,
    level: f64,
    seed: u64,
) -> Result<RelativeChange, StatsError> {
    check_open_unit(p, "p")?;
    check_level(level)?;
    let need = (MIN_BEYOND / p.min(1.0 - p)).ceil() as usize;
    check_two(x, y, need)?;
    positive(x, y)?;
    let (n, m) = (x.len(), y.len());
    let (x, y) = (sorted(x)?, sorted(y)?);
    let estimate = representable(type7(&x, p) / type7(&y, p))? - 1.0;
    let mut changes = replicate(
        REPLICATES,
        seed,
        || (),
        |rng, ()| resampled(&x, p, rng) / resampled(&y, p, rng) - 1.0,
    );
    changes.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    let (low, high) = (type7(&changes, tail), type7(&changes, 1.0 - tail));
    representable(high)?;
    Ok(RelativeChange {
        estimate,
        interval: Interval::new(low, high, level, "percentile bootstrap"),
        n: (n, m),
    })
}

/// The type 7 quantile of an ascending slice.
fn type7(sorted: &[f64], p: f64) -> f64 {
    let h = p * (sorted.len() - 1) as f64;
    let k = (h as usize).min(sorted.len() - 1);
    between(
        sorted[k],
        sorted[(k + 1).min(sorted.len() - 1)],
        h - k as f64,
    )
}

fn between(a: f64, b: f64, fraction: f64) -> f64 {
    a * (1.0 - fraction) + b * fraction
}

/// The type 7 quantile of one resample, without drawing it: two neighbouring uniform order statistics say which observations they are.
fn resampled(sorted: &[f64], p: f64, rng: &mut Rng) -> f64 {
    let n = sorted.len();
    let h = p * (n - 1) as f64;
    let k = (h as usize).min(n - 1); // 0-based rank of the lower neighbour
    let below = gamma(rng, (k + 1) as f64);
    let u = below / (below + gamma(rng, (n - k) as f64));
    let observation = |u: f64| sorted[((u * n as f64) as usize).min(n - 1)];
    let low = observation(u);
    let fraction = h - k as f64;
    if fraction == 0.0 || k + 1 == n {
        return low;
    }
    // The least of the n - k - 1 uniform numbers above u.
    let next = u + (1.0 - u) * (1.0 - rng.uniform().powf(1.0 / (n - k - 1) as f64));
    between(low, observation(next), fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_bootstrap_is_the_bootstrap() {
        let mut rng = Rng::new(4);
        let mut x: Vec<f64> = (0..40).map(|_| rng.normal()).collect();
        x.sort_unstable_by(f64::total_cmp);
        let p = 0.8;
        let runs = 20_000;
        let quick: f64 = (0..runs).map(|_| resampled(&x, p, &mut rng)).sum();
        let mut slow = 0.0;
        let mut y = x.clone();
        for _ in 0..runs {
            y.fill_with(|| x[rng.below(40)]);
            y.sort_unstable_by(f64::total_cmp);
            slow += type7(&y, p);
        }
        assert!(
            ((quick - slow) / f64::from(runs)).abs() < 0.012,
            "{quick} {slow}"
        );
    }

    #[test]
    fn intervals_cover() {
        let mut rng = Rng::new(5);
        let (mut mean, mut median) = (0, 0);
        let runs = 400;
        for i in 0..runs {
            let x: Vec<f64> = (0..60).map(|_| 110.0 + 5.0 * rng.normal()).collect();
            let y: Vec<f64> = (0..60).map(|_| 100.0 + 5.0 * rng.normal()).collect();
            let a = relative_change_of_mean(&x, &y, 0.95).unwrap();
            let b = relative_change_of_quantile(&x, &y, 0.5, 0.95, i).unwrap();
            mean += u32::from(a.interval.contains(0.1));
            median += u32::from(b.interval.contains(0.1));
        }
        // 380 expected, sd 4.4
        assert!(
            (365..=393).contains(&mean) && (365..=396).contains(&median),
            "{mean} {median}"
        );
    }
}
