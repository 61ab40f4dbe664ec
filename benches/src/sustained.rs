//! In: nothing. Out: what 50 M calls in a row cost ours and hotpath: CPU, memory, counts at the end, live reads on the way.

use crate::process;
use crate::work::stretch;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Calls on one thread.
const CALLS: u64 = 50_000_000;

/// Time between two live reads.
const READ_EVERY: Duration = Duration::from_millis(100);

/// What one process found.
#[derive(Debug, Serialize, Deserialize)]
struct Sustained {
    name: String,
    calls: u64,
    counted: u64,
    wall_ns: f64,             // a call
    cpu_ns: f64,              // a call, all threads
    peak_growth: Option<u64>, // bytes; none where the platform does not tell
    reads: usize,
    read_median_ms: f64,
    read_max_ms: f64,
}

type Run = fn() -> Result<Sustained, String>;

/// Who takes part: a name, and how it runs.
fn contenders() -> Vec<(&'static str, Run)> {
    vec![
        ("ours, full", ours),
        #[cfg(feature = "peers")]
        ("hotpath", hotpath),
    ]
}

/// Runs each contender in a process of its own and prints the table.
pub(crate) fn run(json: bool) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for (name, _) in contenders() {
        let output = Command::new(&own)
            .args(["--sustained-child", name])
            .output()
            .map_err(|error| format!("{name}: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text
            .lines()
            .rev()
            .find(|line| line.starts_with('{'))
            .unwrap_or("");
        let one: Sustained = serde_json::from_str(line).map_err(|error| {
            format!(
                "{name}: {error}: {}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
        found.push(one);
    }
    if json {
        println!(
            "{}",
            serde_json::to_string_pretty(&found).map_err(|error| error.to_string())?
        );
    } else {
        print!("{}", markdown(&found));
    }
    Ok(())
}

/// Runs one contender in this process.
pub(crate) fn child(name: &str) -> Result<(), String> {
    let known = contenders().into_iter().find(|(known, _)| *known == name);
    let (_, run) = known.ok_or_else(|| format!("{name:?} has no sustained run"))?;
    let found = run()?;
    println!(
        "{}",
        serde_json::to_string(&found).map_err(|error| error.to_string())?
    );
    Ok(())
}

/// Calls in a row beside a thread that reads; `counted` is asked after the last call, outside the times.
fn measure(
    name: &str,
    call: fn(u64) -> u64,
    read: fn(),
    counted: impl FnOnce() -> Result<u64, String>,
) -> Result<Sustained, String> {
    call(1); // what is set up once belongs to no call
    let over = AtomicBool::new(false);
    let before = process::resident();
    let cpu = process::cpu();
    let (ns, mut reads) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = Vec::new();
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(READ_EVERY);
                let start = Instant::now();
                read();
                reads.push(start.elapsed().as_secs_f64() * 1e3);
            }
            reads
        });
        let ns = stretch(CALLS, call);
        over.store(true, Ordering::Relaxed);
        (ns, reader.join().unwrap_or_default())
    });
    let used = process::cpu()
        .zip(cpu)
        .map(|(after, before)| after.saturating_sub(before));
    let peak_growth = process::peak()
        .zip(before)
        .map(|(peak, before)| peak.saturating_sub(before));
    reads.sort_by(f64::total_cmp);
    Ok(Sustained {
        name: name.to_owned(),
        calls: CALLS + 1,
        counted: counted()?,
        wall_ns: ns,
        cpu_ns: used.map_or(f64::NAN, |used| used.as_nanos() as f64 / CALLS as f64),
        peak_growth,
        reads: reads.len(),
        read_median_ms: reads.get(reads.len() / 2).copied().unwrap_or(f64::NAN),
        read_max_ms: reads.last().copied().unwrap_or(f64::NAN),
    })
}

fn ours() -> Result<Sustained, String> {
    let _looking = perf_core::enable();
    let read = || {
        std::hint::black_box(perf_core::snapshot());
    };
    measure("ours, full", crate::ours::call, read, || {
        Ok(perf_core::snapshot()
            .site("full")
            .map_or(0, |row| row.calls))
    })
}

#[cfg(feature = "peers")]
fn hotpath() -> Result<Sustained, String> {
    let report = std::env::temp_dir().join(format!("perf-peers-{}.json", std::process::id()));
    let guard = crate::rivals::hotpath_reporting(&report);
    let counted = || {
        drop(guard);
        let text =
            std::fs::read_to_string(&report).map_err(|error| format!("its report: {error}"))?;
        let _ = std::fs::remove_file(&report);
        let json: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| error.to_string())?;
        calls_in(&json)
            .ok_or_else(|| format!("no calls in {}", text.chars().take(400).collect::<String>()))
    };
    measure("hotpath", crate::rivals::call, ask_hotpath, counted)
}

/// The `calls` of the measured function, wherever the report keeps it.
#[cfg(feature = "peers")]
fn calls_in(json: &serde_json::Value) -> Option<u64> {
    use serde_json::Value;
    match json {
        Value::Object(fields) => {
            let ours = fields
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(|name| name.ends_with("hotpath_call"));
            let calls = fields
                .get("calls")
                .or_else(|| fields.get("count"))
                .filter(|_| ours);
            calls
                .and_then(Value::as_u64)
                .or_else(|| fields.values().find_map(calls_in))
        }
        Value::Array(items) => items.iter().find_map(calls_in),
        _ => None,
    }
}

/// One live read of hotpath's functions, as its own terminal interface does it.
#[cfg(feature = "peers")]
fn ask_hotpath() {
    use std::io::{Read, Write as _};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", 6770)) else {
        return;
    };
    let asked = stream.write_all(
        b"GET /functions_timing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    let mut answer = Vec::new();
    if asked.is_ok() {
        let _ = stream.read_to_end(&mut answer);
    }
    std::hint::black_box(answer);
}

fn markdown(found: &[Sustained]) -> String {
    let mut text = format!(
        "{CALLS} calls in a row on one thread, a live read every {} ms; {}.\n\n\
         | contender | wall, ns a call | CPU, ns a call | CPU / wall | peak memory growth, MiB | calls counted / made | live read, ms: median, max |\n\
         |---|---|---|---|---|---|---|\n",
        READ_EVERY.as_millis(),
        process::machine()
    );
    for one in found {
        let growth = one.peak_growth.map_or("-".to_owned(), |bytes| {
            format!("{:.2}", bytes as f64 / 1_048_576.0)
        });
        let _ = writeln!(
            text,
            "| {} | {:.1} | {:.1} | {:.3} | {growth} | {} / {} | {:.3}, {:.3} ({} reads) |",
            one.name,
            one.wall_ns,
            one.cpu_ns,
            one.cpu_ns / one.wall_ns,
            one.counted,
            one.calls,
            one.read_median_ms,
            one.read_max_ms,
            one.reads
        );
    }
    text
}
