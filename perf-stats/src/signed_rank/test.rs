//! In: paired differences. Out: [`SignedRank`], Wilcoxon's signed-rank test.

use super::law::{CoinLaw, EXACT_LIMIT, normal_upper};
use crate::error::StatsError;
use crate::interval::Alternative;
use crate::sample::finite;
use std::fmt;

/// What to do with differences that are exactly zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ZeroMethod {
    /// Drop them before ranking (Wilcoxon 1945).
    #[default]
    Wilcox,
    /// Rank them with the others, then drop their ranks (Pratt 1959).
    Pratt,
}

/// The rank sums of a signed-rank test; the p-values are methods because several questions share one ranking.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SignedRank {
    /// Differences that took part: the non-zero ones.
    pub n_used: usize,
    /// Differences that were exactly zero.
    pub zeros: usize,
    /// Sum of the ranks of positive differences.
    pub w_plus: f64,
    /// Sum of the ranks of negative differences.
    pub w_minus: f64,
    /// Whether absolute differences were tied.
    pub ties: bool,
    #[cfg_attr(feature = "serde", serde(skip))]
    ranks: Vec<f64>, // of the differences that took part
}

/// Wilcoxon's signed-rank test of "the differences are symmetric about 0". O(n log n).
///
/// Assumes: differences independent of each other's sign and symmetric under the hypothesis, which a fair coin over the
/// order of the two arms gives by design. Broken by: skewed differences of an observational pairing.
/// W+ is the sum of the ranks of |d| over positive d; ties share their mean rank. Source: Wilcoxon (1945), Pratt (1959).
///
/// ```
/// use perf_stats::signed_rank::{wilcoxon, ZeroMethod};
/// use perf_stats::Alternative;
/// let t = wilcoxon(&[1.1, 2.3, 0.7, 1.9, -0.2, 3.0], ZeroMethod::Wilcox)?;
/// assert_eq!((t.w_plus, t.w_minus), (20.0, 1.0));
/// assert_eq!(t.p(Alternative::Greater), 2.0 / 64.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::NonFinite`], [`StatsError::AllDifferencesZero`].
pub fn wilcoxon(differences: &[f64], zeros: ZeroMethod) -> Result<SignedRank, StatsError> {
    let mut d: Vec<f64> = finite(differences)?.to_vec();
    let all = d.len();
    let zero_count = d.iter().filter(|&&v| v == 0.0).count();
    if zero_count == all {
        return Err(StatsError::AllDifferencesZero);
    }
    d.retain(|&v| v != 0.0);
    d.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    // Zeros are the smallest: Pratt's ranks are Wilcoxon's, moved up by their number.
    let offset = if zeros == ZeroMethod::Pratt {
        zero_count
    } else {
        0
    };
    let (ranks, ties) = midranks_of_sorted(&d, offset);
    let w_plus = d
        .iter()
        .zip(&ranks)
        .filter(|(v, _)| **v > 0.0)
        .map(|(_, r)| r)
        .sum();
    let w_minus = d
        .iter()
        .zip(&ranks)
        .filter(|(v, _)| **v < 0.0)
        .map(|(_, r)| r)
        .sum();
    Ok(SignedRank {
        n_used: d.len(),
        zeros: zero_count,
        w_plus,
        w_minus,
        ties,
        ranks,
    })
}

/// [`wilcoxon`] on `x - y`.
///
/// ```
/// use perf_stats::signed_rank::{wilcoxon_paired, ZeroMethod};
/// let t = wilcoxon_paired(&[3.0, 5.0, 9.0], &[1.0, 4.0, 5.0], ZeroMethod::Wilcox)?;
/// assert_eq!(t.w_plus, 6.0);
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
///
/// # Errors
/// As [`wilcoxon`], and [`StatsError::LengthMismatch`].
pub fn wilcoxon_paired(x: &[f64], y: &[f64], zeros: ZeroMethod) -> Result<SignedRank, StatsError> {
    wilcoxon(&differences(x, y)?, zeros)
}

/// `x - y`, pair by pair.
fn differences(x: &[f64], y: &[f64]) -> Result<Vec<f64>, StatsError> {
    finite(x)?;
    finite(y).map_err(|e| match e {
        StatsError::NonFinite { index } => StatsError::NonFinite {
            index: x.len() + index,
        },
        other => other,
    })?;
    if x.len() != y.len() {
        return Err(StatsError::LengthMismatch {
            left: x.len(),
            right: y.len(),
        });
    }
    let d: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
    if d.iter().any(|v| !v.is_finite()) {
        return Err(StatsError::Overflow);
    }
    Ok(d)
}

fn midranks_of_sorted(d: &[f64], offset: usize) -> (Vec<f64>, bool) {
    let mut ranks = Vec::with_capacity(d.len());
    let mut ties = false;
    for group in d.chunk_by(|a, b| a.abs() == b.abs()) {
        ties |= group.len() > 1;
        let first = offset + ranks.len() + 1;
        let rank = (2 * first + group.len() - 1) as f64 / 2.0;
        ranks.extend(std::iter::repeat_n(rank, group.len()));
    }
    (ranks, ties)
}

impl SignedRank {
    /// The p-value: exact to [`EXACT_LIMIT`] differences, normal with continuity correction beyond.
    pub fn p(&self, alternative: Alternative) -> f64 {
        self.exact_p(alternative)
            .unwrap_or_else(|| self.normal_p(alternative, true))
    }

    /// The exact p-value given the ranks (ties included), `None` beyond [`EXACT_LIMIT`] differences.
    ///
    /// Two-sided: twice the smaller one-sided, at most 1.
    pub fn exact_p(&self, alternative: Alternative) -> Option<f64> {
        if self.n_used > EXACT_LIMIT {
            return None;
        }
        let law = CoinLaw::of_ranks(&self.ranks);
        // The law is symmetric: P(W+ >= w+) = P(W+ <= w-).
        Some(match alternative {
            Alternative::Greater => law.at_most(self.w_minus),
            Alternative::Less => law.at_most(self.w_plus),
            Alternative::TwoSided => (2.0 * law.at_most(self.w_plus.min(self.w_minus))).min(1.0),
        })
    }

    /// The p-value by the normal law with tie-corrected variance; `continuity` takes half a rank from the distance.
    pub fn normal_p(&self, alternative: Alternative, continuity: bool) -> f64 {
        let correction = if continuity { 0.5 } else { 0.0 };
        let sd = (self.ranks.iter().map(|r| r * r).sum::<f64>() / 4.0).sqrt();
        let distance = (self.w_plus - self.w_minus) / 2.0;
        match alternative {
            Alternative::Greater => normal_upper(distance, sd, correction),
            Alternative::Less => normal_upper(-distance, sd, correction),
            Alternative::TwoSided if distance == 0.0 => 1.0,
            Alternative::TwoSided => {
                (2.0 * normal_upper(distance.abs(), sd, correction.min(distance.abs()))).min(1.0)
            }
        }
    }
}

impl fmt::Display for SignedRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.n_used > EXACT_LIMIT {
            "normal"
        } else {
            "exact"
        };
        let p = self.p(Alternative::TwoSided);
        write!(
            f,
            "signed rank: W+ = {}, W- = {}, n = {}, p = {p:.4} (two-sided, {method})",
            self.w_plus, self.w_minus, self.n_used
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All sign patterns, counted by hand: the definition itself.
    fn enumerated(ranks: &[f64], w: f64) -> f64 {
        let n = ranks.len();
        let hits = (0..1u32 << n).filter(|mask| {
            let sum: f64 = (0..n)
                .filter(|i| mask >> i & 1 == 1)
                .map(|i| ranks[i])
                .sum();
            sum >= w
        });
        hits.count() as f64 / f64::from(1u32 << n)
    }

    #[test]
    fn ties_and_zeros_agree_with_enumeration() {
        let d = [1.0, -1.0, 2.0, 2.0, 0.0, -3.0, 4.0, 0.0, 4.0, 4.0, -0.0];
        for zeros in [ZeroMethod::Wilcox, ZeroMethod::Pratt] {
            let t = wilcoxon(&d, zeros).expect("valid data");
            assert_eq!((t.n_used, t.zeros, t.ties), (8, 3, true));
            let want = enumerated(&t.ranks, t.w_plus);
            let got = t.exact_p(Alternative::Greater).expect("small n");
            assert!((got - want).abs() < 1e-15, "{zeros:?}: {got} {want}");
        }
    }

    #[test]
    fn exact_and_normal_meet_at_the_limit() {
        let d: Vec<f64> = (1..=EXACT_LIMIT)
            .map(|i| if i % 3 == 0 { -(i as f64) } else { i as f64 })
            .collect();
        let t = wilcoxon(&d, ZeroMethod::Wilcox).expect("valid data");
        let exact = t.exact_p(Alternative::Greater).expect("at the limit");
        let normal = t.normal_p(Alternative::Greater, true);
        assert!(normal > exact && normal < 1.15 * exact, "{exact} {normal}");
    }

    #[test]
    fn refusals() {
        assert_eq!(wilcoxon(&[], ZeroMethod::Wilcox), Err(StatsError::Empty));
        assert_eq!(
            wilcoxon(&[0.0, -0.0], ZeroMethod::Pratt),
            Err(StatsError::AllDifferencesZero)
        );
        assert_eq!(
            wilcoxon(&[1.0, f64::NAN], ZeroMethod::Wilcox),
            Err(StatsError::NonFinite { index: 1 })
        );
        let short = wilcoxon_paired(&[1.0], &[1.0, 2.0], ZeroMethod::Wilcox);
        assert_eq!(short, Err(StatsError::LengthMismatch { left: 1, right: 2 }));
        let wide = wilcoxon_paired(&[1e308], &[-1e308], ZeroMethod::Wilcox);
        assert_eq!(wide, Err(StatsError::Overflow));
    }
}
