//! In: samples. Out: [`TestResult`], the one shape of every test's answer.

use crate::error::StatsError;
use crate::interval::{Alternative, Interval};
use std::fmt;

mod brunner_munzel;
mod contrast;
mod kolmogorov_smirnov;
mod mann_whitney;
mod t;
mod yuen;

pub use brunner_munzel::{Reference, brunner_munzel};
pub use kolmogorov_smirnov::{KolmogorovSmirnov, ks_2samp};
pub use mann_whitney::{Continuity, MannWhitney, mann_whitney};
pub use t::{paired_t, pooled_t, welch_t};
pub use yuen::yuen;

/// p-values for the three alternatives; each in [0, 1], below 1e-300 possibly 0.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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

/// What a reader should know about how the p-value came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Flags {
    /// Some observations (or differences) were equal.
    pub ties: bool,
    /// So few observations that the approximation used is rough, or that an exact test can hardly reject.
    pub small_sample: bool,
    /// The p-values come from a limiting law, not from the exact one.
    pub approximate: bool,
}

/// The answer of a test: what was estimated, how far it is from the null hypothesis, and how likely that is by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TestResult {
    /// The procedure's name.
    pub method: &'static str,
    /// What the procedure estimates, in the words of its own page (a difference in the unit of the data, or a probability).
    pub estimate: f64,
    /// The test statistic.
    pub statistic: f64,
    /// Degrees of freedom, where the law has them.
    pub df: Option<f64>,
    /// Standard error of the estimate, in the unit of the estimate, where the procedure has one.
    pub std_error: Option<f64>,
    /// p-values for the three alternatives.
    pub p: PValues,
    /// Confidence interval of the estimate, where the procedure has one.
    pub interval: Option<Interval>,
    /// Number of observations used of `x` and of `y` (equal for pairs; the second 0 for one sample).
    pub n: (usize, usize),
    /// What to know about the p-values.
    pub flags: Flags,
}

impl TestResult {
    /// The result if all its numbers are fit to leave the crate.
    pub(crate) fn checked(self) -> Result<Self, StatsError> {
        let numbers = [
            self.estimate,
            self.statistic,
            self.df.unwrap_or(0.0),
            self.std_error.unwrap_or(0.0),
            self.p.two_sided,
            self.p.less,
            self.p.greater,
            self.interval.map_or(0.0, |i| i.low),
            self.interval.map_or(0.0, |i| i.high),
        ];
        if numbers.iter().all(|v| v.is_finite()) {
            Ok(self)
        } else {
            Err(StatsError::Overflow)
        }
    }
}

impl fmt::Display for TestResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.method, self.estimate)?;
        if let Some(i) = &self.interval {
            write!(f, " [{}, {}] at {} %", i.low, i.high, i.level * 100.0)?;
        }
        write!(f, ", statistic {}", self.statistic)?;
        if let Some(df) = self.df {
            write!(f, " (df {df})")?;
        }
        let (n, m) = self.n;
        write!(f, ", p = {} two-sided, n = {n}", self.p.two_sided)?;
        if m > 0 {
            write!(f, " v {m}")?;
        }
        Ok(())
    }
}
