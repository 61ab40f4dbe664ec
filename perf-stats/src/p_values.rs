//! In: tails of a law. Out: [`PValues`], one p-value for each alternative.

use crate::interval::Alternative;
use crate::special::t_sf;

/// p-values for the three alternatives; each in [0, 1], below 1e-300 possibly 0.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct PValues {
    /// Either direction.
    pub two_sided: f64,
    /// `x` tends to be smaller.
    pub less: f64,
    /// `x` tends to be larger.
    pub greater: f64,
}

impl PValues {
    /// The p-value for one alternative.
    ///
    /// ```
    /// use perf_stats::Alternative;
    /// use perf_stats::tests::welch_t;
    /// let r = welch_t(&[1.0, 2.0, 3.0], &[2.0, 4.0, 7.0], 0.95)?;
    /// assert_eq!(r.p.of(Alternative::Less), r.p.less);
    /// # Ok::<(), perf_stats::StatsError>(())
    /// ```
    pub const fn of(&self, alternative: Alternative) -> f64 {
        match alternative {
            Alternative::TwoSided => self.two_sided,
            Alternative::Less => self.less,
            Alternative::Greater => self.greater,
        }
    }

    /// From the two tails of a discrete or asymmetric law: two-sided is twice the smaller, at most 1.
    pub(crate) fn doubled(less: f64, greater: f64) -> Self {
        Self {
            two_sided: (2.0 * less.min(greater)).min(1.0),
            less: less.min(1.0),
            greater: greater.min(1.0),
        }
    }
}

/// The three tails of a t statistic.
pub(crate) fn t_p_values(t: f64, df: f64) -> PValues {
    PValues {
        two_sided: (2.0 * t_sf(t.abs(), df)).min(1.0),
        less: t_sf(-t, df),
        greater: t_sf(t, df),
    }
}
