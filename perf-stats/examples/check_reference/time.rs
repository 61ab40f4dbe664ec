//! In: a case. Out: what perf-stats answers, for the procedures of time order, trend, models, sequential bounds and hierarchy.

use crate::case::{Adapter, Case, real};
use perf_stats::StatsError;
use perf_stats::sequential::BetaBinomial;
use serde_json::{Value, json};

/// The procedures this family answers.
pub(crate) const PROCEDURES: &[&str] = &["beta_binomial_cs"];

/// The computation for a procedure of this family.
pub(crate) fn adapter(procedure: &str) -> Option<Adapter> {
    match procedure {
        "beta_binomial_cs" => Some(beta_binomial_cs),
        _ => None,
    }
}

fn beta_binomial_cs(case: &Case) -> Result<Value, StatsError> {
    let (k, n) = (case.number("successes")?, case.number("trials")?);
    let mixture = BetaBinomial::new(case.number("a")?, case.number("b")?)?;
    let interval = mixture.interval(k, n, case.number("alpha")?)?;
    let rates = case.numbers("p")?;
    let log_e: Result<Vec<Value>, StatsError> = rates
        .iter()
        .map(|&p| mixture.log_e(k, n, p).map(real))
        .collect();
    Ok(json!({"log_e": log_e?, "lower": interval.low, "upper": interval.high}))
}
