//! In: a duration, or a multiple of a reference kernel. Out: [`Limit`], what a measured time must stay below.

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
    nanoseconds: f64, // not negative, finite
}

impl Limit {
    /// A limit in nanoseconds; what is negative or no number counts as 0.
    pub fn nanoseconds(nanoseconds: f64) -> Self {
        let usable = nanoseconds.is_finite() && nanoseconds > 0.0;
        Self {
            nanoseconds: if usable { nanoseconds } else { 0.0 },
        }
    }

    /// The limit on this machine, in nanoseconds.
    pub(super) fn settle(&self) -> f64 {
        self.nanoseconds
    }
}

impl From<Duration> for Limit {
    fn from(duration: Duration) -> Self {
        Self::nanoseconds(duration.as_secs_f64() * 1e9)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&units::duration(self.nanoseconds))
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
