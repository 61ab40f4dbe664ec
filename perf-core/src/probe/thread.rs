//! In: the kernel's files about this process's threads. Out: [`Thread`], the CPU time of each, with its name.

use super::absence::{Absence, Reading, Why};
use super::file::{Buffer, Source, below};
use super::{process, system, text};
use std::path::Path;

/// More threads than this are not listed: they would cost more than they tell.
pub const MOST_THREADS: usize = 1_024;

/// A living thread: its name, its CPU time, and how long it waited for a CPU while it could have run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Thread {
    /// The kernel's number.
    pub id: u64,
    /// The name as the kernel keeps it, at most 15 bytes; what is no UTF-8 in it is replaced. Escape it before printing.
    pub name: String,
    /// CPU time in its own code, in nanoseconds, to 10 ms.
    pub cpu_user_ns: Reading<u64>,
    /// CPU time in the kernel, in nanoseconds, to 10 ms.
    pub cpu_system_ns: Reading<u64>,
    /// CPU time in all, in nanoseconds, exact.
    pub cpu_ns: Reading<u64>,
    /// Time in the run queue, ready and not running, in nanoseconds.
    pub waited_ns: Reading<u64>,
}

/// What the calling thread got of the CPU.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ThisThread {
    /// CPU time, in nanoseconds.
    pub cpu_ns: Reading<u64>,
    /// Time in the run queue, ready and not running, in nanoseconds.
    pub waited_ns: Reading<u64>,
}

const TASK: &str = "/proc/self/task";
const TASK_STAT: &str = "/proc/self/task/*/stat";
const TASK_SCHEDSTAT: &str = "/proc/self/task/*/schedstat";
const OWN_SCHEDSTAT: &str = "/proc/thread-self/schedstat";

/// User and system time in a `stat`, counted from the first field after the name.
const USER_TIME: usize = 11;

/// The thread that asks.
pub(super) fn this_thread(source: &Source, buffer: &mut Buffer) -> ThisThread {
    let times = buffer
        .read(source)
        .and_then(|text| schedstat(text, OWN_SCHEDSTAT));
    ThisThread {
        cpu_ns: system::thread_cpu_ns().or(times.map(|times| times.0)),
        waited_ns: times.map(|times| times.1),
    }
}

/// Where the calling thread's times are.
pub(super) fn own_source(root: &Path) -> Source {
    Source::new(root, OWN_SCHEDSTAT)
}

/// All threads, at most [`MOST_THREADS`].
pub(super) fn threads(root: &Path, buffer: &mut Buffer) -> Reading<Vec<Thread>> {
    let folder = below(root, Path::new(TASK));
    let entries = std::fs::read_dir(folder).map_err(|error| Absence::of_error(TASK, &error))?;
    let paths = entries.flatten().map(|entry| entry.path());
    // A thread that ended while we read has no files any more.
    Ok(paths
        .take(MOST_THREADS)
        .filter_map(|path| thread(&path, buffer))
        .collect())
}

fn thread(path: &Path, buffer: &mut Buffer) -> Option<Thread> {
    let id = text::number(path.file_name()?.as_encoded_bytes())?;
    let stat = buffer
        .read(&Source::named(path.join("stat"), TASK_STAT))
        .ok()?;
    let (name, user, system) = stat_of(stat);
    let schedstat = buffer
        .read(&Source::named(path.join("schedstat"), TASK_SCHEDSTAT))
        .and_then(|text| schedstat(text, TASK_SCHEDSTAT));
    let both = || Ok(user?.saturating_add(system?));
    Some(Thread {
        id,
        name,
        cpu_user_ns: user,
        cpu_system_ns: system,
        cpu_ns: schedstat.map(|times| times.0).or_else(|_| both()),
        waited_ns: schedstat.map(|times| times.1),
    })
}

fn stat_of(stat: &[u8]) -> (String, Reading<u64>, Reading<u64>) {
    let start = stat.iter().position(|&byte| byte == b'(');
    let end = stat.iter().rposition(|&byte| byte == b')');
    let name = match (start, end) {
        (Some(start), Some(end)) if start < end => &stat[start + 1..end],
        _ => b"?",
    };
    let time = |at: usize| {
        process::fields_after_name(stat)
            .and_then(|mut fields| fields.nth(at))
            .and_then(text::number)
            .map(|ticks| ticks.saturating_mul(system::tick_ns()))
            .ok_or(Absence::new(TASK_STAT, Why::Garbled))
    };
    (
        String::from_utf8_lossy(&name[..name.len().min(64)]).into_owned(),
        time(USER_TIME),
        time(USER_TIME + 1),
    )
}

/// Nanoseconds on a CPU, and waiting for one.
fn schedstat(text: &[u8], source: &'static str) -> Reading<(u64, u64)> {
    let mut numbers = text::words(text).map(text::number);
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(ran), Some(waited)) => Ok((ran, waited)),
        _ => Err(Absence::new(source, Why::Garbled)),
    }
}
