//! In: a service's latency law against its limit. Out: how often a bound on its p99 is called held, broken, or neither.

use perf_stats::Rng;
use perf_stats::decision::{Bound, BoundVerdict};

/// Counts over simulated tests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BoundTally {
    pub(crate) runs: usize,
    pub(crate) holds: usize,
    pub(crate) broken: usize,
    /// Calls until the verdict, of the runs that had one.
    pub(crate) calls: Mean,
}

/// Sum and count, enough for a mean.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mean {
    sum: u64,
    count: u64,
}

impl Mean {
    pub(crate) fn value(self) -> f64 {
        self.sum as f64 / self.count.max(1) as f64
    }
}

/// Runs tests of "p99 < 1" of at most `cap` calls each; `service` starts one and gives its calls.
pub(crate) fn simulate<S: FnMut(&mut Rng) -> f64>(
    service: impl Fn(&mut Rng) -> S,
    runs: usize,
    cap: usize,
    seed: u64,
) -> BoundTally {
    let mut tally = BoundTally {
        runs,
        ..BoundTally::default()
    };
    for run in 0..runs as u64 {
        let mut rng = Rng::stream(seed, run);
        let mut call = service(&mut rng);
        let mut bound = Bound::new(0.99, 1.0).expect("a valid bound");
        for i in 1..=cap as u64 {
            let verdict = bound.push(call(&mut rng)).expect("a number");
            match verdict {
                BoundVerdict::NotYet => continue,
                BoundVerdict::Holds => tally.holds += 1,
                BoundVerdict::Broken => tally.broken += 1,
            }
            tally.calls.sum += i;
            tally.calls.count += 1;
            break;
        }
    }
    tally
}

/// The standard normal quantile of 0.99.
const Z99: f64 = 2.326_347_874_040_841;

/// Lognormal with spread 0.5 of the logarithm and its p99 at `p99` times the limit.
pub(crate) fn lognormal(p99: f64) -> impl Fn(&mut Rng) -> Box<dyn FnMut(&mut Rng) -> f64> {
    move |_| Box::new(move |rng| p99 * (0.5 * (rng.normal() - Z99)).exp())
}

/// Pareto of index 2.5 with its p99 at `p99` times the limit.
pub(crate) fn pareto(p99: f64) -> impl Fn(&mut Rng) -> Box<dyn FnMut(&mut Rng) -> f64> {
    move |_| Box::new(move |rng| p99 * (rng.uniform() / 0.01).powf(-1.0 / 2.5))
}

/// Lognormal again, its normal score an AR(1) process.
pub(crate) fn correlated(
    p99: f64,
    phi: f64,
) -> impl Fn(&mut Rng) -> Box<dyn FnMut(&mut Rng) -> f64> {
    move |rng| {
        let mut score = rng.normal();
        Box::new(move |rng| {
            score = phi * score + (1.0 - phi * phi).sqrt() * rng.normal();
            p99 * (0.5 * (score - Z99)).exp()
        })
    }
}
