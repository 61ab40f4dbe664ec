//! In: nothing. Out: [`Column`], what every table of the report shows, in order.

use crate::snapshot::{Row, Snapshot};

/// A column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Calls,
    SelfTime,
    Share,
    Total,
    Mean,
    P50,
    P90,
    P99,
    Max,
    /// Own allocations a call; only where they were counted.
    Allocs,
    /// The share of the total time on a CPU; only where it was read.
    OnCpu,
    /// Own page faults a call; only where they were counted.
    Faults,
}

impl Column {
    pub(crate) const ALL: [Self; 12] = [
        Self::Calls,
        Self::SelfTime,
        Self::Share,
        Self::Total,
        Self::Mean,
        Self::P50,
        Self::P90,
        Self::P99,
        Self::Max,
        Self::Allocs,
        Self::OnCpu,
        Self::Faults,
    ];

    /// In the order in which they give way where a table is too narrow.
    pub(crate) const DISPENSABLE: [Self; 5] =
        [Self::P90, Self::Total, Self::Max, Self::Mean, Self::Share];

    /// The columns that the snapshot has something for.
    pub(crate) fn of(snapshot: &Snapshot) -> Vec<Self> {
        let (allocs, cpu, faults) = Self::further(snapshot);
        Self::ALL
            .into_iter()
            .filter(|column| match column {
                Self::Allocs => allocs,
                Self::OnCpu => cpu,
                Self::Faults => faults,
                _ => true,
            })
            .collect()
    }

    fn further(snapshot: &Snapshot) -> (bool, bool, bool) {
        let any = |has: fn(&Row) -> bool| snapshot.rows.iter().any(has);
        (
            any(|row| row.allocations.is_some()),
            any(|row| row.cpu.is_some()),
            any(|row| row.faults.is_some()),
        )
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::SelfTime => "self",
            Self::Share => "share",
            Self::Total => "total",
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
            Self::Max => "max",
            Self::Allocs => "allocs",
            Self::OnCpu => "on-cpu",
            Self::Faults => "faults",
        }
    }
}
