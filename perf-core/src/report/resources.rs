//! In: a snapshot's resources. Out: [`Remark`]s: peaks, rates, limits and how near they were, in the order of reading.

use crate::resource::{Allowed, LeakFinding, LeakVerdict, leak_of_memory};
use crate::snapshot::{ResourceLevel, ResourceTotal, ResourceUnit, Resources, Retained, Sampled};
use crate::snapshot::{Series, Snapshot};
use crate::units::{bytes, count, counted, duration, percent, rough_percent};

/// The section's title.
pub(crate) const TITLE: &str = "resources";

/// From this share of a limit on the line warns.
const NEAR: f64 = 0.9;

/// Standing still for the quota, or for other guests of the machine, is worth a warning from this share of the time on.
const HELD_UP: f64 = 0.01;

/// Threads, or sites, that are named.
const NAMED: usize = 6;

/// What is said of one kind of resource. The text holds names of the program's choice: escape it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Remark {
    pub(crate) label: &'static str,
    pub(crate) text: String,
    pub(crate) warns: bool,
}

/// All remarks; none where the snapshot has no resources.
pub(crate) fn remarks(snapshot: &Snapshot) -> Vec<Remark> {
    let Some(resources) = &snapshot.resources else {
        return Vec::new();
    };
    let kinds: [fn(&Resources) -> Option<Remark>; 9] = [
        memory, over_time, limits, cpu, threads, held_up, switches, transfers, missing,
    ];
    let kept = snapshot.retained.as_ref().and_then(kept);
    let known = kinds.iter().filter_map(|kind| kind(resources));
    kept.into_iter().chain(known).collect()
}

fn remark(label: &'static str, parts: &[String], warns: bool) -> Option<Remark> {
    (!parts.is_empty()).then(|| Remark {
        label,
        text: parts.join(" · "),
        warns,
    })
}

fn memory(r: &Resources) -> Option<Remark> {
    let mut parts = Vec::new();
    if let Some(rss) = r.level("rss") {
        parts.push(format!("resident {}", course(rss)));
    }
    let kinds = [
        ("anonymous", "anonymous"),
        ("file", "of files"),
        ("shared", "shared"),
    ];
    let split: Vec<String> = kinds
        .iter()
        .filter_map(|(name, words)| {
            Some(format!(
                "{} {words}",
                amount(r.level(name)?.end, ResourceUnit::Bytes)
            ))
        })
        .collect();
    if !split.is_empty() {
        parts.push(format!("at the end {}", split.join(", ")));
    }
    if let Some(swap) = r.level("swap").filter(|swap| swap.end > 0) {
        parts.push(format!("{} swapped out", bytes(swap.end as f64)));
    }
    remark("memory", &parts, false)
}

/// What was allocated and is still there, by site.
fn kept(retained: &Retained) -> Option<Remark> {
    let range = |bytes: Sampled| {
        let [value, low, high] =
            [bytes.value, bytes.low, bytes.high].map(|b| signed_bytes(b.round()));
        format!("{value} [{low}, {high}]")
    };
    let mut parts = vec![format!(
        "{} of what was allocated since the start is still there",
        range(retained.all.growth)
    )];
    let sites = retained.sites.iter().take(NAMED);
    parts.extend(sites.map(|row| format!("by {} {}", row.site, range(row.growth))));
    parts.push(format!(
        "estimated from {} blocks, one byte in {} looked for, 95 %",
        count(retained.all.samples),
        bytes(retained.mean_gap)
    ));
    if retained.lost > 0 {
        parts.push(format!(
            "{} blocks found no place among them: the truth is higher",
            count(retained.lost)
        ));
    }
    remark("kept", &parts, false)
}

fn signed_bytes(value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", bytes(value.abs()))
}

/// How memory went, where it was sampled, and whether it leaks.
fn over_time(r: &Resources) -> Option<Remark> {
    let series = r.series("rss").filter(|series| series.samples() > 1)?;
    let size = |value: Option<f64>| bytes(value.unwrap_or(0.0).round());
    let range =
        |series: &Series| format!("{} to {}", size(series.least()), size(series.greatest()));
    let mut seen = format!(
        "resident {} in {} looks over {}",
        range(series),
        count(series.samples()),
        duration(series.covers_ns() as f64)
    );
    let found = leak_of_memory(r, Allowed::Usual)?;
    if let Some(judged) = r.series(&found.of).filter(|judged| judged.name != "rss") {
        seen.push_str(" · allocated and not freed ");
        seen.push_str(&range(judged));
    }
    let allowed = format!("{}/s allowed", bytes(found.allowed.round()));
    let judged = match (&found.growth, &found.reason) {
        (Some((_, interval)), reason) => {
            let why = reason.as_ref().map(|reason| format!(": {reason}"));
            format!(
                "{}: grows {} to {}/s (99 %), {allowed}{}",
                found.verdict,
                bytes(interval.low.round()),
                bytes(interval.high.round()),
                why.unwrap_or_default()
            )
        }
        (None, reason) => format!(
            "leak not judged: {}",
            reason.as_deref().unwrap_or("no data")
        ),
    };
    let leaks = found.verdict == LeakVerdict::Leaking;
    let mut parts = vec![seen, judged];
    if !found.sites.is_empty() {
        let named: Vec<String> = found.sites.iter().take(NAMED).map(growing).collect();
        parts.push(format!("allocated by {}", named.join(", ")));
    }
    remark("over time", &parts, leaks)
}

/// `parse 1.0 to 1.2 MiB/s`.
fn growing(site: &LeakFinding) -> String {
    let (low, high) = site
        .growth
        .map_or((0.0, 0.0), |(_, interval)| (interval.low, interval.high));
    format!(
        "{} {} to {}/s",
        site.of,
        signed_bytes(low.round()),
        signed_bytes(high.round())
    )
}

/// `10.0 → 12.0 MiB, peak 40.0 MiB`.
fn course(level: &ResourceLevel) -> String {
    let [start, end, peak] = [level.start, level.end, level.peak].map(|v| amount(v, level.unit));
    let mark = if level.peak_exact { "" } else { "≥" };
    format!("{start} → {end}, peak {mark}{peak}")
}

fn amount(value: u64, unit: ResourceUnit) -> String {
    match unit {
        ResourceUnit::Bytes => bytes(value as f64),
        ResourceUnit::Nanoseconds => duration(value as f64),
        _ => count(value),
    }
}

fn limits(r: &Resources) -> Option<Remark> {
    let names = [
        ("cgroup_memory", "control group's memory"),
        ("machine_memory", "machine's memory"),
        ("descriptors", "descriptors"),
        ("threads", "threads"),
    ];
    let mut near = false;
    let one = |(name, words): &(&str, &str)| {
        let level = r.level(name)?;
        let used = amount(level.peak, level.unit);
        let Some((limit, share)) = level.limit.zip(level.share_of_limit()) else {
            return (*name == "threads").then(|| format!("{words} {used}"));
        };
        near |= share >= NEAR;
        let limit = amount(limit, level.unit);
        Some(format!("{words} {used} of {limit} ({})", percent(share)))
    };
    let parts: Vec<String> = names.iter().filter_map(one).collect();
    remark("limits", &parts, near)
}

fn cpu(r: &Resources) -> Option<Remark> {
    let (user, system) = (r.total("cpu_user")?, r.total("cpu_system")?);
    let taken = format!(
        "{} user, {} system",
        duration(user as f64),
        duration(system as f64)
    );
    let of = r
        .cpus
        .map_or_else(String::new, |cpus| format!(" of {}", trimmed(cpus)));
    let used = r.cpus_used().map_or_else(String::new, |used| {
        format!(": {used:.2} CPUs in use on average{of}")
    });
    remark("CPU", &[taken + &used], false)
}

/// Whole CPUs without decimals.
fn trimmed(cpus: f64) -> String {
    if cpus.fract() == 0.0 {
        format!("{cpus}")
    } else {
        format!("{cpus:.2}")
    }
}

fn threads(r: &Resources) -> Option<Remark> {
    if r.threads.len() < 2 {
        return None; // the line above has said it
    }
    let one = |thread: &crate::snapshot::ThreadTime| {
        let waited = thread.waited_ns.filter(|&ns| ns > thread.cpu_ns / 10);
        let waited = waited.map(|ns| format!(" (waited {} for a CPU)", duration(ns as f64)));
        let cpu = duration(thread.cpu_ns as f64);
        format!("{} {cpu}{}", thread.name, waited.unwrap_or_default())
    };
    let mut parts: Vec<String> = r.threads.iter().take(NAMED).map(one).collect();
    let named: u64 = r
        .threads
        .iter()
        .take(NAMED)
        .map(|thread| thread.cpu_ns)
        .sum();
    if let Some(rest) = r.cpu_ns().and_then(|all| all.checked_sub(named))
        && rest as f64 > 0.01 * named as f64
    {
        parts.push(format!("other and ended threads {}", duration(rest as f64)));
    }
    remark("threads", &parts, false)
}

/// Time in which the process could not run, or others could not for want of something.
fn held_up(r: &Resources) -> Option<Remark> {
    let covers = r.covers_ns as f64;
    let mut parts = Vec::new();
    let mut warns = false;
    if let Some(throttled) = r.total("throttled").filter(|&ns| ns > 0) {
        warns |= throttled as f64 > HELD_UP * covers;
        let periods = r.total("throttled_periods").unwrap_or(0);
        parts.push(format!(
            "stopped by its quota for {} in {}",
            duration(throttled as f64),
            counted(periods, "period", "periods")
        ));
    }
    let machine_time = covers * r.cpus.unwrap_or(1.0);
    if let Some(steal) = r
        .total("machine_steal")
        .filter(|&ns| ns > 0 && covers > 0.0)
    {
        let share = steal as f64 / machine_time;
        warns |= share > HELD_UP;
        parts.push(format!(
            "{} of the CPUs stolen by other guests",
            rough_percent(share)
        ));
    }
    let pressures = [
        ("cpu_pressure", "CPU"),
        ("memory_pressure", "memory"),
        ("io_pressure", "I/O"),
    ];
    let waited: Vec<String> = pressures
        .iter()
        .filter_map(|(name, words)| {
            let share = r.total(name)? as f64 / covers;
            share
                .is_finite()
                .then(|| format!("{words} {}", rough_percent(share.min(1.0))))
        })
        .collect();
    if !waited.is_empty() {
        parts.push(format!(
            "some task of the machine waited for {}",
            waited.join(", ")
        ));
    }
    remark("held up", &parts, warns)
}

fn switches(r: &Resources) -> Option<Remark> {
    let number = |name: &str, one: &str, many: &str| Some(counted(r.total(name)?, one, many));
    let parts = [
        number("voluntary_switches", "wait", "waits"),
        number(
            "involuntary_switches",
            "time put off the CPU",
            "times put off the CPU",
        ),
        number("minor_faults", "page fault", "page faults"),
        number("major_faults", "of storage", "of storage"),
    ];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>();
    remark("kernel", &parts, false)
}

fn transfers(r: &Resources) -> Option<Remark> {
    let kinds = [
        ("read", "read", Some("read_calls")),
        ("written", "written", Some("write_calls")),
        ("storage_read", "fetched from storage", None),
        ("storage_written", "sent to it", None),
    ];
    let one = |(name, words, calls): &(&str, &str, Option<&str>)| {
        let total: &ResourceTotal = r.totals.iter().find(|total| total.name == *name)?;
        let rate = r.rate(name).filter(|rate| *rate > 0.0);
        let rate = rate.map_or_else(String::new, |rate| format!(" ({}/s)", bytes(rate.round())));
        let calls = calls.and_then(|calls| r.total(calls));
        let calls = calls.map_or_else(String::new, |calls| {
            format!(" in {}", counted(calls, "call", "calls"))
        });
        Some(format!(
            "{} {words}{calls}{rate}",
            bytes(total.amount as f64)
        ))
    };
    let parts: Vec<String> = kinds.iter().filter_map(one).collect();
    remark("I/O", &parts, false)
}

/// What could not be read: one sentence a reason.
fn missing(r: &Resources) -> Option<Remark> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for missing in &r.missing {
        match reasons.iter_mut().find(|(why, _)| *why == missing.why) {
            Some((_, names)) => names.push(&missing.name),
            None => reasons.push((&missing.why, vec![&missing.name])),
        }
    }
    let one = |(why, names): (&str, Vec<&str>)| format!("{}: {why}", names.join(", "));
    let parts: Vec<String> = reasons.into_iter().map(one).collect();
    remark("not known", &parts, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_is_singular() {
        let said = |amount| {
            let names = ["voluntary_switches", "involuntary_switches", "minor_faults"];
            let totals = names.map(|name| ResourceTotal {
                name: name.to_owned(),
                unit: ResourceUnit::Count,
                amount,
            });
            let resources = Resources {
                totals: totals.into(),
                ..Resources::default()
            };
            switches(&resources).expect("they are known").text
        };
        assert_eq!(said(1), "1 wait · 1 time put off the CPU · 1 page fault");
        assert_eq!(said(2), "2 waits · 2 times put off the CPU · 2 page faults");
    }
}
