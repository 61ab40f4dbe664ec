//! In: the kernel's files and calls. Out: [`Probe`], what the process has taken and what the machine has left; each number optional,
//! with the reason for its absence.
//!
//! Linux tells all of it. Other Unix systems tell what `getrusage` and `getrlimit` know: CPU time, peak memory, faults, switches and
//! the limit of descriptors. Windows and WebAssembly tell nothing here; every reading says so.

mod absence;
mod cgroup;
mod file;
mod kept;
mod machine;
mod pressure;
mod process;
mod system;
mod text;
mod thread;

pub use absence::{Absence, Reading, Why};
pub use cgroup::{Cgroup, CpuQuota, MemoryLimit, Throttling};
pub use machine::{CpuTimes, Load, Machine};
pub use pressure::Pressure;
pub use process::Process;
pub use thread::{MOST_THREADS, ThisThread, Thread};

use std::path::{Path, PathBuf};

/// Reads what the kernel tells, again and again, with one small buffer.
///
/// Cost: some 100 µs to find the control groups when it is made, then 5 to 12 µs a file. Control groups are those that the process was in then.
///
/// ```
/// let mut probe = perf_core::probe::Probe::new();
/// let before = probe.process();
/// let work: u64 = (0..100_000u64).map(std::hint::black_box).sum();
/// let after = probe.process();
/// assert!(work > 0);
/// if let (Ok(before), Ok(after)) = (before.cpu_ns(), after.cpu_ns()) {
///     assert!(after >= before);
/// }
/// ```
#[derive(Debug)]
pub struct Probe {
    root: PathBuf,
    buffer: file::Buffer,
    process: process::Sources,
    machine: machine::Sources,
    this_thread: file::Source,
}

impl Probe {
    /// A probe of this machine.
    pub fn new() -> Self {
        Self::at(Path::new("/"))
    }

    /// A probe that reads its files (`proc/...`, `sys/...`) below another root: a container's file system, or a test's.
    ///
    /// Calls of the system (`getrusage`, `getrlimit`) still tell of this process.
    ///
    /// ```
    /// use perf_core::probe::{Probe, Why};
    /// let nothing = std::path::Path::new("/a/folder/that/is/not/there");
    /// let absence = Probe::at(nothing).machine().memory_total.unwrap_err();
    /// assert_eq!(absence.why(), Why::Missing);
    /// assert_eq!(absence.to_string(), "/proc/meminfo does not exist here");
    /// ```
    pub fn at(root: &Path) -> Self {
        let mut buffer = file::Buffer::default();
        Self {
            process: process::Sources::new(root, &mut buffer),
            machine: machine::Sources::new(root, &mut buffer),
            this_thread: thread::own_source(root),
            root: root.to_owned(),
            buffer,
        }
    }

    /// What this process has taken and holds. Cost: 19 µs.
    pub fn process(&mut self) -> Process {
        self.process.read(&mut self.buffer)
    }

    /// The part of [`Probe::process`] that a sampler looks at: no age, no input and output, no limit of descriptors. From here on a
    /// descriptor stays open.
    pub(crate) fn held(&mut self) -> Process {
        self.process.held(&mut self.buffer)
    }

    /// Resident memory, CPU time, faults and switches alone. From here on a descriptor stays open.
    pub(crate) fn least(&mut self) -> Process {
        self.process.least(&mut self.buffer)
    }

    /// What the machine and the process's control groups have left. Cost: 69 µs, with a memory group three levels deep.
    pub fn machine(&mut self) -> Machine {
        self.machine.read(&mut self.buffer)
    }

    /// The living threads, at most [`MOST_THREADS`]. Cost: 17 µs a thread.
    ///
    /// # Errors
    /// [`Absence`], where threads are not listed.
    pub fn threads(&mut self) -> Reading<Vec<Thread>> {
        thread::threads(&self.root, &mut self.buffer)
    }

    /// What the calling thread got of the CPU, and how long it waited for one. Cost: 5.3 µs.
    pub fn this_thread(&mut self) -> ThisThread {
        thread::this_thread(&self.this_thread, &mut self.buffer)
    }

    /// Resident memory alone, in bytes.
    ///
    /// # Errors
    /// [`Absence`].
    pub fn rss(&mut self) -> Reading<u64> {
        self.process.rss(&mut self.buffer)
    }

    /// What the CPUs did since the machine started, stolen time with it.
    ///
    /// # Errors
    /// [`Absence`].
    pub fn cpu(&mut self) -> Reading<CpuTimes> {
        self.machine.cpu(&mut self.buffer)
    }

    /// The load averages and the tasks of this instant.
    ///
    /// # Errors
    /// [`Absence`].
    pub fn load(&mut self) -> Reading<Load> {
        self.machine.load(&mut self.buffer)
    }

    /// Memory in all and what is available of it, in bytes.
    pub fn memory(&mut self) -> (Reading<u64>, Reading<u64>) {
        self.machine.memory(&mut self.buffer)
    }

    /// The control groups' limit on memory alone.
    pub(crate) fn cgroup_memory(&mut self) -> Reading<Option<MemoryLimit>> {
        self.machine.cgroup_memory(&mut self.buffer)
    }

    /// The limits of the control groups alone.
    pub fn cgroup(&mut self) -> Cgroup {
        self.machine.cgroup(&mut self.buffer)
    }
}

/// Has the C library's allocator give memory that was freed back to the kernel; milliseconds. Does nothing to other allocators.
pub(crate) fn give_back_freed_memory() {
    system::give_back_freed_memory();
}

impl Default for Probe {
    fn default() -> Self {
        Self::new()
    }
}
