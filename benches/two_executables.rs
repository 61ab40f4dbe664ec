//! Two executables side by side on this machine, as `--baseline` runs them: how often equal ones are called changed, how often +2 % and
//! +5 % are found, and, with `--layout`, what builds of one source with another layout differ by. Rates with 95 % intervals (Clopper &
//! Pearson).
//!
//! `cargo bench -p perf-benches --bench two_executables -- [--seconds 150] [--seed 1] [--neighbour] [--layout] [--margin 0.5%]
//! [--pairs N] [--only TEXT]` is one piece; `--prepare` builds and ends, `--prepared` builds nothing; `--add FILE...` adds what pieces
//! printed.

use perf_benches::built::{self, Build};
use perf_benches::experiments::{Neighbour, Tallies, Truth};
use perf_core::judge::Comparison;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const WORKLOADS: [&str; 3] = ["arithmetic", "hash_map", "memory"];

/// Copies, and how much more work they do because of their names.
const CHANGES: [(&str, Truth); 3] = [
    ("equal", Truth::Equal),
    ("plus2", Truth::More),
    ("plus5", Truth::More),
];

/// Builds of the same source: their names, `PERF_LAYOUT`, and what the linker is told. The first is what `cargo bench` builds.
const LAYOUTS: [(&str, &str, &[&str]); 5] = [
    ("as_is", "", &[]),
    ("unused_function", "1", &[]),
    ("unused_functions", "2", &[]),
    (
        "link_order_1",
        "",
        &["-Clink-arg=-Wl,--shuffle-sections=*=1"],
    ),
    (
        "link_order_2",
        "",
        &["-Clink-arg=-Wl,--shuffle-sections=*=2"],
    ),
];

struct Wishes {
    seconds: f64,
    seed: u64,
    neighbour: bool,
    layout: bool,
    build: Build,
    passed_on: Vec<String>, // to the harness
    only: String,
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    if let Some(("--add", files)) = arguments
        .split_first()
        .map(|(a, files)| (a.as_str(), files))
    {
        return built::add(files);
    }
    let wishes = wishes(arguments.into_iter())?;
    let name = if wishes.layout {
        "two_layouts"
    } else {
        "two_executables"
    };
    let folder = built::path(name);
    if !(wishes.build == Build::Before && folder.join("base").is_file()) {
        prepare(&built::folder(name)?, wishes.layout)?;
    }
    if wishes.build == Build::Only {
        return Ok(());
    }
    let candidates = candidates(&folder, wishes.layout);
    let _neighbour = wishes.neighbour.then(|| Neighbour::start(wishes.seed));
    let (begun, mut all, mut longest) = (Instant::now(), Tallies::default(), 0f64);
    let mut seed = wishes.seed << 24;
    'piece: loop {
        for workload in WORKLOADS {
            for (candidate, truth) in &candidates {
                if !format!("{workload} {candidate}").contains(&wishes.only) {
                    continue;
                }
                if begun.elapsed().as_secs_f64() + longest > wishes.seconds {
                    break 'piece;
                }
                seed += 1;
                let start = Instant::now();
                let found = compare(&folder, workload, candidate, &wishes, seed)?;
                let took = start.elapsed().as_secs_f64();
                longest = longest.max(took);
                all.take(*truth, &wishes.name(workload, candidate), &found, took);
            }
        }
        if longest == 0.0 {
            return Err(format!("nothing is called {:?}", wishes.only));
        }
    }
    println!("seed {}", wishes.seed);
    all.print(true);
    Ok(())
}

/// Those that could be built.
fn candidates(folder: &Path, layout: bool) -> Vec<(&'static str, Truth)> {
    if !layout {
        return CHANGES.to_vec();
    }
    let others = LAYOUTS[1..].iter().map(|(name, ..)| (*name, Truth::Copies));
    others
        .filter(|(name, _)| folder.join(name).is_file())
        .collect()
}

/// The candidates built and the baseline saved.
fn prepare(folder: &Path, layout: bool) -> Result<(), String> {
    let base = folder.join("base");
    if layout {
        for (name, variable, flags) in LAYOUTS {
            match built::bench("workloads", &[], variable, flags) {
                Ok(executable) => built::copy(&executable, &folder.join(name))?,
                Err(words) if !flags.is_empty() => eprintln!("{name} is left out: {words}"),
                Err(words) => return Err(words),
            }
        }
        built::copy(&folder.join(LAYOUTS[0].0), &base)?;
    } else {
        let executable = built::bench("workloads", &[], "", &[])?;
        built::copy(&executable, &base)?;
        for (name, _) in CHANGES {
            built::copy(&executable, &folder.join(name))?;
        }
    }
    let saved = harness(folder, "base")
        .args([
            "--save-baseline",
            "base",
            "--time",
            "5ms",
            "--processes",
            "3",
        ])
        .output();
    match saved {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "no baseline: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => Err(format!("the workloads cannot be started: {error}")),
    }
}

fn harness(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(folder.join(name));
    command
        .arg("--bench")
        .current_dir(folder)
        .env_remove("PERF_BENCH_ARGS");
    command
}

fn compare(
    folder: &Path,
    workload: &str,
    candidate: &str,
    wishes: &Wishes,
    seed: u64,
) -> Result<Comparison, String> {
    let mut command = harness(folder, candidate);
    command.args([
        workload,
        "--exact",
        "--baseline",
        "base",
        "--format",
        "json",
    ]);
    command
        .args(["--seed", &seed.to_string()])
        .args(&wishes.passed_on);
    let output = command
        .output()
        .map_err(|error| format!("{candidate} cannot be started: {error}"))?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        format!(
            "no answer: {error}: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

impl Wishes {
    /// What is compared, and under which conditions.
    fn name(&self, workload: &str, candidate: &str) -> String {
        let company = if self.neighbour { "neighbour" } else { "quiet" };
        let flags = self.passed_on.join(" ");
        format!("{workload} {candidate}, {company} {flags}")
    }
}

fn wishes(mut arguments: impl Iterator<Item = String>) -> Result<Wishes, String> {
    let mut wishes = Wishes {
        seconds: 150.0,
        seed: 1,
        neighbour: false,
        layout: false,
        build: Build::First,
        passed_on: Vec::new(),
        only: String::new(),
    };
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} wants a value"))
        };
        match argument.as_str() {
            "--seconds" => wishes.seconds = built::number(&value()?)?,
            "--seed" => wishes.seed = built::number(&value()?)?,
            "--margin" | "--pairs" => wishes.passed_on.extend([argument.clone(), value()?]),
            "--only" => wishes.only = value()?,
            "--neighbour" => wishes.neighbour = true,
            "--layout" => wishes.layout = true,
            "--prepare" => wishes.build = Build::Only,
            "--prepared" => wishes.build = Build::Before,
            other => return Err(format!("{other:?} is not known")),
        }
    }
    Ok(wishes)
}
