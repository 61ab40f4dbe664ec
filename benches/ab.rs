//! Comparisons of whole programs on this machine, by `cargo perf ab` itself: programs of about 100 ms, 20 s a comparison, margin 2 %; how
//! often a program is called changed against itself, and how often 6 % more work is found. Rates with 95 % intervals (Clopper & Pearson).
//!
//! `cargo build --release -p perf-core --features cli` first, then `cargo bench -p perf-benches --bench ab -- [--seconds 150] [--seed 1]
//! [--neighbour] [--margin 0.02] [--time 20] [--only TEXT] [--failures]` is one piece; `--add FILE...` adds what pieces printed;
//! `--instructions` counts by how much `+6 %` is more.

use perf_benches::arguments::Arguments;
use perf_benches::experiments::{Kernel, Tallies, Task, Truth, Wishes, ratio};
use perf_core::judge::{Comparison, Verdict};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Steps a call.
const STEPS: u64 = 1_000;
/// What is injected, in percent of the calls.
const MORE: u64 = 6;
/// How long a program takes, in seconds.
const LENGTH: f64 = 0.1;

fn main() -> Result<(), String> {
    let (wishes, task) = Wishes::new(150.0, 0.02, 20.0).read(Arguments::of_process())?;
    match task {
        Task::Measure => measure(&wishes)?.print(true),
        Task::Instructions => instructions()?,
        Task::Run(kernel, steps, calls) => kernel.run(steps, calls),
        Task::Add(all) => all.print(false),
    }
    Ok(())
}

/// More calls are more iterations of the same loop: the ratio is that of processes, with what they do before and after.
fn instructions() -> Result<(), String> {
    for kernel in Kernel::ALL {
        let found = ratio(kernel, 100 * STEPS, (100 + MORE) * STEPS)?;
        println!(
            "{:10} {:+.3} % instructions in the loop",
            kernel.name(),
            100.0 * (found - 1.0)
        );
    }
    Ok(())
}

fn measure(wishes: &Wishes) -> Result<Tallies, String> {
    let cargo_perf = wishes
        .cargo_perf
        .as_ref()
        .map_or_else(beside, |path| Ok(PathBuf::from(path)))?;
    let conditions = wishes.conditions();
    println!("{conditions} a comparison, seed {}", wishes.piece.seed);
    let mut kernels = Vec::new();
    for kernel in Kernel::ALL
        .into_iter()
        .filter(|kernel| wishes.piece.wants(kernel.name()))
    {
        let calls = calls_for(kernel)?;
        println!("{}: {calls} calls of {STEPS} steps", kernel.name());
        kernels.push((kernel, calls));
    }
    let _neighbour = wishes.piece.neighbour();
    let (start, mut all, mut longest) = (Instant::now(), Tallies::default(), 0f64);
    let mut seed = wishes.piece.seed << 32;
    'pieces: while !kernels.is_empty() {
        for &(kernel, calls) in &kernels {
            for (truth, more, word) in [
                (Truth::Equal, 0, "equal".to_owned()),
                (Truth::Equal, 0, "equal".to_owned()),
                (Truth::More, MORE, format!("+{MORE} %")),
            ] {
                if start.elapsed().as_secs_f64() + longest > wishes.piece.seconds {
                    break 'pieces; // the next one might not end in time
                }
                seed += 1;
                let began = Instant::now();
                let found = compare(
                    &cargo_perf,
                    kernel,
                    [calls, calls + calls * more / 100],
                    wishes,
                    seed,
                )?;
                let seconds = began.elapsed().as_secs_f64();
                longest = longest.max(seconds);
                all.take(
                    truth,
                    &format!("{}, {word}; {conditions}", kernel.name()),
                    &found,
                    seconds,
                );
                let right = if truth == Truth::Equal {
                    Verdict::Equivalent
                } else {
                    Verdict::Regressed
                };
                if wishes.failures && found.verdict != right {
                    print!("{}", found.report().text(None, false));
                }
            }
        }
    }
    Ok(all)
}

/// The command line in the folder above the benches.
fn beside() -> Result<PathBuf, String> {
    let exe = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = exe
        .parent()
        .and_then(Path::parent)
        .map(|folder| folder.join("cargo-perf"));
    folder.filter(|path| path.exists()).ok_or_else(|| {
        "no cargo-perf beside the bench: cargo build --release -p perf-core --features cli"
            .to_owned()
    })
}

/// As many calls as make a process of [`LENGTH`], by the fastest of some.
fn calls_for(kernel: Kernel) -> Result<u64, String> {
    let time = |calls: u64| -> Result<f64, String> {
        let mut fastest = f64::INFINITY;
        for _ in 0..5 {
            let start = Instant::now();
            let exe = std::env::current_exe().map_err(|error| error.to_string())?;
            let done = Command::new(exe).args(words(kernel, calls)).status();
            done.map_err(|error| error.to_string())?;
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        Ok(fastest)
    };
    let (empty, some) = (time(0)?, time(2_000)?);
    Ok((2_000.0 * (LENGTH - empty).max(0.01) / (some - empty).max(1e-4)) as u64)
}

fn words(kernel: Kernel, calls: u64) -> [String; 4] {
    [
        "--run".to_owned(),
        kernel.name().to_owned(),
        STEPS.to_string(),
        calls.to_string(),
    ]
}

fn compare(
    cargo_perf: &Path,
    kernel: Kernel,
    calls: [u64; 2],
    wishes: &Wishes,
    seed: u64,
) -> Result<Comparison, String> {
    let exe = std::env::current_exe().map_err(|error| error.to_string())?;
    let line = |calls: u64| format!("'{}' {}", exe.display(), words(kernel, calls).join(" "));
    let done = Command::new(cargo_perf)
        .args([
            "ab",
            "--format",
            "json",
            "--margin",
            &format!("{}%", 100.0 * wishes.margin),
        ])
        .args([
            "--time",
            &wishes.time_seconds.to_string(),
            "--seed",
            &seed.to_string(),
        ])
        .args([
            "--baseline",
            &line(calls[0]),
            "--candidate",
            &line(calls[1]),
        ])
        .output()
        .map_err(|error| format!("cannot start {}: {error}", cargo_perf.display()))?;
    serde_json::from_slice(&done.stdout)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&done.stderr)))
}
