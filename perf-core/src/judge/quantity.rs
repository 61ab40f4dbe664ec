//! In: a number of some kind. Out: [`Unit`], how it is printed; [`Amount`], how it is read back from a policy.

use crate::units;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a metric's values count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unit {
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// Things: calls, faults, switches.
    Count,
    /// Nothing that is known here.
    #[serde(other)]
    Other,
}

impl Unit {
    /// The unit as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Bytes => "bytes",
            Self::Count => "count",
            Self::Other => "other",
        }
    }

    /// A value with its unit, three significant figures.
    ///
    /// ```
    /// use perf_core::judge::Unit;
    /// assert_eq!(Unit::Nanoseconds.print(1_500.0), "1.50 µs");
    /// assert_eq!(Unit::Count.print(120.0), "120");
    /// ```
    pub fn print(self, value: f64) -> String {
        match self {
            Self::Nanoseconds => units::duration(value),
            Self::Bytes => units::bytes(value),
            Self::Count | Self::Other if !value.is_finite() => units::NOTHING.to_owned(),
            Self::Count | Self::Other if value.fract() == 0.0 || value >= 1e2 => {
                units::count(value.round().max(0.0) as u64)
            }
            Self::Count | Self::Other => {
                let text = format!("{value:.3}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
    }
}

/// A limit as it is written: `5ms`, `64 MiB`, or a bare number in the metric's own unit (ns, bytes, count).
///
/// ```
/// use perf_core::judge::{Amount, Unit};
/// let limit: Amount = "5ms".parse()?;
/// assert_eq!(limit.of(Unit::Nanoseconds), Some(5e6));
/// assert_eq!(limit.of(Unit::Bytes), None);
/// # Ok::<(), perf_core::judge::BadPolicy>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    value: f64,
    unit: Option<Unit>, // none: whatever the metric has
}

impl Amount {
    /// A number in the metric's own unit.
    pub const fn plain(value: f64) -> Self {
        Self { value, unit: None }
    }

    /// The value for a metric of this unit; none where the limit was written in another one.
    pub fn of(self, unit: Unit) -> Option<f64> {
        self.unit
            .is_none_or(|written| written == unit)
            .then_some(self.value)
    }
}

impl std::str::FromStr for Amount {
    type Err = super::BadPolicy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let of = |unit| {
            move |value| Self {
                value,
                unit: Some(unit),
            }
        };
        let number = text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|v| v.is_finite() && *v >= 0.0);
        number
            .map(Self::plain)
            .or_else(|| units::parse_duration(text).ok().map(of(Unit::Nanoseconds)))
            .or_else(|| units::parse_bytes(text).ok().map(of(Unit::Bytes)))
            .ok_or_else(|| super::BadPolicy::new(format!(
                "{:?} is no limit: write a duration such as 5ms, an amount such as 64MiB, or a count",
                text.chars().take(80).collect::<String>()
            )))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Some(unit) => f.write_str(&unit.print(self.value)),
            None => write!(f, "{}", self.value),
        }
    }
}
