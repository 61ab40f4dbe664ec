//! In: replicates of a statistic. Out: the interval that a bootstrap method makes of them.

use super::Bootstrap;
use crate::error::StatsError;
use crate::interval::Interval;
use crate::sample::representable;
use crate::special::{normal_cdf, normal_quantile};
use std::fmt;

/// How an interval is made of bootstrap replicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Method {
    /// Quantiles of the replicates. Simple, respects transformations, ignores bias.
    Percentile,
    /// Twice the estimate less those quantiles: corrects bias, may leave the parameter's range.
    Basic,
    /// Percentiles corrected for bias and for a spread that changes with the parameter (Efron 1987). Not for extreme quantiles.
    #[default]
    Bca,
}

/// A bootstrap interval and what it was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BootstrapResult {
    /// The statistic of the sample itself.
    pub estimate: f64,
    /// The interval.
    pub interval: Interval,
    /// Standard deviation of the replicates (of the studentised ones times the error: for [`Bootstrap::studentised`], the error).
    pub se: f64,
    /// Mean of the replicates less the estimate.
    pub bias: f64,
    /// Resamples drawn.
    pub resamples: usize,
    /// Seed they were drawn with.
    pub seed: u64,
    /// Observations, over all samples.
    pub n: usize,
    /// Mean block length, where blocks were drawn.
    pub block: Option<f64>,
}

impl fmt::Display for BootstrapResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            estimate,
            interval,
            resamples,
            n,
            ..
        } = self;
        write!(f, "{estimate} {interval} (n = {n}, {resamples} resamples)")
    }
}

/// Replicates in ascending order, beside the observed value.
pub(super) struct Replicates {
    observed: f64,
    values: Vec<f64>,
}

impl Replicates {
    pub(super) fn new(observed: f64, mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        Self { observed, values }
    }

    /// The replicate at (B + 1) p, interpolated between ranks (Davison & Hinkley 1997, eq. 5.8).
    fn at(&self, p: f64) -> f64 {
        let last = self.values.len();
        let rank = (p * (last as f64 + 1.0)).clamp(1.0, last as f64);
        let (low, fraction) = (self.values[rank as usize - 1], rank.fract());
        let high = self.values[(rank as usize).min(last - 1)];
        if fraction == 0.0 || low == high {
            low
        } else {
            low * (1.0 - fraction) + high * fraction
        }
    }

    pub(super) fn interval(
        self,
        b: &Bootstrap,
        acceleration: f64,
        n: usize,
    ) -> Result<BootstrapResult, StatsError> {
        let tail = 0.5 * (1.0 - b.level);
        let (low, high, name) = match b.method {
            Method::Percentile => (self.at(tail), self.at(1.0 - tail), "bootstrap percentile"),
            Method::Basic => {
                let mirror = |v: f64| 2.0 * (self.observed - 0.5 * v);
                (
                    mirror(self.at(1.0 - tail)),
                    mirror(self.at(tail)),
                    "bootstrap basic",
                )
            }
            Method::Bca => {
                let (low, high) = self.corrected(tail, acceleration);
                (self.at(low), self.at(high), "bootstrap BCa")
            }
        };
        let interval = Interval::new(representable(low)?, representable(high)?, b.level, name);
        let (se, bias) = self.spread()?;
        Ok(self.result(b, interval, se, bias, n))
    }

    /// The probabilities whose replicates are `BCa`'s ends: Phi(z0 + (z0 + z)/(1 - a (z0 + z))).
    fn corrected(&self, tail: f64, acceleration: f64) -> (f64, f64) {
        let below = self.values.partition_point(|v| *v < self.observed);
        let up_to = self.values.partition_point(|v| *v <= self.observed);
        // Replicates equal to the estimate count half: a median of few distinct values has many.
        let count = self.values.len() as f64;
        let share = 0.5 * (below + up_to) as f64 / count;
        let z0 = normal_quantile(share.clamp(0.5 / count, 1.0 - 0.5 / count));
        let moved = |z: f64| {
            let w = z0 + z;
            let slope = 1.0 - acceleration * w;
            if slope > 0.0 {
                normal_cdf(z0 + w / slope)
            } else if w > 0.0 {
                1.0
            } else {
                0.0
            }
        };
        (
            moved(normal_quantile(tail)),
            moved(normal_quantile(1.0 - tail)),
        )
    }

    /// Bootstrap t: the values are (replicate - estimate) / error of the replicate.
    pub(super) fn studentised(
        self,
        b: &Bootstrap,
        error: f64,
        n: usize,
    ) -> Result<BootstrapResult, StatsError> {
        let tail = 0.5 * (1.0 - b.level);
        let low = representable(self.observed - error * self.at(1.0 - tail))?;
        let high = representable(self.observed - error * self.at(tail))?;
        let interval = Interval::new(low, high, b.level, "bootstrap t");
        Ok(self.result(b, interval, error, 0.0, n))
    }

    fn result(
        &self,
        b: &Bootstrap,
        interval: Interval,
        se: f64,
        bias: f64,
        n: usize,
    ) -> BootstrapResult {
        BootstrapResult {
            estimate: self.observed,
            interval,
            se,
            bias,
            resamples: self.values.len(),
            seed: b.seed,
            n,
            block: None,
        }
    }

    /// Standard deviation and bias of the replicates, on a scale where squares stay in range.
    fn spread(&self) -> Result<(f64, f64), StatsError> {
        let count = self.values.len() as f64;
        let halves = |v: f64| 0.5 * v - 0.5 * self.observed;
        let unit = self
            .values
            .iter()
            .fold(0.0, |m: f64, &v| m.max(halves(v).abs()));
        if unit == 0.0 {
            return Ok((0.0, 0.0));
        }
        let mean = self.values.iter().map(|&v| halves(v) / unit).sum::<f64>() / count;
        let squares: f64 = self
            .values
            .iter()
            .map(|&v| (halves(v) / unit - mean).powi(2))
            .sum();
        let se = 2.0 * unit * (squares / (count - 1.0)).sqrt();
        Ok((representable(se)?, representable(2.0 * unit * mean)?))
    }
}
