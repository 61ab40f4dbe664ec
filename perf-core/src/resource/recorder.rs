//! In: a probe, asked again and again. Out: series of levels, and the limits that were crossed.

use super::growth::Growth;
use super::headroom::cpus;
use super::leak::{KEPT, LIVE};
use super::limits::{Armed, Breach, Limited, Limits};
use super::pace::Pace;
use crate::probe::{Probe, Process, Thread};
use crate::snapshot::ResourceUnit::{self, Bytes, Count, Cpus, Nanoseconds};
use crate::snapshot::{Series, retained};
use std::collections::BTreeMap;
use std::time::Instant;

/// The machine is asked no more often than this: it changes slowly, and costs as much as all the rest.
const MACHINE_EVERY_NS: u64 = 2_000_000_000;

/// Where its memory has a limit.
const LIMITED_MACHINE_EVERY_NS: u64 = 1_000_000_000;

/// What of the process is dear to ask: its threads, descriptors, kinds of memory. Where one of them has a limit, it is asked at every
/// look.
const DEAR_EVERY_NS: u64 = 1_000_000_000;

/// What the kernel's count of a thread's time lags behind with while it runs: a tick.
const TICK_NS: f64 = 1e7;

/// What its count of memory may lag behind with on each CPU, in bytes.
const LAG_A_CPU: f64 = 64.0 * 4_096.0;

/// Sites that are followed over time, those first that first kept something.
const MOST_SITES: usize = 32;

/// Things that grew and are named.
const NAMED: usize = 6;

/// What a sampler knows.
#[derive(Debug)]
pub(super) struct Recorder {
    probe: Probe,
    limits: Vec<(Limited, f64, Armed)>,
    series: Vec<Series>,
    first: Option<Process>,
    first_threads: Vec<Thread>,
    last_cpu: Option<(u64, u64)>, // when, and CPU time until then; both in nanoseconds
    machine: Pace,
    dear: Pace,
    sites: Pace,
    cpus: f64, // that this process may use
    lag: f64,  // of a number of bytes
}

impl Recorder {
    pub(super) fn new(limits: &Limits) -> Self {
        let limited = |these: &[Limited]| limits.all.iter().any(|limit| these.contains(&limit.0));
        let mut probe = Probe::new();
        let machine = probe.machine();
        Self {
            // Only these limits name threads.
            first_threads: if limited(&[Limited::CpuShare, Limited::Threads]) {
                probe.threads().unwrap_or_default()
            } else {
                Vec::new()
            },
            cpus: cpus(&machine).unwrap_or(1.0),
            lag: LAG_A_CPU * machine.cpus.unwrap_or(1) as f64,
            probe,
            limits: limits
                .all
                .iter()
                .map(|&(what, most)| (what, most, Armed::default()))
                .collect(),
            series: Vec::new(),
            first: None,
            last_cpu: None,
            machine: Pace::every(if limited(&[Limited::MemoryShare]) {
                LIMITED_MACHINE_EVERY_NS
            } else {
                MACHINE_EVERY_NS
            }),
            dear: Pace::every(if limited(&[Limited::Threads, Limited::Descriptors]) {
                0
            } else {
                DEAR_EVERY_NS
            }),
            sites: Pace::default(),
        }
    }

    pub(super) fn series(&self) -> &[Series] {
        &self.series
    }

    /// One look, so many nanoseconds after sampling began, at everything if it is the last; the limits that it finds crossed.
    pub(super) fn look(&mut self, at_ns: u64, last: bool) -> Vec<Breach> {
        let process = self.process(at_ns, last);
        let mut found: Vec<(Limited, f64)> = Vec::with_capacity(5);
        let levels = [
            ("rss", Bytes, process.rss, Some(Limited::Rss)),
            ("anonymous", Bytes, process.anonymous, None),
            ("threads", Count, process.threads, Some(Limited::Threads)),
            (
                "descriptors",
                Count,
                process.descriptors,
                Some(Limited::Descriptors),
            ),
        ];
        for (name, unit, reading, limited) in levels {
            let Ok(value) = reading else { continue };
            self.push(name, unit, at_ns, value as f64);
            found.extend(limited.map(|what| (what, value as f64)));
        }
        if let Some(allocated) = crate::alloc::process() {
            self.push(LIVE, Bytes, at_ns, allocated.live as f64);
            if self.sites.due(at_ns) || last {
                let start = Instant::now();
                self.look_at_sites(at_ns);
                self.sites.took(at_ns, start.elapsed().as_nanos() as u64);
            }
        }
        if let Some(used) = self.cpus_used(at_ns, &process) {
            self.push("cpu", Cpus, at_ns, used);
            found.push((Limited::CpuShare, used / self.cpus.max(f64::MIN_POSITIVE)));
        }
        if self.machine.due(at_ns) || last {
            let share = self.look_at_machine(at_ns);
            found.extend(share.map(|share| (Limited::MemoryShare, share)));
        }
        let breaches = self.crossed(&found);
        self.first.get_or_insert(process);
        breaches
    }

    fn process(&mut self, at_ns: u64, last: bool) -> Process {
        if !self.dear.due(at_ns) && !last {
            let least = self.probe.least();
            if least.rss.is_ok() {
                return least;
            }
        }
        self.probe.held()
    }

    fn push(&mut self, name: &str, unit: ResourceUnit, at_ns: u64, value: f64) {
        if let Some(series) = self.series.iter_mut().find(|series| series.name == name) {
            series.push(at_ns, value);
            return;
        }
        let mut series = Series::new(name, unit);
        series.push(at_ns, value);
        self.series.push(series);
    }

    /// What each site keeps, where that is tracked. A site that keeps nothing any more stands at 0; beyond so many none is followed.
    fn look_at_sites(&mut self, at_ns: u64) {
        let kept = retained().map_or_else(Vec::new, |kept| kept.sites);
        let mut now: Vec<(String, f64)> = kept
            .into_iter()
            .map(|row| (row.site, row.bytes.value))
            .collect();
        for series in &mut self.series {
            let Some(site) = series.name.strip_prefix(KEPT) else {
                continue;
            };
            let known = now.iter().position(|(id, _)| id == site);
            series.push(at_ns, known.map_or(0.0, |at| now.swap_remove(at).1));
        }
        let followed = self
            .series
            .iter()
            .filter(|series| series.name.starts_with(KEPT))
            .count();
        for (site, bytes) in now.into_iter().take(MOST_SITES.saturating_sub(followed)) {
            self.push(&format!("{KEPT}{site}"), Bytes, at_ns, bytes);
        }
    }

    /// CPUs in use since the look before.
    fn cpus_used(&mut self, at_ns: u64, process: &Process) -> Option<f64> {
        let cpu = process.cpu_ns().ok()?;
        let (before, then) = self.last_cpu.replace((at_ns, cpu))?;
        let time = at_ns.saturating_sub(before);
        (time > 0).then(|| cpu.saturating_sub(then) as f64 / time as f64)
    }

    /// The share of memory in use: of the control group's where it has a limit, else of the machine's.
    fn look_at_machine(&mut self, at_ns: u64) -> Option<f64> {
        let (total, available) = self.probe.memory();
        let machine = total
            .ok()
            .zip(available.ok())
            .map(|(all, left)| (all.saturating_sub(left), all));
        if let Some((used, _)) = machine {
            self.push("machine_memory", Bytes, at_ns, used as f64);
        }
        let group = self.probe.cgroup_memory().ok().flatten();
        let group = group.map(|m| (m.used.saturating_sub(m.reclaimable), m.limit));
        if let Some((used, _)) = group {
            self.push("cgroup_memory", Bytes, at_ns, used as f64);
        }
        let (used, all) = group.or(machine)?;
        Some(used as f64 / all.max(1) as f64)
    }

    fn crossed(&mut self, found: &[(Limited, f64)]) -> Vec<Breach> {
        let mut breaches = Vec::new();
        for at in 0..self.limits.len() {
            let (what, limit, armed) = &mut self.limits[at];
            let (what, limit) = (*what, *limit);
            let value = found
                .iter()
                .find(|known| known.0 == what)
                .map(|known| known.1);
            if let Some(value) = value
                && armed.crosses(value, limit)
            {
                let grew = self.grew(what);
                breaches.push(Breach {
                    what,
                    value,
                    limit,
                    grew,
                });
            }
        }
        breaches
    }

    fn grew(&mut self, what: Limited) -> Vec<Growth> {
        let mut all = match what {
            Limited::Rss | Limited::MemoryShare => self.memory_growth(),
            Limited::CpuShare => self.busy_threads(),
            Limited::Threads => self.new_threads(),
            Limited::Descriptors => self.new_descriptors(),
        };
        all.retain(|growth| growth.low > 0.0);
        all.sort_by(|a, b| b.by.total_cmp(&a.by));
        all.truncate(NAMED);
        all
    }

    /// Kinds of memory, and what sites have kept since tracking began, where that is tracked.
    fn memory_growth(&mut self) -> Vec<Growth> {
        let now = self.probe.held();
        let kinds = self.first.as_ref().map(|first| {
            [
                ("anonymous memory", now.anonymous, first.anonymous),
                ("memory of files", now.file, first.file),
                ("shared memory", now.shared, first.shared),
            ]
        });
        let lag = 2.0 * self.lag; // of both readings
        let growth = |(what, now, first): (&str, Result<u64, _>, Result<u64, _>)| {
            let by = now.ok()? as f64 - first.ok()? as f64;
            Some(Growth::within(what.to_owned(), by, lag, Bytes))
        };
        let sites = retained().map_or_else(Vec::new, |kept| kept.sites);
        let sites = sites.into_iter().map(|row| Growth {
            what: format!("{KEPT}{}", row.site),
            by: row.growth.value,
            low: row.growth.low,
            high: row.growth.high,
            unit: Bytes,
        });
        let kinds = kinds.into_iter().flatten().filter_map(growth);
        kinds.chain(sites).collect()
    }

    fn busy_threads(&mut self) -> Vec<Growth> {
        let now = self.probe.threads().unwrap_or_default();
        let growth = |thread: Thread| {
            let first = self
                .first_threads
                .iter()
                .find(|first| first.id == thread.id);
            let before = first.map_or(0, |first| first.cpu_ns.unwrap_or(0));
            let by = thread.cpu_ns.ok()?.saturating_sub(before) as f64;
            let what = format!("thread {}", thread.name);
            Some(Growth::within(what, by, TICK_NS, Nanoseconds))
        };
        now.into_iter().filter_map(growth).collect()
    }

    /// By name: how many more there are.
    fn new_threads(&mut self) -> Vec<Growth> {
        let now = self.probe.threads().unwrap_or_default();
        let mut more: BTreeMap<&str, f64> = BTreeMap::new();
        for thread in &now {
            *more.entry(&thread.name).or_default() += 1.0;
        }
        for thread in &self.first_threads {
            *more.entry(&thread.name).or_default() -= 1.0;
        }
        let growth =
            |(name, by): (&str, f64)| Growth::within(format!("threads {name}"), by, 0.0, Count);
        more.into_iter().map(growth).collect()
    }

    fn new_descriptors(&mut self) -> Vec<Growth> {
        let first = self.first.as_ref().and_then(|first| first.descriptors.ok());
        let now = self.probe.held().descriptors.ok();
        let growth = |(now, first): (u64, u64)| {
            let by = now as f64 - first as f64;
            Growth::within("open descriptors".to_owned(), by, 0.0, Count)
        };
        now.zip(first).map(growth).into_iter().collect()
    }
}
