//! In: two readings of one thing. Out: [`Growth`], by how much it grew, and between which bounds that lies.

use crate::snapshot::ResourceUnit;
use crate::units::{bytes, duration};
use std::fmt;

/// Something that grew, for certain: only what grew by more than its bounds is told.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// A kind of memory, `kept by SITE`, threads or a thread by name: escape it before printing.
    pub what: String,
    /// By how much.
    pub by: f64,
    /// At least by this much: what the kernel may lag behind with is taken off, of sites the lower end of the 95 % interval.
    pub low: f64,
    /// At most by this much.
    pub high: f64,
    /// What that counts.
    pub unit: ResourceUnit,
}

impl Growth {
    /// Known to so much either way.
    pub(super) fn within(what: String, by: f64, error: f64, unit: ResourceUnit) -> Self {
        Self {
            what,
            by,
            low: by - error,
            high: by + error,
            unit,
        }
    }

    fn text(&self, value: f64) -> String {
        match self.unit {
            ResourceUnit::Bytes => bytes(value.round()),
            ResourceUnit::Nanoseconds => duration(value),
            _ => format!("{value}"),
        }
    }
}

impl fmt::Display for Growth {
    /// `40.0 MiB [39.0 MiB, 41.0 MiB]`, or `12` where it is exact.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(self.by))?;
        if self.low < self.high {
            write!(f, " [{}, {}]", self.text(self.low), self.text(self.high))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_said_unless_it_is_exact() {
        let mib = f64::from(1 << 20);
        let of = |by, error, unit| Growth::within("x".to_owned(), by, error, unit).to_string();
        assert_eq!(
            of(40.0 * mib, mib, ResourceUnit::Bytes),
            "40.0 MiB [39.0 MiB, 41.0 MiB]"
        );
        assert_eq!(of(12.0, 0.0, ResourceUnit::Count), "12");
        let cpu = of(2e9, 1e7, ResourceUnit::Nanoseconds);
        assert_eq!(cpu, "2.00 s [1.99 s, 2.01 s]");
    }
}
