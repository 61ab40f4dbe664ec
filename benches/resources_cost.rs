//! What looking at resources costs: one reading of each kind, a snapshot, a look after sleep, and a sampler's share of a core; sysinfo
//! beside it.
//!
//! `cargo bench -p perf-benches --bench resources_cost [--features peers] -- [--readings | --asleep | --sampler | --leaks] [--seconds N]
//! [--seed N]`: all of it, or one part. Pieces of `--asleep` and `--sampler` add up: each prints how many looks its means rest on.

use perf_core::alloc::Counting;
use perf_core::probe::Probe;
use perf_core::resource::{Limits, Sampler};
use perf_core::units::{duration, rough_percent};
use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

/// So that leaks can be tracked by site; a sampler looks at live bytes then, as in a program that counts allocations.
#[global_allocator]
static ALLOCATOR: Counting = Counting::system();

/// Readings a line.
const READINGS: usize = 2_000;

/// Between two looks: ten a second.
const EVERY: Duration = Duration::from_millis(100);

/// How long a part runs unless told otherwise.
const SECONDS: u64 = 20;

fn main() -> Result<(), String> {
    let (mut part, mut seconds, mut seed) = (None, SECONDS, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().and_then(|text| text.parse().ok());
            value.ok_or_else(|| format!("{argument} wants a number"))
        };
        match argument.as_str() {
            "--bench" => {}
            "--seconds" => seconds = number()?,
            "--seed" => seed = number()?,
            "--readings" | "--asleep" | "--sampler" | "--leaks" => part = Some(argument),
            _ => return Err(format!("{argument} is not known")),
        }
    }
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if wanted("--readings") {
        readings();
    }
    if wanted("--asleep") {
        asleep(seconds, seed);
    }
    if wanted("--sampler") {
        sampler("nothing but the sampler", seconds);
    }
    if wanted("--leaks") {
        leaks(seconds);
    }
    Ok(())
}

fn readings() {
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
    let at = |part: usize| duration(times[READINGS * part / 10]);
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

/// CPU time of the calling thread, in nanoseconds.
fn thread_cpu_ns() -> f64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: it writes one `timespec`, which lives through the call.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    assert_eq!(failed, 0, "every Linux has this clock");
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// A way to look, and the CPU time that each of its looks took, waking included.
struct Contender {
    name: &'static str,
    look: Box<dyn FnMut()>,
    spent: Vec<f64>,
}

fn contender(name: &'static str, look: impl FnMut() + 'static) -> Contender {
    Contender {
        name,
        look: Box::new(look),
        spent: Vec::new(),
    }
}

/// A file of the kernel, opened for each reading as probes do, or once.
fn opened(path: &'static str) -> impl FnMut() {
    move || drop(black_box(std::fs::read(path)))
}

fn kept(path: &'static str) -> impl FnMut() {
    let file = File::open(path);
    let mut buffer = vec![0; 8 << 10];
    move || {
        let _ = black_box(file.as_ref().map(|file| file.read_at(&mut buffer, 0)));
    }
}

fn contenders() -> Vec<Contender> {
    let probe = || Box::leak(Box::new(Probe::new()));
    let (process, machine, groups) = (probe(), probe(), probe());
    #[allow(unused_mut, reason = "the peers come and go")]
    let mut all = vec![
        contender("nothing", || ()),
        contender("statm, opened each time", opened("/proc/self/statm")),
        contender("statm, kept open", kept("/proc/self/statm")),
        contender("status, opened each time", opened("/proc/self/status")),
        contender("status, kept open", kept("/proc/self/status")),
        contender("descriptors: the folder's size", || {
            let _ = black_box(std::fs::metadata("/proc/self/fd"));
        }),
        contender("meminfo, opened each time", opened("/proc/meminfo")),
        contender("meminfo, kept open", kept("/proc/meminfo")),
        contender("process()", || {
            black_box(process.process());
        }),
        contender("cgroup()", || {
            black_box(groups.cgroup());
        }),
        contender("machine()", || {
            black_box(machine.machine());
        }),
    ];
    #[cfg(feature = "peers")]
    all.extend(asleep_sysinfo());
    all
}

#[cfg(feature = "peers")]
fn asleep_sysinfo() -> Option<Contender> {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};
    let own = sysinfo::get_current_pid().ok()?;
    let mut system = System::new();
    Some(contender("sysinfo: own process", move || {
        let kind = ProcessRefreshKind::nothing()
            .with_memory()
            .with_cpu()
            .with_disk_usage();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, kind);
    }))
}

/// What a look costs that comes when caches and clock rate have gone to others: one of the ways at each waking, in random order.
fn asleep(seconds: u64, seed: u64) {
    let mut all = contenders();
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut order: Vec<usize> = (0..all.len()).collect();
        for at in (1..order.len()).rev() {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            order.swap(at, random as usize % (at + 1));
        }
        for at in order {
            let before = thread_cpu_ns();
            std::thread::sleep(EVERY);
            (all[at].look)();
            let spent = thread_cpu_ns() - before;
            all[at].spent.push(spent);
        }
    }
    println!("\n| after 100 ms of sleep, CPU time, the waking included | median | mean | looks |");
    println!("|---|--:|--:|--:|");
    for one in &mut all {
        one.spent.sort_by(f64::total_cmp);
        let (looks, sum) = (one.spent.len(), one.spent.iter().sum::<f64>());
        let (median, mean) = (one.spent[looks / 2], sum / looks as f64);
        let (name, median, mean) = (one.name, duration(median), duration(mean));
        println!("| {name} | {median} | {mean} | {looks} |");
    }
}

/// The CPU time of a sampler's thread at ten looks a second, and beside it that of a thread that wakes as often and does nothing.
fn sampler(what: &str, seconds: u64) {
    let Ok(sampler) = Sampler::start(EVERY, Limits::new()) else {
        println!("\nno thread for the sampler");
        return;
    };
    std::thread::sleep(EVERY / 2); // so that they do not wake together
    let empty = std::thread::Builder::new().name("perf-nothing".to_owned());
    let end = Instant::now() + Duration::from_secs(seconds);
    let empty = empty.spawn(move || {
        while Instant::now() < end {
            std::thread::sleep(EVERY);
        }
        std::thread::park_timeout(EVERY); // still there when it is asked for
    });
    std::thread::sleep(end.saturating_duration_since(Instant::now()));
    let threads = Probe::new().threads().unwrap_or_default();
    let looks = sampler
        .series()
        .first()
        .map_or(0, perf_core::Series::samples);
    println!("\n{what}, 10 Hz for {seconds} s, {looks} looks; target 0.1 % of one core");
    for name in ["perf-sampler", "perf-nothing"] {
        let found = threads.iter().find(|thread| thread.name == name);
        match found.map(|thread| thread.cpu_ns) {
            Some(Ok(cpu)) => println!(
                "  {name}: {} of one core, {} a look",
                rough_percent(cpu as f64 / (seconds as f64 * 1e9)),
                duration(cpu as f64 / looks.max(1) as f64)
            ),
            Some(Err(absence)) => println!("  {name}: not known: {absence}"),
            None => println!("  {name}: not listed"),
        }
    }
    drop(empty.map(std::thread::JoinHandle::join));
}

/// The same while leaks are tracked by site, with as many blocks remembered as can be.
fn leaks(seconds: u64) {
    let tracking = perf_core::Session::options("leaks")
        .report(false)
        .track_leaks()
        .start();
    let blocks: Vec<Vec<u8>> = (0..16_000)
        .map(|number| {
            let _span = if number % 2 == 0 {
                perf_core::span!("keeps even ones")
            } else {
                perf_core::span!("keeps odd ones")
            };
            Vec::with_capacity(256 << 10)
        })
        .collect();
    let kept = tracking.snapshot().retained;
    let remembered = kept.map_or(0, |kept| kept.all.samples);
    sampler(
        &format!("{remembered} blocks remembered of sites that keep them"),
        seconds,
    );
    drop(blocks);
    tracking.finish();
}
