//! Promise: two-sample procedures never panic, never let a NaN or an infinity out, and change with the data as they should.

use perf_stats::permutation::{MonteCarlo, permutation_test, sign_flip_test};
use perf_stats::power::{TPower, minimum_detectable_change, power_by_resampling};
use perf_stats::tests::{
    Continuity, KolmogorovSmirnov, MannWhitney, QuantileBlock, Reference, TestResult,
    anderson_darling, brunner_munzel, ks_2samp, mann_whitney, paired_t, pooled_t, quantile_shift,
    tost_log_ratio, tost_paired, tost_welch, welch_t, yuen,
};
use perf_stats::{PValues, StatsError, adjust, effect};
use proptest::prelude::*;
use std::fmt::Debug;

const FEW: MonteCarlo = MonteCarlo {
    arrangements: 19,
    seed: 1,
};

/// Debug texts of everything a result holds show what is not a number.
fn sound<T: Debug>(result: &Result<T, StatsError>) -> Result<(), TestCaseError> {
    let text = format!("{result:?}");
    prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    Ok(())
}

fn probabilities(p: &PValues) -> Result<(), TestCaseError> {
    for v in [p.two_sided, p.less, p.greater] {
        prop_assert!((0.0..=1.0).contains(&v), "{p:?}");
    }
    Ok(())
}

fn sound_test(result: &Result<TestResult, StatsError>) -> Result<(), TestCaseError> {
    sound(result)?;
    match result {
        Ok(r) => {
            prop_assert!(!r.to_string().is_empty());
            if let Some(i) = r.interval {
                prop_assert!(i.low <= i.high && i.contains(r.estimate), "{r:?}");
            }
            probabilities(&r.p)
        }
        Err(_) => Ok(()),
    }
}

/// Values that break careless arithmetic, and small numbers that tie.
fn nasty() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-3i32..4).prop_map(f64::from),
        2 => -10.0..10.0f64,
        1 => (0i32..9).prop_map(|k| 1e15 + f64::from(k) / 8.0),
        1 => prop::sample::select(vec![
            0.0, -0.0, 5e-324, -5e-324, 1e-310, 1e308, -1e308, f64::MAX, f64::MIN, f64::EPSILON,
            f64::MIN_POSITIVE, 1e-160, 1e160,
        ]),
    ]
}

/// Mostly finite samples, of one kind of difficulty or of all.
fn sample() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        4 => prop::collection::vec(nasty(), 0..12),
        2 => prop::collection::vec(prop::sample::select(vec![1.0, 2.0]), 1..30),
        2 => (nasty(), 1usize..6).prop_map(|(v, n)| vec![v; n]),
        1 => prop::collection::vec((0i32..6).prop_map(|k| 5e-324 * f64::from(k)), 1..9),
        1 => prop::collection::vec((1i32..6).prop_map(|k| 1e307 * f64::from(k)), 1..9),
        1 => prop::collection::vec(prop::sample::select(vec![1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]), 1..4),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn tests_answer_or_refuse(x in sample(), y in sample(), level in 0.01..0.9999f64) {
        sound_test(&welch_t(&x, &y, level))?;
        sound_test(&pooled_t(&x, &y, level))?;
        sound_test(&paired_t(&x, &y, level))?;
        sound_test(&yuen(&x, &y, 0.2, level))?;
        sound_test(&mann_whitney(&x, &y))?;
        sound_test(&ks_2samp(&x, &y))?;
        sound_test(&brunner_munzel(&x, &y, Reference::T))?;
        sound_test(&brunner_munzel(&x, &y, Reference::Normal))?;
        if let Ok(m) = MannWhitney::new(&x, &y) {
            sound_test(&m.exact())?;
            sound_test(&m.asymptotic(Continuity::Plain))?;
            prop_assert_eq!(m.u_x() + m.u_y(), (x.len() * y.len()) as f64);
        }
        if let Ok(k) = KolmogorovSmirnov::new(&x, &y) {
            sound_test(&k.limit())?;
        }
        sound(&tost_welch(&x, &y, -1.0, 1.0, 0.05))?;
        sound(&tost_paired(&x, &y, -1e300, 1e300, 0.05))?;
        sound(&tost_log_ratio(&x, &y, 0.9, 1.1, 0.05))?;
    }

    #[test]
    fn effects_answer_or_refuse(x in sample(), y in sample(), level in 0.01..0.9999f64) {
        sound(&effect::cohens_d(&x, &y))?;
        sound(&effect::hedges_g(&x, &y))?;
        sound(&effect::glass_delta(&x, &y))?;
        sound(&effect::ratio_of_means(&x, &y))?;
        sound(&effect::ratio_of_medians(&x, &y))?;
        sound(&effect::ratio_of_geometric_means(&x, &y, level))?;
        sound(&effect::relative_change_of_mean(&x, &y, level))?;
        sound(&effect::vargha_delaney(&x, &y, level))?;
        if let Ok(d) = effect::cliffs_delta(&x, &y, level) {
            prop_assert!(d.estimate.abs() <= 1.0);
            prop_assert!(d.interval.is_none_or(|i| i.contains(d.estimate) && i.low >= -1.0 && i.high <= 1.0), "{d:?}");
        }
        sound(&minimum_detectable_change(&TPower::independent(), &x, 9.0, 0.8))?;
    }

    #[test]
    fn invalid_input_is_named(x in prop::collection::vec(-5.0..5.0f64, 2..8), at in 0usize..8, bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY])) {
        let good = [1.0, 2.0, 4.0];
        let mut y = x.clone();
        let at = at % y.len();
        y[at] = bad;
        let first = StatsError::NonFinite { index: at };
        let second = StatsError::NonFinite { index: 3 + at };
        prop_assert_eq!(welch_t(&y, &good, 0.9), Err(first));
        prop_assert_eq!(welch_t(&good, &y, 0.9), Err(second));
        prop_assert_eq!(mann_whitney(&good, &y), Err(second));
        prop_assert_eq!(ks_2samp(&good, &y), Err(second));
        prop_assert_eq!(anderson_darling(&[&good, &y]), Err(second));
        prop_assert_eq!(effect::cliffs_delta(&y, &good, 0.9), Err(first));
        prop_assert_eq!(welch_t(&[], &good, 0.9), Err(StatsError::Empty));
        prop_assert_eq!(welch_t(&[1.0], &good, 0.9), Err(StatsError::TooFew { need: 2, got: 1 }));
        let refused = matches!(welch_t(&good, &good, 1.0), Err(StatsError::BadParameter { .. }));
        prop_assert!(refused);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn resampling_answers_or_refuses(x in sample(), y in sample()) {
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        if x.len() + y.len() < 12 {
            let r = permutation_test(&x, &y, |a, b| mean(a) - mean(b), FEW);
            sound(&r)?;
            r.iter().try_for_each(|r| probabilities(&r.p))?;
        }
        sound(&sign_flip_test(&x[..x.len().min(10)], mean, FEW))?;
        sound_test(&anderson_darling(&[&x, &y]))?;
        let blocks = vec![QuantileBlock { x: &x, y: &y }; 6];
        sound(&quantile_shift(&blocks, 0.5, 0.9, FEW))?;
        sound(&quantile_shift(&blocks, 0.97, 0.9, FEW))?;
        sound(&effect::relative_change_of_quantile(&x, &y, 0.5, 0.9, 1))?;
        sound(&power_by_resampling(&x, 0.1, 5, 0.05, 20, 1))?;
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()) + 1e-14
}

/// Samples of small integers: ties, exact shifts and exact scales.
fn integers(from: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-20i32..20).prop_map(f64::from), from..25)
}

/// (x, y) in other words: everything a two-sample procedure says.
fn all_tests(x: &[f64], y: &[f64]) -> Vec<Result<TestResult, StatsError>> {
    let m = MannWhitney::new(x, y).unwrap();
    vec![
        welch_t(x, y, 0.9),
        pooled_t(x, y, 0.9),
        yuen(x, y, 0.2, 0.9),
        m.exact(),
        m.asymptotic(Continuity::Corrected),
        brunner_munzel(x, y, Reference::T),
        ks_2samp(x, y),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn exchanging_the_samples_exchanges_the_sides(x in integers(5), y in integers(5)) {
        for (a, b) in all_tests(&x, &y).into_iter().zip(all_tests(&y, &x)) {
            match (a, b) {
                (Ok(a), Ok(b)) => {
                    prop_assert!(close(a.p.less, b.p.greater) && close(a.p.greater, b.p.less), "{a:?} {b:?}");
                    prop_assert!(close(a.p.two_sided, b.p.two_sided));
                }
                (a, b) => prop_assert_eq!(a.map(|r| r.method), b.map(|r| r.method)),
            }
        }
        if let (Ok(a), Ok(b)) = (effect::cliffs_delta(&x, &y, 0.9), effect::cliffs_delta(&y, &x, 0.9)) {
            prop_assert!(close(a.estimate, -b.estimate));
            let (i, j) = (a.interval.unwrap(), b.interval.unwrap());
            prop_assert!(close(i.low, -j.high) && close(i.high, -j.low));
        }
    }

    #[test]
    fn a_power_of_two_changes_no_p(x in integers(5), y in integers(5), k in -900i32..900) {
        let by = |v: &[f64]| v.iter().map(|v| v * 2f64.powi(k)).collect::<Vec<_>>();
        for (a, b) in all_tests(&x, &y).into_iter().zip(all_tests(&by(&x), &by(&y))) {
            prop_assert_eq!(a.map(|r| (r.p, r.statistic)), b.map(|r| (r.p, r.statistic)));
        }
        prop_assert_eq!(effect::hedges_g(&x, &y), effect::hedges_g(&by(&x), &by(&y)));
    }

    #[test]
    fn a_common_shift_changes_no_p(x in integers(5), y in integers(5), c in prop::sample::select(vec![1.0, -64.0, 1e9, 1e15])) {
        let by = |v: &[f64]| v.iter().map(|v| v + c).collect::<Vec<_>>();
        for (a, b) in all_tests(&x, &y).into_iter().zip(all_tests(&by(&x), &by(&y))) {
            match (a, b) {
                (Ok(a), Ok(b)) => prop_assert!(
                    close(a.p.two_sided, b.p.two_sided) && close(a.statistic, b.statistic), "{a:?} {b:?}"
                ),
                (a, b) => prop_assert_eq!(a.map(|r| r.method), b.map(|r| r.method)),
            }
        }
    }

    #[test]
    fn the_order_of_observations_does_not_matter(x in integers(5), y in integers(5)) {
        let turned = |v: &[f64]| v.iter().rev().copied().collect::<Vec<_>>();
        for (a, b) in all_tests(&x, &y).into_iter().zip(all_tests(&turned(&x), &turned(&y))) {
            match (a, b) {
                (Ok(a), Ok(b)) => prop_assert!(close(a.p.two_sided, b.p.two_sided), "{a:?} {b:?}"),
                (a, b) => prop_assert_eq!(a.map(|r| r.method), b.map(|r| r.method)),
            }
        }
    }

    #[test]
    fn adjustments_are_ordered(p in prop::collection::vec(0.0..=1.0f64, 1..30)) {
        let bonferroni = adjust::bonferroni(&p).unwrap();
        let holm = adjust::holm(&p).unwrap();
        let hochberg = adjust::hochberg(&p).unwrap();
        let bh = adjust::benjamini_hochberg(&p).unwrap();
        let by = adjust::benjamini_yekutieli(&p).unwrap();
        for i in 0..p.len() {
            let ascending = [p[i], bh[i], hochberg[i], holm[i], bonferroni[i], 1.0];
            prop_assert!(ascending.windows(2).all(|w| w[0] <= w[1] * (1.0 + 1e-12)), "{ascending:?}");
            prop_assert!(bh[i] <= by[i] * (1.0 + 1e-12));
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || (holm[i] <= holm[j] && bh[i] <= bh[j]));
            }
        }
    }
}

/// Complete separation at any count: a positive answer or the refusal that says so.
#[test]
fn complete_separation_is_answered() {
    for n in [2usize, 5, 40, 400] {
        let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
        let y: Vec<f64> = x.iter().map(|v| v + 1e6).collect();
        assert_eq!(
            brunner_munzel(&x, &y, Reference::T),
            Err(StatsError::CompleteSeparation)
        );
        let r = mann_whitney(&x, &y).unwrap();
        assert!(
            r.p.less > 0.0 && r.p.less <= 0.5 && r.p.greater > 0.99,
            "{r}"
        );
        assert_eq!(ks_2samp(&x, &y).unwrap().statistic, 1.0);
        let d = effect::cliffs_delta(&x, &y, 0.95).unwrap();
        assert!(d.estimate == -1.0 && d.interval.unwrap().high < 1.0);
    }
}
