//! In: e-values of one question. Out: one e-value, or a p-value.

use crate::error::StatsError;

/// ln of the average of e-values given by their logarithms: what repeated attempts say together.
///
/// Valid whatever the dependence between the attempts (an expectation is linear), so it is the honest way to retry: p-values of
/// retries must not be minimised ("until green"), averages of e-values may be read at once. An e-value of 0 is
/// written as -infinity, an unbounded one as infinity. Source: Vovk & Wang 2021, Annals of Statistics 49.
///
/// ```
/// use perf_stats::sequential::average_log_e;
/// let joint = average_log_e(&[40f64.ln(), 1f64.ln(), 4f64.ln()])?;
/// assert!((joint.exp() - 15.0).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`]; [`StatsError::NonFinite`] for a NaN.
pub fn average_log_e(log_e: &[f64]) -> Result<f64, StatsError> {
    if log_e.is_empty() {
        return Err(StatsError::Empty);
    }
    if let Some(index) = log_e.iter().position(|v| v.is_nan()) {
        return Err(StatsError::NonFinite { index });
    }
    let top = log_e.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top.is_infinite() {
        return Ok(top);
    }
    let sum: f64 = log_e.iter().map(|v| (v - top).exp()).sum();
    Ok(top + (sum / log_e.len() as f64).ln())
}

/// The p-value that an e-value is worth: min(1, 1/e), valid at any moment (Markov's inequality).
///
/// ```
/// use perf_stats::sequential::p_from_log_e;
/// assert!((p_from_log_e(20f64.ln()) - 0.05).abs() < 1e-15);
/// assert_eq!(p_from_log_e(-3.0), 1.0);
/// ```
pub fn p_from_log_e(log_e: f64) -> f64 {
    if log_e > 0.0 { (-log_e).exp() } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_stay_numbers() {
        assert_eq!(
            average_log_e(&[f64::NEG_INFINITY; 3]).unwrap(),
            f64::NEG_INFINITY
        );
        assert_eq!(
            average_log_e(&[f64::INFINITY, f64::NEG_INFINITY]).unwrap(),
            f64::INFINITY
        );
        assert!((average_log_e(&[1e5, -1e5]).unwrap() - (1e5 - 2f64.ln())).abs() < 1e-9);
        assert_eq!(
            average_log_e(&[0.0, f64::NAN]),
            Err(StatsError::NonFinite { index: 1 })
        );
        assert_eq!(average_log_e(&[]), Err(StatsError::Empty));
        assert_eq!(p_from_log_e(f64::NAN), 1.0);
        assert_eq!(p_from_log_e(f64::INFINITY), 0.0);
    }
}
