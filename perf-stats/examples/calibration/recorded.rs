//! In: this machine. Out: the three designs on batches that were really timed, two closures in one process.

use crate::designs::{DESIGNS, DesignTally, DesignUnderTest, look, value};
use perf_stats::decision::{Arm, Plan};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Work of about this many calls is one batch; the candidate does a little more of it.
struct Workload {
    name: &'static str,
    run: Box<dyn FnMut(usize)>,
}

fn workloads() -> [Workload; 3] {
    let arithmetic = |units: usize| {
        let mut x = 1u64;
        for _ in 0..units {
            x = black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
    };
    let map: HashMap<u64, u64> = (0..100_000)
        .map(|i: u64| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15), i))
        .collect();
    let mut key = 0u64;
    let lookups = move |units: usize| {
        for _ in 0..units {
            key = (key + 7_919) % 100_000;
            black_box(map.get(&key.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        }
    };
    let chain = random_cycle(1 << 22); // 16 MiB of indices: beyond the caches of a core
    let mut at = 0u32;
    let walk = move |units: usize| {
        for _ in 0..units {
            at = chain[at as usize];
        }
        black_box(at);
    };
    [
        Workload {
            name: "fixed arithmetic",
            run: Box::new(arithmetic),
        },
        Workload {
            name: "hash map",
            run: Box::new(lookups),
        },
        Workload {
            name: "memory-bound walk",
            run: Box::new(walk),
        },
    ]
}

/// A permutation of one cycle (Sattolo), so that every load depends on the one before.
fn random_cycle(n: usize) -> Vec<u32> {
    let mut rng = perf_stats::Rng::new(1);
    let mut next: Vec<u32> = (0..n as u32).collect();
    for i in (1..n).rev() {
        next.swap(i, rng.below(i));
    }
    next
}

/// Units of work that take this long, warm and undisturbed: the fastest of many tries counts.
fn units_for(workload: &mut Workload, batch: Duration) -> usize {
    let mut units = 1_000;
    loop {
        let fastest = (0..200)
            .map(|_| time(workload, units))
            .min()
            .unwrap_or(batch);
        if fastest >= batch / 4 {
            let scale = batch.as_secs_f64() / fastest.as_secs_f64();
            return ((units as f64 * scale) as usize).max(50);
        }
        units *= 2;
    }
}

fn time(workload: &mut Workload, units: usize) -> Duration {
    let started = Instant::now();
    (workload.run)(units);
    started.elapsed().max(Duration::from_nanos(1))
}

/// Prints one line for each workload, batch length, true change and design.
pub(crate) fn print(budget: Duration) {
    println!(
        "\nRecorded here: margin 1 %, 320 batches at most; share of experiments, mean time to the end of one"
    );
    println!(
        "{:<18} {:>8} {:>7}  {:<25} {:>5} {:>9} {:>10} {:>8} {:>9}",
        "workload",
        "batch",
        "change",
        "design",
        "runs",
        "regressed",
        "equivalent",
        "improved",
        "ms each"
    );
    for mut workload in workloads() {
        for batch_us in [20u64, 50, 200] {
            let batch = Duration::from_micros(batch_us);
            let units = units_for(&mut workload, batch);
            for change in [0.0, 0.03] {
                let more = (units as f64 * (1.0 + change)).round() as usize;
                let mut tallies = [DesignTally::default(); DESIGNS.len()];
                let mut plan = Plan::new(batch_us);
                let started = Instant::now();
                // The designs take turns, so that all of them meet the same moods of the machine.
                while started.elapsed() < budget {
                    for (design, tally) in DESIGNS.into_iter().zip(&mut tallies) {
                        let (verdict, used) = experiment(design, &mut plan, |arms| {
                            unit(&mut workload, arms, units, more)
                        });
                        tally.add(design, verdict, used);
                    }
                }
                for (design, tally) in DESIGNS.iter().zip(&tallies) {
                    println!(
                        "{:<19} {:>5} us {:>5.1} %  {:<25} {:>5} {:>7.1} % {:>8.1} % {:>6.1} % {:>9.2}",
                        workload.name,
                        batch_us,
                        100.0 * change,
                        design.name,
                        tally.runs,
                        tally.percent(tally.regressed),
                        tally.percent(tally.equivalent),
                        tally.percent(tally.improved),
                        tally.mean_batches() * batch_us as f64 / 1_000.0,
                    );
                }
            }
        }
    }
}

/// One experiment of a design: units until it decides or must end.
fn experiment(
    design: DesignUnderTest,
    plan: &mut Plan,
    mut measure: impl FnMut(&[Arm]) -> f64,
) -> (Option<i8>, usize) {
    let mut ratios = Vec::new();
    loop {
        let orders = plan.take(design.rounds);
        let rounds = orders
            .map(|order| measure(&order.arms()[..design.batches]))
            .collect();
        ratios.push(value(rounds));
        if let Some(answer) = look(design, &ratios, 0.01) {
            return answer;
        }
    }
}

/// The log ratio of one round or block.
fn unit(workload: &mut Workload, arms: &[Arm], baseline: usize, candidate: usize) -> f64 {
    let mut logs = [0.0; 2];
    for &arm in arms {
        let (index, units) = if arm == Arm::Baseline {
            (0, baseline)
        } else {
            (1, candidate)
        };
        logs[index] += time(workload, units).as_secs_f64().ln();
    }
    2.0 * (logs[1] - logs[0]) / arms.len() as f64
}
