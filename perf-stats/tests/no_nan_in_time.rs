//! Promise: no panic and no NaN leaves the procedures of time order, trend, models and sequential bounds, whatever goes in.

use perf_stats::change::{
    Baseline, Cusum, EDivisive, EdPelt, Ewma, Pelt, energy_split, pettitt, steady_start,
    steady_state,
};
use perf_stats::model::queue::{Ggc, Mg1, Mmc, largest_rate, littles_law};
use perf_stats::model::{Hierarchy, Usl, complexity, ols};
use perf_stats::sequential::{
    BetaBinomial, MixtureSprt, NormalMixture, SelfNormalised, Spending, betting_interval,
    quantile_sequence,
};
use perf_stats::series::{
    autocorrelation, batch_means, effective_size, ljung_box, runs_test, von_neumann,
};
use perf_stats::trend::{hamed_rao, leak, mann_kendall, siegel, theil_sen};
use perf_stats::{Interval, Weighted};
use proptest::prelude::*;

/// One number: ordinary, or one of those that break formulae.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3f64,
        2 => prop::sample::select(vec![0.0, -0.0, 1.0, 1.0, 2.0]),
        1 => prop::sample::select(vec![5e-324, -5e-324, 1e-310, 1e308, -1e308, 1e150, 1e-150]),
        1 => (0..8u8).prop_map(|k| 1e15 + f64::from(k) / 8.0),
    ]
}

/// A series: mixed, constant, two-valued, offset by 1e15, or holding what is not finite.
fn series() -> impl Strategy<Value = Vec<f64>> {
    let mixed = || prop::collection::vec(number(), 0..45);
    let plain = || prop::collection::vec(-10.0..10.0f64, 0..45);
    prop_oneof![
        3 => mixed(),
        2 => plain(),
        1 => (number(), 0..45usize).prop_map(|(v, n)| vec![v; n]),
        1 => prop::collection::vec(prop::bool::ANY, 0..45)
            .prop_map(|b| b.iter().map(|&b| if b { 3.0 } else { 7.0 }).collect()),
        1 => plain().prop_map(|v| v.iter().map(|x| 1e15 + x).collect()),
        1 => plain().prop_map(|mut v| { v.sort_by(f64::total_cmp); v }),
        1 => (mixed(), prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]))
            .prop_map(|(mut v, bad)| { v.push(bad); v }),
    ]
}

/// Any float at all.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => 0.0..2.0f64,
        2 => number(),
        1 => prop::num::f64::ANY,
    ]
}

fn whole(i: &Interval) {
    assert!(
        !i.low.is_nan() && !i.high.is_nan() && i.low <= i.high,
        "{i}"
    );
}

fn numbers(values: &[f64]) {
    assert!(values.iter().all(|v| !v.is_nan()), "{values:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn series_and_trend(y in series(), lags in 0..6usize) {
        let times: Vec<f64> = (0..y.len()).map(|i| i as f64).collect();
        let _ = autocorrelation(&y, lags).map(|r| numbers(&r));
        let _ = ljung_box(&y, lags).map(|t| numbers(&[t.statistic, t.p]));
        let _ = effective_size(&y).map(|e| assert!(e.tau >= 1.0 && e.effective > 0.0));
        let _ = runs_test(&y).map(|t| numbers(&[t.z, t.p]));
        let _ = von_neumann(&y).map(|t| numbers(&[t.ratio, t.z, t.p]));
        let _ = batch_means(&y, 4, 0.95).map(|(m, i)| { numbers(&[m]); whole(&i) });
        let _ = mann_kendall(&y).map(|t| numbers(&[t.z, t.p, t.variance, t.tau]));
        let _ = hamed_rao(&y).map(|t| numbers(&[t.z, t.p, t.variance, t.factor]));
        for (t, y) in [(&times, &y), (&y, &times)] {
            let _ = theil_sen(t, y, 0.9).map(|l| { numbers(&[l.slope, l.intercept]); whole(&l.interval) });
            let _ = siegel(t, y).map(|s| numbers(&[s]));
            let _ = leak(t, y, 0.5, 0.9).map(|l| { numbers(&[l.slope]); whole(&l.last_half) });
        }
    }

    #[test]
    fn change_points(y in series(), penalty in anything(), v in anything(), w in anything()) {
        for pelt in [Pelt::l2(), Pelt::biweight(), Pelt::l2().penalty(penalty).min_size(3)] {
            if let Ok(s) = pelt.segment(&y) {
                numbers(&[s.segment_cost, s.penalised_cost, s.penalty]);
                assert!(s.change_points.is_sorted() && s.change_points.iter().all(|&c| c < y.len()));
            }
        }
        let _ = EdPelt::new().find(&y);
        let _ = energy_split(&y).map(|s| numbers(&[s.statistic, s.full_statistic]));
        let _ = EDivisive::new().permutations(19).alpha(0.1).find(&y);
        let _ = pettitt(&y).map(|t| numbers(&[t.p]));
        let _ = steady_start(&y);
        let _ = steady_state(&y, 0.01).map(|s| numbers(&[s.level.unwrap_or(0.0)]));
        for baseline in [Baseline::robust(&y), Baseline::new(v, w)].into_iter().flatten() {
            let (mut cusum, mut ewma) = (Cusum::new(baseline), Ewma::new(baseline));
            for &v in &y {
                let _ = (cusum.push(v), ewma.push(v));
                numbers(&[cusum.high(), cusum.low(), ewma.value(), ewma.limit()]);
            }
        }
    }

    #[test]
    fn models(y in series(), z in series(), p in anything(), q in anything(), r in anything()) {
        let n = y.len().min(z.len());
        let (y, z) = (&y[..n], &z[..n]);
        let size: Vec<f64> = (0..n).map(|i| 1.4f64.powi(i as i32)).collect();
        for columns in [vec![z.to_vec()], vec![size.clone(), z.to_vec()]] {
            if let Ok(fit) = ols(&columns, y, 0.9) {
                numbers(&[fit.r2, fit.rss, fit.sigma, fit.log_likelihood, fit.aic, fit.bic]);
                for c in &fit.coefficients {
                    numbers(&[c.value, c.se, c.t, c.p]);
                    whole(&c.interval);
                }
            }
        }
        let positive: Vec<f64> = y.iter().map(|v| v.abs()).collect();
        if let Ok(fit) = Usl::new().fit(&size, &positive) {
            numbers(&[fit.lambda, fit.sigma, fit.kappa, fit.rss, fit.at(p)]);
            numbers(&fit.aicc.map(|v| v.unwrap_or(0.0)));
            numbers(&fit.se.map(|v| v.unwrap_or(0.0)));
        }
        if let Ok(c) = complexity(&size, &positive) {
            numbers(&[c.exponent]);
            c.ranked.iter().for_each(|r| numbers(&[r.fixed, r.factor, r.delta_aicc, r.prediction_error]));
        }
        if let Ok(h) = Hierarchy::new(&y[..n / 4 * 4], &[n / 4, 2, 2]) {
            let _ = h.interval(0.9).map(|i| whole(&i));
            let _ = h.ratio_to(&h, 0.9).map(|(r, i)| { numbers(&[r]); whole(&i) });
            let _ = h.optimal_counts(&[p.abs(), q.abs(), r.abs()]);
        }
        let _ = largest_rate(&positive, 0.9, p.abs(), 0.9, 1).map(|c| { numbers(&[c.rate]); whole(&c.interval) });
    }

    #[test]
    fn queues(a in anything(), b in anything(), c in 0..50u32, p in anything(), q in anything()) {
        if let Ok(m) = Mmc::new(a, b, c) {
            numbers(&[m.erlang_b(), m.erlang_c(), m.mean_wait(), m.mean_sojourn(), m.sojourn_exceeds(p)]);
            let _ = m.wait_quantile(p).map(|v| numbers(&[v]));
            let _ = m.sojourn_quantile(p).map(|v| numbers(&[v]));
        }
        let _ = Mmc::largest_rate(b, c, p, q).map(|v| numbers(&[v]));
        let _ = Mg1::new(a, b, q).map(|m| numbers(&[m.mean_wait(), m.mean_sojourn(), m.wait_quantile(0.9).unwrap_or(0.0)]));
        let _ = Ggc::new(a, b, c, p, q).map(|m| numbers(&[m.mean_wait(), m.mean_sojourn(), m.wait_quantile(0.9).unwrap_or(0.0)]));
        let _ = littles_law(a, b, p, q).map(|l| numbers(&[l.implied, l.mismatch]));
    }

    #[test]
    fn sequential(y in series(), a in anything(), b in anything(), k in anything(), n in anything(), p in anything()) {
        if let Ok(m) = BetaBinomial::new(a, b) {
            let n = n.abs() + k.abs();
            for e in [m.log_e(k, n, p), m.log_e_above(k, n, p), m.log_e_below(k, n, p)].into_iter().flatten() {
                numbers(&[e]);
            }
            let _ = m.interval(k, n, p).map(|i| whole(&i));
            numbers(&[m.lower(k, n, p).unwrap_or(0.0), m.upper(k, n, p).unwrap_or(0.0)]);
        }
        if let Ok(m) = NormalMixture::new(a) {
            numbers(&[m.log_e(k, n).unwrap_or(0.0), m.boundary(n, p).unwrap_or(0.0)]);
        }
        if let Ok(mut t) = MixtureSprt::new(k, a, b) {
            for &v in &y {
                let _ = t.push(v);
            }
            numbers(&[t.p(), t.log_e().unwrap_or(0.0)]);
            let _ = t.interval(0.05).map(|i| whole(&i));
        }
        if let Ok(mut s) = SelfNormalised::new(a) {
            for &v in &y {
                let _ = s.push(v);
            }
            let _ = s.log_e(k).map(|v| numbers(&[v]));
            let _ = s.interval(0.05, (-1e3, 1e3)).map(|i| whole(&i));
        }
        let _ = betting_interval(&y, (-1e3, 1e16), 0.05).map(|i| whole(&i));
        if let Ok(w) = Weighted::from_values(&y) {
            let _ = quantile_sequence(&w, p, 0.05).map(|i| whole(&i));
        }
        for kind in [Spending::Equal, Spending::OBrienFleming, Spending::Pocock] {
            let _ = kind.shares(a, &[p, n]).map(|v| numbers(&v));
            let _ = kind.boundaries(a, &[p.abs(), 1.0]).map(|v| numbers(&v));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Shift and scale by powers of two change nothing but the unit.
    #[test]
    fn units_do_not_matter(y in prop::collection::vec(-1e3..1e3f64, 6..40), e in -40..40i32) {
        let factor = 2f64.powi(e);
        let z: Vec<f64> = y.iter().map(|v| v * factor).collect();
        prop_assert_eq!(autocorrelation(&y, 3), autocorrelation(&z, 3));
        prop_assert_eq!(pettitt(&y), pettitt(&z));
        prop_assert_eq!(mann_kendall(&y), mann_kendall(&z));
        let (a, b) = (Pelt::l2().segment(&y).unwrap(), Pelt::l2().segment(&z).unwrap());
        prop_assert_eq!(a.change_points, b.change_points);
        let t: Vec<f64> = (0..y.len()).map(|i| i as f64).collect();
        let (a, b) = (theil_sen(&t, &y, 0.9).unwrap(), theil_sen(&t, &z, 0.9).unwrap());
        prop_assert_eq!(a.slope * factor, b.slope);
    }
}
