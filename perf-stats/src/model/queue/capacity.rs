//! In: measured service times and a limit on responses. Out: the largest arrival rate that keeps it, with an interval.

use super::general::moments;
use super::{check_positive, check_share};
use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::rng::Rng;

/// Fewer service times say too little about their tail.
const FEWEST: usize = 20;
/// Resamples of the service times.
const RESAMPLES: u64 = 399;

/// What [`largest_rate`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Capacity {
    /// Largest arrival rate, in one over the unit of the times.
    pub rate: f64,
    /// Its interval by resampling the service times; the lower end is 0 where resamples cannot keep the limit at all.
    pub interval: Interval,
    /// Utilisation at that rate.
    pub utilisation: f64,
    /// Service times given.
    pub n: usize,
}

impl std::fmt::Display for Capacity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "up to {} arrivals {} ({:.0} % busy)",
            self.rate,
            self.interval,
            self.utilisation * 100.0
        )
    }
}

/// The largest rate of random arrivals at which the share `p` of responses of one server takes at most `limit`.
///
/// Response = wait + service: the wait by the exponential approximation of [`super::Mg1`], the service by the measured times themselves; the rate by bisection, its interval by 399 bootstrap resamples
/// of the times. **Assumes** one server, random arrivals, and times measured without queueing; **broken by** bursts (the true capacity is lower) and by a limit that only few measured
/// times come near. Times and limit in the same unit. O(399 * 50 n).
///
/// ```
/// use perf_stats::model::queue::largest_rate;
/// let mut rng = perf_stats::Rng::new(1);
/// let times: Vec<f64> = (0..500).map(|_| 2.0 + rng.uniform()).collect(); // ms
/// let capacity = largest_rate(&times, 0.99, 20.0, 0.95, 1)?;
/// assert!((0.25..0.4).contains(&capacity.rate), "{capacity}"); // a millisecond
/// assert!(capacity.interval.contains(capacity.rate) && capacity.utilisation < 1.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::TooFew`] under 20 times; [`StatsError::BadParameter`] for a negative time, `p` outside [0, 1), a bad `limit` or `level`;
/// [`StatsError::Unreachable`] where service alone takes longer than the limit for more than the share 1 - p.
pub fn largest_rate(
    times: &[f64],
    p: f64,
    limit: f64,
    level: f64,
    seed: u64,
) -> Result<Capacity, StatsError> {
    check_level(level)?;
    check_positive(limit, "limit")?;
    let share = 1.0 - check_share(p)?;
    let (mean, _) = moments(times)?;
    if times.len() < FEWEST {
        return Err(StatsError::TooFew {
            need: FEWEST,
            got: times.len(),
        });
    }
    let rate = solve(times, share, limit)?.ok_or(StatsError::Unreachable)?;
    let mut drawn = Vec::with_capacity(RESAMPLES as usize);
    for i in 0..RESAMPLES {
        let mut rng = Rng::stream(seed, i);
        let resample: Vec<f64> = times
            .iter()
            .map(|_| times[rng.below(times.len())])
            .collect();
        drawn.push(solve(&resample, share, limit).ok().flatten().unwrap_or(0.0));
    }
    drawn.sort_unstable_by(f64::total_cmp);
    let tail = 0.5 * (1.0 - level) * (RESAMPLES as f64 + 1.0);
    let low = (tail.floor() as usize).clamp(1, drawn.len()) - 1;
    let high = drawn.len() - 1 - low;
    let interval = Interval::new(drawn[low], drawn[high], level, "bootstrap of service times");
    Ok(Capacity {
        rate,
        interval,
        utilisation: rate * mean,
        n: times.len(),
    })
}

/// The largest rate that keeps the limit; none where not even an empty queue does.
fn solve(times: &[f64], share: f64, limit: f64) -> Result<Option<f64>, StatsError> {
    let (mean, squared_cv) = moments(times)?;
    let n = times.len() as f64;
    let late = |rho: f64| {
        // P(wait > t) = rho e^(-decay t), decay = rho / mean wait.
        let decay = (1.0 - rho) / ((0.5 + 0.5 * squared_cv) * mean);
        let each = |&t: &f64| {
            if t > limit {
                1.0
            } else {
                rho * (-decay * (limit - t)).exp()
            }
        };
        times.iter().map(each).sum::<f64>() / n
    };
    if late(0.0) > share {
        return Ok(None);
    }
    let (mut low, mut high) = (0.0, 1.0 - 1e-12);
    for _ in 0..50 {
        let mid = 0.5 * (low + high);
        if late(mid) <= share {
            low = mid;
        } else {
            high = mid;
        }
    }
    Ok(Some(low / mean))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::queue::Mmc;

    #[test]
    fn exponential_service_agrees_with_the_exact_queue() {
        let mut rng = Rng::new(161);
        let times: Vec<f64> = (0..4_000).map(|_| -rng.uniform().ln()).collect();
        let capacity = largest_rate(&times, 0.95, 10.0, 0.95, 1).unwrap();
        let exact = Mmc::largest_rate(1.0, 1, 0.95, 10.0).unwrap();
        assert!(
            capacity.interval.contains(exact),
            "{capacity}, exact {exact}"
        );
        assert!((capacity.rate / exact - 1.0).abs() < 0.05);
    }

    #[test]
    fn edges() {
        let times = [5.0; 30];
        assert_eq!(
            largest_rate(&times, 0.99, 4.0, 0.95, 1),
            Err(StatsError::Unreachable)
        );
        assert!(largest_rate(&times[..10], 0.99, 40.0, 0.95, 1).is_err());
        assert!(largest_rate(&times, 1.0, 40.0, 0.95, 1).is_err());
        assert!(largest_rate(&times, 0.99, f64::NAN, 0.95, 1).is_err());
        let any = largest_rate(&times, 0.0, 40.0, 0.95, 1).unwrap();
        assert!(any.rate.is_finite() && any.utilisation <= 1.0);
        assert_eq!(
            largest_rate(&times, 0.99, 40.0, 0.95, 3),
            largest_rate(&times, 0.99, 40.0, 0.95, 3)
        );
    }
}
