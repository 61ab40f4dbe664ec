//! In: a sample so far, as values with counts. Out: an interval for a quantile, valid at every moment.

use super::beta_binomial::BetaBinomial;
use crate::error::StatsError;
use crate::interval::{Interval, check_open_unit};
use crate::sample::Weighted;

/// The confidence sequence of a quantile: where p99 is, read at any moment while calls still come in.
///
/// A value is excluded once the number of observations at or below it is impossible for that quantile, judged by the one-sided
/// beta-binomial mixtures centred on `p`, at alpha/2 each. **Assumes** independent observations of one
/// distribution, of any shape, ties included; **broken by** autocorrelation, see [`BetaBinomial`]. A side is unbounded (infinite) while too few
/// observations were made: for p99 at 95 % the upper side needs some 500. O(log n) given the view.
/// Source: the exceedance process of Howard & Ramdas 2022, Bernoulli 28, inverted over the order statistics.
///
/// ```
/// use perf_stats::{Weighted, sequential::quantile_sequence};
/// let sample = Weighted::new((1..=1_000).map(|v| (f64::from(v), 100)))?;
/// let p99 = quantile_sequence(&sample, 0.99, 0.05)?;
/// assert!(p99.low >= 985.0 && p99.contains(990.0) && p99.high <= 994.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] for `p` or `alpha` outside (0, 1).
pub fn quantile_sequence(sample: &Weighted, p: f64, alpha: f64) -> Result<Interval, StatsError> {
    let mixture = BetaBinomial::centred(check_open_unit(p, "p")?)?;
    let limit = (2.0 / check_open_unit(alpha, "alpha")?).ln();
    let total = sample.total();
    let n = total as f64;
    // How many observations at or below a value make it impossible as an upper, or as a lower, end.
    let enough = first_true(total, |k| {
        mixture
            .log_e_above(k as f64, n, p)
            .is_ok_and(|e| e >= limit)
    });
    let not_too_few = first_true(total, |k| {
        !mixture
            .log_e_below(k as f64, n, p)
            .is_ok_and(|e| e >= limit)
    });
    let low = match not_too_few {
        Some(k) if k > 0 => sample.nth(k - 1),
        _ => f64::NEG_INFINITY,
    };
    let high = enough.map_or(f64::INFINITY, |k| sample.nth(k.saturating_sub(1)));
    Ok(Interval::new(
        low,
        high,
        1.0 - alpha,
        "quantile confidence sequence",
    ))
}

/// The smallest count in 0..=total for which a monotone condition holds.
fn first_true(total: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(total) {
        return None;
    }
    let (mut low, mut high) = (0, total);
    while low < high {
        let mid = low + (high - low) / 2;
        if holds(mid) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn small_samples_bound_nothing() {
        let few = Weighted::from_values(&[1.0, 2.0, 3.0]).unwrap();
        let i = quantile_sequence(&few, 0.5, 0.05).unwrap();
        assert_eq!((i.low, i.high), (f64::NEG_INFINITY, f64::INFINITY));
        let hundred = Weighted::new([(1.0, 100)]).unwrap();
        assert_eq!(
            quantile_sequence(&hundred, 0.99, 0.05).unwrap().high,
            f64::INFINITY
        );
        assert_eq!(quantile_sequence(&hundred, 0.5, 0.05).unwrap().low, 1.0);
        assert!(quantile_sequence(&hundred, 1.0, 0.05).is_err());
    }

    /// The largest value seen bounds p99 from above only when that many calls without a larger one prove it.
    #[test]
    fn the_upper_side_opens_where_the_mixture_allows_it() {
        let at = |n| {
            quantile_sequence(&Weighted::new([(1.0, n)]).unwrap(), 0.99, 0.05)
                .unwrap()
                .high
        };
        let first = (1..2_000).find(|&n| at(n).is_finite()).unwrap();
        assert!((368..=600).contains(&first), "{first}");
    }

    #[test]
    fn looks_at_many_sizes_cover_the_median() {
        let missed = (0..400u64)
            .filter(|&run| {
                let mut rng = Rng::stream(51, run);
                let x: Vec<f64> = (0..400).map(|_| rng.normal().exp()).collect();
                (10..=400).step_by(10).any(|n| {
                    let w = Weighted::from_values(&x[..n]).unwrap();
                    !quantile_sequence(&w, 0.5, 0.1).unwrap().contains(1.0)
                })
            })
            .count();
        assert!((1..=58).contains(&missed), "{missed} of 400 at alpha 0.1");
    }
}
