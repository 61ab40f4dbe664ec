//! In: a calling context. Out: what it weighs in a call tree that is drawn by time, by allocations or by their bytes.

use super::Context;
use std::fmt;
use std::str::FromStr;

/// What a call tree is weighed by; of each site what it took itself, without its measured callees.
///
/// ```
/// use perf_core::Weight;
/// assert_eq!("bytes".parse(), Ok(Weight::Bytes));
/// assert!("seconds".parse::<Weight>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Weight {
    /// Self time, in nanoseconds: `self`.
    SelfTime,
    /// Allocations of sites that count them (`#[measure(alloc)]`): `allocations`.
    Allocations,
    /// Their bytes: `bytes`.
    Bytes,
}

/// What was written where a weight was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadWeight(String);

impl fmt::Display for BadWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Weight::ALL.map(Weight::name).join(", ");
        write!(f, "{:?} is no weight: write one of {known}", self.0)
    }
}

impl std::error::Error for BadWeight {}

impl FromStr for Weight {
    type Err = BadWeight;

    fn from_str(text: &str) -> Result<Self, BadWeight> {
        let known = Self::ALL.into_iter().find(|one| one.name() == text.trim());
        known.ok_or_else(|| BadWeight(text.chars().take(80).collect()))
    }
}

impl Weight {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SelfTime, Self::Allocations, Self::Bytes];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfTime => "self",
            Self::Allocations => "allocations",
            Self::Bytes => "bytes",
        }
    }
}

impl Context {
    /// What it weighs itself: nanoseconds, allocations or bytes, at least 0; none where they were not counted.
    pub fn weight(&self, by: Weight) -> Option<f64> {
        match by {
            Weight::SelfTime => Some(self.self_ns.max(0.0)),
            Weight::Allocations => Some(self.allocations?.count as f64),
            Weight::Bytes => Some(self.allocations?.bytes as f64),
        }
    }
}
