//! In: calls of the system. Out: what they tell of this process. The one unsafe file of the probes.
//!
//! Invariant 1: each call writes one struct of the type given to the address given and nothing else; it is initialised before and
//! lives through the call. Invariant 2: `sysconf` touches no memory of ours. Invariant 3: `malloc_trim` may be called by any thread at any
//! time, and touches only memory that nobody owns.

#![cfg_attr(unix, allow(unsafe_code))]

#[cfg(not(unix))]
use super::absence::Why;
use super::absence::{Absence, Reading};

/// What `getrusage` tells of the process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) user_ns: u64,
    pub(super) system_ns: u64,
    pub(super) peak_rss: u64, // bytes; on Linux it survives `exec`, so that a program's may be its parent's
    pub(super) minor_faults: u64,
    pub(super) major_faults: u64,
    pub(super) voluntary: u64,
    pub(super) involuntary: u64,
    pub(super) blocks_in: u64,  // of 512 bytes
    pub(super) blocks_out: u64, // of 512 bytes
}

const GETRUSAGE: &str = "getrusage";

/// Bytes a unit of `ru_maxrss`.
#[cfg(unix)]
const MAXRSS_UNIT: u64 = if cfg!(target_vendor = "apple") {
    1
} else {
    1024
};

#[cfg(unix)]
pub(super) fn usage() -> Reading<Usage> {
    // SAFETY: all-zero bytes are a valid `rusage`: it holds integers only.
    let mut all: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: invariant 1.
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut all) } != 0 {
        return Err(failed(GETRUSAGE));
    }
    let unsigned = |value: libc::c_long| u64::try_from(value).unwrap_or(0);
    Ok(Usage {
        user_ns: nanoseconds(all.ru_utime),
        system_ns: nanoseconds(all.ru_stime),
        peak_rss: unsigned(all.ru_maxrss).saturating_mul(MAXRSS_UNIT),
        minor_faults: unsigned(all.ru_minflt),
        major_faults: unsigned(all.ru_majflt),
        voluntary: unsigned(all.ru_nvcsw),
        involuntary: unsigned(all.ru_nivcsw),
        blocks_in: unsigned(all.ru_inblock),
        blocks_out: unsigned(all.ru_oublock),
    })
}

#[cfg(unix)]
fn nanoseconds(time: libc::timeval) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let micros = u64::try_from(time.tv_usec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(micros * 1_000)
}

/// The soft limit of open descriptors; `None` is no limit.
#[cfg(unix)]
pub(super) fn descriptor_limit() -> Reading<Option<u64>> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: invariant 1.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(failed("getrlimit"));
    }
    Ok((limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur))
}

/// Nanoseconds since the machine started, suspended time included.
#[cfg(target_os = "linux")]
pub(super) fn since_boot_ns() -> Reading<u64> {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: invariant 1.
    if unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now) } != 0 {
        return Err(failed("clock_gettime"));
    }
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Ok(seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0)))
}

/// CPU time of the calling thread, in nanoseconds.
#[cfg(unix)]
pub(super) fn thread_cpu_ns() -> Reading<u64> {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: invariant 1.
    if unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) } != 0 {
        return Err(failed("clock_gettime"));
    }
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Ok(seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0)))
}

/// Nanoseconds a tick of the kernel's process times.
#[cfg(target_os = "linux")]
pub(super) fn tick_ns() -> u64 {
    // SAFETY: invariant 2.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    1_000_000_000
        / u64::try_from(per_second)
            .ok()
            .filter(|&n| n > 0)
            .unwrap_or(100)
}

/// Bytes of a page of memory.
#[cfg(target_os = "linux")]
pub(super) fn page_bytes() -> u64 {
    // SAFETY: invariant 2.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(bytes)
        .ok()
        .filter(|&n| n > 0)
        .unwrap_or(4_096)
}

/// The name of the number of CPUs in sentences.
const CPUS: &str = "the number of CPUs";

/// CPUs that the calling thread may run on. The standard library's answer reads the control groups' files each time, which probes have
/// read already.
#[cfg(target_os = "linux")]
pub(super) fn cpus() -> Reading<u64> {
    // SAFETY: all-zero bytes are a valid `cpu_set_t`: it holds integers only.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: invariant 1.
    if unsafe { libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) } != 0 {
        return elsewhere(); // of more than 1,024 CPUs
    }
    // SAFETY: invariant 1: it reads the set.
    let number = unsafe { libc::CPU_COUNT(&set) };
    u64::try_from(number)
        .ok()
        .filter(|&cpus| cpus > 0)
        .map_or_else(elsewhere, Ok)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn cpus() -> Reading<u64> {
    elsewhere()
}

/// What the standard library says.
fn elsewhere() -> Reading<u64> {
    std::thread::available_parallelism()
        .map(|cpus| cpus.get() as u64)
        .map_err(|error| Absence::of_error(CPUS, &error))
}

/// Has the C library's allocator give freed memory back to the kernel, where it knows how; another allocator is left alone.
pub(super) fn give_back_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: invariant 3.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(unix)]
fn failed(call: &'static str) -> Absence {
    Absence::of_error(call, &std::io::Error::last_os_error())
}

#[cfg(not(unix))]
pub(super) fn usage() -> Reading<Usage> {
    Err(Absence::new(GETRUSAGE, Why::Platform))
}

#[cfg(not(unix))]
pub(super) fn descriptor_limit() -> Reading<Option<u64>> {
    Err(Absence::new("getrlimit", Why::Platform))
}

#[cfg(not(unix))]
pub(super) fn thread_cpu_ns() -> Reading<u64> {
    Err(Absence::new("clock_gettime", Why::Platform))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn since_boot_ns() -> Reading<u64> {
    use super::absence::Why;
    Err(Absence::new("the time since boot", Why::Platform))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn tick_ns() -> u64 {
    10_000_000
}

#[cfg(not(target_os = "linux"))]
pub(super) fn page_bytes() -> u64 {
    4_096
}
