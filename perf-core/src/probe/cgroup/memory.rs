//! In: a memory group's files and those of the groups above it. Out: [`MemoryLimit`], the limit that leaves the least room.

use super::locate::Levels;
use super::{Version, tightest};
use crate::probe::absence::{Absence, Reading, Why};
use crate::probe::file::{Buffer, Source};
use crate::probe::text;

/// A limit on memory and what is used of it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryLimit {
    /// The most the group may use.
    pub limit: u64,
    /// What all its processes use, cached files included.
    pub used: u64,
    /// The part of `used` that the kernel takes back when it is needed: cached files that nobody looked at lately.
    pub reclaimable: u64,
}

impl MemoryLimit {
    /// What is left, with what the kernel can take back.
    pub fn room(&self) -> u64 {
        let needed = self.used.saturating_sub(self.reclaimable);
        self.limit.saturating_sub(needed)
    }
}

/// From this on a limit of version 1 is its way to say none: the largest multiple of a page.
const NO_LIMIT: u64 = 0x7fff_ffff_ffff_0000;

#[derive(Debug)]
pub(super) struct Sources {
    levels: Reading<Vec<Level>>,
    reclaimable: &'static [u8],
}

#[derive(Debug)]
struct Level {
    limit: Source,
    used: Source,
    stat: Source,
}

impl Sources {
    pub(super) fn new(levels: Reading<Levels>) -> Self {
        let version = levels.as_ref().map_or(Version::Two, |found| found.version);
        let (limit, used, reclaimable): (_, _, &[u8]) = match version {
            Version::One => (
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                b"total_inactive_file",
            ),
            Version::Two => ("memory.max", "memory.current", b"inactive_file"),
        };
        let named = |folder: &std::path::Path, name| Source::named(folder.join(name), name);
        let level = |folder: &std::path::PathBuf| Level {
            limit: named(folder, limit),
            used: named(folder, used),
            stat: named(folder, "memory.stat"),
        };
        Self {
            levels: levels.map(|found| found.folders.iter().map(level).collect()),
            reclaimable,
        }
    }

    pub(super) fn read(&self, buffer: &mut Buffer) -> Reading<Option<MemoryLimit>> {
        let levels = self.levels.as_ref().map_err(|absence| *absence)?;
        let less_room = |a: &MemoryLimit, b: &MemoryLimit| a.room() < b.room();
        tightest(levels, |level| self.of_level(level, buffer), less_room)
    }

    fn of_level(&self, level: &Level, buffer: &mut Buffer) -> Reading<Option<MemoryLimit>> {
        let name = level.limit.name();
        let Some(limit) = limit(buffer.read(&level.limit)?, name)? else {
            return Ok(None);
        };
        let used = text::only_number(buffer.read(&level.used)?, level.used.name())?;
        let stat = buffer.read(&level.stat);
        let reclaimable =
            stat.and_then(|text| text::number_after(text, self.reclaimable, level.stat.name()));
        Ok(Some(MemoryLimit {
            limit,
            used,
            reclaimable: reclaimable.unwrap_or(0).min(used),
        }))
    }
}

/// A number, or `max`.
fn limit(text: &[u8], source: &'static str) -> Reading<Option<u64>> {
    let word = text::words(text)
        .next()
        .ok_or(Absence::new(source, Why::Garbled))?;
    if word == b"max" {
        return Ok(None);
    }
    let number = text::number(word).ok_or(Absence::new(source, Why::Garbled))?;
    Ok((number < NO_LIMIT).then_some(number))
}
