//! Promise: description and intervals never panic and never return NaN, whatever the finite numbers, and they move with the data
//! when those are scaled, shifted or put in another order.

use perf_stats::bootstrap::{Bootstrap, Method};
use perf_stats::describe::*;
use perf_stats::quantile::*;
use perf_stats::quantile_interval::{Side, quantile_interval, quantile_interval_weighted};
use perf_stats::{
    Weighted, block_length, hodges_lehmann, mean_interval, proportion, shift_function,
};
use proptest::prelude::*;

/// Numbers that break careless arithmetic.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        -1e3..1e3,
        (-20i32..20).prop_map(f64::from),
        prop::sample::select(vec![
            0.0,
            -0.0,
            1.0,
            5e-324,
            -5e-324,
            2.2e-308,
            1e308,
            -1e308,
            1.797e308,
            f64::MIN
        ]),
        (0u32..64).prop_map(|k| 1e15 + f64::from(k) * 0.125),
        any::<f64>().prop_filter("finite", |v| v.is_finite()),
    ]
}

/// Samples of any size from none: mixed, constant, two-valued, sorted.
fn sample() -> impl Strategy<Value = Vec<f64>> {
    let size = 0usize..40;
    prop_oneof![
        prop::collection::vec(number(), size.clone()),
        (number(), size.clone()).prop_map(|(v, n)| vec![v; n]),
        (
            number(),
            number(),
            prop::collection::vec(any::<bool>(), size.clone())
        )
            .prop_map(|(a, b, which)| which.into_iter().map(|w| if w { a } else { b }).collect()),
        prop::collection::vec(number(), size).prop_map(|mut v| {
            v.sort_by(f64::total_cmp);
            v
        }),
    ]
}

/// Fails on NaN; infinities are allowed where the place says so only.
#[track_caller]
fn finite(values: impl IntoIterator<Item = f64>) {
    for v in values {
        assert!(v.is_finite(), "{v}");
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn describe_everything(x: &[f64]) {
    if let Ok(d) = describe(x) {
        finite([d.min, d.max, d.mean, d.median, d.mad]);
        finite(
            [d.variance, d.sd, d.cv, d.skewness, d.skewness_adjusted]
                .into_iter()
                .flatten(),
        );
        finite(
            [d.excess_kurtosis, d.geometric_mean, d.harmonic_mean]
                .into_iter()
                .flatten(),
        );
        assert!(d.min <= d.mean && d.mean <= d.max && d.min <= d.median && d.median <= d.max);
    }
    for trim in [0.0, 0.1, 0.25, 0.49] {
        if let Ok(t) = trimmed(x, trim) {
            finite([t.mean, t.winsorized_mean]);
            finite(t.winsorized_variance);
            assert!(t.se.is_none_or(|s| !s.is_nan()));
        }
    }
    finite(
        [
            median(x),
            mad(x),
            sn(x),
            qn(x),
            medcouple(x),
            half_sample_mode(x),
        ]
        .into_iter()
        .flatten(),
    );
    for o in [
        tukey_outliers(x),
        adjusted_outliers(x),
        double_mad_outliers(x, 3.0),
    ]
    .into_iter()
    .flatten()
    {
        finite([o.low_fence, o.high_fence]);
        assert!(o.low + o.high <= o.n && o.low_severe <= o.low && o.high_severe <= o.high);
    }
    if let Ok(s) = shorth(x) {
        assert!(s.low <= s.mean && s.mean <= s.high);
    }
    if let Ok(d) = density(x) {
        finite([d.bandwidth, d.start, d.step]);
        finite(d.values.iter().copied());
        finite(d.modes(0.1).iter().flat_map(|m| [m.at, m.share]));
    }
    if let Ok(b) = block_length::block_length(x) {
        finite([b.stationary, b.circular]);
    }
    for p in [0.0, 0.01, 0.5, 0.9, 1.0] {
        for definition in Definition::ALL {
            finite(quantiles(x, &[p], definition).into_iter().flatten());
        }
        finite(
            [harrell_davis(x, p), harrell_davis_trimmed(x, p)]
                .into_iter()
                .flatten(),
        );
        finite(
            harrell_davis_with_se(x, p)
                .into_iter()
                .flat_map(|s| [s.estimate, s.se]),
        );
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn no_nan_from_one_sample(x in sample()) {
        describe_everything(&x);
        finite(mean_interval::mean_interval(&x, 0.95).into_iter().flat_map(|i| [i.low, i.high]));
        for side in [Side::Both, Side::Lower, Side::Upper] {
            if let Ok(i) = quantile_interval(&x, 0.5, 0.9, side) {
                finite([i.low, i.high].into_iter().flatten());
                prop_assert!(i.ranks.coverage >= 0.9);
            }
        }
        if let Ok(w) = Weighted::from_values(&x) {
            let d = describe_weighted(&w);
            prop_assert_eq!(d.map(|d| (d.n, d.min, d.max)).ok(), describe(&x).map(|d| (d.n, d.min + 0.0, d.max + 0.0)).ok());
            let listed = quantile_interval(&x, 0.3, 0.8, Side::Both).unwrap();
            prop_assert_eq!(listed, quantile_interval_weighted(&w, 0.3, 0.8, Side::Both).unwrap());
        }
    }

    #[test]
    fn no_nan_from_two_samples(x in sample(), y in sample()) {
        for r in [hodges_lehmann::shift(&x, &y, 0.95), hodges_lehmann::ratio(&x, &y, 0.95)].into_iter().flatten() {
            finite([r.estimate, r.interval.low, r.interval.high]);
            prop_assert!(r.interval.low <= r.estimate && r.estimate <= r.interval.high);
        }
        if let Ok(r) = mean_interval::ratio_of_means(&x, &y, 0.95) {
            match r.set {
                mean_interval::Fieller::Bounded(i) => finite([i.low, i.high]),
                mean_interval::Fieller::Outside { below, above } => finite([below, above]),
                mean_interval::Fieller::Everything => {}
            }
        }
        finite(mean_interval::ratio_log_delta(&x, &y, 0.95).into_iter().flat_map(|i| [i.low, i.high]));
    }

    #[test]
    fn non_finite_numbers_are_named(mut x in prop::collection::vec(-5.0..5.0f64, 4..20), at in 0usize..20, bad in 0usize..3) {
        let at = at % x.len();
        x[at] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][bad];
        let want = perf_stats::StatsError::NonFinite { index: at };
        prop_assert_eq!(describe(&x).unwrap_err(), want);
        prop_assert_eq!(quantiles(&x, &[0.5], Definition::Linear).unwrap_err(), want);
        prop_assert_eq!(sn(&x).unwrap_err(), want);
        prop_assert_eq!(dip_test(&x).unwrap_err(), want);
        prop_assert_eq!(hodges_lehmann::shift(&x, &x, 0.9).unwrap_err(), want);
        prop_assert_eq!(Bootstrap::new().interval(&x, |s| s[0]).unwrap_err(), want);
    }

    #[test]
    fn doubling_doubles(x in prop::collection::vec(-1e3..1e3f64, 4..40), k in -30i32..30) {
        let factor = 2f64.powi(k);
        let y: Vec<f64> = x.iter().map(|v| v * factor).collect();
        let (a, b) = (describe(&x).unwrap(), describe(&y).unwrap());
        prop_assert_eq!(a.mean * factor, b.mean);
        prop_assert_eq!(a.sd.map(|s| s * factor), b.sd);
        prop_assert_eq!((a.skewness, a.excess_kurtosis, a.cv), (b.skewness, b.excess_kurtosis, b.cv));
        prop_assert_eq!(mad(&x).unwrap() * factor, mad(&y).unwrap());
        prop_assert_eq!(sn(&x).unwrap() * factor, sn(&y).unwrap());
        prop_assert_eq!(qn(&x).unwrap() * factor, qn(&y).unwrap());
        prop_assert_eq!(medcouple(&x).unwrap(), medcouple(&y).unwrap());
        prop_assert_eq!(half_sample_mode(&x).unwrap() * factor, half_sample_mode(&y).unwrap());
        prop_assert_eq!(trimmed(&x, 0.2).unwrap().mean * factor, trimmed(&y, 0.2).unwrap().mean);
        prop_assert_eq!(harrell_davis(&x, 0.8).unwrap() * factor, harrell_davis(&y, 0.8).unwrap());
        let (s, t) = (hodges_lehmann::shift(&x[1..], &x, 0.9).unwrap(), hodges_lehmann::shift(&y[1..], &y, 0.9).unwrap());
        prop_assert_eq!((s.estimate * factor, s.interval.low * factor), (t.estimate, t.interval.low));
    }

    #[test]
    fn shifting_shifts(x in prop::collection::vec((-1000i32..1000).prop_map(f64::from), 4..40), by in -1_000_000i32..1_000_000) {
        let by = f64::from(by);
        let y: Vec<f64> = x.iter().map(|v| v + by).collect();
        prop_assert_eq!(median(&x).unwrap() + by, median(&y).unwrap());
        prop_assert_eq!(mad(&x).unwrap(), mad(&y).unwrap());
        prop_assert!((sn(&x).unwrap() - sn(&y).unwrap()).abs() < 1e-9);
        prop_assert!((qn(&x).unwrap() - qn(&y).unwrap()).abs() < 1e-9);
        prop_assert_eq!(half_sample_mode(&x).unwrap() + by, half_sample_mode(&y).unwrap());
        let s = hodges_lehmann::shift(&y, &x, 0.9).unwrap();
        let t = hodges_lehmann::shift(&x, &x, 0.9).unwrap();
        prop_assert_eq!((s.estimate, s.interval.low), (t.estimate + by, t.interval.low + by));
        let (a, b) = (describe(&x).unwrap(), describe(&y).unwrap());
        prop_assert!((a.sd.unwrap() - b.sd.unwrap()).abs() < 1e-9);
    }

    #[test]
    fn order_does_not_matter(x in prop::collection::vec(number(), 4..40), seed in any::<u64>()) {
        let mut y = x.clone();
        perf_stats::Rng::new(seed).shuffle(&mut y);
        prop_assert_eq!(median(&x), median(&y));
        prop_assert_eq!(mad(&x), mad(&y));
        prop_assert_eq!(sn(&x), sn(&y));
        prop_assert_eq!(qn(&x), qn(&y));
        prop_assert_eq!(tukey_outliers(&x), tukey_outliers(&y));
        prop_assert_eq!(harrell_davis(&x, 0.7), harrell_davis(&y, 0.7));
        prop_assert_eq!(hodges_lehmann::shift(&x, &x, 0.9), hodges_lehmann::shift(&y, &x, 0.9));
        prop_assert_eq!(quantiles(&x, &[0.1, 0.9], Definition::Hazen), quantiles(&y, &[0.1, 0.9], Definition::Hazen));
    }

    #[test]
    fn proportions_stay_proportions(n in 1u64..5_000_000_000, share in 0.0..=1.0f64, level in 0.01..0.9999f64) {
        let k = ((n as f64 * share) as u64).min(n);
        for i in [proportion::clopper_pearson(k, n, level).unwrap(), proportion::wilson(k, n, level).unwrap()] {
            prop_assert!(0.0 <= i.low && i.low <= i.high && i.high <= 1.0, "{}", i);
        }
        prop_assert!(proportion::clopper_pearson(k, n, level).unwrap().contains(k as f64 / n as f64));
    }
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn no_nan_from_resampling(x in sample(), y in sample()) {
        let b = Bootstrap::new().resamples(99);
        for method in [Method::Percentile, Method::Basic, Method::Bca] {
            for r in [
                b.method(method).interval(&x, median_in_place),
                b.method(method).interval_two(&x, &y, |a, b| 0.5 * median_in_place(a) - 0.5 * median_in_place(b)),
                b.method(method).blocks(&x, None, median_in_place),
            ].into_iter().flatten() {
                finite([r.estimate, r.interval.low, r.interval.high, r.se, r.bias]);
            }
        }
        if let Ok(s) = shift_function::shift_function(&x, &y, &[0.25, 0.5, 0.75], 0.9) {
            finite(s.rows.iter().flat_map(|r| [r.x, r.y, r.difference]));
            finite(s.rows.iter().filter_map(|r| r.interval).flat_map(|i| [i.low, i.high]));
        }
        if let Ok(d) = dip_test(&x) {
            finite([d.dip, d.p]);
            prop_assert!(d.p > 0.0 && d.p <= 1.0 && d.dip <= 0.25);
        }
    }
}
