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

/// How often a group stood still because its quota was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    quotas: Reading<Vec<[Source; 2]>>,
    stat: Reading<Source>,
}

impl Sources {
    pub(super) fn new(levels: Reading<Levels>) -> Self {
        let version = levels.as_ref().map_or(Version::Two, |found| found.version);
        let names = match version {
            Version::One => ["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            Version::Two => ["cpu.max", "cpu.max"],
        };
        let named = |folder: &Path, name| Source::named(folder.join(name), name);
        let quota = |folder: &PathBuf| names.map(|name| named(folder, name));
        let stat = |found: &Levels| {
            let own = found.folders.first();
            own.map(|folder| named(folder, "cpu.stat"))
                .ok_or(Absence::new("cpu.stat", Why::Missing))
        };
        Self {
            version,
            stat: levels.as_ref().map_err(|a| *a).and_then(stat),
            quotas: levels.map(|found| found.folders.iter().map(quota).collect()),
        }
    }

    /// The tightest quota.
    pub(super) fn quota(&self, buffer: &mut Buffer) -> Reading<Option<CpuQuota>> {
        let levels = self.quotas.as_ref().map_err(|absence| *absence)?;
        let quota = tightest(levels, |level| self.of_level(level, buffer), |a, b| a < b)?;
        Ok(quota.map(|cpus| CpuQuota { cpus }))
    }

    fn of_level(&self, files: &[Source; 2], buffer: &mut Buffer) -> Reading<Option<f64>> {
        let [quota, period] = files;
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

    pub(super) fn throttling(&self, buffer: &mut Buffer) -> Reading<Throttling> {
        let source = self.stat.as_ref().map_err(|absence| *absence)?;
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
