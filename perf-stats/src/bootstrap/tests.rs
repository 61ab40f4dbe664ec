use super::*;
use crate::describe::median_in_place;

fn mean(x: &mut [f64]) -> f64 {
    mean_and_se(x).0
}

/// Share of runs whose interval holds the truth.
fn coverage(runs: u32, seed: u64, one: impl Fn(&mut Rng) -> bool) -> f64 {
    let mut rng = Rng::new(seed);
    f64::from((0..runs).map(|_| u32::from(one(&mut rng))).sum::<u32>()) / f64::from(runs)
}

#[test]
fn percentile_of_a_mean_agrees_with_the_normal_interval() {
    let x: Vec<f64> = (0..400).map(|i| f64::from(i * 37 % 400)).collect();
    let b = Bootstrap::new();
    for method in [Method::Percentile, Method::Basic, Method::Bca] {
        let r = b.method(method).interval(&x, mean).unwrap();
        let (centre, se) = mean_and_se(&x);
        assert!((r.interval.low - (centre - 1.96 * se)).abs() < 0.35, "{r}");
        assert!((r.interval.high - (centre + 1.96 * se)).abs() < 0.35, "{r}");
        assert!((r.se / se - 1.0).abs() < 0.03 && r.bias.abs() < 0.2);
    }
    let r = b.studentised(&x, |s| mean_and_se(s)).unwrap();
    assert!(
        (r.interval.width() / (2.0 * 1.966 * r.se) - 1.0).abs() < 0.03,
        "{r}"
    );
}

#[test]
fn seeds_decide_and_methods_differ() {
    let x: Vec<f64> = (0..50).map(|i| f64::from(i * i)).collect();
    let b = Bootstrap::new().resamples(999);
    let of = |b: Bootstrap| b.interval(&x, mean).unwrap().interval;
    assert_eq!(of(b), of(b));
    assert_ne!(of(b), of(b.seed(1)));
    assert_ne!(of(b), of(b.method(Method::Percentile)));
    // Skewed to the right: BCa moves both ends up.
    assert!(of(b).low > of(b.method(Method::Percentile)).low);
    assert!(of(b).high > of(b.method(Method::Percentile)).high);
}

#[test]
fn acceleration_of_a_mean_is_a_sixth_of_its_skewness() {
    let x: Vec<f64> = (0..40).map(|i| (0.1 * f64::from(i)).exp()).collect();
    let a = resample::acceleration(&[resample::jackknife(&x, mean).unwrap()]);
    let skewness = crate::describe::describe(&x).unwrap().skewness.unwrap();
    assert!((a - skewness / (6.0 * 40f64.sqrt())).abs() < 1e-12, "{a}");
}

#[test]
fn coverage_of_mean_and_median() {
    // n = 200 normal (mean), n = 60 normal (median): 93.5 to 97 % asked for; 600 runs have an error of 0.9 %.
    let b = Bootstrap::new().resamples(799);
    let normal = |rng: &mut Rng, n: usize| -> Vec<f64> { (0..n).map(|_| rng.normal()).collect() };
    let rate = coverage(600, 1, |rng| {
        b.interval(&normal(rng, 200), mean)
            .unwrap()
            .interval
            .contains(0.0)
    });
    assert!((0.925..=0.98).contains(&rate), "mean {rate}");
    let rate = coverage(600, 2, |rng| {
        b.interval(&normal(rng, 60), median_in_place)
            .unwrap()
            .interval
            .contains(0.0)
    });
    assert!((0.915..=0.985).contains(&rate), "median {rate}");
}

#[test]
fn blocks_cover_where_single_draws_do_not() {
    let b = Bootstrap::new().resamples(399).method(Method::Percentile);
    let series = |rng: &mut Rng| -> Vec<f64> {
        let mut level = rng.normal() / (1.0 - 0.49_f64).sqrt();
        (0..300)
            .map(|_| {
                level = 0.7 * level + rng.normal();
                level
            })
            .collect()
    };
    let blocks = coverage(500, 3, |rng| {
        b.blocks(&series(rng), None, mean)
            .unwrap()
            .interval
            .contains(0.0)
    });
    let single = coverage(500, 3, |rng| {
        b.interval(&series(rng), mean)
            .unwrap()
            .interval
            .contains(0.0)
    });
    assert!(
        blocks >= 0.89 && single < 0.75,
        "blocks {blocks}, single {single}"
    );
}

#[test]
fn reasons_not_numbers() {
    let b = Bootstrap::new().resamples(99);
    assert_eq!(b.interval(&[], mean), Err(StatsError::Empty));
    assert_eq!(
        b.interval(&[1.0], mean),
        Err(StatsError::TooFew { need: 2, got: 1 })
    );
    assert_eq!(
        b.interval(&[1.0, f64::INFINITY], mean),
        Err(StatsError::NonFinite { index: 1 })
    );
    assert_eq!(
        b.interval(&[1.0, 2.0], |s| 1.0 / (s[0] - s[1])),
        Err(StatsError::Degenerate)
    );
    assert!(matches!(
        b.level(0.99).interval(&[1.0, 2.0], mean),
        Err(StatsError::BadParameter { .. })
    ));
    let constant = b.interval(&[3.0; 9], mean).unwrap();
    assert_eq!((constant.interval.low, constant.interval.high), (3.0, 3.0));
    assert_eq!(
        b.studentised(&[3.0; 9], |s| mean_and_se(s)),
        Err(StatsError::ZeroVariance)
    );
    assert!(
        b.blocks(&[3.0; 9], None, mean).is_ok() && b.blocks(&[3.0; 9], Some(0.5), mean).is_err()
    );
    for scale in [5e-324, 1e308] {
        let x = [scale, -scale, scale, 0.0, -scale];
        for method in [Method::Percentile, Method::Basic, Method::Bca] {
            if let Ok(r) = b.method(method).interval(&x, median_in_place) {
                assert!(r.interval.low.is_finite() && r.se.is_finite(), "{r:?}");
            }
        }
    }
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    // Pinned from a run on one thread; the same test runs with the feature `parallel`.
    let x: Vec<f64> = (0..97).map(|i| f64::from(i * i % 101)).collect();
    let r = Bootstrap::new().resamples(999).interval(&x, mean).unwrap();
    assert_eq!(
        (r.interval.low, r.interval.high),
        (45.684_338_178_6, 57.797_962_428_743_375)
    );
}
