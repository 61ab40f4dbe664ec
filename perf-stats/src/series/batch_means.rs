//! In: one long run in time order. Out: an interval for its mean that allows for autocorrelation.

use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::sample::at_least;
use crate::special::t_quantile;

/// Fewer batches leave too few degrees of freedom.
const FEWEST: usize = 4;

/// The mean of a correlated series and its interval by non-overlapping batch means.
///
/// The series is cut into `batches` stretches of equal length (the oldest observations that do not fill one are left out); their means, nearly independent when a
/// stretch is much longer than the autocorrelation time, give a Student t interval. 10 to 30 batches are usual (Schmeiser 1982, Operations Research 30).
/// **Assumes** a stationary series; **broken by** batches shorter than some ten
/// autocorrelation times: the interval is then too narrow.
///
/// ```
/// use perf_stats::series::batch_means;
/// let mut rng = perf_stats::Rng::new(5);
/// let mut state = 0.0;
/// let y: Vec<f64> = (0..4_000).map(|_| { state = 0.8 * state + rng.normal(); 100.0 + state }).collect();
/// let (mean, interval) = batch_means(&y, 20, 0.95)?;
/// assert!(interval.contains(100.0) && interval.contains(mean) && interval.width() > 0.2);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`]; [`StatsError::TooFew`] under 2 observations a batch; [`StatsError::BadParameter`] under 4 batches or
/// for a `level` outside (0, 1); [`StatsError::ConstantSeries`] if the batch means do not vary; [`StatsError::Overflow`].
pub fn batch_means(y: &[f64], batches: usize, level: f64) -> Result<(f64, Interval), StatsError> {
    check_level(level)?;
    if batches < FEWEST {
        return Err(StatsError::BadParameter {
            name: "batches",
            expected: "at least 4",
        });
    }
    at_least(y, batches.saturating_mul(2))?;
    let length = y.len() / batches;
    let used = &y[y.len() - length * batches..];
    // Relative to one observation, so that an offset costs no digits; halved, so that no difference overflows.
    let pivot = used[0];
    let mean_of = |v: &[f64]| {
        v.iter()
            .map(|v| (0.5 * v - 0.5 * pivot) / length as f64)
            .sum::<f64>()
    };
    let means: Vec<f64> = used.chunks_exact(length).map(mean_of).collect();
    let b = batches as f64;
    let centre = means.iter().map(|m| m / b).sum::<f64>();
    let top = means.iter().fold(0.0f64, |t, m| t.max((m - centre).abs()));
    if top == 0.0 {
        return Err(StatsError::ConstantSeries);
    }
    let variance = means
        .iter()
        .map(|m| ((m - centre) / top).powi(2))
        .sum::<f64>()
        / (b - 1.0);
    let half = 2.0 * top * (variance / b).sqrt() * t_quantile(0.5 * (1.0 + level), b - 1.0);
    let mean = pivot + 2.0 * centre;
    if !(mean.is_finite() && half.is_finite()) {
        return Err(StatsError::Overflow);
    }
    Ok((
        mean,
        Interval::new(mean - half, mean + half, level, "batch means"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Correlated series: the t interval of raw observations covers far too seldom, this one nearly as stated.
    #[test]
    fn covers_the_mean_of_an_autoregression() {
        let covered = (0..800u64)
            .filter(|&run| {
                let mut rng = Rng::stream(81, run);
                let mut state = rng.normal() / 0.6;
                let y: Vec<f64> = (0..2_000)
                    .map(|_| {
                        state = 0.8 * state + rng.normal();
                        state
                    })
                    .collect();
                batch_means(&y, 16, 0.95).unwrap().1.contains(0.0)
            })
            .count();
        let share = covered as f64 / 800.0;
        assert!((0.915..=0.975).contains(&share), "{share}");
    }

    #[test]
    fn offsets_and_extremes() {
        let y: Vec<f64> = (0..20).map(|i| 1e12 + f64::from(i % 3)).collect();
        let plain: Vec<f64> = (0..20).map(|i| f64::from(i % 3)).collect();
        let (far, near) = (
            batch_means(&y, 4, 0.9).unwrap(),
            batch_means(&plain, 4, 0.9).unwrap(),
        );
        assert!((far.1.width() / near.1.width() - 1.0).abs() < 0.1);
        assert_eq!(
            batch_means(&[1.0; 40], 5, 0.9),
            Err(StatsError::ConstantSeries)
        );
        assert_eq!(
            batch_means(&[1.0; 7], 4, 0.9),
            Err(StatsError::TooFew { need: 8, got: 7 })
        );
        assert!(batch_means(&plain, 3, 0.9).is_err());
        let wild = [1e308, -1e308, 1e308, 1e308, -1e308, 1e308, 1e308, 1e308];
        let (mean, interval) = batch_means(&wild, 4, 0.9).unwrap();
        assert!(mean == 5e307 && interval.width() > 1e308);
        let wider = batch_means(&wild, 4, 0.999_999);
        assert_eq!(wider, Err(StatsError::Overflow));
    }
}
