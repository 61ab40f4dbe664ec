//! In: order statistics, a probability, a level. Out: which of them bound the quantile, by the binomial law alone.

use crate::error::StatsError;
use crate::interval::{check_level, check_open_unit};
use crate::sample::{Weighted, sorted};
use crate::special::{binomial_cdf, binomial_sf};
use std::fmt;

/// Which side of a quantity is to be bounded at the level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Side {
    /// Both ends, each wrong with at most half of 1 - level.
    #[default]
    Both,
    /// A lower bound only.
    Lower,
    /// An upper bound only.
    Upper,
}

/// Ranks (counted from 1) of the order statistics that bound a quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ranks {
    /// Rank of the lower bound; none where n is too small for one (or it was not asked for).
    pub lower: Option<u64>,
    /// Rank of the upper bound; none where n is too small for one (or it was not asked for).
    pub upper: Option<u64>,
    /// Exact probability that the bounds hold for a continuous distribution; at least `level`.
    pub coverage: f64,
}

/// A distribution-free interval for a quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct QuantileInterval {
    /// The probability whose quantile is bounded.
    pub p: f64,
    /// An observed value at or below the quantile; none = unbounded, never the sample minimum by default.
    pub low: Option<f64>,
    /// An observed value at or above the quantile; none = unbounded, never the sample maximum by default.
    pub high: Option<f64>,
    /// Confidence asked for.
    pub level: f64,
    /// Which observations they are, and the exact confidence.
    pub ranks: Ranks,
    /// Observations.
    pub n: u64,
}

impl fmt::Display for QuantileInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |v: Option<f64>| v.map_or("unbounded".to_owned(), |v| v.to_string());
        let (low, high) = (end(self.low), end(self.high));
        write!(
            f,
            "p = {}: {low} to {high} ({} %, n = {})",
            self.p,
            self.level * 100.0,
            self.n
        )
    }
}

/// Tail probabilities within this factor of the limit count as equal to it: levels are decimals, the law is exact.
const SLACK: f64 = 1.0 + 1e-12;

/// The ranks of the order statistics that bound the `p` quantile of `n` observations.
///
/// X(r) is a lower bound with error P(Bin(n, p) <= r - 1) and an upper bound with error P(Bin(n, p) >= r); the sharpest rank
/// whose error stays within (1 - level)/2 ([`Side::Both`]) or 1 - level (one side) is taken. David & Nagaraja 2003, 7.1.
/// Cost O(log n) binomial tails.
///
/// # Errors
/// [`StatsError::Empty`] for n = 0, [`StatsError::BadParameter`] for `p` or `level`.
///
/// ```
/// use perf_stats::quantile_interval::{Side, ranks};
/// let r = ranks(20, 0.5, 0.95, Side::Both)?;
/// assert_eq!((r.lower, r.upper), (Some(6), Some(15)));
/// assert_eq!(ranks(100, 0.99, 0.95, Side::Upper)?.upper, None); // 299 observations are needed
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn ranks(n: u64, p: f64, level: f64, side: Side) -> Result<Ranks, StatsError> {
    let error = error_per_side(p, level, side)?;
    if n == 0 {
        return Err(StatsError::Empty);
    }
    let below = |r: u64| binomial_cdf(r - 1, n, p); // P(Bin <= r - 1): X(r) exceeds the quantile
    let above = |r: u64| binomial_sf(r - 1, n, p); // P(Bin >= r): X(r) falls short of it
    let lower = (side != Side::Upper)
        .then(|| last(n, |r| below(r) <= error))
        .flatten();
    let upper = (side != Side::Lower)
        .then(|| first(n, |r| above(r) <= error))
        .flatten();
    let missed = lower.map_or(0.0, below) + upper.map_or(0.0, above);
    Ok(Ranks {
        lower,
        upper,
        coverage: 1.0 - missed,
    })
}

/// The smallest number of observations for which the bounds asked for exist.
///
/// # Errors
/// [`StatsError::BadParameter`] for `p` or `level`; [`StatsError::Unreachable`] beyond 2^53.
///
/// ```
/// use perf_stats::quantile_interval::{Side, needed};
/// assert_eq!(needed(0.5, 0.95, Side::Both)?, 6);
/// assert_eq!(needed(0.99, 0.95, Side::Both)?, 368);
/// assert_eq!(needed(0.99, 0.95, Side::Upper)?, 299);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn needed(p: f64, level: f64, side: Side) -> Result<u64, StatsError> {
    let error = error_per_side(p, level, side)?;
    // All n observations on one side of the quantile: p^n (no upper bound) or (1 - p)^n (no lower bound).
    let upper = error.ln() / p.ln();
    let lower = error.ln() / (-p).ln_1p();
    let n = match side {
        Side::Both => upper.max(lower),
        Side::Lower => lower,
        Side::Upper => upper,
    };
    let n = n.ceil().max(1.0);
    if n < 2f64.powi(53) {
        Ok(n as u64)
    } else {
        Err(StatsError::Unreachable)
    }
}

fn error_per_side(p: f64, level: f64, side: Side) -> Result<f64, StatsError> {
    check_open_unit(p, "p")?;
    let error = 1.0 - check_level(level)?;
    Ok(SLACK
        * if side == Side::Both {
            0.5 * error
        } else {
            error
        })
}

/// The largest rank in 1..=n that satisfies a condition true up to some rank.
fn last(n: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut high) = (0, n + 1);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low > 0).then_some(low)
}

/// The smallest rank in 1..=n that satisfies a condition true from some rank on.
fn first(n: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let after = last(n, |r| !holds(r)).unwrap_or(0) + 1;
    (after <= n).then_some(after)
}

/// The interval for the `p` quantile of raw observations. Cost O(n log n).
///
/// Assumes independent observations of one distribution (any; for a discrete one the coverage is higher). Autocorrelated
/// latencies break it: the count below the quantile then varies more than the binomial law allows.
///
/// # Errors
/// As [`ranks`], and [`StatsError::NonFinite`].
///
/// ```
/// use perf_stats::quantile_interval::{Side, quantile_interval};
/// let x: Vec<f64> = (1..=20).map(f64::from).collect();
/// let i = quantile_interval(&x, 0.5, 0.95, Side::Both)?;
/// assert_eq!((i.low, i.high), (Some(6.0), Some(15.0)));
/// assert!(i.ranks.coverage >= 0.95);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn quantile_interval(
    x: &[f64],
    p: f64,
    level: f64,
    side: Side,
) -> Result<QuantileInterval, StatsError> {
    let x = sorted(x)?;
    bounded(x.len() as u64, p, level, side, |rank| x[rank as usize])
}

/// The interval for the `p` quantile of values with counts. Cost O(log n) beyond the counts.
///
/// # Errors
/// As [`ranks`].
///
/// ```
/// use perf_stats::{Weighted, quantile_interval::{Side, quantile_interval_weighted}};
/// let w = Weighted::new([(5.0, 999_000_000), (80.0, 1_000_000)])?;
/// assert_eq!(quantile_interval_weighted(&w, 0.99, 0.95, Side::Both)?.high, Some(5.0));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn quantile_interval_weighted(
    w: &Weighted,
    p: f64,
    level: f64,
    side: Side,
) -> Result<QuantileInterval, StatsError> {
    bounded(w.total(), p, level, side, |rank| w.nth(rank))
}

fn bounded(
    n: u64,
    p: f64,
    level: f64,
    side: Side,
    nth: impl Fn(u64) -> f64,
) -> Result<QuantileInterval, StatsError> {
    let ranks = ranks(n, p, level, side)?;
    let value = |rank: Option<u64>| rank.map(|r| nth(r - 1));
    let (low, high) = (value(ranks.lower), value(ranks.upper));
    Ok(QuantileInterval {
        p,
        low,
        high,
        level,
        ranks,
        n,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn needed_is_the_first_n_with_bounds() {
        for side in [Side::Both, Side::Lower, Side::Upper] {
            for (p, level) in [
                (0.5, 0.95),
                (0.99, 0.95),
                (0.999, 0.95),
                (0.1, 0.99),
                (0.5, 0.9375),
            ] {
                let n = needed(p, level, side).unwrap();
                let bounds = |n: u64| {
                    let r = ranks(n, p, level, side).unwrap();
                    (side == Side::Upper || r.lower.is_some())
                        && (side == Side::Lower || r.upper.is_some())
                };
                assert!(bounds(n), "{p} {level} {side:?} {n}");
                assert!(n == 1 || !bounds(n - 1), "{p} {level} {side:?} {n}");
            }
        }
        assert_eq!(needed(0.999, 0.95, Side::Upper).unwrap(), 2995);
        assert_eq!(needed(0.5, 0.9375, Side::Both).unwrap(), 5); // 2 / 2^5 = 1 - level exactly
    }

    #[test]
    fn coverage_is_what_it_says() {
        let mut rng = Rng::new(11);
        let runs = 4_000;
        let mut covered = 0;
        let mut exact = 0.0;
        for _ in 0..runs {
            let x: Vec<f64> = (0..60).map(|_| -rng.uniform().ln()).collect();
            let i = quantile_interval(&x, 0.9, 0.9, Side::Both).unwrap();
            let truth = 10f64.ln();
            covered += u32::from(i.low.unwrap() <= truth && truth <= i.high.unwrap());
            exact = i.ranks.coverage;
        }
        let rate = f64::from(covered) / f64::from(runs);
        let error = (exact * (1.0 - exact) / f64::from(runs)).sqrt();
        assert!(
            (rate - exact).abs() < 4.0 * error && exact >= 0.9,
            "{rate} {exact}"
        );
    }

    #[test]
    fn a_billion_observations() {
        let r = ranks(1_000_000_000, 0.999, 0.95, Side::Both).unwrap();
        let (l, u) = (r.lower.unwrap(), r.upper.unwrap());
        // 999e6 -+ 1.96 sqrt(n p q) = 1.96 * 999.5
        assert!(
            (998_998_041 - l as i64).abs() <= 2 && (999_001_960 - u as i64).abs() <= 2,
            "{l} {u}"
        );
    }
}
