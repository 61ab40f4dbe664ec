//! Promise: within a control group of its own a process is told of that group's quota, of how long it was stopped for it, of the limit on
//! memory and the room that is left, as the kernel has them.

#![cfg(target_os = "linux")]

#[path = "common/control_group.rs"]
mod control_group;
#[path = "common/wait.rs"]
mod wait;

use control_group::{Group, entered, run_within};
use perf_core::Session;
use perf_core::probe::Probe;
use perf_core::resource::{Limited, LimitedBy, Limits, MemoryPermits, NoRoom, Sampler, headroom};
use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wait::wait_until;

const MIB: u64 = 1 << 20;

/// What the kernel keeps in parts for each CPU, and what the test's harness does meanwhile.
const GRAIN: u64 = 2 * MIB;

fn near(what: &str, found: u64, known: u64) {
    let allowed = known / 50 + GRAIN;
    assert!(
        found.abs_diff(known) <= allowed,
        "{what}: {found}, known {known} ± {allowed}"
    );
}

/// The folders of the groups that this test runs in, or the test run within such groups, where they can be made.
fn within(test: &str, groups: &[(&str, &[(&str, &str)])]) -> Option<Vec<PathBuf>> {
    let inside = entered();
    if inside.is_none() {
        let made = groups.iter().map(|(name, set)| Group::new(name, set));
        match made.collect::<Result<Vec<_>, _>>() {
            Ok(groups) => run_within(&groups, test),
            Err(why) => eprintln!("not here: {why}"),
        }
    }
    inside
}

fn numbers(path: &Path) -> Vec<u64> {
    let text = fs::read_to_string(path).unwrap();
    text.split_whitespace().flat_map(str::parse).collect()
}

/// Computes for some time of the clock.
fn burn(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        black_box((0..10_000u64).fold(1, |x, y| black_box(x ^ y)));
    }
}

/// Periods, those in which the quota did not last, and nanoseconds stopped, from the kernel's own text.
fn stopped(group: &Path) -> [u64; 3] {
    let all = numbers(&group.join("cpu.stat"));
    [all[0], all[1], all[2]]
}

#[test]
fn a_quota_and_how_long_it_stopped_us() {
    let quota: &[_] = &[
        ("cpu.cfs_period_us", "50000"),
        ("cpu.cfs_quota_us", "10000"),
    ];
    let groups: &[(&str, &[_])] = &[("cpu", quota), ("cpuacct", &[])];
    let Some(groups) = within("a_quota_and_how_long_it_stopped_us", groups) else {
        return;
    };
    let group = &groups[0];
    let mut probe = Probe::new();
    let cpu = || numbers(&groups[1].join("cpuacct.usage"))[0];
    let quota = probe.cgroup().cpu.unwrap().expect("it has one");
    assert_eq!(quota.cpus, 0.2);
    assert_eq!(headroom().cpus, Ok(0.2));

    let earliest = stopped(group);
    let used = (cpu(), probe.process().cpu_ns().unwrap());
    let session = Session::options("stopped").report(false).start();
    let before = stopped(group);
    wait_until("five periods in which the quota did not last", || {
        burn(Duration::from_millis(30));
        stopped(group)[1] >= before[1] + 5
    });
    // Its numbers lie between two readings of the kernel's own text.
    let low = stopped(group);
    let seen = probe.cgroup().throttling.unwrap();
    let seen_by_session = session.finish();
    let high = stopped(group);
    let told = [seen.periods, seen.throttled_periods, seen.throttled_ns];
    for at in 0..3 {
        assert!(
            (low[at]..=high[at]).contains(&told[at]),
            "{low:?} {told:?} {high:?}"
        );
    }
    let resources = seen_by_session.resources.as_ref().unwrap();
    for (name, at) in [("throttled_periods", 1), ("throttled", 2)] {
        let (least, most) = (low[at] - before[at], high[at] - earliest[at]);
        let total = resources.total(name).unwrap();
        assert!(
            (least..=most).contains(&total),
            "{name}: {least} {total} {most}"
        );
    }
    assert_eq!(resources.cpus, Some(0.2));
    // And its CPU time is what the group is charged.
    let used = (cpu() - used.0, probe.process().cpu_ns().unwrap() - used.1);
    let allowed = used.0 / 50 + 20_000_000; // a tick for each reading
    assert!(used.0.abs_diff(used.1) <= allowed, "{used:?}");

    let text = seen_by_session.report().text(None, false);
    assert!(text.contains("stopped by its quota for"), "{text}");
    assert!(text.contains("in use on average of 0.20"), "{text}");
}

#[test]
fn a_quota_of_a_group_above_stops_us_too() {
    let quota: &[_] = &[
        ("cpu.cfs_period_us", "50000"),
        ("cpu.cfs_quota_us", "10000"),
    ];
    let Some(groups) = within("a_quota_of_a_group_above_stops_us_too", &[("cpu", quota)]) else {
        return;
    };
    let inner = groups[0].join("inner");
    fs::create_dir(&inner).unwrap();
    let enter =
        |folder: &Path| fs::write(folder.join("cgroup.procs"), std::process::id().to_string());
    enter(&inner).unwrap();
    let found = std::panic::catch_unwind(|| {
        let mut probe = Probe::new();
        assert_eq!(probe.cgroup().cpu.unwrap().expect("above").cpus, 0.2);
        wait_until("a period in which the quota did not last", || {
            burn(Duration::from_millis(30));
            stopped(&groups[0])[1] > 0
        });
        let low = stopped(&groups[0]);
        let seen = probe.cgroup().throttling.unwrap();
        let high = stopped(&groups[0]);
        assert!(
            (low[1]..=high[1]).contains(&seen.throttled_periods),
            "{seen:?}"
        );
        assert_eq!(stopped(&inner), [0; 3], "it has no quota of its own");
    });
    enter(&groups[0]).unwrap();
    fs::remove_dir(&inner).unwrap();
    found.unwrap();
}

const LIMIT: u64 = 256 * MIB;

/// Whether the group's limit is the one that is met first; otherwise there is nothing to be learnt of it.
fn met_first(probe: &mut Probe) -> bool {
    let tightest = probe.cgroup().memory.unwrap().expect("ours, at least");
    let room = headroom().memory.unwrap();
    if (tightest.limit, room.limited_by) == (LIMIT, LimitedBy::ControlGroup) {
        return true;
    }
    eprintln!("not here: another limit leaves less room: {room:?}");
    false
}

#[test]
fn room_follows_what_is_held_below_a_limit_on_memory() {
    let limit = LIMIT.to_string();
    let limit: &[_] = &[("memory.limit_in_bytes", limit.as_str())];
    let test = "room_follows_what_is_held_below_a_limit_on_memory";
    let Some(groups) = within(test, &[("memory", limit)]) else {
        return;
    };
    let mut probe = Probe::new();
    if !met_first(&mut probe) {
        return;
    }
    let kernel = || numbers(&groups[0].join("memory.usage_in_bytes"))[0];
    let mut used = || probe.cgroup().memory.unwrap().unwrap().used;
    let room = || headroom().memory.unwrap().bytes;
    near("used", used(), kernel());
    let before = room();
    for mib in [32, 64, 128] {
        let held = black_box(vec![1u8; (mib * MIB) as usize]);
        near("room taken", before.saturating_sub(room()), mib * MIB);
        near("used", used(), kernel());
        let report = perf_core::snapshot().report().text(None, false);
        assert!(report.contains("control group's memory"), "{report}");
        drop(held);
        near("room again", room(), before);
    }
    // Permits for more than the group has are not given, whatever they were made for.
    let permits = MemoryPermits::of(1 << 30);
    let first = permits.try_acquire(64 * MIB).unwrap();
    let refused = permits.try_acquire(400 * MIB).map(|_| ());
    let Err(NoRoom::NotNow { room, .. }) = refused else {
        panic!("{refused:?}")
    };
    near("room for permits", room, before - 64 * MIB);
    drop(first);
    files_are_not_in_the_way(&groups[0], before);
}

/// What was written to a file and is stored can be taken back: it is used, and takes no room.
fn files_are_not_in_the_way(group: &Path, before: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut file = fs::File::create(folder.path().join("data")).unwrap();
    let used = || numbers(&group.join("memory.usage_in_bytes"))[0];
    let start = used();
    for _ in 0..64 {
        file.write_all(&vec![7; MIB as usize]).unwrap();
    }
    file.sync_all().unwrap();
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap();
    let kept = stat
        .lines()
        .find_map(|line| line.strip_prefix("total_inactive_file "));
    if kept.is_none_or(|bytes| bytes.parse::<u64>().unwrap() < 56 * MIB) {
        eprintln!("not here: the kernel keeps no written files in the group");
        return;
    }
    assert!(used() >= start + 56 * MIB);
    near(
        "room beside files",
        headroom().memory.unwrap().bytes,
        before,
    );
}

#[test]
fn a_share_of_the_groups_memory_is_a_limit() {
    let limit = LIMIT.to_string();
    let limit: &[_] = &[("memory.limit_in_bytes", limit.as_str())];
    let Some(groups) = within(
        "a_share_of_the_groups_memory_is_a_limit",
        &[("memory", limit)],
    ) else {
        return;
    };
    if !met_first(&mut Probe::new()) {
        return;
    }
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let limits = Limits::new()
        .memory_share(0.5)
        .on_breach(move |breach| heard.lock().unwrap().push(breach.clone()));
    let sampler = Sampler::start(Duration::from_millis(5), limits).unwrap();
    let looks = || {
        sampler
            .series()
            .first()
            .map_or(0, perf_core::Series::samples)
    };
    wait_until("a look", || looks() > 0);
    assert!(told.lock().unwrap().is_empty());
    let start = numbers(&groups[0].join("memory.usage_in_bytes"))[0];
    let held = black_box(vec![1u8; 160 * MIB as usize]);
    wait_until("word of it", || !told.lock().unwrap().is_empty());
    let known = numbers(&groups[0].join("memory.usage_in_bytes"))[0];
    drop((sampler, held));
    let told = told.lock().unwrap();
    assert_eq!(
        (told.len(), told[0].what, told[0].limit),
        (1, Limited::MemoryShare, 0.5)
    );
    // It may have looked while the memory was being taken, and looks at what grew a little later.
    let value = told[0].value * LIMIT as f64;
    assert!(
        value > LIMIT as f64 / 2.0 && value <= (known + GRAIN) as f64,
        "{value} {known}"
    );
    let (grew, grain) = (&told[0].grew[0], GRAIN as f64);
    assert_eq!(grew.what, "anonymous memory");
    let most = (160 * MIB) as f64;
    assert!(
        grew.high + grain >= value - start as f64 && grew.low <= most + grain,
        "{grew:?}, {value} used, {start} at first"
    );
}

#[test]
fn what_a_limit_pushes_out_to_swap_is_told() {
    let devices = fs::read_to_string("/proc/swaps").unwrap_or_default();
    if devices.lines().count() < 2 {
        eprintln!("not here: the machine has no swap");
        return;
    }
    let limit: &[_] = &[
        ("memory.limit_in_bytes", "67108864"),
        ("memory.swappiness", "100"),
    ];
    if within(
        "what_a_limit_pushes_out_to_swap_is_told",
        &[("memory", limit)],
    )
    .is_none()
    {
        return;
    }
    let mut held = vec![1u8; 96 * MIB as usize];
    let mut probe = Probe::new();
    let known = || {
        let text = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Swap:"));
        let kib = line
            .unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse::<u64>()
            .unwrap();
        kib << 10
    };
    wait_until("memory pushed out", || {
        held.iter_mut().step_by(4_096).for_each(|byte| *byte += 1);
        known() > 16 * MIB
    });
    near("swapped out", probe.process().swap.unwrap(), known());
    let seen = perf_core::snapshot();
    let level = seen.resources.as_ref().unwrap().level("swap").unwrap().end;
    near("in the snapshot", level, known());
    assert!(seen.report().text(None, false).contains("swapped out"));
}
