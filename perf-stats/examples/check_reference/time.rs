//! In: a case. Out: what perf-stats answers, for the procedures of time order, trend, models and anytime-valid bounds.

use crate::case::{Adapter, Case, bound, real, reals};
use perf_stats::block_length::block_length;
use perf_stats::change::{Baseline, Cusum, Ewma, Pelt, energy_split, pettitt};
use perf_stats::model::queue::Mmc;
use perf_stats::model::{Coefficient, Hierarchy, Usl, ols};
use perf_stats::sequential::{BetaBinomial, NormalMixture};
use perf_stats::series::{autocorrelation, ljung_box};
use perf_stats::trend::{hamed_rao, mann_kendall, siegel, theil_sen};
use perf_stats::{Interval, StatsError};
use serde_json::{Value, json};

/// The procedures this family answers.
pub(crate) const PROCEDURES: &[&str] = &[
    "autocorrelation",
    "beta_binomial_cs",
    "control_charts",
    "e_divisive",
    "hierarchical_variance",
    "mann_kendall",
    "mmc",
    "normal_mixture_cs",
    "ols",
    "pelt",
    "pettitt",
    "theil_sen",
    "usl",
];

/// The computation for a procedure of this family.
pub(crate) fn adapter(procedure: &str) -> Option<Adapter> {
    Some(match procedure {
        "autocorrelation" => autocorrelation_case,
        "beta_binomial_cs" => beta_binomial_case,
        "control_charts" => control_case,
        "e_divisive" => e_divisive_case,
        "hierarchical_variance" => hierarchy_case,
        "mann_kendall" => mann_kendall_case,
        "mmc" => mmc_case,
        "normal_mixture_cs" => normal_mixture_case,
        "ols" => ols_case,
        "pelt" => pelt_case,
        "pettitt" => pettitt_case,
        "theil_sen" => theil_sen_case,
        "usl" => usl_case,
        _ => return None,
    })
}

fn autocorrelation_case(case: &Case) -> Result<Value, StatsError> {
    let (y, lags) = (case.numbers("y")?, case.integer("nlags")? as usize);
    let test = ljung_box(&y, lags)?;
    let length = block_length(&y)?;
    Ok(json!({
        "acf": reals(&autocorrelation(&y, lags)?),
        "ljung_box_q": real(test.statistic), "ljung_box_p": real(test.p),
        "block_stationary": real(length.stationary), "block_circular": real(length.circular),
    }))
}

fn beta_binomial_case(case: &Case) -> Result<Value, StatsError> {
    let (k, n) = (case.number("successes")?, case.number("trials")?);
    let mixture = BetaBinomial::new(case.number("a")?, case.number("b")?)?;
    let interval = mixture.interval(k, n, case.number("alpha")?)?;
    let rates = case.numbers("p")?;
    let log_e: Result<Vec<Value>, StatsError> = rates
        .iter()
        .map(|&p| mixture.log_e(k, n, p).map(real))
        .collect();
    Ok(json!({"log_e": log_e?, "lower": real(interval.low), "upper": real(interval.high)}))
}

fn normal_mixture_case(case: &Case) -> Result<Value, StatsError> {
    let mixture = NormalMixture::new(case.number("rho")?)?;
    let v = case.number("intrinsic_time")?;
    let log_e = mixture.log_e(case.number("sum")?, v)?;
    let boundary = mixture.boundary(v, case.number("alpha")?)?;
    Ok(json!({"log_e": real(log_e), "boundary": real(boundary)}))
}

fn control_case(case: &Case) -> Result<Value, StatsError> {
    let baseline = Baseline::new(case.number("target")?, case.number("sd")?)?;
    let mut cusum = Cusum::new(baseline).with(case.number("k")?, case.number("h")?)?;
    let mut ewma = Ewma::new(baseline).with(case.number("lambda_")?, case.number("L")?)?;
    let (mut high, mut low, mut average) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cusum_alarm, mut ewma_alarm) = (None, None);
    for (i, &v) in case.numbers("y")?.iter().enumerate() {
        if cusum.push(v)?.is_some() {
            cusum_alarm = cusum_alarm.or(Some(i));
        }
        if ewma.push(v)?.is_some() {
            ewma_alarm = ewma_alarm.or(Some(i));
        }
        high.push(cusum.high());
        low.push(cusum.low());
        average.push(ewma.value());
    }
    Ok(json!({
        "cusum_high": reals(&high), "cusum_low": reals(&low), "cusum_first_alarm": cusum_alarm,
        "ewma": reals(&average), "ewma_first_alarm": ewma_alarm,
    }))
}

fn e_divisive_case(case: &Case) -> Result<Value, StatsError> {
    let split = energy_split(&case.numbers("y")?)?;
    Ok(json!({
        "best_tau": split.tau, "best_kappa": split.kappa, "best_q": real(split.statistic),
        "full_tau": split.full_tau, "full_q": real(split.full_statistic),
    }))
}

fn mann_kendall_case(case: &Case) -> Result<Value, StatsError> {
    let y = case.numbers("y")?;
    let test = mann_kendall(&y)?;
    let mut out = json!({
        "S": test.s, "var_S": real(test.variance), "z": real(test.z),
        "p_two_sided": real(test.p), "tau_a": real(test.tau),
    });
    if let (true, Ok(corrected)) = (case.wants("hamed_rao"), hamed_rao(&y)) {
        out["hamed_rao"] = json!({
            "var_S": real(corrected.variance), "z": real(corrected.z),
            "p_two_sided": real(corrected.p),
        });
    }
    Ok(out)
}

fn pelt_case(case: &Case) -> Result<Value, StatsError> {
    let min_size = case.integer("min_size")? as usize;
    let pelt = Pelt::l2()
        .penalty(case.number("penalty")?)
        .min_size(min_size);
    let found = pelt.segment(&case.numbers("y")?)?;
    Ok(json!({
        "change_points": found.change_points, "segment_cost": real(found.segment_cost),
        "penalised_cost": real(found.penalised_cost),
    }))
}

fn pettitt_case(case: &Case) -> Result<Value, StatsError> {
    let found = pettitt(&case.numbers("y")?)?;
    Ok(json!({"K": found.statistic, "split_after": found.split_after, "p_approx": real(found.p)}))
}

fn theil_sen_case(case: &Case) -> Result<Value, StatsError> {
    let (t, y) = (case.numbers("t")?, case.numbers("y")?);
    let line = theil_sen(&t, &y, case.number("level")?)?;
    Ok(json!({
        "slope": real(line.slope), "intercept": real(line.intercept),
        "slope_low": bound(Some(line.interval.low)), "slope_high": bound(Some(line.interval.high)),
        "siegel_slope": real(siegel(&t, &y)?),
    }))
}

fn hierarchy_case(case: &Case) -> Result<Value, StatsError> {
    let fitted = Hierarchy::from_rows(&case.rows("data")?)?;
    let (top, bottom) = (fitted.levels()[0], fitted.levels()[1]);
    let interval = fitted.interval(0.95)?;
    Ok(json!({
        "mean": real(fitted.mean()), "ms_between": real(top.mean_square),
        "ms_within": real(bottom.mean_square), "var_between": real(top.variance),
        "var_between_unclamped": real(top.variance_unclamped), "var_within": real(bottom.variance),
        "icc": bound(fitted.top_share()),
        "ci95_low": real(interval.low), "ci95_high": real(interval.high),
    }))
}

fn mmc_case(case: &Case) -> Result<Value, StatsError> {
    let servers = u32::try_from(case.integer("servers")?).unwrap_or(u32::MAX);
    let queue = Mmc::new(
        case.number("arrival_rate")?,
        case.number("service_rate")?,
        servers,
    )?;
    let shares = case.numbers("p").unwrap_or_default();
    let each = |f: &dyn Fn(f64) -> Result<f64, StatsError>| {
        shares
            .iter()
            .map(|&p| f(p).map(real))
            .collect::<Result<Vec<Value>, StatsError>>()
    };
    Ok(json!({
        "utilisation": real(queue.utilisation()), "erlang_b": real(queue.erlang_b()),
        "erlang_c": real(queue.erlang_c()), "mean_wait": real(queue.mean_wait()),
        "mean_sojourn": real(queue.mean_sojourn()),
        "mean_in_system": real(queue.mean_in_system()),
        "wait_quantile": each(&|p| queue.wait_quantile(p))?,
        "sojourn_quantile": each(&|p| queue.sojourn_quantile(p))?,
    }))
}

fn ols_case(case: &Case) -> Result<Value, StatsError> {
    let fit = ols(&case.rows("x")?, &case.numbers("y")?, 0.95)?;
    let each = |f: fn(&Coefficient) -> f64| {
        fit.coefficients
            .iter()
            .map(|c| real(f(c)))
            .collect::<Vec<Value>>()
    };
    Ok(json!({
        "coef": each(|c| c.value), "se": each(|c| c.se), "t": each(|c| c.t), "p": each(|c| c.p),
        "ci95_low": each(|c| c.interval.low), "ci95_high": each(|c| c.interval.high),
        "r2": real(fit.r2), "rss": real(fit.rss), "sigma": real(fit.sigma),
        "log_likelihood": real(fit.log_likelihood), "aic": real(fit.aic),
        "aicc": fit.aicc.map(real), "bic": real(fit.bic),
    }))
}

fn usl_case(case: &Case) -> Result<Value, StatsError> {
    let fit = Usl::new().fit(&case.numbers("n")?, &case.numbers("throughput")?)?;
    let ends = |i: Option<Interval>| i.map(|i| vec![real(i.low), real(i.high)]);
    Ok(json!({
        "lambda_": real(fit.lambda), "sigma": real(fit.sigma), "kappa": real(fit.kappa),
        "rss": real(fit.rss), "residual_df": fit.df, "se_lambda": bound(fit.se[0]),
        "se_sigma": bound(fit.se[1]), "se_kappa": bound(fit.se[2]),
        "ci95_lambda": ends(fit.intervals.lambda), "ci95_sigma": ends(fit.intervals.sigma),
        "ci95_kappa": ends(fit.intervals.kappa), "peak_n": bound(fit.peak_load),
        "peak_throughput": bound(fit.peak_throughput), "amdahl_limit": bound(fit.amdahl_limit),
    }))
}
