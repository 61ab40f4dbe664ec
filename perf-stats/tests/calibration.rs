//! The bars of the decision, on fixed seeds: false alarms, direction, power, and bounds. The `calibration` example runs more.

#[path = "../examples/calibration/bounds.rs"]
mod bounds;
#[path = "../examples/calibration/environment.rs"]
mod environment;
#[path = "../examples/calibration/verdicts.rs"]
mod verdicts;

use environment::ENVIRONMENTS;
use verdicts::{Tally, simulate, standard_error};

/// Whether a share stays within its bar and three Monte Carlo standard errors.
fn within(share: f64, bar: f64, runs: usize) -> bool {
    share <= bar + 3.0 * standard_error(bar, runs)
}

#[test]
fn identical_code_is_not_called_slower_in_any_environment() {
    for environment in ENVIRONMENTS {
        let t = simulate(environment, 0.0, 1_000, 1);
        assert!(
            within(t.rate(t.regressed), 0.01, t.runs),
            "{}: {t:?}",
            environment.name
        );
        assert!(
            within(t.rate(t.improved), 0.01, t.runs),
            "{}: {t:?}",
            environment.name
        );
        assert!(t.rate(t.equivalent) > 0.95, "{}: {t:?}", environment.name);
    }
}

#[test]
fn a_change_at_the_margin_is_not_called_beyond_it() {
    for environment in ENVIRONMENTS {
        let t = simulate(environment, 0.02, 600, 2);
        assert!(
            within(t.rate(t.regressed), 0.015, t.runs),
            "{}: {t:?}",
            environment.name
        );
        assert!(
            within(1.0 - t.rate(t.covered), 0.02, t.runs),
            "{}: {t:?}",
            environment.name
        );
    }
}

#[test]
fn five_per_cent_is_found_in_the_right_direction() {
    for environment in ENVIRONMENTS {
        let slower = simulate(environment, 0.05, 400, 3);
        let faster = simulate(environment, -0.05, 400, 4);
        let wrong = |t: &Tally, count: usize| !within(t.rate(count), 0.005, t.runs);
        assert!(
            !wrong(&slower, slower.improved),
            "{}: {slower:?}",
            environment.name
        );
        assert!(
            !wrong(&faster, faster.regressed),
            "{}: {faster:?}",
            environment.name
        );
        assert!(
            slower.rate(slower.regressed) > 0.98,
            "{}: {slower:?}",
            environment.name
        );
    }
    let normal = simulate(ENVIRONMENTS[0], 0.05, 2_000, 5);
    assert!(normal.rate(normal.early) >= 0.99, "{normal:?}");
}

#[test]
fn a_healthy_service_is_never_called_broken_and_a_sick_one_soon() {
    let healthy = bounds::simulate(bounds::lognormal(0.8), 2_000, 5_000, 6);
    assert_eq!(healthy.broken, 0);
    assert!(
        healthy.holds as f64 > 0.99 * healthy.runs as f64,
        "{healthy:?}"
    );
    let sick = bounds::simulate(bounds::lognormal(1.3), 400, 5_000, 7);
    assert!(sick.broken as f64 >= 0.99 * sick.runs as f64, "{sick:?}");
    assert!(sick.calls.value() < 1_000.0, "{sick:?}");
    let limit = bounds::simulate(bounds::lognormal(1.0), 400, 5_000, 8);
    assert!(
        within(limit.holds as f64 / 400.0, 0.05, 400) && limit.broken == 0,
        "{limit:?}"
    );
}

#[test]
fn a_correlated_service_at_its_limit_is_neither_broken_nor_praised() {
    let limit = bounds::simulate(bounds::correlated(1.0, 0.9), 200, 5_000, 9);
    assert!(limit.broken <= 1 && limit.holds <= 2, "{limit:?}");
    let heavy = bounds::simulate(bounds::pareto(1.0), 200, 5_000, 10);
    assert!(
        heavy.broken == 0 && within(heavy.holds as f64 / 200.0, 0.05, 200),
        "{heavy:?}"
    );
}
