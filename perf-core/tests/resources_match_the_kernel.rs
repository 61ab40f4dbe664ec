//! Promise: what probes and snapshots say of memory, CPU, threads, descriptors, input and output is what was really used, within 2 %
//! or what the kernel rounds to.

#![cfg(target_os = "linux")]

#[path = "common/alone.rs"]
mod alone;

use alone::alone;
use perf_core::probe::{Probe, Process};
use perf_core::{Snapshot, snapshot};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::sync::Barrier;
use std::time::Duration;

/// What the kernel may be behind with, and what the test harness does meanwhile.
const PAGES: u64 = 1 << 20;

/// Threads that the harness may start or end at any moment: one for each test of this file.
const TESTS: u64 = 10;

fn near(what: &str, found: u64, known: u64, granularity: u64) {
    let allowed = known / 50 + granularity;
    assert!(
        found.abs_diff(known) <= allowed,
        "{what}: {found}, known {known} ± {allowed}"
    );
}

fn usage() -> libc::rusage {
    // SAFETY: all-zero bytes are a valid `rusage`: it holds integers only.
    let mut usage = unsafe { std::mem::zeroed() };
    // SAFETY: it writes one `rusage`, which lives through the call.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    assert_eq!(answer, 0);
    usage
}

fn thread_cpu() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: it writes one `timespec`, which lives through the call.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    assert_eq!(answer, 0);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Runs until this thread has had so much CPU time, however long it waits for it; tells how much it got.
fn burn(time: Duration) -> u64 {
    let start = thread_cpu();
    let mut x = 1u64;
    while u128::from(thread_cpu() - start) < time.as_nanos() {
        for _ in 0..10_000 {
            x = std::hint::black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
    }
    thread_cpu() - start
}

#[test]
fn memory_touched_is_resident_and_given_back() {
    let _alone = alone();
    let mut probe = Probe::new();
    let of = |process: &Process| (process.rss.unwrap(), process.anonymous.unwrap());
    let size = 96 << 20;
    let before = of(&probe.process());
    let held = std::hint::black_box(vec![1u8; size as usize]);
    let during = probe.process();
    near("resident", of(&during).0 - before.0, size, PAGES);
    near("anonymous", of(&during).1 - before.1, size, PAGES);
    let peak = during.peak_rss.unwrap();
    near(
        "peak beside getrusage",
        peak,
        (usage().ru_maxrss as u64) << 10,
        PAGES,
    );
    drop(held);
    let after = probe.process();
    assert!(
        of(&after).0 < before.0 + size / 50 + PAGES,
        "it stays: {:?}",
        after.rss
    );
    assert!(after.peak_rss.unwrap() >= before.0 + size - size / 50 - PAGES);
}

#[test]
fn an_interval_knows_its_peak_though_nobody_looked() {
    let _alone = alone();
    let size = 256 << 20; // more than any other test holds
    let before = snapshot();
    drop(std::hint::black_box(vec![1u8; size]));
    let interval = snapshot().since(&before).unwrap();
    let rss = interval.resources.as_ref().unwrap().level("rss").unwrap();
    assert!(rss.peak_exact, "{rss:?}");
    near("peak", rss.peak, rss.start + size as u64, PAGES);
    assert!(rss.end < rss.start + size as u64 / 10);
    // Nothing happens in the next one: its peak is what its ends show, and it says that it knows no better.
    let again = snapshot();
    let quiet = snapshot().since(&again).unwrap().resources.unwrap();
    let rss = quiet.level("rss").unwrap();
    assert!(!rss.peak_exact && rss.peak < size as u64, "{rss:?}");
}

#[test]
fn cpu_time_is_that_of_all_threads_by_name() {
    let _alone = alone();
    let before = snapshot();
    let session = perf_core::Session::options("cpu").report(false).start();
    let (done, gone) = (Barrier::new(3), Barrier::new(3));
    let (burned, seen) = std::thread::scope(|scope| {
        let burner = |name: &str, ms| {
            let (done, gone) = (&done, &gone);
            let work = move || {
                let burned = burn(Duration::from_millis(ms));
                done.wait();
                gone.wait();
                burned
            };
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn_scoped(scope, work)
                .unwrap()
        };
        let handles = [burner("burner-a", 200), burner("burner-b", 100)];
        done.wait();
        let seen = session.snapshot();
        gone.wait();
        (handles.map(|handle| handle.join().unwrap()), seen)
    });
    let resources = seen.resources.as_ref().unwrap();
    for (name, burned) in ["burner-a", "burner-b"].iter().zip(burned) {
        let thread = resources
            .threads
            .iter()
            .find(|t| t.name == *name)
            .expect("a living thread");
        near(name, thread.cpu_ns, burned, 2_000_000);
    }
    let interval = snapshot().since(&before).unwrap().resources.unwrap();
    // The main thread waited; the sessions' own cost and the harness are within the granularity.
    near(
        "both",
        interval.cpu_ns().unwrap(),
        burned.iter().sum(),
        20_000_000,
    );
    let all = usage();
    let micros = |t: libc::timeval| t.tv_sec as u64 * 1_000_000 + t.tv_usec as u64;
    let known = 1_000 * (micros(all.ru_utime) + micros(all.ru_stime));
    near(
        "beside getrusage",
        snapshot().resources.unwrap().cpu_ns().unwrap(),
        known,
        20_000_000,
    );
}

#[test]
fn bytes_and_calls_are_counted_without_our_own() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let (calls, block) = (2_000u64, vec![7u8; 4_096]);
    let mut probe = Probe::new();
    let before = probe.process();
    let mut file = File::create(&path).unwrap();
    for _ in 0..calls {
        file.write_all(&block).unwrap();
    }
    file.sync_all().unwrap();
    let mut file = File::open(&path).unwrap();
    let mut buffer = block.clone();
    for _ in 0..calls {
        file.read_exact(&mut buffer).unwrap();
        probe.rss().unwrap(); // whatever we read ourselves does not count
    }
    let after = probe.process();
    let bytes = calls * 4_096;
    near(
        "bytes written",
        after.written_bytes.unwrap() - before.written_bytes.unwrap(),
        bytes,
        0,
    );
    near(
        "calls that wrote",
        after.write_calls.unwrap() - before.write_calls.unwrap(),
        calls,
        0,
    );
    near(
        "bytes read",
        after.read_bytes.unwrap() - before.read_bytes.unwrap(),
        bytes,
        0,
    );
    near(
        "calls that read",
        after.read_calls.unwrap() - before.read_calls.unwrap(),
        calls,
        0,
    );
    // A file system in memory sends nothing to storage; any other sends all of it.
    let stored = after.storage_written_bytes.unwrap() - before.storage_written_bytes.unwrap();
    assert!(stored == 0 || stored >= bytes - bytes / 50, "{stored}");
}

#[test]
fn open_files_threads_and_switches_are_counted() {
    let _alone = alone();
    let mut probe = Probe::new();
    let before = probe.process();
    let files: Vec<File> = (0..200)
        .map(|_| File::open("/proc/self/status").unwrap())
        .collect();
    let barrier = Barrier::new(101);
    let during = std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| barrier.wait());
        }
        let during = probe.process();
        barrier.wait();
        during
    });
    near(
        "threads",
        during.threads.unwrap() - before.threads.unwrap(),
        100,
        TESTS,
    );
    near(
        "descriptors",
        during.descriptors.unwrap() - before.descriptors.unwrap(),
        200,
        1,
    );
    drop(files);
    for _ in 0..50 {
        std::thread::sleep(Duration::from_micros(100));
    }
    let after = probe.process();
    near(
        "descriptors after",
        after.descriptors.unwrap(),
        before.descriptors.unwrap(),
        1,
    );
    assert!(after.voluntary_switches.unwrap() - before.voluntary_switches.unwrap() >= 50);
    assert!(after.minor_faults.unwrap() <= usage().ru_minflt as u64);
    assert!(
        after
            .descriptor_limit
            .unwrap()
            .is_none_or(|limit| limit >= after.descriptors.unwrap())
    );
}

/// A mapping of pages, in which each is touched for the first time by `touch`.
struct Pages {
    start: *mut u8,
    bytes: usize,
}

impl Pages {
    /// Of nothing, or of a file; no page is brought in with another.
    fn map(number: usize, file: Option<&File>) -> Self {
        let bytes = number * 4_096;
        let (flags, descriptor) = file.map_or((libc::MAP_ANONYMOUS, -1), |f| (0, f.as_raw_fd()));
        let flags = libc::MAP_PRIVATE | flags;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping where the kernel finds room.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                protection,
                flags,
                descriptor,
                0,
            )
        };
        assert_ne!(start, libc::MAP_FAILED);
        // SAFETY: it is this mapping.
        unsafe {
            libc::madvise(start, bytes, libc::MADV_NOHUGEPAGE);
            libc::madvise(start, bytes, libc::MADV_RANDOM);
        }
        Self {
            start: start.cast(),
            bytes,
        }
    }

    fn touch(&self, write: bool) {
        for at in (0..self.bytes).step_by(4_096) {
            // SAFETY: within the mapping, which nobody else knows.
            unsafe {
                let byte = self.start.add(at);
                if write {
                    byte.write_volatile(1);
                } else {
                    std::hint::black_box(byte.read_volatile());
                }
            }
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: it is the whole mapping, and nobody holds a pointer into it.
        unsafe { libc::munmap(self.start.cast(), self.bytes) };
    }
}

#[test]
fn pages_touched_and_pages_fetched_are_counted() {
    let _alone = alone();
    let mut probe = Probe::new();
    let pages = Pages::map(20_000, None);
    let before = probe.process();
    pages.touch(true);
    let after = probe.process();
    drop(pages);
    let faults = after.minor_faults.unwrap() - before.minor_faults.unwrap();
    near("pages touched", faults, 20_000, 200);

    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&vec![1; 2_000 * 4_096]).unwrap();
    file.sync_all().unwrap();
    // SAFETY: the descriptor is open; it touches no memory of ours.
    unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    let pages = Pages::map(2_000, Some(&file));
    let (before, kernel) = (probe.process(), usage().ru_majflt);
    pages.touch(false);
    let (kernel, after) = (usage().ru_majflt - kernel, probe.process());
    let faults = after.major_faults.unwrap() - before.major_faults.unwrap();
    near("faults of storage", faults, kernel as u64, 20);
    if kernel == 0 {
        eprintln!("not here: this file system gives no storage back");
        return;
    }
    // What the kernel did not give back, or fetched with another page, is no fault; what was fetched has been read.
    let fetched = after.storage_read_bytes.unwrap() - before.storage_read_bytes.unwrap();
    assert!(faults <= 2_500, "{faults}");
    assert!(
        fetched + (1 << 20) >= faults * 4_096 && fetched <= 3 * 2_000 * 4_096 + (8 << 20),
        "{fetched} bytes in {faults} faults"
    );
}

#[test]
fn waits_and_turns_are_counted() {
    let _alone = alone();
    let mut probe = Probe::new();
    let before = (usage(), probe.process());
    for _ in 0..1_000 {
        std::thread::sleep(Duration::from_micros(20));
    }
    let after = (probe.process(), usage());
    let waits = after.0.voluntary_switches.unwrap() - before.1.voluntary_switches.unwrap();
    near("waits", waits, 1_000, 50);
    // How often others were given our turn nobody knows but the kernel: no less than between the inner readings of it, no more than
    // between the outer ones.
    let (low, high) = (before.0.ru_nivcsw as u64, after.1.ru_nivcsw as u64);
    for seen in [&before.1, &after.0] {
        let seen = seen.involuntary_switches.unwrap();
        assert!((low..=high).contains(&seen), "{low} {seen} {high}");
    }
    let (low, high) = (before.0.ru_nvcsw as u64, after.1.ru_nvcsw as u64);
    assert!((low..=high).contains(&after.0.voluntary_switches.unwrap()));
}

const CHILD: &str = "RESOURCES_MATCH_THE_KERNEL_CHILD";

#[test]
fn peak_memory_is_what_time_v_says() {
    let _alone = alone();
    if let Some(path) = std::env::var_os(CHILD) {
        let session = perf_core::Session::options("child")
            .report(false)
            .run_file(&path)
            .start();
        drop(std::hint::black_box(vec![1u8; 80 << 20]));
        burn(Duration::from_millis(500));
        drop(session);
        let whole = serde_json::to_vec(&snapshot()).unwrap();
        std::fs::write(std::path::Path::new(&path).with_extension("whole"), whole).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run.json");
    let timed = Command::new("/usr/bin/time")
        .arg("-v")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "peak_memory_is_what_time_v_says"])
        .env(CHILD, &run)
        .output();
    let Ok(timed) = timed else {
        eprintln!("/usr/bin/time is not here; nothing compared");
        return;
    };
    let words = String::from_utf8_lossy(&timed.stderr).into_owned();
    let said = |what: &str| -> f64 {
        let line = words.lines().find_map(|l| l.trim().strip_prefix(what));
        line.expect(&words).trim().parse().unwrap()
    };
    let known = said("Maximum resident set size (kbytes):") as u64;
    let seen: Snapshot = perf_core::run::Run::read(&run).unwrap().snapshot;
    near(
        "peak",
        seen.resources.unwrap().level("rss").unwrap().peak,
        known << 10,
        2 * PAGES,
    );
    // The rest is of the whole process, but for its end: what is asked then is what `time` hears, and a little more.
    let whole = std::fs::read(run.with_extension("whole")).unwrap();
    let whole: Snapshot = serde_json::from_slice(&whole).unwrap();
    let whole = whole.resources.unwrap();
    let seconds = said("User time (seconds):") + said("System time (seconds):");
    near(
        "CPU time",
        whole.cpu_ns().unwrap(),
        (seconds * 1e9) as u64,
        100_000_000, // it rounds both down to 10 ms, and the end takes some
    );
    let faults = said("Minor (reclaiming a frame) page faults:") as u64;
    let total = |name: &str| whole.total(name).unwrap();
    assert!(
        total("minor_faults") <= faults && faults - total("minor_faults") <= 2_000 + faults / 50
    );
    assert!(total("major_faults") <= said("Major (requiring I/O) page faults:") as u64);
    assert!(total("voluntary_switches") <= said("Voluntary context switches:") as u64);
    assert!(total("involuntary_switches") <= said("Involuntary context switches:") as u64);
}

/// What only grows lies between two readings of the kernel's own text, one before and one after, wherever this machine has it.
#[test]
fn pressure_and_stolen_time_lie_between_two_readings() {
    let _alone = alone();
    let total = |name: &str| -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/pressure/{name}")).ok()?;
        let some = text.lines().find(|line| line.starts_with("some"))?;
        some.rsplit_once("total=")?.1.trim().parse().ok()
    };
    let stolen = || -> Option<u64> {
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        text.lines().next()?.split_whitespace().nth(8)?.parse().ok()
    };
    let names = ["cpu", "memory", "io"];
    let before = (names.map(total), stolen());
    let machine = Probe::new().machine();
    let after = (names.map(total), stolen());
    let pressures = [
        machine.cpu_pressure,
        machine.memory_pressure,
        machine.io_pressure,
    ];
    for (at, pressure) in pressures.into_iter().enumerate() {
        match (before.0[at], after.0[at], pressure) {
            (Some(low), Some(high), Ok(seen)) => {
                let seen = seen.some_ns / 1_000;
                assert!((low..=high).contains(&seen), "{low} {seen} {high}");
            }
            (None, None, Err(absence)) => eprintln!("not compared here: {absence}"),
            other => panic!("{}: {other:?}", names[at]),
        }
    }
    if let (Some(low), Some(high), Ok(seen)) = (before.1, after.1, machine.cpu) {
        let tick = 1_000_000_000 / 100; // of /proc, on every Linux there is
        assert!(
            (low * tick..=high * tick).contains(&seen.steal_ns),
            "{low} {seen:?} {high}"
        );
    }
}

#[test]
fn resources_are_read_back_merged_and_optional() {
    let _alone = alone();
    let before = snapshot();
    burn(Duration::from_millis(5));
    let later = snapshot();
    let interval = later.since(&before).unwrap();
    let json = serde_json::to_string(&interval).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), interval);
    let (first, second) = (
        before.resources.as_ref().unwrap(),
        interval.resources.as_ref().unwrap(),
    );
    let both = before.merge(&interval).unwrap().resources.unwrap();
    assert_eq!(both.cpu_ns(), later.resources.as_ref().unwrap().cpu_ns());
    assert_eq!(both.covers_ns, first.covers_ns + second.covers_ns);
    let swapped = interval.merge(&before).unwrap().resources.unwrap();
    assert_eq!(swapped, both, "the order does not matter");
    // A file from before resources were recorded.
    let mut old: serde_json::Value = serde_json::from_str(&json).unwrap();
    old.as_object_mut().unwrap().remove("resources");
    let old: Snapshot = serde_json::from_value(old).unwrap();
    assert_eq!(old.resources, None);
    assert_eq!(old.merge(&interval).unwrap().resources, interval.resources);
    assert_eq!(later.since(&old).map(|s| s.resources), Ok(None));
    assert!(
        old.report()
            .text(None, false)
            .lines()
            .all(|line| line != "resources")
    );
    let text = interval.report().text(Some(60), false);
    for word in ["resources", "resident", "CPUs in use", "descriptors"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
}
