//! What looking at resources costs: one reading of each kind, a snapshot, and a sampler's share of a core; sysinfo beside it.
//!
//! `cargo bench -p perf-benches --bench resources_cost [--features peers]`

use perf_core::probe::Probe;
use perf_core::resource::{Limits, Sampler};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Readings a line.
const READINGS: usize = 2_000;

/// Sleeps before each of so many looks.
const LOOKS_ASLEEP: u32 = 50;

/// How long the sampler runs.
const SAMPLED: Duration = Duration::from_secs(10);

fn main() {
    println!("| what | median | p90 | target |\n|---|--:|--:|--:|");
    let mut probe = Probe::new();
    line("process", "", || probe.process());
    line("machine and control groups", "", || probe.machine());
    line("one full reading: both", "100 µs", || {
        (probe.process(), probe.machine())
    });
    line("threads (one)", "", || probe.threads());
    line("this thread", "", || probe.this_thread());
    line("headroom()", "", perf_core::resource::headroom);
    line("snapshot()", "", perf_core::snapshot);
    #[cfg(feature = "peers")]
    peers();
    println!("\nafter 100 ms of sleep, CPU time of a thread, its waking included:");
    asleep("nothing", || ());
    asleep("process", || {
        black_box(probe.process());
    });
    #[cfg(feature = "peers")]
    asleep_sysinfo();
    sampler();
}

fn line<T>(what: &str, target: &str, mut read: impl FnMut() -> T) {
    let mut times: Vec<f64> = (0..READINGS)
        .map(|_| {
            let start = Instant::now();
            black_box(read());
            start.elapsed().as_nanos() as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |part: usize| perf_core::units::duration(times[READINGS * part / 10]);
    println!("| {what} | {} | {} | {target} |", at(5), at(9));
}

#[cfg(feature = "peers")]
fn peers() {
    use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System};
    let mut system = System::new();
    let Ok(own) = sysinfo::get_current_pid() else {
        return;
    };
    line("sysinfo: own process, memory, CPU, disk usage", "", || {
        let kind = ProcessRefreshKind::nothing()
            .with_memory()
            .with_cpu()
            .with_disk_usage();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, kind);
    });
    line("sysinfo: memory of the machine", "", || {
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
    });
    line("sysinfo: memory and CPUs of the machine", "", || {
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        system.refresh_cpu_usage();
    });
}

/// What a look costs that comes when caches and clock rate have gone to others.
fn asleep(what: &str, mut look: impl FnMut()) {
    let mut probe = Probe::new();
    let mut spent = || probe.this_thread().cpu_ns.unwrap_or(0);
    let (start, again) = (spent(), spent());
    for _ in 0..LOOKS_ASLEEP {
        std::thread::sleep(Duration::from_millis(100));
        look();
    }
    let own = again - start; // of asking
    let spent = (spent() - again).saturating_sub(own);
    let each = perf_core::units::duration(spent as f64 / f64::from(LOOKS_ASLEEP));
    println!("  {what}: {each}");
}

#[cfg(feature = "peers")]
fn asleep_sysinfo() {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};
    let mut system = System::new();
    let Ok(own) = sysinfo::get_current_pid() else {
        return;
    };
    asleep("sysinfo: own process", || {
        let kind = ProcessRefreshKind::nothing()
            .with_memory()
            .with_cpu()
            .with_disk_usage();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, kind);
    });
}

/// The CPU time of a sampler's thread at ten looks a second.
fn sampler() {
    let Ok(sampler) = Sampler::start(Duration::from_millis(100), Limits::new()) else {
        println!("\nno thread for the sampler");
        return;
    };
    std::thread::sleep(SAMPLED);
    let threads = Probe::new().threads().unwrap_or_default();
    let own = threads.iter().find(|thread| thread.name == "perf-sampler");
    let looks = sampler
        .series()
        .first()
        .map_or(0, perf_core::Series::samples);
    match own.map(|thread| thread.cpu_ns) {
        Some(Ok(cpu)) => println!(
            "\nsampler at 10 Hz: {} of one core ({} CPU time, {looks} looks); target 0.1 %",
            perf_core::units::rough_percent(cpu as f64 / SAMPLED.as_nanos() as f64),
            perf_core::units::duration(cpu as f64)
        ),
        Some(Err(absence)) => println!("\nthe sampler's CPU time is not known: {absence}"),
        None => println!("\nthe sampler's thread is not listed"),
    }
}
