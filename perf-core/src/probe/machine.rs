//! In: the kernel's files about the machine. Out: [`Machine`], what is left of it and what others take.

use super::absence::{Absence, Reading, Why};
use super::cgroup::{self, Cgroup};
use super::file::{Buffer, Source};
use super::pressure::{self, Pressure};
use super::{system, text};
use std::path::Path;

/// The machine as this process finds it. Each number is there or says why not.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Machine {
    /// All memory, in bytes.
    pub memory_total: Reading<u64>,
    /// Memory that new work can have without swapping, in bytes.
    pub memory_available: Reading<u64>,
    /// Waiting and running tasks.
    pub load: Reading<Load>,
    /// What the CPUs did since the machine started.
    pub cpu: Reading<CpuTimes>,
    /// CPUs that this process may run on.
    pub cpus: Reading<u64>,
    /// Waiting for CPUs.
    pub cpu_pressure: Reading<Pressure>,
    /// Waiting for memory.
    pub memory_pressure: Reading<Pressure>,
    /// Waiting for input and output.
    pub io_pressure: Reading<Pressure>,
    /// The limits of the group this process is in.
    pub cgroup: Cgroup,
}

/// The load averages, and the tasks of this instant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// Tasks running or waiting for a CPU or storage, averaged over a minute.
    pub one_minute: f64,
    /// Over five minutes.
    pub five_minutes: f64,
    /// Over fifteen minutes.
    pub fifteen_minutes: f64,
    /// Tasks that run or could run right now, this one included.
    pub runnable: u64,
}

/// Time of all CPUs together since the machine started, in nanoseconds, to 10 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuTimes {
    /// In programs.
    pub user_ns: u64,
    /// In the kernel, interrupts included.
    pub system_ns: u64,
    /// With nothing to do, waiting for storage included.
    pub idle_ns: u64,
    /// Taken away by the hypervisor for other guests.
    pub steal_ns: u64,
}

/// Where all this is read.
#[derive(Debug)]
pub(super) struct Sources {
    meminfo: Source,
    loadavg: Source,
    stat: Source,
    pressures: [Source; 3],
    cgroup: cgroup::Sources,
}

const MEMINFO: &str = "/proc/meminfo";
const LOADAVG: &str = "/proc/loadavg";
const STAT: &str = "/proc/stat";

/// The first line of `/proc/stat` is within this.
const FIRST_LINE: usize = 1_024;

impl Sources {
    pub(super) fn new(root: &Path, buffer: &mut Buffer) -> Self {
        let source = |name| Source::new(root, name);
        Self {
            meminfo: source(MEMINFO),
            loadavg: source(LOADAVG),
            stat: source(STAT),
            pressures: [
                source("/proc/pressure/cpu"),
                source("/proc/pressure/memory"),
                source("/proc/pressure/io"),
            ],
            cgroup: cgroup::Sources::new(root, buffer),
        }
    }

    pub(super) fn read(&self, buffer: &mut Buffer) -> Machine {
        let (memory_total, memory_available) = self.memory(buffer);
        let [cpu, memory, io] = &self.pressures;
        Machine {
            memory_total,
            memory_available,
            load: self.load(buffer),
            cpu: self.cpu(buffer),
            cpus: system::cpus(),
            cpu_pressure: pressure::read(cpu, buffer),
            memory_pressure: pressure::read(memory, buffer),
            io_pressure: pressure::read(io, buffer),
            cgroup: self.cgroup.read(buffer),
        }
    }

    /// Memory in all, and what is available of it.
    pub(super) fn memory(&self, buffer: &mut Buffer) -> (Reading<u64>, Reading<u64>) {
        match buffer.read(&self.meminfo) {
            Ok(text) => (
                memory_field(text, b"MemTotal"),
                memory_field(text, b"MemAvailable"),
            ),
            Err(absence) => (Err(absence), Err(absence)),
        }
    }

    /// The cgroup alone.
    pub(super) fn cgroup(&self, buffer: &mut Buffer) -> Cgroup {
        self.cgroup.read(buffer)
    }

    /// Its memory alone.
    pub(super) fn cgroup_memory(
        &self,
        buffer: &mut Buffer,
    ) -> Reading<Option<cgroup::MemoryLimit>> {
        self.cgroup.memory(buffer)
    }

    pub(super) fn load(&self, buffer: &mut Buffer) -> Reading<Load> {
        load(buffer.read(&self.loadavg)?).ok_or(Absence::new(LOADAVG, Why::Garbled))
    }

    pub(super) fn cpu(&self, buffer: &mut Buffer) -> Reading<CpuTimes> {
        cpu_times(buffer.read_up_to(&self.stat, FIRST_LINE)?)
            .ok_or(Absence::new(STAT, Why::Garbled))
    }
}

fn memory_field(text: &[u8], key: &[u8]) -> Reading<u64> {
    let rest = text::after(text, key).ok_or(Absence::new(MEMINFO, Why::Unsaid))?;
    text::kilobytes(rest, MEMINFO)
}

fn load(text: &[u8]) -> Option<Load> {
    let mut words = text::words(text);
    let mut average = || text::decimal(words.next()?);
    let (one_minute, five_minutes, fifteen_minutes) = (average()?, average()?, average()?);
    let runnable = words.next()?.split(|&byte| byte == b'/').next()?;
    Some(Load {
        one_minute,
        five_minutes,
        fifteen_minutes,
        runnable: text::number(runnable)?,
    })
}

/// `cpu  user nice system idle iowait irq softirq steal ...`; old kernels end before steal.
fn cpu_times(text: &[u8]) -> Option<CpuTimes> {
    let line = text::after(text, b"cpu")?;
    let mut times = [0; 8];
    let mut known = 0;
    for (time, word) in times.iter_mut().zip(text::words(line)) {
        *time = text::number(word)?.saturating_mul(system::tick_ns());
        known += 1;
    }
    let [user, nice, kernel, idle, iowait, irq, softirq, steal] = times;
    let sum = |parts: &[u64]| {
        parts
            .iter()
            .fold(0u64, |sum, part| sum.saturating_add(*part))
    };
    (known >= 4).then(|| CpuTimes {
        user_ns: sum(&[user, nice]),
        system_ns: sum(&[kernel, irq, softirq]),
        idle_ns: sum(&[idle, iowait]),
        steal_ns: steal,
    })
}
