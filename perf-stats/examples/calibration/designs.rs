//! In: batches of two arms, simulated or recorded. Out: how soon three designs decide, at the same error rate.
//!
//! The question to settle: the sign test over randomised rounds (AB or BA), or signed ranks over ABBA blocks?

use crate::environment::{Environment, block};
use perf_stats::Rng;
use perf_stats::decision::{Arm, Order, Plan};
use perf_stats::describe::median_in_place;
use perf_stats::quantile_interval::{Side, quantile_interval};
use perf_stats::signed_rank::pseudomedian;

/// One-sided error rate of a verdict, all looks together.
const ALPHA: f64 = 0.01;

/// A way of turning batches into a verdict.
#[derive(Clone, Copy)]
pub(crate) struct DesignUnderTest {
    pub(crate) name: &'static str,
    /// Batches in a round: 2 for AB or BA, 4 for ABBA or BAAB.
    pub(crate) batches: usize,
    /// Rounds in a unit, each in an order of its own; the unit's value is their median.
    pub(crate) rounds: usize,
    /// Units at which it looks.
    looks: &'static [usize],
    /// Interval of the log ratios' centre with this error a side.
    interval: fn(&[f64], f64) -> (f64, f64),
}

/// All spend at most 320 batches and the same error rate.
pub(crate) const DESIGNS: [DesignUnderTest; 4] = [
    DesignUnderTest {
        name: "signed rank, ABBA blocks",
        batches: 4,
        rounds: 1,
        looks: &[10, 20, 40, 80],
        interval: signed_ranks,
    },
    DesignUnderTest {
        name: "signed rank, AB rounds",
        batches: 2,
        rounds: 1,
        looks: &[10, 20, 40, 80, 160],
        interval: signed_ranks,
    },
    DesignUnderTest {
        name: "sign test, AB rounds",
        batches: 2,
        rounds: 1,
        looks: &[10, 20, 40, 80, 160],
        interval: signs,
    },
    DesignUnderTest {
        name: "signed rank, 4 AB a block",
        batches: 2,
        rounds: 4,
        looks: &[10, 20, 40],
        interval: signed_ranks,
    },
];

fn signed_ranks(ratios: &[f64], tail: f64) -> (f64, f64) {
    let unbounded = (f64::NEG_INFINITY, f64::INFINITY);
    pseudomedian(ratios, 1.0 - 2.0 * tail).map_or(unbounded, |m| (m.interval.low, m.interval.high))
}

fn signs(ratios: &[f64], tail: f64) -> (f64, f64) {
    let i = quantile_interval(ratios, 0.5, 1.0 - 2.0 * tail, Side::Both);
    let ends = i.map_or((None, None), |i| (i.low, i.high));
    (
        ends.0.unwrap_or(f64::NEG_INFINITY),
        ends.1.unwrap_or(f64::INFINITY),
    )
}

/// What a design says of these units, where it looks or must end: +1 regressed, -1 improved, 0 equivalent, none
/// undecided; and the units it took. Nothing between two looks.
pub(crate) fn look(
    design: DesignUnderTest,
    ratios: &[f64],
    margin: f64,
) -> Option<(Option<i8>, usize)> {
    let n = ratios.len();
    if !design.looks.contains(&n) {
        return None;
    }
    let (low, high) = (design.interval)(ratios, ALPHA / design.looks.len() as f64);
    let d = margin.ln_1p();
    if low > d {
        Some((Some(1), n))
    } else if high < -d {
        Some((Some(-1), n))
    } else if -d < low && high < d {
        Some((Some(0), n))
    } else {
        (n == most_units(design)).then_some((None, n))
    }
}

/// Units a run may take.
fn most_units(design: DesignUnderTest) -> usize {
    design.looks[design.looks.len() - 1]
}

/// Shares of verdicts and mean cost over runs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DesignTally {
    pub(crate) runs: usize,
    pub(crate) regressed: usize,
    pub(crate) equivalent: usize,
    pub(crate) improved: usize,
    /// Batches spent, all runs together.
    pub(crate) batches: usize,
}

impl DesignTally {
    pub(crate) fn add(&mut self, design: DesignUnderTest, verdict: Option<i8>, units: usize) {
        self.runs += 1;
        self.batches += units * design.batches * design.rounds;
        match verdict {
            Some(1) => self.regressed += 1,
            Some(0) => self.equivalent += 1,
            Some(_) => self.improved += 1,
            None => {}
        }
    }

    pub(crate) fn percent(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.runs.max(1) as f64
    }

    pub(crate) fn mean_batches(&self) -> f64 {
        self.batches as f64 / self.runs.max(1) as f64
    }
}

/// Simulated: every design measures a machine of its own, for at most 320 batches, under a margin of 2 %.
pub(crate) fn simulate(
    design: DesignUnderTest,
    environment: Environment,
    change: f64,
    runs: usize,
    seed: u64,
) -> DesignTally {
    let mut tally = DesignTally::default();
    for run in 0..runs as u64 {
        let mut rng = Rng::stream(seed, 2 * run);
        let size = design.batches * design.rounds;
        let noise = environment.noise(&mut rng, size * most_units(design));
        let mut orders = Plan::new(seed ^ run.rotate_left(24));
        let ratios: Vec<f64> = noise
            .chunks_exact(size)
            .map(|unit| {
                let rounds = unit.chunks_exact(design.batches).zip(&mut orders);
                value(
                    rounds
                        .map(|(n, order)| round_ratio(order, n, change.ln_1p()))
                        .collect(),
                )
            })
            .collect();
        let mut looks = (1..=ratios.len()).filter_map(|n| look(design, &ratios[..n], 0.02));
        let (verdict, used) = looks.next().expect("the last look ends it");
        tally.add(design, verdict, used);
    }
    tally
}

/// The log ratio of a block, or of a round that takes the first two batches of one.
fn round_ratio(order: Order, noise: &[f64], effect: f64) -> f64 {
    if let &[a, b] = noise {
        let candidate_first = order.arms()[0] == Arm::Candidate;
        return effect + if candidate_first { a - b } else { b - a };
    }
    let [a, b, c, d] = block(order, noise, effect).map(f64::ln);
    let outer_less_inner = 0.5 * ((a - b) + (d - c));
    if order == Order::Abba {
        -outer_less_inner
    } else {
        outer_less_inner
    }
}

/// The value of a unit: the median of its rounds.
pub(crate) fn value(mut rounds: Vec<f64>) -> f64 {
    median_in_place(&mut rounds)
}
