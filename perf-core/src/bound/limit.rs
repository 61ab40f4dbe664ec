//! In: a duration, or a multiple of a reference kernel. Out: [`Limit`], what a measured time must stay below.

use crate::bound::Kernel;
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
    number: f64, // of nanoseconds, or of the kernel's times; not negative, finite
    kernel: Option<Kernel>,
}

impl Limit {
    /// A limit in nanoseconds; what is negative or no number counts as 0.
    pub fn nanoseconds(nanoseconds: f64) -> Self {
        Self::of(nanoseconds, None)
    }

    pub(super) fn of(number: f64, kernel: Option<Kernel>) -> Self {
        let usable = number.is_finite() && number > 0.0;
        Self {
            number: if usable { number } else { 0.0 },
            kernel,
        }
    }

    /// The limit on this machine, in nanoseconds: kernels are timed now.
    pub(super) fn settle(&self) -> f64 {
        self.number * self.kernel.map_or(1.0, Kernel::time)
    }

    /// Whether the limit is another one on another machine.
    pub(super) fn is_relative(&self) -> bool {
        self.kernel.is_some()
    }
}

impl From<Duration> for Limit {
    fn from(duration: Duration) -> Self {
        Self::nanoseconds(duration.as_secs_f64() * 1e9)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kernel {
            None => f.write_str(&units::duration(self.number)),
            Some(kernel) => write!(f, "{} x {kernel}", self.number),
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
