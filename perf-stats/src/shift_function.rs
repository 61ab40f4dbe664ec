//! In: two samples. Out: how far apart their quantiles are, over the whole distribution, with intervals that hold together.

use crate::bootstrap::{need_tail, resample};
use crate::error::StatsError;
use crate::interval::{Interval, check_level, check_open_unit};
use crate::quantile::{quantile_in_place, weights};
use crate::rng::Rng;
use crate::sample::{Scaled, binary_exponent, sorted};
use std::fmt;

/// Where the shift function is looked at unless the caller says otherwise: the deciles, p95 and p99.
pub const PROBABILITIES: [f64; 11] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// Up to this probability quantiles are Harrell-Davis estimates, beyond it type 7: a smooth tail is led by its largest value.
const SMOOTH_UP_TO: f64 = 0.95;

/// One quantile of both samples.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct QuantileShift {
    /// The probability.
    pub p: f64,
    /// Quantile of x.
    pub x: f64,
    /// Quantile of y.
    pub y: f64,
    /// x - y.
    pub difference: f64,
    /// Interval of the difference; none where fewer than 5 observations of a sample are expected beyond the quantile.
    pub interval: Option<Interval>,
}

/// A shift function: quantile differences whose intervals hold all at once with the level asked for.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ShiftFunction {
    /// One row for each probability, in the order given.
    pub rows: Vec<QuantileShift>,
    /// Confidence of all intervals together; each one's own level is higher (Bonferroni).
    pub level: f64,
    /// Resamples drawn.
    pub resamples: usize,
    /// Seed they were drawn with.
    pub seed: u64,
    /// Observations in x and y.
    pub n: (usize, usize),
}

impl fmt::Display for ShiftFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, row) in self.rows.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}p{}: {}", row.p * 100.0, row.difference)?;
        }
        write!(f, " (n = {}, {})", self.n.0, self.n.1)
    }
}

/// The shift function (Doksum 1974; Wilcox 1995) at the deciles, p95 and p99: is x slower everywhere, or only in its tail?
///
/// Assumes independent observations. Intervals are bootstrap percentiles at level 1 - (1 - level)/k, k being the number of
/// intervals given, so that all of them hold together (Bonferroni: a little too wide, since quantiles move together).
/// Cost O(B (n + m)).
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::BadParameter`] for the level or a probability,
/// [`StatsError::Overflow`] where a difference exceeds the range of `f64`.
///
/// ```
/// use perf_stats::shift_function::{PROBABILITIES, shift_function};
/// let y: Vec<f64> = (0..600).map(f64::from).collect();
/// let x: Vec<f64> = y.iter().map(|v| if *v > 480.0 { v + 300.0 } else { *v }).collect();
/// let s = shift_function(&x, &y, &PROBABILITIES, 0.95)?;
/// assert!(s.rows[4].interval.unwrap().contains(0.0)); // the medians agree
/// assert!(s.rows[8].interval.unwrap().low > 0.0); // the ninth decile does not
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
pub fn shift_function(
    x: &[f64],
    y: &[f64],
    p: &[f64],
    level: f64,
) -> Result<ShiftFunction, StatsError> {
    check_level(level)?;
    p.iter()
        .try_for_each(|&p| check_open_unit(p, "p").map(|_| ()))?;
    let a = sorted(x)?;
    let b = sorted(y).map_err(|e| match e {
        StatsError::NonFinite { index } => StatsError::NonFinite {
            index: x.len() + index,
        },
        other => other,
    })?;
    let exponent = binary_exponent(&a).max(binary_exponent(&b));
    let (a, b) = (
        Scaled::with_exponent(&a, exponent),
        Scaled::with_exponent(&b, exponent),
    );
    let (left, right) = (
        Estimator::new(a.values.len(), p),
        Estimator::new(b.values.len(), p),
    );
    let shown: Vec<usize> = (0..p.len())
        .filter(|&i| need_tail(x.len().min(y.len()), p[i]).is_ok())
        .collect();
    let own_level = 1.0 - (1.0 - level) / shown.len().max(1) as f64;
    // Five replicates beyond either end of the widest interval, at least 1,999 in all.
    let resamples = ((10.0 / (1.0 - own_level)).ceil() as usize).max(1999);
    let seed = Rng::DEFAULT_SEED;
    let replicates = resample::replicate(resamples, seed, Scratch::default, |rng, s| {
        let first = left.of_resample(&a.values, rng, s);
        let second = right.of_resample(&b.values, rng, s);
        first
            .iter()
            .zip(&second)
            .map(|(u, v)| u - v)
            .collect::<Vec<f64>>()
    });
    let (qx, qy) = (left.of(&a.values), right.of(&b.values));
    let row = |i: usize| {
        let interval = if shown.contains(&i) {
            let mut values: Vec<f64> = replicates.iter().map(|r| r[i]).collect();
            let low = quantile_in_place(&mut values, 0.5 * (1.0 - own_level));
            let high = quantile_in_place(&mut values, 0.5 * (1.0 + own_level));
            Some(Interval::new(
                a.back(low)?,
                a.back(high)?,
                own_level,
                "bootstrap percentile, simultaneous",
            ))
        } else {
            None
        };
        let difference = a.back(qx[i] - qy[i])?;
        Ok(QuantileShift {
            p: p[i],
            x: a.back(qx[i])?,
            y: a.back(qy[i])?,
            difference,
            interval,
        })
    };
    let rows = (0..p.len()).map(row).collect::<Result<_, StatsError>>()?;
    Ok(ShiftFunction {
        rows,
        level,
        resamples,
        seed,
        n: (x.len(), y.len()),
    })
}

/// Buffers of one chunk of resamples.
#[derive(Default)]
struct Scratch {
    counts: Vec<u32>,
    values: Vec<f64>,
}

/// Quantiles of ascending samples of one size: weights of neighbouring order statistics, from a first index on.
struct Estimator {
    weights: Vec<(usize, Vec<f64>)>,
}

impl Estimator {
    fn new(n: usize, p: &[f64]) -> Self {
        let linear = |p: f64| {
            let at = p * (n as f64 - 1.0);
            let low = (at.floor() as usize).min(n - 1);
            let share = at - low as f64;
            if share == 0.0 || low + 1 == n {
                (low, vec![1.0])
            } else {
                (low, vec![1.0 - share, share])
            }
        };
        let choose = |&p: &f64| {
            if p <= SMOOTH_UP_TO {
                weights(n, p)
            } else {
                linear(p)
            }
        };
        Self {
            weights: p.iter().map(choose).collect(),
        }
    }

    fn of(&self, ascending: &[f64]) -> Vec<f64> {
        let at = |(start, weights): &(usize, Vec<f64>)| {
            let pivot = ascending[*start];
            let part = ascending[*start..].iter().zip(weights);
            pivot + part.map(|(v, w)| (v - pivot) * w).sum::<f64>()
        };
        self.weights.iter().map(at).collect()
    }

    /// The same of a resample, which counting leaves in order.
    fn of_resample(&self, ascending: &[f64], rng: &mut Rng, scratch: &mut Scratch) -> Vec<f64> {
        let n = ascending.len();
        scratch.counts.clear();
        scratch.counts.resize(n, 0);
        for _ in 0..n {
            scratch.counts[rng.below(n)] += 1;
        }
        scratch.values.clear();
        for (&value, &count) in ascending.iter().zip(&scratch.counts) {
            scratch
                .values
                .extend(std::iter::repeat_n(value, count as usize));
        }
        self.of(&scratch.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_populations_are_covered_together() {
        let mut rng = Rng::new(41);
        let (runs, mut all) = (60, 0);
        for _ in 0..runs {
            let mut draw = || -> Vec<f64> { (0..120).map(|_| rng.normal().exp()).collect() };
            let (x, y) = (draw(), draw());
            let s = shift_function(&x, &y, &PROBABILITIES[..9], 0.9).unwrap();
            all += u32::from(s.rows.iter().all(|r| r.interval.unwrap().contains(0.0)));
        }
        assert!(all >= 50, "{all} of {runs}"); // 54 expected at least, sd 2.3
    }

    #[test]
    fn a_shift_is_found_at_every_quantile() {
        let y: Vec<f64> = (0..500).map(|i| f64::from(i % 100)).collect();
        let x: Vec<f64> = y.iter().map(|v| v + 40.0).collect();
        let s = shift_function(&x, &y, &PROBABILITIES, 0.95).unwrap();
        for row in &s.rows {
            let interval = row.interval.unwrap();
            assert!(
                (row.difference - 40.0).abs() < 1e-9
                    && interval.contains(40.0)
                    && interval.low > 0.0
            );
        }
    }

    #[test]
    fn thin_tails_have_no_interval() {
        let x: Vec<f64> = (0..80).map(f64::from).collect();
        let s = shift_function(&x, &x, &PROBABILITIES, 0.95).unwrap();
        assert!(
            s.rows[10].interval.is_none()
                && s.rows[9].interval.is_none()
                && s.rows[4].interval.is_some()
        );
        assert!(shift_function(&x, &[], &PROBABILITIES, 0.95).is_err());
        assert_eq!(
            shift_function(&[1.7e308], &[-1.7e308], &[0.5], 0.95),
            Err(StatsError::Overflow)
        );
    }
}
