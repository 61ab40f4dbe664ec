//! In: a CPU group's files and those of the groups above it. Out: [`CpuQuota`] and [`Throttling`].

use super::locate::Levels;
use super::{Version, tightest};
use crate::probe::absence::{Absence, Reading, Why};
use crate::probe::file::{Buffer, Source};
use crate::probe::text;
use std::path::{Path, PathBuf};

/// The CPU time that a group may have.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CpuQuota {
    /// In CPUs: 1.5 is one and a half of them, all the time.
    pub cpus: f64,
}

/// How often the group stood still because its quota, or that of a group above it, was used up: those groups' numbers added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Throttling {
    /// Periods in which the group ran.
    pub periods: u64,
    /// Periods in which its quota did not last.
    pub throttled_periods: u64,
    /// Time that it stood still, in nanoseconds, added over CPUs.
    pub throttled_ns: u64,
}

#[derive(Debug)]
pub(super) struct Sources {
    version: Version,
    levels: Reading<Vec<Level>>,
}

#[derive(Debug)]
struct Level {
    quota: Source,
    period: Source,
    stat: Source,
}

impl Sources {
    pub(super) fn new(levels: Reading<Levels>) -> Self {
        let version = levels.as_ref().map_or(Version::Two, |found| found.version);
        let [quota, period] = match version {
            Version::One => ["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            Version::Two => ["cpu.max", "cpu.max"],
        };
        let named = |folder: &Path, name| Source::named(folder.join(name), name);
        let level = |folder: &PathBuf| Level {
            quota: named(folder, quota),
            period: named(folder, period),
            stat: named(folder, "cpu.stat"),
        };
        Self {
            version,
            levels: levels.map(|found| found.folders.iter().map(level).collect()),
        }
    }

    /// The tightest quota.
    pub(super) fn quota(&self, buffer: &mut Buffer) -> Reading<Option<CpuQuota>> {
        let levels = self.levels.as_ref().map_err(|absence| *absence)?;
        let quota = tightest(levels, |level| self.of_level(level, buffer), |a, b| a < b)?;
        Ok(quota.map(|cpus| CpuQuota { cpus }))
    }

    /// Of the group itself, and of those above it that have a quota.
    pub(super) fn throttling(&self, buffer: &mut Buffer) -> Reading<Throttling> {
        let levels = self.levels.as_ref().map_err(|absence| *absence)?;
        let (own, above) = levels
            .split_first()
            .ok_or(Absence::new("cpu.stat", Why::Missing))?;
        let mut all = self.stopped(own, buffer);
        for level in above {
            if let Ok(Some(_)) = self.of_level(level, buffer) {
                let one = self.stopped(level, buffer);
                all = match (all, one) {
                    (Ok(all), Ok(one)) => Ok(all.and(one)),
                    (known, one) => known.or(one),
                };
            }
        }
        all
    }

    fn of_level(&self, level: &Level, buffer: &mut Buffer) -> Reading<Option<f64>> {
        let Level { quota, period, .. } = level;
        let garbled = Absence::new(quota.name(), Why::Garbled);
        let (quota, period) = match self.version {
            Version::Two => {
                let mut words = text::words(buffer.read(quota)?);
                let (quota, period) = (words.next(), words.next());
                if quota == Some(b"max") {
                    return Ok(None);
                }
                let number = |word: Option<&[u8]>| word.and_then(text::number);
                (number(quota), number(period))
            }
            Version::One => {
                let text = buffer.read(quota)?;
                if text::words(text).next() == Some(b"-1") {
                    return Ok(None);
                }
                let quota = text::only_number(text, quota.name())?;
                let period = text::only_number(buffer.read(period)?, period.name())?;
                (Some(quota), Some(period))
            }
        };
        match (quota, period) {
            (Some(quota), Some(period)) if quota > 0 && period > 0 => {
                Ok(Some(quota as f64 / period as f64))
            }
            _ => Err(garbled),
        }
    }

    fn stopped(&self, level: &Level, buffer: &mut Buffer) -> Reading<Throttling> {
        let source = &level.stat;
        let text = buffer.read(source)?;
        let number = |key: &[u8]| text::number_after(text, key, source.name());
        let throttled_ns = match self.version {
            Version::One => number(b"throttled_time")?,
            Version::Two => number(b"throttled_usec")?.saturating_mul(1_000),
        };
        Ok(Throttling {
            periods: number(b"nr_periods")?,
            throttled_periods: number(b"nr_throttled")?,
            throttled_ns,
        })
    }
}

impl Throttling {
    fn and(self, other: Self) -> Self {
        Self {
            periods: self.periods.saturating_add(other.periods),
            throttled_periods: self
                .throttled_periods
                .saturating_add(other.throttled_periods),
            throttled_ns: self.throttled_ns.saturating_add(other.throttled_ns),
        }
    }
}
