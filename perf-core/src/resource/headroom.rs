//! In: the limits that hold for this process and what is used of them. Out: [`Headroom`], what it may still take.

use crate::probe::{Machine, Probe, Process, Reading};
use std::fmt;

/// What this process can still take before it meets a limit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Headroom {
    /// Memory.
    pub memory: Reading<Room>,
    /// Descriptors; `Ok(None)` is no limit.
    pub descriptors: Reading<Option<u64>>,
    /// CPUs that it may use at a time: what the machine has, or its quota.
    pub cpus: Reading<f64>,
}

/// Room below a limit, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Room {
    /// What can still be taken.
    pub bytes: u64,
    /// Whose limit is met first.
    pub limited_by: LimitedBy,
    /// That limit.
    pub limit: u64,
    /// What is used of it now, without what the kernel can take back.
    pub used: u64,
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitedBy {
    /// One that the program set for its own resident memory.
    Program,
    /// A control group's: a container's.
    ControlGroup,
    /// The machine has no more.
    Machine,
}

impl fmt::Display for LimitedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Program => "the program's own limit",
            Self::ControlGroup => "the control group's limit",
            Self::Machine => "the machine's memory",
        })
    }
}

/// How much memory, descriptors and CPU this process can still take. Cost: 183 µs; it looks for the control groups
/// each time.
///
/// ```
/// let room = perf_core::resource::headroom();
/// // Batches of which each needs some 50 MiB, and never more than there are CPUs:
/// let by_memory = room.items_of(50 << 20).unwrap_or(1);
/// let at_a_time = by_memory.min(room.cpus.map_or(1, |cpus| cpus.ceil() as u64)).max(1);
/// assert!(at_a_time >= 1);
/// ```
pub fn headroom() -> Headroom {
    let mut probe = Probe::new();
    let (process, machine) = (probe.process(), probe.machine());
    of(&process, &machine, None)
}

/// As [`headroom`], with a limit of the program's own on its resident memory, in bytes.
///
/// ```
/// use perf_core::resource::{LimitedBy, headroom_within};
/// let room = headroom_within(1); // one byte: long exceeded
/// if let Ok(memory) = room.memory {
///     assert_eq!((memory.bytes, memory.limited_by), (0, LimitedBy::Program));
/// }
/// ```
pub fn headroom_within(rss: u64) -> Headroom {
    let mut probe = Probe::new();
    let (process, machine) = (probe.process(), probe.machine());
    of(&process, &machine, Some(rss))
}

impl Headroom {
    /// How many things of `bytes` each there is memory for; `None` where that is not known.
    pub fn items_of(&self, bytes: u64) -> Option<u64> {
        self.memory.ok().map(|room| room.bytes / bytes.max(1))
    }
}

fn of(process: &Process, machine: &Machine, own: Option<u64>) -> Headroom {
    Headroom {
        memory: memory(process, machine, own),
        descriptors: process.descriptor_limit.and_then(|limit| {
            let open = process.descriptors?;
            Ok(limit.map(|limit| limit.saturating_sub(open)))
        }),
        cpus: cpus(machine),
    }
}

/// What the machine has, or the quota.
pub(super) fn cpus(machine: &Machine) -> Reading<f64> {
    let quota = machine.cgroup.cpu.ok().flatten();
    let all = machine.cpus? as f64;
    Ok(quota.map_or(all, |quota| quota.cpus.min(all)))
}

/// The least of all rooms that are known.
fn memory(process: &Process, machine: &Machine, own: Option<u64>) -> Reading<Room> {
    let program = own.zip(process.rss.ok()).map(|(limit, used)| Room {
        bytes: limit.saturating_sub(used),
        limited_by: LimitedBy::Program,
        limit,
        used,
    });
    match (program, outside(machine)) {
        (Some(own), Ok(outside)) if outside.bytes < own.bytes => Ok(outside),
        (Some(own), _) => Ok(own),
        (None, outside) => outside,
    }
}

/// The room that control groups and the machine leave.
pub(super) fn outside(machine: &Machine) -> Reading<Room> {
    let group = machine.cgroup.memory.ok().flatten().map(|memory| Room {
        bytes: memory.room(),
        limited_by: LimitedBy::ControlGroup,
        limit: memory.limit,
        used: memory.used.saturating_sub(memory.reclaimable),
    });
    let whole = machine.memory_total.and_then(|limit| {
        let bytes = machine.memory_available?;
        Ok(Room {
            bytes,
            limited_by: LimitedBy::Machine,
            limit,
            used: limit.saturating_sub(bytes),
        })
    });
    match (group, whole) {
        (Some(group), Ok(whole)) if whole.bytes < group.bytes => Ok(whole),
        (Some(group), _) => Ok(group),
        (None, whole) => whole,
    }
}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests {
    use super::*;
    use std::fs;

    /// A process of 1,000 KiB in a group that has used 700 KiB, 200 of which can be had back, on a machine with so much left.
    fn room(group_limit_kib: u64, left_kib: u64, own_kib: Option<u64>) -> Headroom {
        let root = tempfile::tempdir().expect("a folder");
        let group = "sys/fs/cgroup/mine";
        for (path, text) in [
            (
                "proc/self/status".to_owned(),
                "VmRSS:\t 1000 kB\n".to_owned(),
            ),
            ("proc/self/cgroup".to_owned(), "0::/mine\n".to_owned()),
            (
                "proc/self/mountinfo".to_owned(),
                "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n".to_owned(),
            ),
            (
                "proc/meminfo".to_owned(),
                format!("MemTotal: 9000 kB\nMemAvailable: {left_kib} kB\n"),
            ),
            (
                format!("{group}/memory.max"),
                format!("{}\n", group_limit_kib << 10),
            ),
            (
                format!("{group}/memory.current"),
                format!("{}\n", 700 << 10),
            ),
            (
                format!("{group}/memory.stat"),
                format!("inactive_file {}\n", 200 << 10),
            ),
            (format!("{group}/cpu.max"), "50000 100000\n".to_owned()),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
            fs::write(path, text).expect("written");
        }
        let mut probe = Probe::at(root.path());
        let (process, machine) = (probe.process(), probe.machine());
        of(&process, &machine, own_kib.map(|kib| kib << 10))
    }

    fn memory_of(headroom: &Headroom) -> (u64, LimitedBy, u64, u64) {
        let room = headroom.memory.expect("known");
        (
            room.bytes >> 10,
            room.limited_by,
            room.limit >> 10,
            room.used >> 10,
        )
    }

    #[test]
    fn the_least_room_counts_whosever_it_is() {
        let group = (300, LimitedBy::ControlGroup, 800, 500);
        assert_eq!(memory_of(&room(800, 5_000, None)), group);
        let machine = (250, LimitedBy::Machine, 9_000, 8_750);
        assert_eq!(memory_of(&room(800, 250, None)), machine);
        let program = (100, LimitedBy::Program, 1_100, 1_000);
        assert_eq!(memory_of(&room(800, 5_000, Some(1_100))), program);
        assert_eq!(memory_of(&room(800, 5_000, Some(9_999))), group);
        assert_eq!(memory_of(&room(800, 5_000, Some(10))).0, 0);
    }

    #[test]
    fn a_quota_is_fewer_cpus_than_the_machine_has() {
        let headroom = room(800, 5_000, None);
        assert_eq!(headroom.cpus, Ok(0.5));
        assert_eq!(headroom.items_of(100 << 10), Some(3));
    }
}
