//! In: events that were counted at random, each standing for so much. Out: the interval of what they stand for together.

use crate::error::StatsError;
use crate::interval::{Interval, check_level};
use crate::special::chi_squared_sf;

/// From so many degrees of freedom on the starting value of the search is within 1e-4 of a quantile already.
const MANY: f64 = 1e6;

/// Halvings of the bracket, which is a factor of four wide at most: to the last bit of a float and no further.
const HALVINGS: u32 = 60;

/// The gamma interval of Fay & Feuer (1997) for a sum of independent Poisson counts, each times a weight.
///
/// `sum` is the sum of the weights of the events seen, `variance` the estimate of its variance (the sum of their squares; where an
/// event was certain to be seen it brings none), `heaviest` the greatest weight that an event may have which was not seen. With equal
/// weights it is Garwood's (1936) exact interval of a count. It covers at least `level` in all simulations known of.
///
/// # Errors
/// [`StatsError::BadParameter`] for a negative or infinite argument, a `heaviest` that is not positive, or the level.
///
/// ```
/// use perf_stats::weighted_count::weighted_count;
/// let none = weighted_count(0.0, 0.0, 1.0, 0.95)?; // nothing was seen
/// assert!(none.low == 0.0 && (none.high - 3.689).abs() < 1e-3);
/// let ten = weighted_count(10.0, 10.0, 1.0, 0.95)?;
/// assert!((ten.low - 4.795).abs() < 1e-3 && (ten.high - 18.390).abs() < 1e-3);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn weighted_count(
    sum: f64,
    variance: f64,
    heaviest: f64,
    level: f64,
) -> Result<Interval, StatsError> {
    let tail = 0.5 * (1.0 - check_level(level)?);
    for (name, value) in [("sum", sum), ("variance", variance), ("heaviest", heaviest)] {
        if !(value >= 0.0 && value.is_finite()) || name == "heaviest" && value == 0.0 {
            return Err(StatsError::BadParameter {
                name,
                expected: "finite, not negative, and for a weight positive",
            });
        }
    }
    let scaled = |mean: f64, variance: f64, tail: f64| {
        let unit = 0.5 * variance / mean;
        unit * chi_squared_upper(tail, mean / unit)
    };
    let low = if sum == 0.0 {
        0.0
    } else if variance == 0.0 {
        sum // every event was certain to be seen
    } else {
        scaled(sum, variance, 1.0 - tail)
    };
    let high = scaled(sum + heaviest, variance + heaviest * heaviest, tail);
    Ok(Interval::new(low, high, level, "Fay-Feuer gamma"))
}

/// The x with P(X > x) = `tail` for chi squared with `df` > 0 degrees of freedom.
fn chi_squared_upper(tail: f64, df: f64) -> f64 {
    // Wilson & Hilferty (1931).
    let spread = 2.0 / (9.0 * df);
    let cube = 1.0 - spread - crate::special::normal_quantile(tail) * spread.sqrt();
    let start = df * cube.max(0.0).powi(3);
    if df > MANY {
        return start;
    }
    let (mut low, mut high) = (start, start.max(f64::MIN_POSITIVE));
    while low > f64::MIN_POSITIVE && chi_squared_sf(low, df) < tail {
        high = low;
        low *= 0.5;
    }
    while chi_squared_sf(high, df) > tail {
        low = high;
        high = (2.0 * high).max(1e-3 * df);
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if chi_squared_sf(middle, df) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Garwood's limits from the tables of Pearson & Hartley, and quantiles of chi squared.
    #[test]
    fn equal_weights_give_the_exact_interval() {
        for (seen, low, high) in [
            (1.0, 0.0253, 5.572),
            (4.0, 1.0899, 10.242),
            (100.0, 81.364, 121.627),
        ] {
            let found = weighted_count(7.0 * seen, 49.0 * seen, 7.0, 0.95).unwrap();
            assert!((found.low / 7.0 - low).abs() < 2e-3, "{found:?}");
            assert!((found.high / 7.0 - high).abs() < 2e-3, "{found:?}");
        }
        assert!((chi_squared_upper(0.05, 1.0) - 3.841_458_8).abs() < 1e-6);
        for (tail, df) in [(0.95, 0.5), (0.001, 0.1), (0.025, 3e5), (0.975, 2e6)] {
            let back = chi_squared_sf(chi_squared_upper(tail, df), df);
            assert!((back / tail - 1.0).abs() < 1e-3, "{back} for {tail}, {df}");
        }
        assert_eq!(weighted_count(9.0, 0.0, 1.0, 0.9).unwrap().low, 9.0);
        assert!(
            weighted_count(-1.0, 1.0, 1.0, 0.9).is_err()
                && weighted_count(1.0, 1.0, 0.0, 0.9).is_err()
        );
        assert!(
            weighted_count(f64::NAN, 1.0, 1.0, 0.9).is_err()
                && weighted_count(1.0, 1.0, 1.0, 1.0).is_err()
        );
    }

    /// Blocks of several sizes, each seen with probability 1 - exp(-size / mean gap): what a heap profiler sees.
    #[test]
    fn sampled_blocks_are_covered() {
        let mut rng = Rng::new(5);
        let gap = 64.0;
        for blocks in [
            &[1.0; 40][..],
            &[16.0; 30],
            &[64.0; 8],
            &[1.0, 5.0, 30.0, 200.0, 200.0, 1_000.0],
        ] {
            let known: f64 = blocks.iter().sum();
            let (runs, mut missed) = (2_000, 0);
            for _ in 0..runs {
                let (mut sum, mut variance) = (0.0, 0.0);
                for &size in blocks {
                    let p = -(-size / gap).exp_m1();
                    if rng.uniform() < p {
                        sum += size / p;
                        variance += size * size * (1.0 - p) / (p * p);
                    }
                }
                let found = weighted_count(sum, variance, gap, 0.95).unwrap();
                missed += u32::from(!found.contains(known));
            }
            // 5 % of 2,000 and four standard deviations.
            assert!(missed <= 139, "{missed} of {runs} for {known} bytes");
        }
    }
}
