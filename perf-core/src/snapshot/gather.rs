//! In: the probes. Out: [`Resources`] of this process up to now.

use super::resources::{Missing, ResourceLevel, ResourceTotal, Resources, ThreadTime};
use super::series::ResourceUnit::{self, Bytes, Count, Nanoseconds};
use crate::probe::{Machine, Probe, Process, Reading};
use parking_lot::Mutex;
use std::time::Instant;

/// The probe, made at the first snapshot, and what the machine's own counters said then: they count from its start, not from ours.
struct Gatherer {
    probe: Probe,
    first: Machine,
    made: Instant,
}

/// The interpreter has no system to ask.
const UNDER_MIRI: bool = cfg!(miri);

static GATHERER: Mutex<Option<Gatherer>> = Mutex::new(None);

/// What this process has taken and holds; without its threads. Cost: 88 µs.
pub(super) fn resources() -> Resources {
    if UNDER_MIRI {
        return Resources::default();
    }
    with_probe(|gatherer| {
        let (process, machine) = (gatherer.probe.process(), gatherer.probe.machine());
        let mut found = Resources {
            covers_ns: process
                .age_ns
                .unwrap_or_else(|_| gatherer.made.elapsed().as_nanos() as u64),
            cpus: cpus(&machine),
            ..Resources::default()
        };
        totals(&mut found, &process);
        machine_totals(&mut found, &machine, &gatherer.first);
        levels(&mut found, &process, &machine);
        found
    })
}

/// CPU time of the living threads.
pub(super) fn threads() -> Reading<Vec<ThreadTime>> {
    let time = |thread: crate::probe::Thread| {
        Some(ThreadTime {
            id: thread.id,
            name: thread.name,
            cpu_ns: thread.cpu_ns.ok()?,
            waited_ns: thread.waited_ns.ok(),
        })
    };
    if UNDER_MIRI {
        return Ok(Vec::new());
    }
    let all = with_probe(|gatherer| gatherer.probe.threads())?;
    Ok(all.into_iter().filter_map(time).collect())
}

fn with_probe<T>(read: impl FnOnce(&mut Gatherer) -> T) -> T {
    let mut kept = GATHERER.lock();
    let gatherer = kept.get_or_insert_with(|| {
        let mut probe = Probe::new();
        Gatherer {
            first: probe.machine(),
            probe,
            made: Instant::now(),
        }
    });
    read(gatherer)
}

/// What the machine has and the quota allows.
fn cpus(machine: &Machine) -> Option<f64> {
    let has = machine.cpus.ok().map(|cpus| cpus as f64);
    let quota = machine.cgroup.cpu.ok().flatten().map(|quota| quota.cpus);
    [has, quota].into_iter().flatten().reduce(f64::min)
}

fn totals(found: &mut Resources, process: &Process) {
    let all: [(&str, ResourceUnit, Reading<u64>); 12] = [
        ("cpu_user", Nanoseconds, process.cpu_user_ns),
        ("cpu_system", Nanoseconds, process.cpu_system_ns),
        ("minor_faults", Count, process.minor_faults),
        ("major_faults", Count, process.major_faults),
        ("voluntary_switches", Count, process.voluntary_switches),
        ("involuntary_switches", Count, process.involuntary_switches),
        ("read", Bytes, process.read_bytes),
        ("written", Bytes, process.written_bytes),
        ("read_calls", Count, process.read_calls),
        ("write_calls", Count, process.write_calls),
        ("storage_read", Bytes, process.storage_read_bytes),
        ("storage_written", Bytes, process.storage_written_bytes),
    ];
    for (name, unit, reading) in all {
        total(found, name, unit, reading);
    }
}

/// What the machine counts, since the first snapshot of this process.
fn machine_totals(found: &mut Resources, now: &Machine, first: &Machine) {
    type Counter = fn(&Machine) -> Reading<u64>;
    let all: [(&str, ResourceUnit, Counter); 6] = [
        ("machine_steal", Nanoseconds, |m| {
            m.cpu.map(|cpu| cpu.steal_ns)
        }),
        ("cpu_pressure", Nanoseconds, |m| {
            m.cpu_pressure.map(|p| p.some_ns)
        }),
        ("memory_pressure", Nanoseconds, |m| {
            m.memory_pressure.map(|p| p.some_ns)
        }),
        ("io_pressure", Nanoseconds, |m| {
            m.io_pressure.map(|p| p.some_ns)
        }),
        ("throttled", Nanoseconds, |m| {
            m.cgroup.throttling.map(|t| t.throttled_ns)
        }),
        ("throttled_periods", Count, |m| {
            m.cgroup.throttling.map(|t| t.throttled_periods)
        }),
    ];
    for (name, unit, counter) in all {
        let amount = counter(now).and_then(|amount| Ok(amount.saturating_sub(counter(first)?)));
        total(found, name, unit, amount);
    }
}

fn levels(found: &mut Resources, process: &Process, machine: &Machine) {
    let plain: [(&str, ResourceUnit, Reading<u64>); 5] = [
        ("anonymous", Bytes, process.anonymous),
        ("file", Bytes, process.file),
        ("shared", Bytes, process.shared),
        ("swap", Bytes, process.swap),
        ("threads", Count, process.threads),
    ];
    level(
        found,
        "rss",
        Bytes,
        process.rss,
        process.peak_rss.ok(),
        None,
    );
    for (name, unit, reading) in plain {
        level(found, name, unit, reading, None, None);
    }
    let most = process.descriptor_limit.ok().flatten();
    level(found, "descriptors", Count, process.descriptors, None, most);
    match machine.cgroup.memory {
        Ok(None) => {}
        Ok(Some(memory)) => {
            let needed = memory.used.saturating_sub(memory.reclaimable);
            level(
                found,
                "cgroup_memory",
                Bytes,
                Ok(needed),
                None,
                Some(memory.limit),
            );
        }
        Err(absence) => level(found, "cgroup_memory", Bytes, Err(absence), None, None),
    }
    let used = machine
        .memory_total
        .and_then(|all| Ok(all.saturating_sub(machine.memory_available?)));
    level(
        found,
        "machine_memory",
        Bytes,
        used,
        None,
        machine.memory_total.ok(),
    );
}

fn total(found: &mut Resources, name: &str, unit: ResourceUnit, reading: Reading<u64>) {
    match reading {
        Ok(amount) => found.totals.push(ResourceTotal {
            name: name.to_owned(),
            unit,
            amount,
        }),
        Err(absence) => found.missing.push(Missing {
            name: name.to_owned(),
            why: absence.to_string(),
        }),
    }
}

fn level(
    found: &mut Resources,
    name: &str,
    unit: ResourceUnit,
    reading: Reading<u64>,
    peak: Option<u64>,
    limit: Option<u64>,
) {
    match reading {
        Ok(now) => found.levels.push(ResourceLevel {
            name: name.to_owned(),
            unit,
            start: 0, // before it started it held nothing
            end: now,
            peak: peak.unwrap_or(now).max(now),
            peak_exact: peak.is_some(),
            limit,
        }),
        Err(absence) => found.missing.push(Missing {
            name: name.to_owned(),
            why: absence.to_string(),
        }),
    }
}
