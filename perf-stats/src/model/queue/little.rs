//! In: three live measurements of one system. Out: whether they can all be right.

use super::check_positive;
use crate::error::StatsError;

/// What [`littles_law`] answers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LittlesLaw {
    /// The mean number in the system that rate and response time imply.
    pub implied: f64,
    /// Measured / implied - 1.
    pub mismatch: f64,
    /// Whether the mismatch is within the tolerance.
    pub consistent: bool,
}

impl std::fmt::Display for LittlesLaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.consistent {
            "consistent"
        } else {
            "one of the three is wrong"
        };
        write!(
            f,
            "measured number {:+.1} % from rate times time: {word}",
            self.mismatch * 100.0
        )
    }
}

/// Whether a measured mean number in the system equals arrival rate times mean response time (Little 1961, Operations Research 9).
///
/// It does in *every* stable system, so a mismatch beyond a few percent (0.05 is usual) means broken instrumentation: lost spans, sampling, two
/// different populations. **Assumes** that all three are means over the same long window, in which the queue did not grow.
///
/// ```
/// use perf_stats::model::queue::littles_law;
/// assert!(littles_law(200.0, 0.05, 10.1, 0.05)?.consistent);
/// let lost = littles_law(200.0, 0.05, 13.0, 0.05)?;
/// assert!(!lost.consistent && (lost.mismatch - 0.3).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::BadParameter`] unless rate and time are within 1e-100 and 1e100, the number within 0 and 1e100, and the tolerance finite and not negative.
pub fn littles_law(
    arrival_rate: f64,
    mean_sojourn: f64,
    mean_in_system: f64,
    tolerance: f64,
) -> Result<LittlesLaw, StatsError> {
    check_positive(arrival_rate, "arrival_rate")?;
    check_positive(mean_sojourn, "mean_sojourn")?;
    if !(0.0..=1e100).contains(&mean_in_system) {
        return Err(StatsError::BadParameter {
            name: "mean_in_system",
            expected: "within 0 and 1e100",
        });
    }
    if !(tolerance >= 0.0 && tolerance.is_finite()) {
        return Err(StatsError::BadParameter {
            name: "tolerance",
            expected: "finite, not negative",
        });
    }
    let implied = arrival_rate * mean_sojourn;
    let mismatch = (mean_in_system - implied) / implied;
    Ok(LittlesLaw {
        implied,
        mismatch,
        consistent: mismatch.abs() <= tolerance,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges() {
        assert_eq!(littles_law(1.0, 1.0, 0.0, 0.05).unwrap().mismatch, -1.0);
        assert!(littles_law(0.0, 1.0, 1.0, 0.05).is_err());
        assert!(littles_law(1.0, 1.0, f64::NAN, 0.05).is_err());
        assert!(littles_law(1.0, 1.0, 1.0, -0.1).is_err());
        assert!(
            littles_law(1e-100, 1e-100, 1e100, 0.1)
                .unwrap()
                .mismatch
                .is_finite()
        );
    }
}
