//! In: a resource's size over time and the growth that is allowed. Out: whether it leaks.

use super::theil_sen::{TheilSen, check_points, stretched, theil_sen};
use crate::error::StatsError;
use crate::interval::Interval;
use crate::series::autocorrelation_time;

/// Fewer points cannot be judged in halves.
const FEWEST: usize = 20;

/// Whether something grows without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum LeakVerdict {
    /// It grows faster than allowed, over the whole time and over the last half of it.
    Leaking,
    /// It grows less than allowed, at least by now: a plateau after a warm-up is stable.
    Stable,
    /// The data show neither.
    Inconclusive,
}

impl std::fmt::Display for LeakVerdict {
    /// `leaking`, `stable` or `inconclusive`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Leaking => "leaking",
            Self::Stable => "stable",
            Self::Inconclusive => "inconclusive",
        })
    }
}

/// What [`leak`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Leak {
    /// The verdict.
    pub verdict: LeakVerdict,
    /// Median slope over the whole time, in units of y per unit of t.
    pub slope: f64,
    /// Its interval, widened for autocorrelation.
    pub interval: Interval,
    /// The interval of the slope of the last half.
    pub last_half: Interval,
    /// Points.
    pub n: usize,
}

impl std::fmt::Display for Leak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: slope {} {}, last half {}",
            self.verdict, self.slope, self.interval, self.last_half
        )
    }
}

/// Whether `y` (live bytes, open files) keeps growing by more than `allowed` per unit of `t`.
///
/// Leaking needs the lower end of the Theil-Sen interval above `allowed` both over the whole time and over the last half: what filled a cache and then stands still is not
/// a leak. Stable needs the upper end of the last half below `allowed`, or of the whole while the last half does not
/// contradict; so `allowed` must be positive for anything to be stable. Intervals are widened by the autocorrelation time of what each line leaves.
/// **Assumes** times in ascending order, roughly equally spaced; **broken by** steps (one
/// late allocation looks like growth) and by fewer than some ten periods of a sawtooth. O(n log n).
///
/// ```
/// use perf_stats::trend::{LeakVerdict, leak};
/// let mut rng = perf_stats::Rng::new(2);
/// let t: Vec<f64> = (0..200).map(f64::from).collect(); // seconds
/// let leaking: Vec<f64> = t.iter().map(|t| 1e6 + 500.0 * t + 2e3 * rng.normal()).collect();
/// let plateau: Vec<f64> = t.iter().map(|t| 1e6 + 500.0 * t.min(60.0) + 2e3 * rng.normal()).collect();
/// assert_eq!(leak(&t, &leaking, 100.0, 0.99)?.verdict, LeakVerdict::Leaking);
/// assert_eq!(leak(&t, &plateau, 100.0, 0.99)?.verdict, LeakVerdict::Stable);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`super::theil_sen`]; [`StatsError::TooFew`] under 20 points; [`StatsError::BadParameter`] unless `allowed` is finite and `t` ascends.
pub fn leak(t: &[f64], y: &[f64], allowed: f64, level: f64) -> Result<Leak, StatsError> {
    check_points(t, y)?;
    if t.len() < FEWEST {
        return Err(StatsError::TooFew {
            need: FEWEST,
            got: t.len(),
        });
    }
    if !t.is_sorted() {
        return Err(StatsError::BadParameter {
            name: "t",
            expected: "ascending",
        });
    }
    if !allowed.is_finite() {
        return Err(StatsError::BadParameter {
            name: "allowed",
            expected: "finite",
        });
    }
    let half = t.len() / 2;
    let whole = widened(t, y, level)?;
    let last_half = widened(&t[half..], &y[half..], level)?.interval;
    let verdict = if whole.interval.low > allowed && last_half.low > allowed {
        LeakVerdict::Leaking
    } else if last_half.high < allowed
        || (whole.interval.high < allowed && last_half.low <= allowed)
    {
        LeakVerdict::Stable
    } else {
        LeakVerdict::Inconclusive
    };
    Ok(Leak {
        verdict,
        slope: whole.slope,
        interval: whole.interval,
        last_half,
        n: t.len(),
    })
}

/// The Theil-Sen line, its interval widened as if only n / tau points were independent.
fn widened(t: &[f64], y: &[f64], level: f64) -> Result<TheilSen, StatsError> {
    let line = theil_sen(t, y, level)?;
    let first = t[0];
    // Halved, so that no difference of extremes overflows.
    let rest = |(t, y): (&f64, &f64)| 0.5 * y - (0.5 * line.slope) * (t - first);
    let rests: Vec<f64> = t.iter().zip(y).map(rest).collect();
    match autocorrelation_time(&rests) {
        Err(StatsError::ConstantSeries) => Ok(line),
        tau => stretched(t, y, level, tau?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn verdicts(level: impl Fn(f64) -> f64, phi: f64, want: LeakVerdict) -> usize {
        (0..100u64)
            .filter(|&run| {
                let mut rng = Rng::stream(111, run);
                let t: Vec<f64> = (0..240).map(f64::from).collect();
                let mut noise = 0.0;
                let mut next = |t: &f64| {
                    noise = phi * noise + 10.0 * rng.normal();
                    level(*t) + noise
                };
                let y: Vec<f64> = t.iter().map(&mut next).collect();
                leak(&t, &y, 0.5, 0.99).unwrap().verdict == want
            })
            .count()
    }

    #[test]
    fn leaks_plateaus_and_level_series_are_told_apart() {
        assert!(verdicts(|t| 2.0 * t, 0.0, LeakVerdict::Leaking) >= 99);
        assert!(verdicts(|t| 10.0 * t.min(80.0), 0.0, LeakVerdict::Stable) >= 95);
        assert_eq!(
            verdicts(|t| 10.0 * t.min(80.0), 0.0, LeakVerdict::Leaking),
            0
        );
        assert!(verdicts(|_| 0.0, 0.0, LeakVerdict::Stable) >= 99);
        assert!(verdicts(|_| 0.0, 0.8, LeakVerdict::Leaking) <= 1);
        assert!(verdicts(|t| 0.5 * t, 0.0, LeakVerdict::Leaking) <= 2);
    }

    /// A saw tooth (garbage collection) about a level is no leak.
    #[test]
    fn a_saw_tooth_is_not_a_leak() {
        let t: Vec<f64> = (0..400).map(f64::from).collect();
        let y: Vec<f64> = t.iter().map(|t| 100.0 * (t % 17.0)).collect();
        assert_ne!(
            leak(&t, &y, 1.0, 0.99).unwrap().verdict,
            LeakVerdict::Leaking
        );
    }

    #[test]
    fn edges() {
        let t: Vec<f64> = (0..30).map(f64::from).collect();
        assert_eq!(
            leak(&t, &[7.0; 30], 1.0, 0.9).unwrap().verdict,
            LeakVerdict::Stable
        );
        assert_eq!(
            leak(&t, &[7.0; 30], 0.0, 0.9).unwrap().verdict,
            LeakVerdict::Inconclusive
        );
        assert!(leak(&t[..10], &[7.0; 10], 1.0, 0.9).is_err());
        let mut back = t.clone();
        back.reverse();
        assert!(leak(&back, &[7.0; 30], 1.0, 0.9).is_err());
        assert!(leak(&t, &[7.0; 30], f64::NAN, 0.9).is_err());
    }
}
