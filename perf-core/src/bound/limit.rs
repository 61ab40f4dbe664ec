//! In: a duration, or a multiple of a reference kernel or a baseline. Out: [`Limit`], what a measured time must stay below.

use crate::bound::Kernel;
use crate::bound::baseline::{Baseline, Statistic};
use crate::units;
use std::fmt;
use std::time::Duration;

/// What a measured time must stay below.
///
/// ```
/// use perf_core::bound::{Limit, micros};
/// assert_eq!(Limit::from(micros(50)).to_string(), "50.0 µs");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    number: f64, // of the unit; not negative, finite
    unit: Unit,
}

#[derive(Clone, Debug, PartialEq)]
enum Unit {
    Nanosecond,
    Kernel(Kernel),
    Baseline(Baseline),
}

/// A limit on this machine, in nanoseconds. What is known of it is between two ends, which differ for a baseline.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settled {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) told: Option<String>, // what it rests on, where it is another one elsewhere
}

impl Limit {
    /// A limit in nanoseconds; what is negative or no number counts as 0.
    pub fn nanoseconds(nanoseconds: f64) -> Self {
        Self::of(nanoseconds, Unit::Nanosecond)
    }

    pub(super) fn of_kernel(number: f64, kernel: Kernel) -> Self {
        Self::of(number, Unit::Kernel(kernel))
    }

    pub(super) fn of_baseline(number: f64, baseline: Baseline) -> Self {
        Self::of(number, Unit::Baseline(baseline))
    }

    fn of(number: f64, unit: Unit) -> Self {
        let usable = number.is_finite() && number > 0.0;
        let number = if usable { number } else { 0.0 };
        Self { number, unit }
    }

    /// The limit here: kernels are timed now, baselines read now. Or why there is none.
    pub(super) fn settle(&self, statistic: Statistic) -> Result<Settled, String> {
        let number = self.number;
        let exactly = |limit: f64| Settled {
            low: limit,
            high: limit,
            told: None,
        };
        Ok(match &self.unit {
            Unit::Nanosecond => exactly(number),
            Unit::Kernel(kernel) => {
                let limit = number * kernel.time();
                let told = format!("{} on this machine now", units::duration(limit));
                Settled {
                    told: Some(told),
                    ..exactly(limit)
                }
            }
            Unit::Baseline(baseline) => {
                let found = baseline.find(statistic)?;
                let (low, high) = (number * found.low, number * found.high);
                let range = units::duration_range(low, high);
                Settled {
                    low,
                    high,
                    told: Some(format!("{range}: {number} times {}", found.told)),
                }
            }
        })
    }

    /// The baseline that it is a multiple of.
    pub(super) fn baseline(&self) -> Option<&Baseline> {
        match &self.unit {
            Unit::Baseline(baseline) => Some(baseline),
            Unit::Nanosecond | Unit::Kernel(_) => None,
        }
    }
}

impl From<Duration> for Limit {
    fn from(duration: Duration) -> Self {
        Self::nanoseconds(duration.as_secs_f64() * 1e9)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Nanosecond => f.write_str(&units::duration(self.number)),
            Unit::Kernel(kernel) => write!(f, "{} x {kernel}", self.number),
            Unit::Baseline(baseline) => write!(f, "{} x {baseline}", self.number),
        }
    }
}

/// So many nanoseconds.
pub const fn nanos(number: u64) -> Duration {
    Duration::from_nanos(number)
}

/// So many microseconds.
pub const fn micros(number: u64) -> Duration {
    Duration::from_micros(number)
}

/// So many milliseconds.
pub const fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// So many seconds.
pub const fn secs(number: u64) -> Duration {
    Duration::from_secs(number)
}
