//! In: paired differences. Out: [`SignTest`], the sign test.

use crate::error::StatsError;
use crate::interval::Alternative;
use crate::sample::finite;
use crate::special::binomial_cdf;
use std::fmt;

/// Counts and p-values of a sign test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SignTest {
    /// Positive differences.
    pub positive: u64,
    /// Negative differences.
    pub negative: u64,
    /// Differences that were exactly zero; they take no part.
    pub zeros: u64,
}

/// The sign test of "the median difference is 0": a binomial test at 1/2 on the signs. O(n).
///
/// Assumes: signs independent under the hypothesis. Nothing about the size of the differences matters, so no outlier does
/// harm; the price is a third more pairs than the signed-rank test on normal noise. Source: Arbuthnott (1710);
/// Hollander, Wolfe & Chicken (2014), section 3.4.
///
/// ```
/// use perf_stats::signed_rank::sign_test;
/// use perf_stats::Alternative;
/// let t = sign_test(&[1.0, 2.0, 1e9, 3.0, 0.0, -1.0])?;
/// assert_eq!((t.positive, t.negative, t.zeros), (4, 1, 1));
/// assert!((t.p(Alternative::Greater) - 6.0 / 32.0).abs() < 1e-12);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::AllDifferencesZero`].
pub fn sign_test(differences: &[f64]) -> Result<SignTest, StatsError> {
    let d = finite(differences)?;
    let positive = d.iter().filter(|&&v| v > 0.0).count() as u64;
    let negative = d.iter().filter(|&&v| v < 0.0).count() as u64;
    if positive + negative == 0 {
        return Err(StatsError::AllDifferencesZero);
    }
    Ok(SignTest {
        positive,
        negative,
        zeros: d.len() as u64 - positive - negative,
    })
}

impl SignTest {
    /// The exact p-value. Two-sided: twice the smaller one-sided, at most 1.
    pub fn p(&self, alternative: Alternative) -> f64 {
        let n = self.positive + self.negative;
        // At 1/2 the law is symmetric: P(X >= k) = P(X <= n - k), so a lower tail always serves.
        let at_most = |k: u64| binomial_cdf(k, n, 0.5);
        match alternative {
            Alternative::Greater => at_most(self.negative),
            Alternative::Less => at_most(self.positive),
            Alternative::TwoSided => (2.0 * at_most(self.positive.min(self.negative))).min(1.0),
        }
    }
}

impl fmt::Display for SignTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = self.p(Alternative::TwoSided);
        write!(
            f,
            "sign test: {} up, {} down, p = {p:.4} (two-sided)",
            self.positive, self.negative
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_binomial_and_refusals_are_told_apart() {
        let t = sign_test(&[1.0, 1.0, 1.0, -1.0]).expect("valid data");
        assert!((t.p(Alternative::Greater) - 5.0 / 16.0).abs() < 1e-12);
        assert!((t.p(Alternative::Less) - 15.0 / 16.0).abs() < 1e-12);
        assert!((t.p(Alternative::TwoSided) - 10.0 / 16.0).abs() < 1e-12);
        assert_eq!(sign_test(&[0.0]), Err(StatsError::AllDifferencesZero));
        assert_eq!(sign_test(&[]), Err(StatsError::Empty));
    }

    #[test]
    fn a_far_tail_is_not_rounded_to_zero() {
        let d: Vec<f64> = vec![1.0; 900];
        let p = sign_test(&d).expect("valid data").p(Alternative::Greater);
        let want = 0.5f64.powi(900);
        assert!((p / want - 1.0).abs() < 1e-6, "{p:e} {want:e}");
    }
}
