//! In: two or more samples. Out: the Anderson-Darling test of one common law.

use super::{Flags, PValues, TestResult};
use crate::error::StatsError;
use crate::resample::replicate;
use crate::rng::Rng;
use crate::sample::finite;

/// Random relabellings where the table does not reach.
const ARRANGEMENTS: usize = 9_999;

/// Upper tail probabilities of the table.
const SIGNIFICANCE: [f64; 7] = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];

/// Critical values b0 + b1 / sqrt(k - 1) + b2 / (k - 1) for each of [`SIGNIFICANCE`] (Scholz & Stephens 1987, table 2, extended to 0.001).
const CRITICAL: [(f64, f64, f64); 7] = [
    (0.675, -0.245, -0.105),
    (1.281, 0.25, -0.305),
    (1.645, 0.678, -0.362),
    (1.96, 1.149, -0.391),
    (2.326, 1.822, -0.396),
    (2.573, 2.364, -0.345),
    (3.085, 3.615, -0.154),
];

/// How tied observations enter the empirical distribution functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieRule {
    /// Half of them below, half above (Scholz & Stephens' `A_akN`); the better choice for ticks and counters.
    Midrank,
    /// All of them below: right-continuous functions (`A_kN`).
    Right,
}

/// The k-sample Anderson-Darling statistics, from which the test follows.
///
/// ```
/// use perf_stats::tests::{AndersonDarling, TieRule};
/// let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let b = [11.0, 12.0, 13.0, 14.0, 15.0];
/// let ad = AndersonDarling::new(&[&a, &b])?;
/// assert!(ad.standardised(TieRule::Midrank) > 4.0);
/// assert!(ad.table_p(TieRule::Midrank).is_some_and(|p| p < 0.005));
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AndersonDarling {
    sizes: Vec<usize>,
    labels: Vec<usize>, // sample of each pooled observation, ascending by value
    groups: Vec<usize>, // sizes of the tie groups, ascending by value
    midrank: f64,
    right: f64,
    sd: f64, // of the statistic under the null hypothesis
}

impl AndersonDarling {
    /// Computes both statistics. Cost O(N log N + k L), L the number of distinct values.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] under two samples or four observations in all, [`StatsError::Empty`], [`StatsError::NonFinite`],
    /// [`StatsError::ZeroVariance`] if all observations are equal.
    pub fn new(samples: &[&[f64]]) -> Result<Self, StatsError> {
        if samples.len() < 2 {
            return Err(StatsError::TooFew {
                need: 2,
                got: samples.len(),
            });
        }
        let mut pooled = Vec::new();
        for (label, sample) in samples.iter().enumerate() {
            finite(sample).map_err(|e| match e {
                StatsError::NonFinite { index } => StatsError::NonFinite {
                    index: index + pooled.len(),
                },
                other => other,
            })?;
            pooled.extend(sample.iter().map(|&v| (v + 0.0, label)));
        }
        if pooled.len() < 4 {
            return Err(StatsError::TooFew {
                need: 4,
                got: pooled.len(),
            });
        }
        pooled.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let groups: Vec<usize> = pooled.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len).collect();
        if groups.len() == 1 {
            return Err(StatsError::ZeroVariance);
        }
        let sizes: Vec<usize> = samples.iter().map(|s| s.len()).collect();
        let labels: Vec<usize> = pooled.into_iter().map(|p| p.1).collect();
        let (midrank, right) = statistics(&labels, &groups, &sizes);
        let sd = null_sd(&sizes)?;
        Ok(Self {
            sizes,
            labels,
            groups,
            midrank,
            right,
            sd,
        })
    }

    /// The statistic A^2 itself.
    pub const fn statistic(&self, ties: TieRule) -> f64 {
        match ties {
            TieRule::Midrank => self.midrank,
            TieRule::Right => self.right,
        }
    }

    /// (A^2 - (k - 1)) / sd: about 0 under the null hypothesis.
    pub fn standardised(&self, ties: TieRule) -> f64 {
        (self.statistic(ties) - (self.sizes.len() - 1) as f64) / self.sd
    }

    /// The p-value interpolated in the published table (log p quadratic in the statistic); none outside [0.001, 0.25].
    pub fn table_p(&self, ties: TieRule) -> Option<f64> {
        let root = ((self.sizes.len() - 1) as f64).sqrt();
        let critical = CRITICAL.map(|(b0, b1, b2)| b0 + b1 / root + b2 / (root * root));
        let t = self.standardised(ties);
        if !(critical[0]..=critical[6]).contains(&t) {
            return None;
        }
        Some(quadratic_fit(&critical, &SIGNIFICANCE.map(f64::ln), t).exp())
    }

    /// The p-value by 9,999 random relabellings, (b + 1) / (m + 1): valid for any sizes and ties.
    pub fn permutation_p(&self, ties: TieRule, seed: u64) -> f64 {
        let observed = self.statistic(ties) * (1.0 - 1e-12);
        let drawn = replicate(
            ARRANGEMENTS,
            seed,
            || self.labels.clone(),
            |rng, labels| {
                rng.shuffle(labels);
                let (midrank, right) = statistics(labels, &self.groups, &self.sizes);
                match ties {
                    TieRule::Midrank => midrank >= observed,
                    TieRule::Right => right >= observed,
                }
            },
        );
        let beyond = drawn.into_iter().filter(|&b| b).count();
        (beyond + 1) as f64 / (ARRANGEMENTS + 1) as f64
    }

    /// The test: p by the table where it reaches, else by relabelling from [`Rng::DEFAULT_SEED`].
    ///
    /// # Errors
    /// [`StatsError::Overflow`] if a number leaves the range of `f64`.
    pub fn test(&self, ties: TieRule) -> Result<TestResult, StatsError> {
        let table = self.table_p(ties);
        let p = table.unwrap_or_else(|| self.permutation_p(ties, Rng::DEFAULT_SEED));
        let method = match table {
            Some(_) => "Anderson-Darling, table",
            None => "Anderson-Darling, permutation",
        };
        TestResult {
            method,
            estimate: self.statistic(ties),
            statistic: self.standardised(ties),
            df: None,
            std_error: None,
            // The statistic knows no direction.
            p: PValues {
                two_sided: p,
                less: p,
                greater: p,
            },
            interval: None,
            n: (self.labels.len(), 0),
            flags: Flags {
                ties: self.groups.len() < self.labels.len(),
                small_sample: self.sizes.iter().any(|&n| n < 5),
                approximate: table.is_some(),
            },
        }
        .checked()
    }
}

/// (midrank, right-continuous) statistics of labels in the order of the pooled values.
fn statistics(labels: &[usize], groups: &[usize], sizes: &[usize]) -> (f64, f64) {
    let total = labels.len() as f64;
    let mut below = vec![0.0; sizes.len()]; // observations of each sample in earlier groups
    let mut here = vec![0.0; sizes.len()];
    let (mut midrank, mut right) = (0.0, 0.0);
    let mut start = 0;
    for &size in groups {
        here.fill(0.0);
        for &label in &labels[start..start + size] {
            here[label] += 1.0;
        }
        let l = size as f64;
        let b_mid = start as f64 + l / 2.0;
        let b_right = start as f64 + l;
        let spread_mid = b_mid * (total - b_mid) - total * l / 4.0;
        let spread_right = b_right * (total - b_right);
        for ((n, below), here) in sizes.iter().zip(&mut below).zip(&here) {
            let n = *n as f64;
            let lead = total * (*below + here / 2.0) - b_mid * n;
            midrank += l / total * lead * lead / (spread_mid * n);
            if spread_right > 0.0 {
                let lead = total * (*below + here) - b_right * n;
                right += l / total * lead * lead / (spread_right * n);
            }
            *below += here;
        }
        start += size;
    }
    (midrank * (total - 1.0) / total, right)
}

/// The standard deviation of the statistic without ties (Scholz & Stephens 1987, equation 4).
fn null_sd(sizes: &[usize]) -> Result<f64, StatsError> {
    let k = sizes.len() as f64;
    let total: usize = sizes.iter().sum();
    let big_h: f64 = sizes.iter().map(|&n| 1.0 / n as f64).sum();
    let (mut h, mut g) = (0.0, 0.0);
    for i in (2..total).rev() {
        // h: the sum of 1/j over i <= j < N. g adds it over N + 1 - i.
        h += 1.0 / i as f64;
        g += h / (total - i + 1) as f64;
    }
    let h = h + 1.0;
    let n = total as f64;
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * big_h;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * big_h - 8.0 * h
        + 4.0 * g
        - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * k * k
        + (4.0 * h - 4.0 * g + 6.0) * k
        + (2.0 * h - 6.0) * big_h
        + 4.0 * h;
    let d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
    let variance = (((a * n + b) * n + c) * n + d) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
    if variance > 0.0 {
        Ok(variance.sqrt())
    } else {
        Err(StatsError::Degenerate)
    }
}

/// The least-squares parabola through the points, at `at`.
fn quadratic_fit(x: &[f64; 7], y: &[f64; 7], at: f64) -> f64 {
    // Orthogonal polynomials of degree 0, 1 and 2 over the points (Forsythe 1957).
    let mean = x.iter().sum::<f64>() / 7.0;
    let p1 = |v: f64| v - mean;
    let s1: f64 = x.iter().map(|&v| p1(v).powi(2)).sum();
    let a2 = x.iter().map(|&v| v * p1(v).powi(2)).sum::<f64>() / s1;
    let p2 = |v: f64| (v - a2) * p1(v) - s1 / 7.0;
    let s2: f64 = x.iter().map(|&v| p2(v).powi(2)).sum();
    let weigh = |p: &dyn Fn(f64) -> f64, s: f64| -> f64 {
        x.iter().zip(y).map(|(&v, &w)| p(v) * w).sum::<f64>() / s
    };
    weigh(&|_| 1.0, 7.0) + weigh(&p1, s1) * p1(at) + weigh(&p2, s2) * p2(at)
}

/// k-sample Anderson-Darling test: do all samples come from one law? Weighs the tails more than Kolmogorov-Smirnov does.
///
/// The statistic is A^2 with midranks for ties, standardised; one p (given for every alternative) by the table of Scholz & Stephens
/// between 0.001 and 0.25, else by 9,999 random relabellings from a fixed seed: see [`AndersonDarling`] to choose.
///
/// Assumes independent observations. Source: Scholz & Stephens, *J. Am. Statist. Assoc.* 82 (1987). Cost O(N log N), with relabellings
/// 9,999 times O(N).
///
/// ```
/// use perf_stats::tests::anderson_darling;
/// let a = [38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0];
/// let b = [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8];
/// let c = [34.0, 35.0, 39.0, 40.0, 43.0, 43.0, 44.0, 45.0];
/// let d = [34.0, 34.8, 34.8, 35.4, 37.2, 37.8, 41.2, 42.8];
/// let r = anderson_darling(&[&a, &b, &c, &d])?;
/// assert!((r.statistic - 4.480).abs() < 1e-3); // published for these data
/// assert!((r.p.two_sided - 0.0022).abs() < 3e-4);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`AndersonDarling::new`].
pub fn anderson_darling(samples: &[&[f64]]) -> Result<TestResult, StatsError> {
    AndersonDarling::new(samples)?.test(TieRule::Midrank)
}
