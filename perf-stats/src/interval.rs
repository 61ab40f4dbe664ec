//! In: two ends and how they were found. Out: [`Interval`], and [`Alternative`] for one- and two-sided questions.

use crate::error::StatsError;
use std::fmt;

/// Which departures from the null hypothesis count.
///
/// Two samples are `x`, `y`; differences are `x - y`; `Greater` asks whether `x` tends to be larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Alternative {
    /// Either direction.
    #[default]
    TwoSided,
    /// `x` tends to be smaller than `y`.
    Less,
    /// `x` tends to be larger than `y`.
    Greater,
}

/// A confidence interval. An unbounded side is an infinity (`null` in JSON); neither end is ever NaN.
///
/// ```
/// use perf_stats::Interval;
/// let i = Interval::new(1.5, 2.5, 0.95, "Student t");
/// assert!(i.contains(2.0) && !i.contains(3.0));
/// assert_eq!(i.to_string(), "[1.5, 2.5] (95 %, Student t)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Interval {
    /// Lower end; negative infinity where the data bound nothing below.
    pub low: f64,
    /// Upper end; infinity where the data bound nothing above.
    pub high: f64,
    /// Two-sided confidence level, in (0, 1).
    pub level: f64,
    /// The procedure's name.
    pub method: &'static str,
}

impl Interval {
    /// The interval from `low` to `high`.
    pub const fn new(low: f64, high: f64, level: f64, method: &'static str) -> Self {
        Self {
            low,
            high,
            level,
            method,
        }
    }

    /// Whether the value lies within, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// `high - low`; infinite where a side is unbounded.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// Both ends through an increasing function (`exp` of an interval of logarithms).
    #[must_use]
    pub fn map(self, increasing: impl Fn(f64) -> f64) -> Self {
        Self {
            low: increasing(self.low),
            high: increasing(self.high),
            ..self
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "[{}, {}] ({} %, {})",
            self.low,
            self.high,
            self.level * 100.0,
            self.method
        )
    }
}

/// `level` if it is a usable two-sided confidence level.
pub(crate) fn check_level(level: f64) -> Result<f64, StatsError> {
    check_open_unit(level, "level")
}

/// `value` if it lies strictly between 0 and 1.
pub(crate) fn check_open_unit(value: f64, name: &'static str) -> Result<f64, StatsError> {
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err(StatsError::BadParameter {
            name,
            expected: "strictly between 0 and 1",
        })
    }
}
