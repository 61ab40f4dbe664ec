//! In: calls of known durations, on a clock set by hand. Out: whether what is recorded of them is unbiased, and within the budget.

use crate::clock::Clock;
use crate::record::cell::{Cell, CellPicture};
use crate::record::cost;
use crate::record::layout::Layout;
use crate::record::shard::Shard;
use crate::record::span::Active;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One thread's shard under a clock of its own.
struct Simulation {
    now: &'static AtomicU64,
    shard: &'static Shard,
    sites: u32,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let now: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(1)));
        let mut shard = Shard::new(&Clock::by_hand(now), Layout::DEFAULT, false);
        shard.inside = 0; // reading this clock takes no time
        let shard: &'static Shard = Box::leak(Box::new(shard));
        shard
            .controller
            .seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Self {
            now,
            shard,
            sites: 0,
        }
    }

    /// A site of which one call in `weight` is recorded. `full`: the budget does not change that.
    fn site(&mut self, weight: u32, full: bool) -> &'static Cell {
        self.sites += 1;
        let cell = self.shard.make_cell(self.sites, full).expect("few sites");
        if weight > 1 {
            cell.weight.store(weight, Relaxed);
            self.shard.controller.take(cell);
        }
        cell
    }

    fn pass(&self, ticks: u64) {
        self.now.fetch_add(ticks, Relaxed);
    }

    fn call(&self, cell: &'static Cell, body: impl FnOnce(&Self)) {
        let open = Active::begin(cell);
        body(self);
        open.finish();
    }

    fn picture(&self, cell: &Cell) -> CellPicture {
        self.shard.read(cell).0
    }
}

/// Mean of estimates over truth, with its standard error.
fn relative(estimates: &[f64], truth: f64) -> (f64, f64) {
    let n = estimates.len() as f64;
    let mean = estimates.iter().sum::<f64>() / n;
    let variance = estimates.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean / truth, (variance / n).sqrt() / truth)
}

#[track_caller]
fn assert_unbiased(name: &str, estimates: &[f64], truth: f64) {
    let (mean, error) = relative(estimates, truth);
    assert!(
        (mean - 1.0).abs() < 4.0 * error + 1e-12,
        "{name}: {mean} of the truth, standard error {error}"
    );
    assert!(error < 0.03, "{name}: {error} is no check");
}

const RUNS: u64 = 60;
const CALLS: u64 = 4_000;

/// Weights of the caller and of the callee; every combination that one of them is sampled in, or both.
const WEIGHTS: [(u32, u32); 4] = [(1, 9), (7, 1), (7, 9), (3, 40)];

#[test]
#[cfg_attr(miri, ignore = "a simulation")]
fn totals_and_self_times_of_caller_and_callee_are_unbiased() {
    for (caller_weight, callee_weight) in WEIGHTS {
        let mut seen = [const { Vec::new() }; 6];
        for seed in 1..=RUNS {
            let mut simulation = Simulation::new(seed);
            let caller = simulation.site(caller_weight, true);
            let callee = simulation.site(callee_weight, true);
            for n in 0..CALLS {
                simulation.call(caller, |simulation| {
                    simulation.pass(100 + n % 50);
                    for _ in 0..3 {
                        simulation.call(callee, |simulation| simulation.pass(20 + n % 30));
                        simulation.pass(5);
                    }
                });
            }
            let (caller, callee) = (simulation.picture(caller), simulation.picture(callee));
            for (to, value) in seen.iter_mut().zip([
                caller.tally.total as f64,
                caller.tally.own as f64,
                callee.tally.total as f64,
                callee.tally.own as f64,
                caller.tally.weighted as f64,
                callee.tally.weighted as f64,
            ]) {
                to.push(value);
            }
        }
        let callee: u64 = (0..CALLS).map(|n| 3 * (20 + n % 30)).sum();
        let own: u64 = (0..CALLS).map(|n| 115 + n % 50).sum();
        let truth = [own + callee, own, callee, callee, CALLS, 3 * CALLS];
        let names = [
            "caller's total",
            "caller's own",
            "callee's total",
            "callee's own",
            "callers",
            "callees",
        ];
        for ((estimates, truth), name) in seen.iter().zip(truth).zip(names) {
            assert_unbiased(
                &format!("{caller_weight}/{callee_weight}: {name}"),
                estimates,
                truth as f64,
            );
        }
    }
}

fn down(simulation: &Simulation, cells: &[&'static Cell], depth: u64) {
    simulation.call(cells[0], |simulation| {
        simulation.pass(10);
        if depth > 1 {
            let mut turned = cells.to_vec();
            turned.rotate_left(1);
            down(simulation, &turned, depth - 1);
        }
        simulation.pass(1);
    });
}

#[test]
#[cfg_attr(miri, ignore = "a simulation")]
fn sampled_recursion_direct_and_mutual_is_unbiased() {
    for sites in [1, 2] {
        let (mut total, mut own, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 1..=RUNS {
            let mut simulation = Simulation::new(seed);
            let cells: Vec<_> = (0..sites).map(|_| simulation.site(6, true)).collect();
            (0..CALLS).for_each(|_| down(&simulation, &cells, 6));
            let pictures: Vec<_> = cells.iter().map(|cell| simulation.picture(cell)).collect();
            total.push(pictures[0].tally.total as f64); // of the outermost calls
            own.push(
                pictures
                    .iter()
                    .map(|picture| picture.tally.own as f64)
                    .sum(),
            );
            calls.push(
                pictures
                    .iter()
                    .map(|picture| picture.tally.weighted as f64)
                    .sum(),
            );
        }
        let truth = (CALLS * 6 * 11) as f64;
        assert_unbiased("outermost calls", &total, truth);
        assert_unbiased("self times", &own, truth);
        assert_unbiased("calls", &calls, (CALLS * 6) as f64);
    }
}

#[test]
#[cfg_attr(miri, ignore = "a simulation")]
fn the_stated_uncertainty_is_that_of_the_estimates() {
    let (mut totals, mut stated) = (Vec::new(), 0.0);
    for seed in 1..=400 {
        let mut simulation = Simulation::new(seed);
        let cell = simulation.site(20, true);
        for n in 0..2_000 {
            simulation.call(cell, |simulation| simulation.pass(100 + n % 300));
        }
        let tally = simulation.picture(cell).tally;
        totals.push(tally.total as f64);
        stated += tally.total_variance / 400.0;
    }
    let truth = (0..2_000).map(|n| 100 + n % 300).sum::<u64>() as f64;
    let (_, error) = relative(&totals, truth);
    let found = (error * truth).powi(2) * 400.0;
    // The variance of 400 estimates is known to 7 %.
    assert!(
        (stated / found - 1.0).abs() < 0.3,
        "stated {stated}, found {found}"
    );
}

/// A caller's self time is less what its callees took: where those are sampled, it is as uncertain as they are.
#[test]
#[cfg_attr(miri, ignore = "a simulation")]
fn the_stated_uncertainty_of_a_callers_self_time_is_that_of_the_estimates() {
    for (caller_weight, callee_weight) in [(1, 9), (7, 9), (3, 40)] {
        let (mut own, mut stated) = (Vec::new(), 0.0);
        for seed in 1..=400 {
            let mut simulation = Simulation::new(seed);
            let outermost = simulation.site(1, true);
            let caller = simulation.site(caller_weight, true);
            let callee = simulation.site(callee_weight, true);
            for n in 0..600 {
                simulation.call(outermost, |simulation| {
                    simulation.call(caller, |simulation| {
                        simulation.pass(100 + n % 50);
                        for _ in 0..3 {
                            simulation.call(callee, |simulation| simulation.pass(20 + n % 30));
                        }
                    });
                });
            }
            let tally = simulation.picture(caller).tally;
            own.push(tally.own as f64);
            stated += tally.own_variance / 400.0;
            let above = simulation.picture(outermost).tally.own_variance;
            assert_eq!(above > 0.0, caller_weight > 1, "only direct callees count");
        }
        let truth = (0..600).map(|n| 100 + n % 50).sum::<u64>() as f64;
        let (_, error) = relative(&own, truth);
        let found = (error * truth).powi(2) * 400.0;
        assert!(
            (stated / found - 1.0).abs() < 0.3,
            "{caller_weight}/{callee_weight}: stated {stated}, found {found}"
        );
    }
}

#[test]
#[cfg_attr(miri, ignore = "a simulation")]
fn recording_a_hot_loop_stays_within_the_budget() {
    let cost = cost::measure().sampled_ticks.max(1.0);
    for length in [0.1, 2.0] {
        let mut simulation = Simulation::new(5);
        let cell = simulation.site(1, false);
        let ticks = (cost * length).ceil() as u64;
        let calls = 1_000_000u64;
        for _ in 0..calls {
            simulation.call(cell, |simulation| simulation.pass(ticks));
        }
        let recorded = simulation.picture(cell).tally.recorded;
        assert_eq!(recorded + cell.skipped.load(Relaxed), calls);
        let share = (recorded - 256) as f64 * cost / (calls * ticks) as f64;
        assert!(share <= 0.01, "recording took {share}");
        assert!(share > 0.002, "the budget is used: {share}");
    }
}

#[test]
#[cfg_attr(miri, ignore = "a simulation")]
fn a_loop_that_becomes_slow_is_recorded_in_full_again() {
    let cost = cost::measure().sampled_ticks.max(1.0);
    let mut simulation = Simulation::new(6);
    let cell = simulation.site(1, false);
    for _ in 0..300_000 {
        simulation.call(cell, |simulation| simulation.pass(cost.ceil() as u64));
    }
    assert!(cell.weight.load(Relaxed) > 10);
    for _ in 0..100_000 {
        simulation.call(cell, |simulation| simulation.pass((1_000.0 * cost) as u64));
    }
    assert_eq!(cell.weight.load(Relaxed), 1);
}
