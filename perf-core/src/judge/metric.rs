//! In: what is measured of an arm. Out: [`Metric`], its name, unit and direction, read from and printed as text.

use super::quantity::Unit;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// How the id of a lock's row ends.
const WAITS: &str = " (wait)";

/// One number that a measurement of an arm yields.
///
/// As text: `wall`, `peak-rss`, ..., or `SITE:p99`, where the part after the last single `:` is the metric of the site.
///
/// ```
/// use perf_core::judge::{Metric, Resource, SiteMetric, Unit};
/// let metric: Metric = "shop::parse{json}:p99".parse()?;
/// assert_eq!(metric, Metric::site("shop::parse{json}", SiteMetric::P99));
/// assert_eq!(metric.to_string(), "shop::parse{json}:p99");
/// assert_eq!("peak-rss".parse::<Metric>()?.unit(), Unit::Bytes);
/// assert!("shop::parse".parse::<Metric>().is_err());
/// # Ok::<(), perf_core::judge::BadMetric>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Metric {
    /// A resource of the whole arm.
    Resource(Resource),
    /// A number of one measured site.
    Site {
        /// The site's id, with its label where it has one.
        site: String,
        /// Which of its numbers.
        of: SiteMetric,
    },
    /// A number that a harness defines for itself; never the result of reading text from a user.
    Other {
        /// Its name.
        name: String,
        /// What it counts.
        unit: Unit,
        /// Whether less or more of it is better.
        direction: Direction,
    },
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $unit:ident;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name, as on the command line and in JSON.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What its values count.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit,)* }
            }

            /// The one with this name.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.word() == word)
            }
        }
    };
}

words! {
    /// What a whole process (or closure) takes.
    Resource {
        /// Time on the wall.
        Wall = "wall", Nanoseconds;
        /// Time on processors, user and system together.
        Cpu = "cpu", Nanoseconds;
        /// Time on processors in the program itself.
        User = "user", Nanoseconds;
        /// Time on processors in the kernel.
        Sys = "sys", Nanoseconds;
        /// The largest resident set.
        PeakRss = "peak-rss", Bytes;
        /// Page faults served without a device.
        MinorFaults = "minor-faults", Count;
        /// Page faults that waited for a device.
        MajorFaults = "major-faults", Count;
        /// Switches because the process waited.
        VoluntarySwitches = "voluntary-switches", Count;
        /// Switches because others were let run.
        InvoluntarySwitches = "involuntary-switches", Count;
        /// Bytes read by any means; from run files.
        ReadBytes = "read-bytes", Bytes;
        /// Bytes written by any means; from run files.
        WrittenBytes = "written-bytes", Bytes;
        /// Calls that read; from run files.
        ReadCalls = "read-calls", Count;
        /// Calls that wrote; from run files.
        WriteCalls = "write-calls", Count;
        /// Bytes fetched from storage; from run files.
        StorageRead = "storage-read", Bytes;
        /// Bytes sent to storage; from run files.
        StorageWritten = "storage-written", Bytes;
        /// Allocations.
        Allocations = "allocations", Count;
        /// Bytes allocated in all.
        AllocatedBytes = "allocated-bytes", Bytes;
        /// Instructions, where a counter or a simulator counts them.
        Instructions = "instructions", Count;
    }
}

words! {
    /// What a site's row yields.
    SiteMetric {
        /// Calls that ended.
        Calls = "calls", Count;
        /// Time without measured callees.
        SelfTime = "self", Nanoseconds;
        /// Time with callees.
        Total = "total", Nanoseconds;
        /// Mean duration of a call.
        Mean = "mean", Nanoseconds;
        /// Median duration.
        P50 = "p50", Nanoseconds;
        /// 90th percentile.
        P90 = "p90", Nanoseconds;
        /// 99th percentile.
        P99 = "p99", Nanoseconds;
        /// Longest recorded call.
        Max = "max", Nanoseconds;
        /// Allocations of all its calls, callees included; where the site counts them (`#[measure(alloc)]`).
        Allocations = "allocations", Count;
        /// Their bytes.
        AllocatedBytes = "allocated-bytes", Bytes;
        /// Time of its calls on a processor, callees included; where the site reads it (`#[measure(cpu)]`).
        OnCpu = "on-cpu", Nanoseconds;
        /// The rest of their time: they waited.
        Waiting = "waiting", Nanoseconds;
        /// Page faults served without a device, callees included; where the site counts them (`#[measure(faults)]`).
        MinorFaults = "minor-faults", Count;
        /// Page faults that waited for a device.
        MajorFaults = "major-faults", Count;
        /// Switches because the thread waited.
        VoluntarySwitches = "voluntary-switches", Count;
        /// Switches because others were let run.
        InvoluntarySwitches = "involuntary-switches", Count;
    }
}

/// Whether less or more is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Less is better: times, memory, counts.
    #[default]
    Lower,
    /// More is better: throughput.
    Higher,
}

/// What was written where a metric was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadMetric {
    text: String,
}

impl Metric {
    /// Time on the wall: what decides unless another metric is named.
    pub const WALL: Self = Self::Resource(Resource::Wall);

    /// A number of a site.
    pub fn site(site: &str, of: SiteMetric) -> Self {
        Self::Site {
            site: site.to_owned(),
            of,
        }
    }

    /// A number of a harness's own.
    pub fn other(name: &str, unit: Unit, direction: Direction) -> Self {
        Self::Other {
            name: name.to_owned(),
            unit,
            direction,
        }
    }

    /// What its values count.
    pub const fn unit(&self) -> Unit {
        match self {
            Self::Resource(resource) => resource.unit(),
            Self::Site { of, .. } => of.unit(),
            Self::Other { unit, .. } => *unit,
        }
    }

    /// Whether less or more is better.
    pub const fn direction(&self) -> Direction {
        match self {
            Self::Other { direction, .. } => *direction,
            _ => Direction::Lower,
        }
    }

    /// Whether it repeats exactly where the program does: then any difference matters, and no statistics is needed.
    ///
    /// The calls of a lock's row do not: they are the waits, and who meets whom is chance.
    ///
    /// ```
    /// let exact = |name: &str| name.parse().map(|m: perf_core::judge::Metric| m.is_exact());
    /// assert_eq!((exact("parse:allocations"), exact("parse:p99")), (Ok(true), Ok(false)));
    /// assert_eq!((exact("parse:calls"), exact("queue (wait):calls")), (Ok(true), Ok(false)));
    /// ```
    pub fn is_exact(&self) -> bool {
        match self {
            Self::Resource(of) => matches!(of, Resource::Allocations | Resource::AllocatedBytes),
            Self::Site { site, of } => match of {
                SiteMetric::Calls => !site.ends_with(WAITS),
                SiteMetric::Allocations | SiteMetric::AllocatedBytes => true,
                _ => false,
            },
            Self::Other { .. } => false,
        }
    }

    /// The value where it was not measured beside others that were: a lock nobody waited for has no row in a run, and took 0.
    pub(super) fn absent(&self) -> Option<f64> {
        match self {
            Self::Site { site, of } if site.ends_with(WAITS) => {
                let sums = [SiteMetric::Calls, SiteMetric::SelfTime, SiteMetric::Total];
                sums.contains(of).then_some(0.0)
            }
            _ => None,
        }
    }

    /// Whether its values are counts, of which equal ones mean that nothing varies; equal times may mean a coarse clock.
    pub(super) const fn is_counted(&self) -> bool {
        matches!(self.unit(), Unit::Count | Unit::Bytes)
            && matches!(self.direction(), Direction::Lower)
    }

    /// The value on a scale on which larger is worse.
    pub(super) fn worse_is_larger(&self, value: f64) -> f64 {
        match self.direction() {
            Direction::Lower => value,
            Direction::Higher => value.recip(),
        }
    }

    /// The metric without the site: `p99` of `parse:p99`, `wall` of `wall`.
    pub fn word(&self) -> &str {
        match self {
            Self::Resource(resource) => resource.word(),
            Self::Site { of, .. } => of.word(),
            Self::Other { name, .. } => name,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site { site, of } => write!(f, "{site}:{}", of.word()),
            whole => f.write_str(whole.word()),
        }
    }
}

impl FromStr for Metric {
    type Err = BadMetric;

    fn from_str(text: &str) -> Result<Self, BadMetric> {
        if let Some(resource) = Resource::named(text.trim()) {
            return Ok(Self::Resource(resource));
        }
        let found = last_single_colon(text).and_then(|at| {
            let of = SiteMetric::named(text[at + 1..].trim())?;
            (at > 0).then(|| Self::site(text[..at].trim(), of))
        });
        found.ok_or_else(|| BadMetric {
            text: text.chars().take(80).collect(),
        })
    }
}

/// The last `:` that is not part of a `::`.
fn last_single_colon(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).rev().find(|&at| {
        let colon = |i: Option<usize>| i.and_then(|i| bytes.get(i)) == Some(&b':');
        colon(Some(at)) && !colon(at.checked_sub(1)) && !colon(Some(at + 1))
    })
}

impl fmt::Display for BadMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |all: Vec<&'static str>| all.join(", ");
        write!(
            f,
            "{:?} is no metric: write {}, or SITE: and one of {}",
            self.text,
            words(Resource::ALL.iter().map(|r| r.word()).collect()),
            words(SiteMetric::ALL.iter().map(|s| s.word()).collect()),
        )
    }
}

impl std::error::Error for BadMetric {}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A name that is not known here belongs to a harness; its unit stands beside it in the outcome.
impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Ok(text.parse().unwrap_or(Self::Other {
            name: text,
            unit: Unit::Other,
            direction: Direction::Lower,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_after_the_last_single_colon_is_the_metric() {
        let site = |text: &str| match text.parse() {
            Ok(Metric::Site { site, of }) => Some((site, of)),
            _ => None,
        };
        let is = |name: &str, of| Some((name.to_owned(), of));
        assert_eq!(site("parse:p99"), is("parse", SiteMetric::P99));
        assert_eq!(site("a::b:self"), is("a::b", SiteMetric::SelfTime));
        assert_eq!(site("a::b{k:v}:max"), is("a::b{k:v}", SiteMetric::Max));
        for bad in ["", ":p99", "a::p99", "a:p98", "wal", "a::b"] {
            assert!(bad.parse::<Metric>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_resource_reads_back() {
        for &resource in Resource::ALL {
            assert_eq!(resource.word().parse(), Ok(Metric::Resource(resource)));
        }
    }
}
