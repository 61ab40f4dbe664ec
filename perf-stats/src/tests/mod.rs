//! In: samples. Out: [`TestResult`], the one shape of every test's answer.

use crate::contrast::Contrast;
use crate::error::StatsError;
use crate::interval::{Interval, check_level};
pub use crate::p_values::PValues;
use crate::p_values::t_p_values;
use std::fmt;

mod anderson_darling;
mod brunner_munzel;
mod equivalence;
mod kolmogorov_smirnov;
mod mann_whitney;
mod quantile_pool;
mod quantile_shift;
mod t;
mod yuen;

pub use anderson_darling::{AndersonDarling, TieRule, anderson_darling};
pub use brunner_munzel::{Reference, brunner_munzel};
pub use equivalence::{Equivalence, interval_within, tost_log_ratio, tost_paired, tost_welch};
pub use kolmogorov_smirnov::{KolmogorovSmirnov, ks_2samp};
pub use mann_whitney::{Continuity, MannWhitney, mann_whitney};
pub use quantile_shift::{QuantileBlock, QuantileShift, quantile_shift};
pub use t::{paired_t, pooled_t, welch_t};
pub use yuen::yuen;

/// What a reader should know about how the p-value came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
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
#[non_exhaustive]
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

/// Below this many observations a side a t test leans on normality.
const SMALL_FOR_T: usize = 10;

impl TestResult {
    /// The test of no difference by the t law, with the interval.
    pub(crate) fn of_contrast(
        c: &Contrast,
        level: f64,
        method: &'static str,
    ) -> Result<Self, StatsError> {
        check_level(level)?;
        let statistic = c.statistic(0.0);
        Self {
            method,
            estimate: c.scale.restore(c.difference.value()),
            statistic,
            df: Some(c.df),
            std_error: Some(c.scale.restore(c.std_error)),
            p: t_p_values(statistic, c.df),
            interval: Some(c.interval(level, method)),
            n: c.n,
            flags: Flags {
                small_sample: c.n.0.min(c.n.1) < SMALL_FOR_T,
                approximate: true,
                ..Flags::default()
            },
        }
        .checked()
    }

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
