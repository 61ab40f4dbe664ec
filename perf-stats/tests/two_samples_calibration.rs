//! Promise: two-sample procedures reject what is true as often as they say, and their intervals cover as often as they say.

use perf_stats::Rng;
use perf_stats::permutation::{MonteCarlo, permutation_test};
use perf_stats::tests::{
    AndersonDarling, QuantileBlock, Reference, TestResult, TieRule, brunner_munzel, ks_2samp,
    mann_whitney, quantile_shift, tost_welch, welch_t, yuen,
};

const RUNS: u32 = 2_000;

/// Share of runs in which `once` says yes.
fn share(runs: u32, mut once: impl FnMut(&mut Rng, u64) -> bool) -> f64 {
    let mut rng = Rng::new(2026);
    let yes: u32 = (0..runs)
        .map(|i| u32::from(once(&mut rng, u64::from(i))))
        .sum();
    f64::from(yes) / f64::from(runs)
}

/// At most alpha and three standard errors; and not far below it.
fn holds(name: &str, got: f64, alpha: f64, least: f64) {
    let error = (alpha * (1.0 - alpha) / f64::from(RUNS)).sqrt();
    assert!(
        got <= alpha + 3.0 * error && got >= least,
        "{name}: {got} for {alpha}"
    );
}

fn normal(rng: &mut Rng, n: usize, sd: f64) -> Vec<f64> {
    (0..n).map(|_| 100.0 + sd * rng.normal()).collect()
}

fn rejects(alpha: f64, result: Result<TestResult, perf_stats::StatsError>) -> bool {
    result.unwrap().p.two_sided <= alpha
}

#[test]
fn t_tests_keep_their_level_under_unequal_spread() {
    let welch = share(RUNS, |rng, _| {
        rejects(
            0.05,
            welch_t(&normal(rng, 8, 1.0), &normal(rng, 20, 5.0), 0.95),
        )
    });
    holds("Welch", welch, 0.05, 0.03);
    let trimmed = share(RUNS, |rng, _| {
        rejects(
            0.05,
            yuen(&normal(rng, 15, 1.0), &normal(rng, 20, 3.0), 0.2, 0.95),
        )
    });
    holds("Yuen", trimmed, 0.05, 0.025);
    let covered = share(RUNS, |rng, _| {
        let r = welch_t(&normal(rng, 20, 1.0), &normal(rng, 25, 4.0), 0.9).unwrap();
        r.interval.unwrap().contains(0.0)
    });
    assert!((0.88..=0.92).contains(&covered), "{covered}");
}

#[test]
fn rank_tests_keep_their_level_with_and_without_ties() {
    let exact = share(RUNS, |rng, _| {
        rejects(
            0.05,
            mann_whitney(&normal(rng, 12, 1.0), &normal(rng, 14, 1.0)),
        )
    });
    holds("Mann-Whitney, exact", exact, 0.05, 0.03);
    let ticks =
        |rng: &mut Rng, n| -> Vec<f64> { normal(rng, n, 2.0).iter().map(|v| v.round()).collect() };
    let tied = share(RUNS, |rng, _| {
        let (x, y) = (ticks(rng, 12), ticks(rng, 15));
        rejects(0.05, mann_whitney(&x, &y))
    });
    holds("Mann-Whitney, ties", tied, 0.05, 0.03);
    let large = share(RUNS, |rng, _| {
        let (x, y) = (ticks(rng, 160), ticks(rng, 180));
        rejects(0.05, mann_whitney(&x, &y))
    });
    holds("Mann-Whitney, normal", large, 0.05, 0.03);
    let spread = share(RUNS, |rng, _| {
        let (x, y) = (normal(rng, 30, 1.0), normal(rng, 20, 4.0));
        rejects(0.05, brunner_munzel(&x, &y, Reference::T))
    });
    holds("Brunner-Munzel", spread, 0.055, 0.03);
    let distance = share(RUNS, |rng, _| {
        let (x, y) = (ticks(rng, 20), ticks(rng, 24));
        rejects(0.05, ks_2samp(&x, &y))
    });
    holds("Kolmogorov-Smirnov", distance, 0.05, 0.01);
}

#[test]
fn anderson_darling_by_table_and_by_relabelling_agree() {
    let mut rng = Rng::new(8);
    let mut compared = 0;
    for seed in 0..60 {
        let (x, y, z) = (
            normal(&mut rng, 20, 1.0),
            normal(&mut rng, 25, 1.2),
            normal(&mut rng, 15, 1.0),
        );
        let ad = AndersonDarling::new(&[&x, &y, &z]).unwrap();
        if let Some(p) = ad.table_p(TieRule::Midrank) {
            let q = ad.permutation_p(TieRule::Midrank, seed);
            assert!((p - q).abs() < 0.02 + 0.1 * p, "{p} {q}");
            compared += 1;
        }
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn random_permutations_keep_their_level() {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let got = share(RUNS, |rng, seed| {
        let (x, y) = (normal(rng, 12, 1.0), normal(rng, 12, 1.0));
        let few = MonteCarlo {
            arrangements: 99,
            seed,
        };
        permutation_test(&x, &y, |x, y| mean(x) - mean(y), few)
            .unwrap()
            .p
            .two_sided
            <= 0.05
    });
    holds("permutation", got, 0.05, 0.03);
}

/// Blocks whose level and spread wander; both arms of a block share them.
fn blocks(rng: &mut Rng, count: usize, size: usize, factor: f64) -> Vec<(Vec<f64>, Vec<f64>)> {
    (0..count)
        .map(|_| {
            let level = (0.3 * rng.normal()).exp();
            let mut arm = |f: f64| -> Vec<f64> {
                (0..size)
                    .map(|_| f * level * (0.5 * rng.normal()).exp())
                    .collect()
            };
            (arm(factor), arm(1.0))
        })
        .collect()
}

#[test]
fn quantiles_over_blocks_keep_level_and_coverage() {
    let runs = 400;
    for p in [0.5, 0.99] {
        let few = |seed| MonteCarlo {
            arrangements: 199,
            seed,
        };
        let mut covered = 0;
        let rejected = share(runs, |rng, seed| {
            let data = blocks(rng, 24, 40, 1.0);
            let view: Vec<_> = data.iter().map(|(x, y)| QuantileBlock { x, y }).collect();
            let r = quantile_shift(&view, p, 0.95, few(seed)).unwrap();
            covered += u32::from(r.interval.contains(0.0));
            r.test.p.two_sided <= 0.05
        });
        assert!(rejected <= 0.05 + 3.0 * 0.0109, "{p}: {rejected}");
        assert!(
            f64::from(covered) / f64::from(runs) >= 0.88,
            "{p}: {covered}"
        );
        let found = share(100, |rng, seed| {
            let data = blocks(rng, 24, 40, 1.3);
            let view: Vec<_> = data.iter().map(|(x, y)| QuantileBlock { x, y }).collect();
            quantile_shift(&view, p, 0.95, few(seed))
                .unwrap()
                .test
                .p
                .two_sided
                <= 0.05
        });
        assert!(found >= 0.6, "{p}: {found}");
    }
}

#[test]
fn equivalence_is_claimed_wrongly_at_most_at_its_level() {
    // The true difference is exactly the upper limit.
    let wrong = share(RUNS, |rng, _| {
        let x: Vec<f64> = normal(rng, 30, 1.0).iter().map(|v| v + 1.0).collect();
        tost_welch(&x, &normal(rng, 30, 1.0), -1.0, 1.0, 0.05)
            .unwrap()
            .shown()
    });
    holds("TOST", wrong, 0.05, 0.03);
}
