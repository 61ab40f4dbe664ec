//! In: nothing. Out: [`Column`], what every table of the report shows, in order.

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
}

impl Column {
    pub(crate) const ALL: [Self; 9] = [
        Self::Calls,
        Self::SelfTime,
        Self::Share,
        Self::Total,
        Self::Mean,
        Self::P50,
        Self::P90,
        Self::P99,
        Self::Max,
    ];

    /// In the order in which they give way where a table is too narrow.
    pub(crate) const DISPENSABLE: [Self; 5] =
        [Self::P90, Self::Total, Self::Max, Self::Mean, Self::Share];

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
        }
    }
}
