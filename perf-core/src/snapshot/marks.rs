//! In: what happened while resources were sampled. Out: [`SessionMark`], [`LimitLine`], [`Crossing`]: what the series are marked with.

use serde::{Deserialize, Serialize};

/// A session that was alive while resources were sampled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionMark {
    /// What the program called it: to be escaped where it is printed.
    pub name: String,
    /// When it started, in nanoseconds since sampling began; none: before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ns: Option<u64>,
    /// When it ended; none: it was alive at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ns: Option<u64>,
}

/// A limit that the program asked to look after ([`resource::Limits`](crate::resource::Limits)).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LimitLine {
    /// The name of the series that it is of.
    pub series: String,
    /// The limit, in that series' unit.
    pub value: f64,
}

/// A moment at which a limit was found crossed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Crossing {
    /// The name of the series that crossed it.
    pub series: String,
    /// When that was found, in nanoseconds since sampling began.
    pub at_ns: u64,
    /// The value then, in the series' unit.
    pub value: f64,
}

impl SessionMark {
    /// A session by name, from and to when.
    pub fn new(name: &str, from_ns: Option<u64>, to_ns: Option<u64>) -> Self {
        Self {
            name: name.to_owned(),
            from_ns,
            to_ns,
        }
    }
}

impl LimitLine {
    /// A limit of this series.
    pub fn new(series: &str, value: f64) -> Self {
        let series = series.to_owned();
        Self { series, value }
    }
}

impl Crossing {
    /// A crossing of a limit of this series.
    pub fn new(series: &str, at_ns: u64, value: f64) -> Self {
        Self {
            series: series.to_owned(),
            at_ns,
            value,
        }
    }
}
