//! In: the registry. Out: [`Snapshot`], an immutable, mergeable picture of all sites at one instant, and the interval between two.

mod calls;
mod context;
mod doubt;
mod estimate;
mod faults;
mod gather;
#[cfg(feature = "hdr")]
mod hdr;
#[cfg(feature = "hdr")]
mod hdr_bytes;
mod histogram;
mod marks;
mod quantity;
mod resources;
mod retained;
mod row;
mod series;
mod take;
mod used;
mod weight;

pub(crate) use calls::CallSteps;
pub use calls::{CallsOverTime, SiteCalls};
pub use context::{Context, OwnAllocations};
pub use estimate::Estimate;
pub use faults::{FaultCounts, Faults};
#[cfg(feature = "hdr")]
pub use hdr::HdrError;
pub use histogram::Histogram;
pub use marks::{Crossing, LimitLine, SessionMark};
pub use quantity::{Counted, GaugeLevel};
pub use resources::{Missing, ResourceLevel, ResourceTotal, Resources, ThreadTime};
pub use retained::{Retained, RetainedBytes, Sampled};
pub use row::{Level, Row};
pub use series::{MOST_STEPS, ResourceUnit, Series, Step};
pub(crate) use take::retained;
#[cfg(feature = "tracing")]
pub(crate) use take::row_of;
pub use take::snapshot;
pub use used::{Allocations, CpuTime};
pub use weight::{BadWeight, Weight};

use crate::alloc::ProcessUse;
use crate::clock::ClockInfo;
use crate::record::layout::Layout;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The schema that this version writes, and the only one it reads.
pub const SCHEMA: u32 = 1;

/// What measuring cost, per call on this machine and in all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cost {
    /// The budget in force, as it is written in `PERF_OVERHEAD`.
    pub budget: String,
    /// Nanoseconds that a recorded call takes beyond the function itself.
    pub recorded_call_ns: f64,
    /// Nanoseconds that a call takes which is only counted.
    pub counted_call_ns: f64,
    /// The part of `recorded_call_ns` that lies within the call's own measured time.
    pub inside_ns: f64,
    /// The same part for a call that is recorded among many which are only counted, measured around an empty body; what a body hides of
    /// it is not known. 0 in files that do not know it.
    #[serde(default)]
    pub sampled_inside_ns: f64,
    /// All of it: calls times their cost, in nanoseconds.
    pub total_ns: f64,
}

/// A picture of all sites at one instant. Plain data: it neither changes nor refers to the running program.
///
/// ```
/// let _on = perf_core::enable();
/// let before = perf_core::snapshot();
/// { let _span = perf_core::span!("work"); }
/// let interval = perf_core::snapshot().since(&before)?;
/// assert_eq!(interval.site("work").map(|row| row.calls), Some(1));
/// let json = serde_json::to_string(&interval)?;
/// assert_eq!(serde_json::from_str::<perf_core::Snapshot>(&json)?, interval);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// 1; nothing else is read.
    #[serde(deserialize_with = "known_schema")]
    pub schema: u32,
    /// When it was taken, in milliseconds since 1970.
    pub taken_unix_ms: u64,
    /// The time it covers, in nanoseconds: since recording began, or between two snapshots.
    pub covers_ns: u64,
    /// The clock that the times come from.
    pub clock: ClockInfo,
    /// What measuring cost.
    pub cost: Cost,
    /// How durations are binned.
    pub layout: Layout,
    /// One row a site and label, by id.
    pub rows: Vec<Row>,
    /// What `counter!` counted, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counters: Vec<Counted>,
    /// The levels that `gauge!` set, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gauges: Vec<GaugeLevel>,
    /// What the process took from the allocator since it started, where the counting allocator is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocations: Option<ProcessUse>,
    /// What was allocated and is still there, by site, where leaks are tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retained: Option<Retained>,
    /// One row a calling context; empty unless it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contexts: Vec<Context>,
    /// How often sites were called over time, where resources are sampled; of files from before it was recorded there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_over_time: Option<CallsOverTime>,
    /// What the program took and held; of files from before they were recorded there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// What a reader should know: limits met, things not available.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Why two snapshots cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CombineError {
    /// Their histograms have different bins.
    Layout,
    /// The earlier one holds more than the later one: they are of different processes, or in the wrong order.
    NotEarlier {
        /// The row where it shows, or `the time covered`.
        id: String,
    },
}

/// What `NotEarlier` names where the earlier snapshot covers more time.
const COVERED: &str = "the time covered";

fn not_earlier(id: &str) -> CombineError {
    CombineError::NotEarlier { id: id.to_owned() }
}

/// A schema other than ours is refused before its fields are misread.
fn known_schema<'de, D: Deserializer<'de>>(file: D) -> Result<u32, D::Error> {
    match u32::deserialize(file)? {
        SCHEMA => Ok(SCHEMA),
        other => Err(D::Error::custom(format!(
            "this is a snapshot of schema {other}; this version reads schema {SCHEMA}: read it with the version that wrote it"
        ))),
    }
}

/// What was recorded under which callers. Before calling context was kept, everything stood by itself.
pub(crate) fn contexts_or_rows(of: &Snapshot) -> Cow<'_, [Context]> {
    if of.contexts.is_empty() {
        of.rows.iter().map(Context::of_row).collect()
    } else {
        Cow::Borrowed(&of.contexts)
    }
}

impl fmt::Display for CombineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout => f.write_str(
                "the snapshots have different bins: record both with the same PERF_PRECISION",
            ),
            Self::NotEarlier { id } => write!(
                f,
                "{id:?} counts more in the earlier snapshot: they are of different processes, or in the wrong order"
            ),
        }
    }
}

impl std::error::Error for CombineError {}

impl Snapshot {
    /// The row with this id (`crate::module::function`, a given name, `id{label}`).
    pub fn site(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// Forgets what the program did, for this one row.
    pub(crate) fn keep_only(&mut self, row: Row) {
        self.rows = vec![row];
        self.counters.clear();
        self.gauges.clear();
        self.contexts.clear();
        self.notes.clear();
        (self.allocations, self.resources) = (None, None);
        self.calls_over_time = None;
    }

    /// What happened after `earlier` was taken, in the same process.
    ///
    /// Smallest and largest times of an interval are known to their bin only.
    ///
    /// # Errors
    /// [`CombineError`].
    pub fn since(&self, earlier: &Self) -> Result<Self, CombineError> {
        if self.layout != earlier.layout {
            return Err(CombineError::Layout);
        }
        let mut interval = self.clone();
        let covers = self.covers_ns.checked_sub(earlier.covers_ns);
        interval.covers_ns = covers.ok_or_else(|| not_earlier(COVERED))?;
        for before in &earlier.rows {
            let same = interval
                .rows
                .iter_mut()
                .filter(|row| row.is_same_site(before));
            // Rows of one place and name (of a macro that opens two spans) are told apart by their whole id.
            match same.min_by_key(|row| row.id != before.id) {
                Some(row) => row.subtract(before)?,
                None => return Err(not_earlier(&before.id)),
            }
        }
        let covers = interval.covers_ns;
        quantity::counters_since(&mut interval.counters, &earlier.counters, covers);
        quantity::levels_since(&mut interval.gauges, &earlier.gauges);
        if let (Some(now), Some(before)) = (&mut interval.allocations, &earlier.allocations) {
            *now = now.since(before);
        }
        if let (Some(now), Some(before)) = (&self.retained, &earlier.retained) {
            interval.retained = Some(now.clone().since(before));
        }
        let known = contexts_or_rows(earlier);
        for context in &mut interval.contexts {
            if let Some(before) = known.iter().find(|c| c.path == context.path) {
                context.subtract(before);
            }
        }
        interval
            .rows
            .retain(|row| row.calls > 0 || row.cancelled > 0);
        interval.contexts.retain(|context| context.calls > 0);
        interval.calls_over_time =
            (self.calls_over_time.as_ref()).map(|now| now.after(earlier.calls_over_time.as_ref()));
        interval.resources = match (&self.resources, &earlier.resources) {
            (Some(now), Some(before)) => Some(now.since(before)),
            _ => None,
        };
        interval.cost.total_ns = (self.cost.total_ns - earlier.cost.total_ns).max(0.0);
        Ok(interval)
    }

    /// Both together, row by row: two processes, or two stretches of one.
    ///
    /// Times covered add up. The clock and the cost per call are this one's.
    ///
    /// # Errors
    /// [`CombineError::Layout`].
    pub fn merge(&self, other: &Self) -> Result<Self, CombineError> {
        if self.layout != other.layout {
            return Err(CombineError::Layout);
        }
        let mut both = self.clone();
        both.covers_ns = both.covers_ns.saturating_add(other.covers_ns);
        both.taken_unix_ms = both.taken_unix_ms.max(other.taken_unix_ms);
        both.cost.total_ns += other.cost.total_ns;
        let newer = other.taken_unix_ms > self.taken_unix_ms;
        quantity::counters_merged(&mut both.counters, &other.counters, both.covers_ns);
        quantity::levels_merged(&mut both.gauges, &other.gauges, newer);
        both.allocations = match (self.allocations, other.allocations) {
            (Some(one), Some(two)) => Some(one.merge(&two)),
            (one, two) => one.or(two),
        };
        both.retained = match (&self.retained, &other.retained) {
            (Some(one), Some(two)) => Some(one.merge(two)),
            (one, two) => one.clone().or_else(|| two.clone()),
        };
        for row in &other.rows {
            match both.rows.iter_mut().find(|known| known.id == row.id) {
                Some(known) => known.add(row),
                None => both.rows.push(row.clone()),
            }
        }
        both.rows.sort_by(|a, b| a.id.cmp(&b.id));
        for context in &other.contexts {
            match both
                .contexts
                .iter_mut()
                .find(|known| known.path == context.path)
            {
                Some(known) => known.add(context),
                None => both.contexts.push(context.clone()),
            }
        }
        both.calls_over_time = None; // of one process, as the series of its resources are
        both.resources = match (&self.resources, &other.resources) {
            (Some(one), Some(two)) => Some(one.merge(two)),
            (one, two) => one.clone().or_else(|| two.clone()),
        };
        both.contexts.sort_by(|a, b| a.path.cmp(&b.path));
        for note in &other.notes {
            if !both.notes.contains(note) {
                both.notes.push(note.clone());
            }
        }
        Ok(both)
    }
}
