//! In: successes of trials. Out: intervals for the rate behind them (a budget's violation rate, a hit rate).

use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::special::{beta_quantile_tails, normal_quantile};

/// The exact interval of Clopper & Pearson (1934): covers at least `level` whatever the rate, usually more.
///
/// Its ends are beta quantiles: the rates at which so many, or so few, successes would just have probability (1 - level)/2.
/// Assumes independent trials of one rate; calls in bursts are not independent, and then it is too narrow.
///
/// # Errors
/// [`StatsError::Empty`] without trials, [`StatsError::BadParameter`] for more successes than trials or the level.
///
/// ```
/// use perf_stats::proportion::clopper_pearson;
/// let i = clopper_pearson(0, 299, 0.9)?;
/// assert!(i.low == 0.0 && i.high < 0.01001); // no violation in 299 calls: below 1 %, one-sided 95 %
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn clopper_pearson(successes: u64, trials: u64, level: f64) -> Result<Interval, StatsError> {
    let tail = 0.5 * (1.0 - check(successes, trials, level)?);
    let (k, m) = (successes as f64, (trials - successes) as f64);
    let low = if successes == 0 {
        0.0
    } else {
        beta_quantile_tails(tail, 1.0 - tail, k, m + 1.0)
    };
    let high = if successes == trials {
        1.0
    } else {
        beta_quantile_tails(1.0 - tail, tail, k + 1.0, m)
    };
    Ok(Interval::new(low, high, level, "Clopper-Pearson"))
}

/// The score interval of Wilson (1927): nearer to `level` on average, below it for some rates.
///
/// centre (k + z^2/2) / (n + z^2), half-width z sqrt(k (n - k) / n + z^2/4) / (n + z^2). Assumptions as [`clopper_pearson`].
///
/// # Errors
/// As [`clopper_pearson`].
///
/// ```
/// use perf_stats::proportion::wilson;
/// let i = wilson(3, 20, 0.95)?;
/// assert!((i.low - 0.0524).abs() < 1e-4 && (i.high - 0.3604).abs() < 1e-4);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn wilson(successes: u64, trials: u64, level: f64) -> Result<Interval, StatsError> {
    let tail = 0.5 * (1.0 - check(successes, trials, level)?);
    let (k, n) = (successes as f64, trials as f64);
    let z = -normal_quantile(tail);
    let square = z * z;
    let centre = k + 0.5 * square;
    let half = z * (k * ((n - k) / n) + 0.25 * square).sqrt();
    // The ends' product is k^2 / (n (n + z^2)): the smaller one from it, without cancellation; by symmetry the other.
    let low = k * k / n / (centre + half);
    let missed = (n - k) * (n - k) / n / (n - k + 0.5 * square + half);
    Ok(Interval::new(low, 1.0 - missed, level, "Wilson"))
}

fn check(successes: u64, trials: u64, level: f64) -> Result<f64, StatsError> {
    if trials == 0 {
        return Err(StatsError::Empty);
    }
    if successes > trials {
        return Err(StatsError::BadParameter {
            name: "successes",
            expected: "at most the trials",
        });
    }
    check_level(level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::special::binomial_cdf;

    #[test]
    fn clopper_pearson_never_undercovers() {
        let n = 40;
        let intervals: Vec<Interval> = (0..=n)
            .map(|k| clopper_pearson(k, n, 0.95).unwrap())
            .collect();
        for step in 1..200 {
            let p = f64::from(step) / 200.0;
            let mass = |k: u64| {
                binomial_cdf(k, n, p)
                    - if k == 0 {
                        0.0
                    } else {
                        binomial_cdf(k - 1, n, p)
                    }
            };
            let covered: f64 = (0..=n)
                .filter(|&k| intervals[k as usize].contains(p))
                .map(mass)
                .sum();
            assert!(covered >= 0.95 - 1e-12, "{p}: {covered}");
        }
    }

    #[test]
    fn a_billion_trials() {
        let i = clopper_pearson(1_000_000, 1_000_000_000, 0.95).unwrap();
        assert!(
            (i.low - 0.000_998_04).abs() < 1e-8 && (i.high - 0.001_001_96).abs() < 1e-8,
            "{i}"
        );
        assert!(clopper_pearson(2, 1, 0.95).is_err() && wilson(0, 0, 0.95).is_err());
    }
}
