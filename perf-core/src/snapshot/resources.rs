//! In: readings of the probes. Out: [`Resources`], what the program took and held, as a part of a snapshot: subtracted and merged like it.

use super::marks::{Crossing, LimitLine, SessionMark};
use super::series::{ResourceUnit, Series};
use serde::{Deserialize, Serialize};

/// What the program took, what it held, and how near that was to its limits.
///
/// ```
/// let before = perf_core::snapshot();
/// let held = std::hint::black_box(vec![1u8; 4 << 20]);
/// let interval = perf_core::snapshot().since(&before)?;
/// let resources = interval.resources.as_ref().expect("a platform with resources");
/// if let Some(rss) = resources.level("rss") {
///     assert!(rss.peak >= rss.end && rss.end > 0);
/// }
/// # drop(held);
/// # Ok::<(), perf_core::CombineError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)] // a later version may know less or more
#[non_exhaustive]
pub struct Resources {
    /// The time covered, in nanoseconds: since the process started (where that is not known, since the first snapshot), or between
    /// two snapshots.
    pub covers_ns: u64,
    /// CPUs that the process may use at a time: what the machine has, or its quota.
    pub cpus: Option<f64>,
    /// What was taken in that time.
    pub totals: Vec<ResourceTotal>,
    /// What was held.
    pub levels: Vec<ResourceLevel>,
    /// CPU time by thread, the greatest first; sessions only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<ThreadTime>,
    /// Levels over time, where a sampler was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Series>,
    /// Sessions that were alive in the time of the series, 32 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionMark>,
    /// Limits that the program asked to look after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitLine>,
    /// When they were found crossed, the first 64 times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crossings: Vec<Crossing>,
    /// What is not known, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
}

/// Something that only grows: CPU time, faults, bytes read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResourceTotal {
    /// `cpu_user`, `minor_faults`, ...
    pub name: String,
    /// What it counts.
    pub unit: ResourceUnit,
    /// How much was taken.
    pub amount: u64,
}

/// Something that goes up and down: memory, threads, descriptors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResourceLevel {
    /// `rss`, `threads`, `descriptors`, ...
    pub name: String,
    /// What it counts.
    pub unit: ResourceUnit,
    /// At the start of the time covered; of a merged picture the lesser of both.
    pub start: u64,
    /// At its end; of a merged picture the greater of both.
    pub end: u64,
    /// The highest that is known of.
    pub peak: u64,
    /// Whether `peak` is the highest there was; otherwise it may have been higher between the looks.
    pub peak_exact: bool,
    /// What it may not exceed, where there is such a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What a thread took of the CPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ThreadTime {
    /// The kernel's number.
    pub id: u64,
    /// Its name: what the program called it, to be escaped where it is printed.
    pub name: String,
    /// CPU time, in nanoseconds.
    pub cpu_ns: u64,
    /// Time in the run queue, ready and not running, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_ns: Option<u64>,
}

/// Something that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Missing {
    /// The name of the level or total.
    pub name: String,
    /// A sentence without its full stop.
    pub why: String,
}

/// Why a number of an interval is missing that one of its ends has.
const AT_ONE_END: &str = "it was known at one end of the interval only";

impl Resources {
    /// The amount of the total with this name.
    pub fn total(&self, name: &str) -> Option<u64> {
        let found = self.totals.iter().find(|total| total.name == name);
        found.map(|total| total.amount)
    }

    /// The level with this name.
    pub fn level(&self, name: &str) -> Option<&ResourceLevel> {
        self.levels.iter().find(|level| level.name == name)
    }

    /// The series with this name.
    pub fn series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }

    /// CPU time, user and system, in nanoseconds.
    pub fn cpu_ns(&self) -> Option<u64> {
        let system = self.total("cpu_system")?;
        Some(self.total("cpu_user")?.saturating_add(system))
    }

    /// How much of a total was taken a second.
    pub fn rate(&self, name: &str) -> Option<f64> {
        let seconds = self.covers_ns as f64 / 1e9;
        (seconds > 0.0).then_some(self.total(name)? as f64 / seconds)
    }

    /// CPUs in use on average.
    pub fn cpus_used(&self) -> Option<f64> {
        (self.covers_ns > 0).then_some(self.cpu_ns()? as f64 / self.covers_ns as f64)
    }

    /// Takes what a sampler saw: its series, and the peaks that lie between the looks.
    pub fn attach(&mut self, series: Vec<Series>) {
        for one in &series {
            let seen = one.greatest().unwrap_or(0.0) as u64;
            if let Some(level) = self.levels.iter_mut().find(|level| level.name == one.name)
                && !level.peak_exact
            {
                level.peak = level.peak.max(seen);
            }
        }
        self.series = series;
    }

    pub(super) fn since(&self, earlier: &Self) -> Self {
        let mut interval = Self {
            covers_ns: self.covers_ns.saturating_sub(earlier.covers_ns),
            cpus: self.cpus,
            missing: self.missing.clone(),
            sessions: self.sessions.clone(),
            limits: self.limits.clone(),
            crossings: self.crossings.clone(),
            ..Self::default()
        };
        for total in &self.totals {
            match earlier.total(&total.name) {
                Some(before) => interval.totals.push(ResourceTotal {
                    amount: total.amount.saturating_sub(before), // stolen time is known to step back
                    ..total.clone()
                }),
                None => interval.miss(&total.name),
            }
        }
        for level in &self.levels {
            match earlier.level(&level.name) {
                Some(before) => interval.levels.push(level.since(before)),
                None => interval.miss(&level.name),
            }
        }
        interval.threads = self
            .threads
            .iter()
            .map(|thread| thread.since(earlier.threads.iter().find(|t| t.id == thread.id)))
            .collect();
        let later = self.series.iter().cloned();
        interval.series = later
            .map(|series| {
                let before = earlier.series(&series.name);
                series.after(before)
            })
            .collect();
        interval
    }

    fn miss(&mut self, name: &str) {
        self.missing.push(Missing {
            name: name.to_owned(),
            why: AT_ONE_END.to_owned(),
        });
    }

    /// Totals and times add up, of levels the extremes are kept; threads, series and their marks belong to one process and are left out.
    pub(super) fn merge(&self, other: &Self) -> Self {
        let mut both = Self {
            covers_ns: self.covers_ns.saturating_add(other.covers_ns),
            cpus: [self.cpus, other.cpus]
                .into_iter()
                .flatten()
                .reduce(f64::max),
            totals: self.totals.clone(),
            levels: self.levels.clone(),
            missing: self.missing.clone(),
            ..Self::default()
        };
        for total in &other.totals {
            match both.totals.iter_mut().find(|t| t.name == total.name) {
                Some(known) => known.amount = known.amount.saturating_add(total.amount),
                None => both.totals.push(total.clone()),
            }
        }
        for level in &other.levels {
            match both.levels.iter_mut().find(|l| l.name == level.name) {
                Some(known) => known.merge(level),
                None => both.levels.push(level.clone()),
            }
        }
        for missing in &other.missing {
            if !both.missing.contains(missing) {
                both.missing.push(missing.clone());
            }
        }
        both.totals.sort_by(|a, b| a.name.cmp(&b.name));
        both.levels.sort_by(|a, b| a.name.cmp(&b.name));
        both.missing
            .sort_by(|a, b| (&a.name, &a.why).cmp(&(&b.name, &b.why)));
        both
    }

    /// Keeps the threads that took most, in this order.
    pub(crate) fn keep_busiest(&mut self, most: usize) {
        let by_time = |a: &ThreadTime, b: &ThreadTime| (b.cpu_ns, a.id).cmp(&(a.cpu_ns, b.id));
        self.threads.sort_by(by_time);
        self.threads.truncate(most);
    }
}

impl ResourceLevel {
    /// The part of the limit that the peak came to, where there is a limit.
    pub fn share_of_limit(&self) -> Option<f64> {
        let limit = self.limit.filter(|&limit| limit > 0)?;
        Some(self.peak as f64 / limit as f64)
    }

    /// A peak that is higher than the one before lies in between; otherwise only the ends are known.
    fn since(&self, before: &Self) -> Self {
        let rose = self.peak_exact && before.peak_exact && self.peak > before.peak;
        Self {
            start: before.end,
            peak: if rose {
                self.peak
            } else {
                before.end.max(self.end)
            },
            peak_exact: rose,
            ..self.clone()
        }
    }

    fn merge(&mut self, other: &Self) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        self.peak_exact &= other.peak_exact; // the lower one may have been higher in truth
        self.peak = self.peak.max(other.peak);
        self.limit = [self.limit, other.limit].into_iter().flatten().min();
    }
}

impl ThreadTime {
    fn since(&self, before: Option<&Self>) -> Self {
        let (cpu, waited) = before.map_or((0, Some(0)), |b| (b.cpu_ns, b.waited_ns));
        Self {
            cpu_ns: self.cpu_ns.saturating_sub(cpu),
            waited_ns: self.waited_ns.zip(waited).map(|(w, b)| w.saturating_sub(b)),
            ..self.clone()
        }
    }
}
