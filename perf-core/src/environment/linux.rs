//! In: /proc and /sys. Out: the facts of [`Environment`] that Linux tells, each with the reason where it does not.

use crate::environment::{Cache, Environment};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Caches of a CPU that are looked for.
const MOST_CACHES: u32 = 16;

/// What Linux says of a clock source that a hypervisor offers, and whose it is.
const HYPERVISOR_CLOCKS: [(&str, &str); 3] =
    [("kvm-clock", "KVM"), ("hyperv", "Hyper-V"), ("xen", "Xen")];

/// Notes what the running system tells.
pub(super) fn read(environment: &mut Environment) {
    read_below(Path::new("/"), environment);
}

/// Processes running or waiting to run, averaged over the last minute.
pub(super) fn load() -> Result<f64, String> {
    let path = Path::new("/proc/loadavg");
    let first = |text: &str| text.split_whitespace().next()?.parse().ok();
    first(&line(path)?).ok_or_else(|| format!("{} holds no number", path.display()))
}

fn read_below(root: &Path, environment: &mut Environment) {
    let cpuinfo = line(&root.join("proc/cpuinfo"));
    let cpus = root.join("sys/devices/system/cpu");
    let clocks = root.join("sys/devices/system/clocksource/clocksource0");
    let facts = cpuinfo.as_deref().map_err(Clone::clone);
    environment.cpu = environment.known("cpu", facts.clone().and_then(model));
    let online = line(&cpus.join("online")).and_then(|list| count_of(&list));
    environment.logical_cores = environment.known("logical_cores", online);
    let physical = facts.clone().and_then(physical_cores);
    environment.physical_cores = environment.known("physical_cores", physical);
    environment.caches = environment.known("caches", caches(&cpus.join("cpu0/cache")));
    let governor = line(&cpus.join("cpu0/cpufreq/scaling_governor"));
    environment.governor = environment.known("governor", governor);
    environment.turbo = environment.known("turbo", turbo(&cpus));
    let memory = line(&root.join("proc/meminfo")).and_then(|text| memory(&text));
    environment.memory_bytes = environment.known("memory_bytes", memory);
    let virtualised = facts.and_then(|text| virtualised(root, &clocks, text));
    environment.virtualised = environment.known("virtualised", virtualised);
    let kernel = line(&root.join("proc/sys/kernel/osrelease"));
    environment.kernel = environment.known("kernel", kernel);
    let clocksource = line(&clocks.join("current_clocksource"));
    environment.clocksource = environment.known("clocksource", clocksource);
}

/// A file's text without the white space around it.
fn line(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(text.trim().to_owned())
}

/// The values of a key in text of lines `key : value`.
fn values<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim())
    })
}

fn model(cpuinfo: &str) -> Result<String, String> {
    let named = ["model name", "cpu model", "uarch", "cpu"];
    let first = |key| {
        values(cpuinfo, key)
            .next()
            .filter(|name: &&str| !name.is_empty())
    };
    if let Some(name) = named.into_iter().find_map(first) {
        return Ok(name.to_owned());
    }
    match (first("CPU implementer"), first("CPU part")) {
        (Some(maker), Some(part)) => Ok(format!("implementer {maker} part {part}")),
        _ => Err("/proc/cpuinfo names no CPU".to_owned()),
    }
}

/// Cores by their package and number.
fn physical_cores(cpuinfo: &str) -> Result<u32, String> {
    let packages = values(cpuinfo, "physical id");
    let cores: BTreeSet<_> = packages.zip(values(cpuinfo, "core id")).collect();
    match cores.len() {
        0 => Err("/proc/cpuinfo numbers no cores".to_owned()),
        count => Ok(count as u32),
    }
}

/// How many are in a list such as `0-3,8`.
fn count_of(list: &str) -> Result<u32, String> {
    let bad = || format!("{list:?} is no list of CPUs");
    let number = |text: &str| text.parse::<u32>().map_err(|_| bad());
    let mut count = 0u32;
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let more = number(last)?.checked_sub(number(first)?).ok_or_else(bad)?;
        count = count.saturating_add(more).saturating_add(1);
    }
    Ok(count)
}

fn caches(folder: &Path) -> Result<Vec<Cache>, String> {
    let cache = |number: u32| {
        let index = folder.join(format!("index{number}"));
        Some(Cache {
            level: line(&index.join("level")).ok()?.parse().ok()?,
            kind: line(&index.join("type")).ok()?,
            bytes: size(&line(&index.join("size")).ok()?)?,
        })
    };
    let found: Vec<Cache> = (0..MOST_CACHES).filter_map(cache).collect();
    if found.is_empty() {
        return Err(format!("no caches are described in {}", folder.display()));
    }
    Ok(found)
}

/// Bytes of `32K` or `8M`.
fn size(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let unit = match &text[end..] {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return None,
    };
    text[..end].parse::<u64>().ok()?.checked_mul(unit)
}

fn turbo(cpus: &Path) -> Result<bool, String> {
    let boost = cpus.join("cpufreq/boost");
    if let Ok(off) = line(&cpus.join("intel_pstate/no_turbo")) {
        return Ok(off == "0");
    }
    line(&boost).map(|on| on == "1")
}

fn memory(meminfo: &str) -> Result<u64, String> {
    values(meminfo, "MemTotal")
        .next()
        .and_then(|total| total.strip_suffix("kB")?.trim().parse::<u64>().ok())
        .and_then(|kib| kib.checked_mul(1 << 10))
        .ok_or_else(|| "/proc/meminfo has no MemTotal".to_owned())
}

/// The hypervisor by what it offers; the CPU's own flag says whether there is one.
fn virtualised(root: &Path, clocks: &Path, cpuinfo: &str) -> Result<String, String> {
    let flagged = values(cpuinfo, "flags")
        .any(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor"));
    let offered = line(&clocks.join("available_clocksource")).unwrap_or_default();
    let clock = HYPERVISOR_CLOCKS
        .iter()
        .find(|(clock, _)| offered.contains(clock));
    let dmi: PathBuf = root.join("sys/class/dmi/id/sys_vendor");
    match (clock, flagged) {
        (Some((_, name)), _) => Ok((*name).to_owned()),
        (None, true) => Ok(line(&dmi).unwrap_or_else(|_| "unnamed".to_owned())),
        (None, false) if cpuinfo.contains("flags") => Ok("none".to_owned()),
        (None, false) => Err("this CPU has no flag that tells a hypervisor".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    #[test]
    fn a_machine_of_four_threads_on_two_cores() {
        let root = tempfile::tempdir().expect("a folder");
        let cpu = |core: u32| {
            format!(
                "model name\t: Some CPU @ 3 GHz\nphysical id\t: 0\ncore id\t\t: {core}\nflags\t: fpu tsc\n\n"
            )
        };
        let four: String = [0, 0, 1, 1].map(cpu).concat();
        let cpus = "sys/devices/system/cpu";
        put(root.path(), "proc/cpuinfo", &four);
        put(
            root.path(),
            "proc/meminfo",
            "MemTotal:    1000 kB\nMemFree: 1 kB\n",
        );
        put(root.path(), "proc/sys/kernel/osrelease", "6.1.0\n");
        put(root.path(), &format!("{cpus}/online"), "0-2,5\n");
        put(root.path(), &format!("{cpus}/intel_pstate/no_turbo"), "0\n");
        for (n, level, kind, size) in [(0, 1, "Data", "48K"), (1, 2, "Unified", "2M")] {
            for (file, text) in [
                ("level", format!("{level}\n")),
                ("type", kind.into()),
                ("size", size.into()),
            ] {
                put(
                    root.path(),
                    &format!("{cpus}/cpu0/cache/index{n}/{file}"),
                    &text,
                );
            }
        }
        let mut seen = Environment::default();
        read_below(root.path(), &mut seen);
        assert_eq!(seen.cpu.as_deref(), Some("Some CPU @ 3 GHz"));
        assert_eq!(
            (seen.logical_cores, seen.physical_cores),
            (Some(4), Some(2))
        );
        assert_eq!(seen.memory_bytes, Some(1_024_000));
        assert_eq!(seen.kernel.as_deref(), Some("6.1.0"));
        assert_eq!(seen.virtualised.as_deref(), Some("none"));
        assert_eq!(seen.turbo, Some(true));
        let bytes = seen.caches.expect("two").iter().map(|c| c.bytes).sum();
        assert_eq!(Some(48 * 1024 + 2 * 1024 * 1024), Some::<u64>(bytes));
        let absent: Vec<_> = seen.absent.keys().map(String::as_str).collect();
        assert_eq!(absent, ["clocksource", "governor"]);
        assert!(seen.absent["governor"].contains("scaling_governor"));
    }

    #[test]
    fn nothing_to_read_is_a_reason_for_each() {
        let root = tempfile::tempdir().expect("a folder");
        let mut seen = Environment::default();
        read_below(root.path(), &mut seen);
        assert_eq!(seen.absent.len(), 10, "{:?}", seen.absent);
    }

    #[test]
    fn lists_and_sizes_that_are_none() {
        for bad in ["", "a", "3-1", "1-", "0,,1"] {
            assert!(count_of(bad).is_err(), "{bad:?}");
        }
        assert_eq!(count_of("0-4294967295"), Ok(u32::MAX));
        for bad in [
            "",
            "K",
            "1T",
            "99999999999999999999K",
            "18446744073709551615K",
        ] {
            assert_eq!(size(bad), None, "{bad:?}");
        }
        let arm = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";
        assert_eq!(model(arm).as_deref(), Ok("implementer 0x41 part 0xd0c"));
    }
}
