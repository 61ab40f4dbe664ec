//! In: a case. Out: what perf-stats answers, for the procedures of description and intervals.

use crate::case::{Adapter, Case, bound, real, reals};
use perf_stats::StatsError;
use perf_stats::describe::{describe, trimmed};
use perf_stats::hodges_lehmann::{ratio, shift};
use perf_stats::proportion::{clopper_pearson, wilson};
use perf_stats::quantile::{Definition, harrell_davis, quantiles};
use perf_stats::quantile_interval::{Side, quantile_interval};
use serde_json::{Map, Value, json};

/// The procedures this family answers.
pub(crate) const PROCEDURES: &[&str] = &[
    "descriptive",
    "quantiles",
    "harrell_davis",
    "quantile_ci",
    "proportion_ci",
    "hodges_lehmann",
];

/// The computation for a procedure of this family.
pub(crate) fn adapter(procedure: &str) -> Option<Adapter> {
    Some(match procedure {
        "descriptive" => descriptive,
        "quantiles" => quantile_types,
        "harrell_davis" => smooth_quantiles,
        "quantile_ci" => order_statistics,
        "proportion_ci" => proportions,
        "hodges_lehmann" => shift_and_ratio,
        _ => return None,
    })
}

fn descriptive(case: &Case) -> Result<Value, StatsError> {
    let x = case.numbers("x")?;
    let d = describe(&x)?;
    let mut out = Map::new();
    out.insert("n".into(), d.n.into());
    let mut put =
        |key: &str, value: Option<f64>| out.insert(key.into(), value.map_or(Value::Null, real));
    put("mean", Some(d.mean));
    put("median", Some(d.median));
    put("mad_raw", Some(d.mad));
    put("mad_normal", Some(d.mad_normal()));
    put("min", Some(d.min));
    put("max", Some(d.max));
    put("variance", d.variance);
    put("sd", d.sd);
    put("skewness_g1", d.skewness);
    put("skewness_G1", d.skewness_adjusted);
    put("excess_kurtosis_g2", d.excess_kurtosis);
    put("geometric_mean", d.geometric_mean);
    put("harmonic_mean", d.harmonic_mean);
    for text in ["0.1", "0.2", "0.25"] {
        let t = trimmed(&x, text.parse().unwrap_or(0.0))?;
        put(&format!("trimmed_mean_{text}"), Some(t.mean));
        put(&format!("winsorized_mean_{text}"), Some(t.winsorized_mean));
        put(
            &format!("winsorized_variance_{text}"),
            t.winsorized_variance,
        );
    }
    Ok(out.into())
}

fn quantile_types(case: &Case) -> Result<Value, StatsError> {
    let (x, p) = (case.numbers("x")?, case.numbers("p")?);
    let mut out = Map::new();
    for (i, definition) in Definition::ALL.into_iter().enumerate() {
        out.insert(
            format!("type{}", i + 1),
            reals(&quantiles(&x, &p, definition)?),
        );
    }
    Ok(out.into())
}

fn smooth_quantiles(case: &Case) -> Result<Value, StatsError> {
    let x = case.numbers("x")?;
    let estimates: Result<Vec<f64>, _> = case
        .numbers("p")?
        .into_iter()
        .map(|p| harrell_davis(&x, p))
        .collect();
    Ok(json!({ "estimate": reals(&estimates?) }))
}

fn order_statistics(case: &Case) -> Result<Value, StatsError> {
    let (x, p, level) = (case.numbers("x")?, case.number("p")?, case.number("level")?);
    let both = quantile_interval(&x, p, level, Side::Both)?;
    let lower = quantile_interval(&x, p, level, Side::Lower)?;
    let upper = quantile_interval(&x, p, level, Side::Upper)?;
    Ok(json!({
        "lower_rank": both.ranks.lower,
        "upper_rank": both.ranks.upper,
        "lower": bound(both.low),
        "upper": bound(both.high),
        "coverage": both.ranks.coverage,
        "one_sided_lower_rank": lower.ranks.lower,
        "one_sided_upper_rank": upper.ranks.upper,
        "one_sided_lower": bound(lower.low),
        "one_sided_upper": bound(upper.high),
    }))
}

fn proportions(case: &Case) -> Result<Value, StatsError> {
    let (k, n, level) = (
        case.integer("successes")?,
        case.integer("trials")?,
        case.number("level")?,
    );
    let (exact, score) = (clopper_pearson(k, n, level)?, wilson(k, n, level)?);
    Ok(json!({
        "clopper_pearson": reals(&[exact.low, exact.high]),
        "wilson": reals(&[score.low, score.high]),
    }))
}

fn shift_and_ratio(case: &Case) -> Result<Value, StatsError> {
    let (x, y, level) = (
        case.numbers("x")?,
        case.numbers("y")?,
        case.number("level")?,
    );
    let s = shift(&x, &y, level)?;
    let mut out = json!({
        "shift": real(s.estimate),
        "rank": s.rank,
        "ci_low": real(s.interval.low),
        "ci_high": real(s.interval.high),
    });
    if case.wants("ratio") {
        let r = ratio(&x, &y, level)?;
        out["ratio"] = real(r.estimate);
        out["ratio_ci_low"] = real(r.interval.low);
        out["ratio_ci_high"] = real(r.interval.high);
    }
    Ok(out)
}
