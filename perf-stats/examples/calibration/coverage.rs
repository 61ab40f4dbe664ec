//! In: interval procedures and laws of data. Out: how often the interval holds the truth.

use crate::environment::student;
use perf_stats::bootstrap::{Bootstrap, mean_and_se};
use perf_stats::describe::median_in_place;
use perf_stats::hodges_lehmann::shift;
use perf_stats::mean_interval::mean_interval;
use perf_stats::proportion::clopper_pearson;
use perf_stats::quantile_interval::{Side, quantile_interval};
use perf_stats::signed_rank::pseudomedian;
use perf_stats::{Interval, Rng};

/// What the interval's theory promises.
pub(crate) enum Promise {
    /// At least 95 %, whatever the sample size.
    Exact,
    /// Within 93.5 and 97 %, where its assumptions hold.
    Approximate,
    /// At least 90 %.
    Short,
    /// Shown, not promised.
    Shown,
}

/// One line of the table.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) promise: Promise,
    /// Relative cost: runs are divided by it.
    pub(crate) cost: usize,
    /// Draws a sample and says whether its interval holds the truth.
    pub(crate) covers: fn(&mut Rng) -> bool,
}

fn sample(n: usize, mut draw: impl FnMut() -> f64) -> Vec<f64> {
    (0..n).map(|_| draw()).collect()
}

fn holds(interval: Option<Interval>, truth: f64) -> bool {
    interval.is_some_and(|i| i.contains(truth))
}

fn order_statistics(x: &[f64], p: f64, truth: f64) -> bool {
    quantile_interval(x, p, 0.95, Side::Both).is_ok_and(|i| {
        i.low.is_none_or(|low| low <= truth) && i.high.is_none_or(|high| truth <= high)
    })
}

fn bootstrap(x: &[f64], truth: f64, statistic: impl Fn(&mut [f64]) -> f64 + Sync) -> bool {
    let result = Bootstrap::new().resamples(999).interval(x, statistic);
    holds(result.ok().map(|r| r.interval), truth)
}

pub(crate) const CASES: [Case; 11] = [
    Case {
        name: "signed rank, normal, n = 12",
        promise: Promise::Exact,
        cost: 1,
        covers: |rng| {
            holds(
                pseudomedian(&sample(12, || rng.normal()), 0.95)
                    .ok()
                    .map(|m| m.interval),
                0.0,
            )
        },
    },
    Case {
        name: "signed rank, t(1.5), n = 40",
        promise: Promise::Exact,
        cost: 1,
        covers: |rng| {
            holds(
                pseudomedian(&sample(40, || student(rng, 1.5)), 0.95)
                    .ok()
                    .map(|m| m.interval),
                0.0,
            )
        },
    },
    Case {
        name: "Hodges-Lehmann shift, exponential, 12 v 15",
        promise: Promise::Exact,
        cost: 1,
        covers: |rng| {
            let (x, y) = (
                sample(12, || 1.0 - rng.uniform().ln()),
                sample(15, || -rng.uniform().ln()),
            );
            holds(shift(&x, &y, 0.95).ok().map(|h| h.interval), 1.0)
        },
    },
    Case {
        name: "order statistics, median, exponential, n = 20",
        promise: Promise::Exact,
        cost: 1,
        covers: |rng| {
            order_statistics(
                &sample(20, || -rng.uniform().ln()),
                0.5,
                std::f64::consts::LN_2,
            )
        },
    },
    Case {
        name: "order statistics, p99, exponential, n = 1000",
        promise: Promise::Exact,
        cost: 5,
        covers: |rng| {
            order_statistics(
                &sample(1_000, || -rng.uniform().ln()),
                0.99,
                -(0.01f64.ln()),
            )
        },
    },
    Case {
        name: "Clopper-Pearson, 3 % of 200",
        promise: Promise::Exact,
        cost: 1,
        covers: |rng| {
            let k = (0..200).filter(|_| rng.uniform() < 0.03).count() as u64;
            holds(clopper_pearson(k, 200, 0.95).ok(), 0.03)
        },
    },
    Case {
        name: "mean, normal, n = 20",
        promise: Promise::Approximate,
        cost: 1,
        covers: |rng| holds(mean_interval(&sample(20, || rng.normal()), 0.95).ok(), 0.0),
    },
    Case {
        name: "mean, lognormal(1), n = 20",
        promise: Promise::Shown,
        cost: 1,
        covers: |rng| {
            holds(
                mean_interval(&sample(20, || rng.normal().exp()), 0.95).ok(),
                0.5f64.exp(),
            )
        },
    },
    Case {
        name: "bootstrap BCa of the mean, normal, n = 200",
        promise: Promise::Approximate,
        cost: 20,
        covers: |rng| bootstrap(&sample(200, || rng.normal()), 0.0, |s| mean_and_se(s).0),
    },
    Case {
        name: "bootstrap BCa of the median, lognormal(0.5), n = 50",
        promise: Promise::Approximate,
        cost: 20,
        covers: |rng| {
            bootstrap(
                &sample(50, || (0.5 * rng.normal()).exp()),
                1.0,
                median_in_place,
            )
        },
    },
    Case {
        name: "block bootstrap of the mean, AR(1) 0.7, n = 300",
        promise: Promise::Short,
        cost: 20,
        covers: |rng| {
            let mut state = rng.normal() / 0.51f64.sqrt();
            let y = sample(300, || {
                state = 0.7 * state + rng.normal();
                state
            });
            let result = Bootstrap::new()
                .resamples(999)
                .blocks(&y, None, |s| mean_and_se(s).0);
            holds(result.ok().map(|r| r.interval), 0.0)
        },
    },
];
