//! In: the rounds of one contender. Out: [`Row`], medians with their intervals.

use crate::child::Times;
use crate::contender::Contender;
use perf_stats::quantile_interval::{Side, quantile_interval};

/// Confidence of the intervals.
const LEVEL: f64 = 0.95;

/// A median over rounds with its interval, distribution-free (order statistics).
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Median {
    pub(crate) value: f64,
    pub(crate) low: Option<f64>, // none: too few rounds
    pub(crate) high: Option<f64>,
}

/// What the table says of one contender.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) rounds: usize,
    pub(crate) ns: Median,      // a measured call
    pub(crate) ratio: Median,   // to R in the same round
    pub(crate) added: Median,   // what measuring adds to the bare call, in R
    pub(crate) threads: Median, // (two threads / one) over the same of R
    pub(crate) raw_ns: Median,  // R
}

impl Row {
    pub(crate) fn new(contender: &Contender, times: &[Times]) -> Self {
        let over = |figure: fn(&Times) -> f64| Median::of(times.iter().map(figure).collect());
        Self {
            name: contender.name.to_owned(),
            package: contender.package.to_owned(),
            version: version(contender.package).to_owned(),
            rounds: times.len(),
            ns: over(|t| t.measured),
            ratio: over(|t| t.measured / t.raw),
            added: over(|t| (t.measured - t.bare) / t.raw),
            threads: over(|t| t.measured_two / t.measured / (t.raw_two / t.raw)),
            raw_ns: over(|t| t.raw),
        }
    }
}

impl Median {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let interval = quantile_interval(&values, 0.5, LEVEL, Side::Both).ok();
        let half = values.len() / 2;
        let value = match values.len() {
            0 => f64::NAN,
            even if even % 2 == 0 => values[half - 1].midpoint(values[half]),
            _ => values[half],
        };
        Self {
            value,
            low: interval.as_ref().and_then(|i| i.low),
            high: interval.and_then(|i| i.high),
        }
    }
}

/// The version of a package that this workspace is locked to.
fn version(package: &str) -> &'static str {
    let named = format!("name = \"{package}\"\nversion = \"");
    let lock = include_str!("../../Cargo.lock");
    let after = lock
        .split_once(named.as_str())
        .map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_their_intervals() {
        let median = Median::of((1..=20).map(f64::from).chain([f64::NAN]).collect());
        assert_eq!(
            (median.value, median.low, median.high),
            (10.5, Some(6.0), Some(15.0))
        );
        let few = Median::of(vec![3.0, 1.0, 2.0]);
        assert_eq!((few.value, few.low), (2.0, None));
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        assert!(version("quanta").starts_with("0."));
        assert_eq!(version("no-such-package"), "");
    }
}
