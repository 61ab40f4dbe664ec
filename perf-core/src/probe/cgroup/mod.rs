//! In: the files of the control groups this process is in, of version 1 or 2. Out: [`Cgroup`], their limits, usage and throttling.

mod cpu;
mod locate;
mod memory;

pub use cpu::{CpuQuota, Throttling};
pub use memory::MemoryLimit;

use super::absence::{Absence, Reading, Why};
use super::file::Buffer;
use std::path::Path;

/// What the control groups allow and have taken. Limits of the groups above count too: the tightest is meant.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Cgroup {
    /// The limit on memory that leaves the least room; `Ok(None)` is no limit.
    pub memory: Reading<Option<MemoryLimit>>,
    /// The limit on CPU time; `Ok(None)` is no limit.
    pub cpu: Reading<Option<CpuQuota>>,
    /// How often and how long the group stood still because its CPU time was used up.
    pub throttling: Reading<Throttling>,
}

/// Where all this is read: found once, when the probe is made.
#[derive(Debug)]
pub(super) struct Sources {
    memory: memory::Sources,
    cpu: cpu::Sources,
}

/// The two generations of control groups; both may be mounted at once, each with other controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Sources {
    pub(super) fn new(root: &Path, buffer: &mut Buffer) -> Self {
        Self {
            memory: memory::Sources::new(locate::levels(root, b"memory", buffer)),
            cpu: cpu::Sources::new(locate::levels(root, b"cpu", buffer)),
        }
    }

    pub(super) fn memory(&self, buffer: &mut Buffer) -> Reading<Option<MemoryLimit>> {
        self.memory.read(buffer)
    }

    pub(super) fn read(&self, buffer: &mut Buffer) -> Cgroup {
        Cgroup {
            memory: self.memory(buffer),
            cpu: self.cpu.quota(buffer),
            throttling: self.cpu.throttling(buffer),
        }
    }
}

/// The tightest of the limits of all levels.
///
/// A level without the file is not limited (the root of version 2 has none) as long as another level has it. One that cannot be read
/// or understood may be the tightest: unless a limit is known, that is not the same as no limit.
fn tightest<L, T>(
    levels: &[L],
    mut limit: impl FnMut(&L) -> Reading<Option<T>>,
    tighter: impl Fn(&T, &T) -> bool,
) -> Reading<Option<T>> {
    let (mut found, mut said) = (None, false);
    let (mut missing, mut unclear): (Option<Absence>, Option<Absence>) = (None, None);
    for level in levels {
        match limit(level) {
            Ok(one) => {
                said = true;
                found = match (found, one) {
                    (Some(known), Some(new)) if !tighter(&new, &known) => Some(known),
                    (known, new) => new.or(known),
                };
            }
            Err(absence) if absence.why == Why::Missing => missing = missing.or(Some(absence)),
            Err(absence) => unclear = unclear.or(Some(absence)),
        }
    }
    match (found, unclear, missing) {
        (Some(limit), ..) => Ok(Some(limit)),
        (None, Some(absence), _) => Err(absence),
        (None, None, Some(absence)) if !said => Err(absence),
        _ => Ok(None),
    }
}
