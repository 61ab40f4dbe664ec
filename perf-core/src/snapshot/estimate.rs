//! In: a histogram and how much its calls depend on each other. Out: [`Estimate`], a number with its interval and method.

use crate::snapshot::{Level, Row};
use perf_stats::mean_interval::mean_interval_from;
use perf_stats::quantile_interval::{Side, needed, ranks};
use serde::{Deserialize, Serialize};

/// The confidence of every interval of a snapshot.
pub(crate) const LEVEL: f64 = 0.95;

/// Ranks beyond this are not told apart by a float: so many calls bound a quantile as well as more would.
const MOST_RANKS: f64 = (1u64 << 53) as f64;

/// Blocks a level needs before its spread says anything.
const MIN_BLOCKS: u64 = 16;

/// A number with its uncertainty, for this run only: other runs differ by more than the calls of one run do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimate {
    /// The number, in nanoseconds.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Confidence of the interval.
    pub level: f64,
    /// How it was found.
    pub method: String,
}

impl Row {
    /// The `p` quantile of the durations with its interval, or `None` where there are too few calls to bound it on both sides
    /// ([`Row::calls_needed`]).
    ///
    /// The interval is that of order statistics at the effective number of calls, widened to the edges of its bins. Calls are not
    /// independent: the effective number comes from the spread of block means at doubling block lengths (Flyvbjerg & Petersen
    /// 1989), and from unequal weights where calls were sampled (Kish 1965). A step of the
    /// clock widens it on both sides, and sampled calls by [`Row::cost_doubt_ns`].
    pub fn quantile(&self, p: f64) -> Option<Estimate> {
        let n = self.effective_calls().floor().min(MOST_RANKS);
        let found = ranks(n as u64, p, LEVEL, Side::Both).ok()?;
        let (lower, upper) = (found.lower?, found.upper?);
        let low = self.histogram.edges_at(lower as f64 / n)?.0;
        let high = self.histogram.edges_at(upper as f64 / n)?.1;
        let doubt = self.cost_doubt_ns + self.clock_step_ns;
        Some(Estimate {
            value: self.histogram.value_at(p).clamp(low as f64, high as f64),
            low: (low as f64 - doubt).max(0.0),
            high: high as f64 + doubt,
            level: LEVEL,
            method: format!(
                "order statistics of {n} effective calls ({}), bin edges",
                self.evidence()
            ),
        })
    }

    /// The mean duration with its interval, by Student's t at the effective number of calls; `None` below two of those.
    pub fn mean(&self) -> Option<Estimate> {
        let value = self.mean_ns()?;
        let n = self.effective_calls();
        let found = mean_interval_from(value, self.histogram.variance(), n, LEVEL).ok()?;
        let method = format!(
            "Student t, {} effective calls ({})",
            n.floor(),
            self.evidence()
        );
        Some(Estimate {
            value,
            low: (found.low - self.cost_doubt_ns).max(self.min_ns.min(value)),
            high: found.high + self.cost_doubt_ns,
            level: LEVEL,
            method,
        })
    }

    /// The mean duration of the recorded calls, weighted where sampled; `None` without one.
    pub fn mean_ns(&self) -> Option<f64> {
        let count = self.histogram.count();
        (count > 0).then(|| self.durations_ns / count as f64)
    }

    /// The calls that a quantile needs before its interval has two ends, at this row's dependence.
    pub fn calls_needed(&self, p: f64) -> Option<u64> {
        let independent = needed(p, LEVEL, Side::Both).ok()?;
        Some((independent as f64 * self.design_effect().unwrap_or(1.0)).ceil() as u64)
    }

    /// How many independent calls this row's recorded calls are worth.
    pub fn effective_calls(&self) -> f64 {
        let kish = match self.weighted_squares {
            0 => 0.0,
            squares => (self.histogram.count() as f64).powi(2) / squares as f64,
        };
        kish / self.design_effect().unwrap_or(1.0)
    }

    /// By how much dependence between calls inflates the variance of a mean, at least 1; `None` where too few calls tell.
    pub fn design_effect(&self) -> Option<f64> {
        let variance = self.histogram.bin_variance();
        let judged = self
            .dependence
            .iter()
            .filter(|level| level.blocks >= MIN_BLOCKS);
        judged
            .map(|level| level.inflation(variance))
            .reduce(f64::max)
            .map(|d| d.max(1.0))
    }

    fn evidence(&self) -> String {
        match self.design_effect() {
            Some(effect) => format!("block means: each worth {:.2} calls", 1.0 / effect),
            None => "taken as independent: too few to tell".to_owned(),
        }
    }
}

impl Level {
    /// Variance of block means over what independent calls would give.
    fn inflation(&self, variance: f64) -> f64 {
        let (blocks, length) = (self.blocks as f64, f64::from(self.length));
        if variance <= 0.0 {
            return 1.0;
        }
        let squares = (self.squares - self.sum * self.sum / blocks).max(0.0);
        squares / (blocks - 1.0) / length / variance
    }
}
