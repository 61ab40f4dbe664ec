//! Promise: a probe tells what is there and says in a sentence why the rest is not; no file, whatever it holds, makes it fail, guess or grow.

#![cfg(target_os = "linux")]

use perf_core::probe::{Probe, Why};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const STATUS: &str = "Name:\tx\nVmHWM:\t  2000 kB\nVmRSS:\t  1000 kB\nRssAnon:\t 600 kB\nRssFile:\t 300 kB\nRssShmem:\t 100 kB\nVmSwap:\t 50 kB\nThreads:\t7\n";
const IO: &str = "rchar: 11\nwchar: 12\nsyscr: 13\nsyscw: 14\nread_bytes: 15\nwrite_bytes: 16\ncancelled_write_bytes: 0\n";
const MEMINFO: &str = "MemTotal: 4000 kB\nMemFree: 10 kB\nMemAvailable: 1000 kB\n";
const PRESSURE: &str = "some avg10=9.95 avg60=6.36 avg300=11.96 total=77\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n";

fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(root.path(), name, text.as_bytes());
    }
    root
}

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn why<T>(reading: Result<T, perf_core::probe::Absence>) -> Why {
    reading.err().expect("it should be absent").why()
}

#[test]
fn what_is_there_is_told() {
    let root = root(&[
        ("proc/self/status", STATUS),
        ("proc/self/io", IO),
        ("proc/self/fd/0", ""),
        ("proc/self/fd/1", ""),
        ("proc/meminfo", MEMINFO),
        ("proc/loadavg", "0.91 1.49 0.80 3/115 30374\n"),
        ("proc/stat", "cpu  10 1 20 300 40 5 6 7 0 0\ncpu0 1 1 1\n"),
        ("proc/pressure/cpu", PRESSURE),
        (
            "proc/self/task/12/stat",
            "12 (a) b) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 1 0 5 0 0",
        ),
        ("proc/self/task/12/schedstat", "3001 17 2\n"),
    ]);
    let mut probe = Probe::at(root.path());
    let process = probe.process();
    assert_eq!(process.rss, Ok(1000 << 10));
    assert_eq!(process.peak_rss, Ok(2000 << 10));
    assert_eq!(
        (process.anonymous, process.file, process.shared),
        (Ok(600 << 10), Ok(300 << 10), Ok(100 << 10))
    );
    assert_eq!(process.swap, Ok(50 << 10));
    assert_eq!((process.threads, process.descriptors), (Ok(7), Ok(2)));
    assert_eq!(
        (process.read_bytes, process.written_bytes),
        (Ok(11), Ok(12))
    );
    assert_eq!(
        (process.storage_read_bytes, process.storage_written_bytes),
        (Ok(15), Ok(16))
    );
    let machine = probe.machine();
    assert_eq!(
        (machine.memory_total, machine.memory_available),
        (Ok(4000 << 10), Ok(1000 << 10))
    );
    let load = machine.load.unwrap();
    assert_eq!(
        (load.one_minute, load.fifteen_minutes, load.runnable),
        (0.91, 0.80, 3)
    );
    let cpu = machine.cpu.unwrap();
    let tick = 10_000_000;
    assert_eq!(
        (cpu.user_ns, cpu.system_ns, cpu.idle_ns, cpu.steal_ns),
        (11 * tick, 31 * tick, 340 * tick, 7 * tick)
    );
    let pressure = machine.cpu_pressure.unwrap();
    assert_eq!((pressure.some_ns, pressure.full_ns), (77_000, 5_000));
    assert_eq!(why(machine.io_pressure), Why::Missing);
    let threads = probe.threads().unwrap();
    assert_eq!((threads.len(), threads[0].name.as_str()), (1, "a) b"));
    assert_eq!(
        (threads[0].cpu_user_ns, threads[0].cpu_system_ns),
        (Ok(250 * tick), Ok(50 * tick))
    );
    assert_eq!(
        (threads[0].cpu_ns, threads[0].waited_ns),
        (Ok(3001), Ok(17))
    );
}

#[test]
fn without_proc_everything_says_so() {
    let root = root(&[]);
    let mut probe = Probe::at(root.path());
    let process = probe.process();
    for reading in [
        process.rss,
        process.threads,
        process.descriptors,
        process.read_calls,
        process.age_ns,
    ] {
        assert_eq!(why(reading), Why::Missing);
    }
    // What a call of the system knows is there all the same.
    assert!(
        process.cpu_ns().is_ok() && process.peak_rss.is_ok() && process.descriptor_limit.is_ok()
    );
    let machine = probe.machine();
    assert_eq!(why(machine.memory_total), Why::Missing);
    assert_eq!(why(machine.cgroup.memory), Why::Missing);
    assert_eq!(why(machine.cgroup.throttling), Why::Missing);
    assert_eq!(why(probe.threads()), Why::Missing);
    assert_eq!(
        process.rss.unwrap_err().to_string(),
        "/proc/self/status does not exist here"
    );
}

#[test]
fn what_cannot_be_read_says_so() {
    let root = root(&[]);
    // A folder in the file's place cannot be read by anybody, not even by root.
    fs::create_dir_all(root.path().join("proc/self/status")).unwrap();
    let process = Probe::at(root.path()).process();
    assert!(
        matches!(why(process.rss), Why::Failed(_)),
        "{:?}",
        process.rss
    );
    let sentence = process.rss.unwrap_err().to_string();
    assert!(
        sentence.starts_with("/proc/self/status cannot be read: "),
        "{sentence}"
    );
}

fn v1(limit: &str, parent: &str) -> TempDir {
    root(&[
        (
            "proc/self/cgroup",
            "4:memory:/outer/inner\n2:cpu,cpuacct:/outer\n0::/\n",
        ),
        (
            "proc/self/mountinfo",
            "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
        ),
        ("sys/fs/cgroup/unified/cgroup.procs", ""),
        (
            "sys/fs/cgroup/memory/memory.limit_in_bytes",
            "9223372036854771712\n",
        ),
        ("sys/fs/cgroup/memory/outer/memory.limit_in_bytes", parent),
        ("sys/fs/cgroup/memory/outer/memory.usage_in_bytes", "900\n"),
        (
            "sys/fs/cgroup/memory/outer/memory.stat",
            "cache 1\ntotal_inactive_file 100\n",
        ),
        (
            "sys/fs/cgroup/memory/outer/inner/memory.limit_in_bytes",
            limit,
        ),
        (
            "sys/fs/cgroup/memory/outer/inner/memory.usage_in_bytes",
            "300\n",
        ),
        ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu/outer/cpu.cfs_quota_us", "150000\n"),
        ("sys/fs/cgroup/cpu/outer/cpu.cfs_period_us", "100000\n"),
        (
            "sys/fs/cgroup/cpu/outer/cpu.stat",
            "nr_periods 10\nnr_throttled 3\nthrottled_time 77\n",
        ),
    ])
}

#[test]
fn control_groups_of_version_1() {
    // The group above leaves less room than the group itself.
    let root = v1("2000\n", "1000\n");
    let cgroup = Probe::at(root.path()).cgroup();
    let memory = cgroup.memory.unwrap().expect("a limit");
    assert_eq!(
        (memory.limit, memory.used, memory.reclaimable, memory.room()),
        (1000, 900, 100, 200)
    );
    assert_eq!(cgroup.cpu.unwrap().expect("a quota").cpus, 1.5);
    let throttling = cgroup.throttling.unwrap();
    assert_eq!(
        (
            throttling.periods,
            throttling.throttled_periods,
            throttling.throttled_ns
        ),
        (10, 3, 77)
    );
    // And the other way round.
    let root = v1("400\n", "9223372036854771712\n");
    let memory = Probe::at(root.path())
        .cgroup()
        .memory
        .unwrap()
        .expect("a limit");
    assert_eq!((memory.limit, memory.room()), (400, 100));
    let root = v1("9223372036854771712\n", "9223372036854771712\n");
    assert_eq!(Probe::at(root.path()).cgroup().memory, Ok(None));
}

fn v2(limit: &str, cpu: &str) -> TempDir {
    root(&[
        ("proc/self/cgroup", "0::/app.slice/mine\n"),
        (
            "proc/self/mountinfo",
            "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n",
        ),
        ("sys/fs/cgroup/app.slice/memory.max", "max\n"),
        ("sys/fs/cgroup/app.slice/mine/memory.max", limit),
        ("sys/fs/cgroup/app.slice/mine/memory.current", "700\n"),
        (
            "sys/fs/cgroup/app.slice/mine/memory.stat",
            "anon 1\ninactive_file 50\n",
        ),
        ("sys/fs/cgroup/app.slice/mine/cpu.max", cpu),
        (
            "sys/fs/cgroup/app.slice/mine/cpu.stat",
            "usage_usec 1\nnr_periods 4\nnr_throttled 2\nthrottled_usec 9\n",
        ),
    ])
}

#[test]
fn control_groups_of_version_2() {
    let root = v2("1000\n", "50000 100000\n");
    let cgroup = Probe::at(root.path()).cgroup();
    let memory = cgroup.memory.unwrap().expect("a limit");
    assert_eq!((memory.limit, memory.room()), (1000, 350));
    assert_eq!(cgroup.cpu.unwrap().expect("a quota").cpus, 0.5);
    assert_eq!(cgroup.throttling.unwrap().throttled_ns, 9_000);
    // A group above stops it as well, and counts for itself.
    write(
        root.path(),
        "sys/fs/cgroup/app.slice/cpu.max",
        b"90000 100000\n",
    );
    let stat = b"nr_periods 7\nnr_throttled 1\nthrottled_usec 5\n";
    write(root.path(), "sys/fs/cgroup/app.slice/cpu.stat", stat);
    let cgroup = Probe::at(root.path()).cgroup();
    assert_eq!(cgroup.cpu.unwrap().expect("a quota").cpus, 0.5);
    let throttling = cgroup.throttling.unwrap();
    assert_eq!(
        (
            throttling.periods,
            throttling.throttled_periods,
            throttling.throttled_ns
        ),
        (11, 3, 14_000)
    );
    let root = v2("max\n", "max 100000\n");
    let cgroup = Probe::at(root.path()).cgroup();
    assert_eq!((cgroup.memory, cgroup.cpu), (Ok(None), Ok(None)));
    let root = v2("lots\n", "0 0\n");
    let mut probe = Probe::at(root.path());
    // The group above says `max`, its own limit cannot be understood: that is no absence of a limit.
    assert_eq!(why(probe.cgroup().memory), Why::Garbled);
    assert_eq!(why(probe.cgroup().cpu), Why::Garbled);
}

#[test]
fn huge_files_are_read_in_part() {
    let root = root(&[]);
    let mut huge = STATUS.as_bytes().to_vec();
    huge.resize(10_000_000, b'9');
    for name in [
        "proc/self/status",
        "proc/meminfo",
        "proc/stat",
        "proc/loadavg",
        "proc/pressure/io",
        "proc/self/cgroup",
        "proc/self/mountinfo",
        "proc/self/io",
    ] {
        write(root.path(), name, &huge);
    }
    let mut probe = Probe::at(root.path());
    assert_eq!(probe.process().rss, Ok(1000 << 10));
    assert!(probe.machine().memory_total.is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Texts that are nearly right: cut, with bytes changed.
    #[test]
    fn no_text_makes_it_panic(which in 0usize..5, cut in 0usize..400, at in 0usize..400, byte: u8, noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        let root = v2("1000\n", "50000 100000\n");
        let names = ["proc/self/status", "proc/self/io", "proc/self/cgroup", "proc/self/mountinfo", "sys/fs/cgroup/app.slice/mine/memory.stat"];
        let mut text = match which { 0 => STATUS.into(), 1 => IO.into(), _ => fs::read(root.path().join(names[which])).unwrap() };
        if at < text.len() { text[at] = byte; }
        text.truncate(cut.max(1));
        text.extend_from_slice(&noise);
        write(root.path(), names[which], &text);
        for name in ["proc/stat", "proc/loadavg", "proc/pressure/cpu", "proc/meminfo", "proc/self/stat", "proc/self/task/1/stat", "proc/self/task/1/schedstat"] {
            write(root.path(), name, &noise);
        }
        let mut probe = Probe::at(root.path());
        let (process, machine) = (probe.process(), probe.machine());
        for absence in [process.rss.err(), machine.memory_total.err(), machine.load.err()].into_iter().flatten() {
            prop_assert!(!absence.to_string().is_empty());
        }
        prop_assert!(probe.threads().is_ok());
    }
}
