//! In: costs at several sizes. Out: the growth laws that fit, and the exponent with its interval.

use super::complexity_class::ComplexityClass;
use super::ols::ols;
use crate::error::StatsError;
use crate::interval::Interval;
use crate::sample::finite;
use std::cmp::Ordering;

/// Fewer distinct sizes cannot tell laws apart.
const FEWEST_SIZES: usize = 6;
/// The largest size must be at least this many powers of ten above the smallest.
const FEWEST_DECADES: f64 = 1.5;
/// Laws within this of the best AICc stay in the set (Burnham & Anderson 2002).
const PLAUSIBLE: f64 = 4.0;

/// One growth law y = a + b f(n) fitted to the data, a and b not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Ranked {
    /// The law.
    pub class: ComplexityClass,
    /// Fixed cost a, in the unit of the costs.
    pub fixed: f64,
    /// Factor b of f(n).
    pub factor: f64,
    /// AICc above that of the best law.
    pub delta_aicc: f64,
    /// Root mean square relative error when each point is predicted from the others.
    pub prediction_error: f64,
}

/// What [`complexity`] answers.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Complexity {
    /// All laws that fit at all, the best first.
    pub ranked: Vec<Ranked>,
    /// Slope of ln y over ln n: the exponent, if it is a power.
    pub exponent: f64,
    /// Its 95 % interval.
    pub exponent_interval: Interval,
}

impl Complexity {
    /// The laws the data cannot tell from the best one (delta AICc below 4), the best first.
    pub fn plausible(&self) -> impl Iterator<Item = ComplexityClass> {
        self.ranked
            .iter()
            .take_while(|r| r.delta_aicc < PLAUSIBLE)
            .map(|r| r.class)
    }
}

impl std::fmt::Display for Complexity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, class) in self.plausible().enumerate() {
            write!(f, "{}{class}", if i == 0 { "" } else { " or " })?;
        }
        write!(f, ", exponent {:.3}", self.exponent)
    }
}

/// Which growth laws the costs at several sizes are compatible with.
///
/// Each law is fitted as a + b f(n) to *relative* errors (so that the largest size does not decide alone) with a, b >= 0; ranked by AICc, with leave-one-out errors beside it. The answer is a *set*:
/// n and n log n are rarely told apart below three decades. **Assumes** noise proportional to the cost and one law over the whole range;
/// **broken by** caches (a step in cost a byte as the working set outgrows one looks like a steeper law). Repeated sizes are welcome.
///
/// ```
/// use perf_stats::model::{ComplexityClass, complexity};
/// let mut rng = perf_stats::Rng::new(1);
/// let sizes = [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0];
/// let costs = sizes.map(|n| (40.0 + 3.0 * n * n) * (1.0 + 0.02 * rng.normal()));
/// let found = complexity(&sizes, &costs)?;
/// assert_eq!(found.plausible().next(), Some(ComplexityClass::Quadratic));
/// assert!((found.exponent - 2.0).abs() < 0.1);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::LengthMismatch`], [`StatsError::Empty`], [`StatsError::NonFinite`]; [`StatsError::TooFew`] under 6 distinct sizes; [`StatsError::BadParameter`] for a size below 1, a cost that is not
/// positive, or sizes that span less than 1.5 decades; [`StatsError::Overflow`].
pub fn complexity(sizes: &[f64], costs: &[f64]) -> Result<Complexity, StatsError> {
    check(sizes, costs)?;
    let logs: Vec<f64> = costs.iter().map(|y| y.ln()).collect();
    let log_sizes: Vec<f64> = sizes.iter().map(|n| n.ln()).collect();
    let (exponent, exponent_interval) = match ols(&[log_sizes], &logs, 0.95) {
        Ok(line) => (line.coefficients[1].value, line.coefficients[1].interval),
        // All costs equal: exactly no growth.
        Err(StatsError::ZeroVariance) => (0.0, Interval::new(0.0, 0.0, 0.95, "least squares")),
        Err(e) => return Err(e),
    };
    let mut fits: Vec<(f64, Ranked)> = ComplexityClass::ALL
        .iter()
        .filter_map(|&class| rank(class, sizes, costs))
        .collect();
    fits.sort_by(|a, b| a.0.total_cmp(&b.0));
    let best = fits.first().ok_or(StatsError::Overflow)?.0;
    let ranked = fits.into_iter().map(|(aicc, r)| Ranked {
        delta_aicc: aicc - best,
        ..r
    });
    Ok(Complexity {
        ranked: ranked.collect(),
        exponent,
        exponent_interval,
    })
}

fn check(sizes: &[f64], costs: &[f64]) -> Result<(), StatsError> {
    if sizes.len() != costs.len() {
        return Err(StatsError::LengthMismatch {
            left: sizes.len(),
            right: costs.len(),
        });
    }
    finite(sizes)?;
    if let Some(index) = costs.iter().position(|v| !v.is_finite()) {
        return Err(StatsError::NonFinite {
            index: sizes.len() + index,
        });
    }
    if sizes.iter().any(|&n| n < 1.0) {
        return Err(StatsError::BadParameter {
            name: "sizes",
            expected: "at least 1",
        });
    }
    if costs.iter().any(|&y| y <= 0.0) {
        return Err(StatsError::BadParameter {
            name: "costs",
            expected: "positive",
        });
    }
    let mut distinct = sizes.to_vec();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    if distinct.len() < FEWEST_SIZES {
        return Err(StatsError::TooFew {
            need: FEWEST_SIZES,
            got: distinct.len(),
        });
    }
    if (distinct[distinct.len() - 1] / distinct[0]).log10() < FEWEST_DECADES {
        let expected = "a span of at least 1.5 decades (a factor of 32)";
        return Err(StatsError::BadParameter {
            name: "sizes",
            expected,
        });
    }
    Ok(())
}

/// AICc and fit of one law; none where it has no finite fit.
fn rank(class: ComplexityClass, sizes: &[f64], costs: &[f64]) -> Option<(f64, Ranked)> {
    let top = sizes.iter().map(|&n| class.at(n)).fold(0.0, f64::max);
    if !(top > 0.0 && top.is_finite()) {
        return None;
    }
    // In relative errors the model is 1 = a (1/y) + b (f/y); both columns scaled to at most 1.
    let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let steepest = sizes
        .iter()
        .zip(costs)
        .map(|(&n, y)| class.at(n) / top / (y / least))
        .fold(0.0, f64::max);
    let row = |(&n, y): (&f64, &f64)| (least / y, class.at(n) / top / (y / least) / steepest);
    let rows: Vec<(f64, f64)> = sizes.iter().zip(costs).map(row).collect();
    let constant = class == ComplexityClass::Constant;
    let (a, b) = solve(&rows, constant);
    let n = rows.len() as f64;
    let rss: f64 = rows.iter().map(|r| (1.0 - a * r.0 - b * r.1).powi(2)).sum();
    let p = if constant { 2.0 } else { 3.0 };
    let aicc = n * (rss / n).max(1e-30).ln() + 2.0 * p + 2.0 * p * (p + 1.0) / (n - p - 1.0);
    let left_out: f64 = (0..rows.len())
        .map(|i| {
            let others: Vec<(f64, f64)> = rows
                .iter()
                .enumerate()
                .filter(|(k, _)| *k != i)
                .map(|(_, r)| *r)
                .collect();
            let (a, b) = solve(&others, constant);
            (1.0 - a * rows[i].0 - b * rows[i].1).powi(2)
        })
        .sum();
    let (fixed, factor) = (a * least, b * least / steepest / top);
    let ranked = Ranked {
        class,
        fixed,
        factor,
        delta_aicc: 0.0,
        prediction_error: (left_out / n).sqrt(),
    };
    (fixed.is_finite() && factor.is_finite() && aicc.is_finite() && left_out.is_finite())
        .then_some((aicc, ranked))
}

/// Least squares of 1 on two columns with coefficients that are not negative (only the second where `single`).
fn solve(rows: &[(f64, f64)], single: bool) -> (f64, f64) {
    let sum = |f: fn(&(f64, f64)) -> f64| rows.iter().map(f).sum::<f64>();
    let (aa, bb) = (sum(|r| r.0 * r.0), sum(|r| r.1 * r.1));
    let (ab, a1, b1) = (sum(|r| r.0 * r.1), sum(|r| r.0), sum(|r| r.1));
    let only_b = (0.0, b1 / bb);
    if single {
        return only_b;
    }
    let only_a = (a1 / aa, 0.0);
    let determinant = aa * bb - ab * ab;
    let both = (
        (a1 * bb - b1 * ab) / determinant,
        (b1 * aa - a1 * ab) / determinant,
    );
    let cost = |c: (f64, f64)| {
        rows.iter()
            .map(|r| (1.0 - c.0 * r.0 - c.1 * r.1).powi(2))
            .sum::<f64>()
    };
    let usable = |c: &(f64, f64)| c.0.is_finite() && c.1.is_finite() && c.0 >= 0.0 && c.1 >= 0.0;
    let least =
        |x: &(f64, f64), y: &(f64, f64)| cost(*x).partial_cmp(&cost(*y)).unwrap_or(Ordering::Equal);
    [both, only_a, only_b]
        .into_iter()
        .filter(usable)
        .min_by(least)
        .unwrap_or((0.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn the_true_law_is_in_the_set() {
        let sizes: Vec<f64> = (0..14).map(|i| 8.0 * 1.7f64.powi(i)).collect();
        let powers = &ComplexityClass::ALL[..8];
        for (k, &class) in powers.iter().enumerate() {
            let held = (0..50u64)
                .filter(|&run| {
                    let mut rng = Rng::stream(141 + k as u64, run);
                    let costs: Vec<f64> = sizes
                        .iter()
                        .map(|&n| (5.0 + 2.0 * class.at(n)) * (1.0 + 0.03 * rng.normal()))
                        .collect();
                    complexity(&sizes, &costs)
                        .unwrap()
                        .plausible()
                        .any(|c| c == class)
                })
                .count();
            assert!(held >= 46, "{class}: {held} of 50");
        }
        let tall: Vec<f64> = (0..12).map(|i| 1.0 + 3.0 * f64::from(i)).collect();
        let costs: Vec<f64> = tall.iter().map(|&n| 7.0 * n.exp2()).collect();
        let found = complexity(&tall, &costs).unwrap();
        assert_eq!(
            found.plausible().collect::<Vec<_>>(),
            [ComplexityClass::Exponential]
        );
        assert!((found.ranked[0].factor - 7.0).abs() < 1e-6);
    }

    #[test]
    fn too_little_data_is_refused() {
        let y = [1.0; 6];
        assert!(matches!(
            complexity(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &y),
            Err(StatsError::BadParameter { .. })
        ));
        assert!(matches!(
            complexity(&[1.0, 2.0, 2.0, 4.0, 50.0, 60.0], &y),
            Err(StatsError::TooFew { .. })
        ));
        assert!(complexity(&[0.0, 2.0, 3.0, 4.0, 50.0, 60.0], &y).is_err());
        let sizes = [1.0, 2.0, 4.0, 8.0, 50.0, 2_000.0];
        assert!(complexity(&sizes, &[-1.0; 6]).is_err());
        let flat = complexity(&sizes, &y).unwrap();
        assert_eq!(flat.plausible().next(), Some(ComplexityClass::Constant));
        assert_eq!(flat.exponent, 0.0);
        for extreme in [5e-324, 1e308] {
            let found = complexity(&sizes, &[extreme; 6]);
            assert!(
                found.is_err()
                    || found.is_ok_and(|f| f.ranked.iter().all(|r| r.factor.is_finite()))
            );
        }
    }
}
