//! In: a number a run. Out: [`Share`], its median over runs with an interval; and which neighbours of a ranking may be equal.

use crate::escape::terminal;
use perf_stats::describe::median;
use perf_stats::quantile_interval::{Side, needed, quantile_interval};

/// Confidence of the intervals.
const LEVEL: f64 = 0.95;

/// A median over runs with its 95 % interval; no ends where there were too few runs.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Share {
    /// The median.
    pub estimate: f64,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Share {
    /// None of no runs.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        let found = quantile_interval(values, 0.5, LEVEL, Side::Both).ok();
        Some(Self {
            estimate: median(values).ok()?,
            low: found.as_ref().and_then(|found| found.low),
            high: found.as_ref().and_then(|found| found.high),
        })
    }

    /// The most that it may be.
    pub(super) fn most(&self) -> f64 {
        self.high.unwrap_or(self.estimate)
    }

    /// ` [low, high]`, or nothing.
    pub(super) fn brackets(&self, print: impl Fn(f64) -> String) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => format!(" [{}, {}]", print(low), print(high)),
            _ => String::new(),
        }
    }
}

/// Runs that an interval needs.
pub(super) fn runs_needed() -> u64 {
    needed(0.5, LEVEL, Side::Both).unwrap_or(0)
}

/// Neighbours of a ranking whose difference, run by run, may be nothing, a sentence each.
pub(super) fn ties<'a>(
    ranked: impl Iterator<Item = (&'a str, &'a [f64])>,
    by: &str,
) -> Vec<String> {
    let ranked: Vec<_> = ranked.collect();
    let tied = |pair: &&[(&str, &[f64])]| {
        let differences = pair[0].1.iter().zip(pair[1].1).map(|(a, b)| a - b);
        let found = Share::of(&differences.collect::<Vec<f64>>());
        !found.is_some_and(|found| found.low.is_some_and(|low| low > 0.0))
    };
    let sentence = |pair: &[(&str, &[f64])]| {
        format!(
            "the evidence cannot rank `{}` and `{}`{by}: measure more runs to tell them apart",
            terminal(pair[0].0),
            terminal(pair[1].0)
        )
    };
    ranked.windows(2).filter(tied).map(sentence).collect()
}
