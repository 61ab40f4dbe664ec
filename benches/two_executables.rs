//! Two executables side by side on this machine, as `--baseline` runs them: how often equal ones are called changed, how often +2 % and
//! +5 % are found, and what two builds of one source with another layout differ by. Prints counts that can be added up over pieces:
//! give each piece another `--seed`.
//!
//! `cargo bench -p perf-benches --bench two_executables -- [--seconds 120] [--seed 1] [--neighbour] [--layout] [--margin 0.5%]
//! [--pairs N] [--only TEXT]`; `--prepare` builds and ends, `--prepared` builds nothing.

use perf_benches::built::Build;
use perf_benches::{Neighbour, Verdicts, built, disturb};
use perf_stats::proportion::clopper_pearson;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

const WORKLOADS: [&str; 3] = ["arithmetic", "hash_map", "memory"];

/// Names of copies that do more work, and how much more in percent.
const CHANGES: [(&str, u32); 3] = [("equal", 0), ("plus2", 2), ("plus5", 5)];

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

/// The default margin, or the one to be tried.
struct Wishes {
    seconds: f64,
    seed: u64,
    neighbour: bool,
    layout: bool,
    build: Build,
    margin: Option<String>,
    pairs: Option<String>,
    only: String,
}

/// One kind of comparison.
struct Cell {
    workload: &'static str,
    candidate: String,
    change: u32,
    verdicts: Verdicts,
}

fn main() -> Result<(), String> {
    if std::env::args().nth(1).as_deref() == Some(perf_benches::DISTURB) {
        disturb(&AtomicBool::new(false));
    }
    let wishes = wishes()?;
    let name = if wishes.layout {
        "two_layouts"
    } else {
        "two_executables"
    };
    let folder = built::path(name);
    if !(wishes.build == Build::Before && folder.join("base").is_file()) {
        prepare(&built::folder(name)?, wishes.layout)?;
    }
    let candidates = candidates(&folder, wishes.layout);
    if wishes.build == Build::Only {
        return Ok(());
    }
    let mut cells: Vec<Cell> = Vec::new();
    for workload in WORKLOADS {
        for (name, change) in &candidates {
            if format!("{workload} {name}").contains(&wishes.only) {
                cells.push(Cell {
                    workload,
                    candidate: name.clone(),
                    change: *change,
                    verdicts: Verdicts::default(),
                });
            }
        }
    }
    let neighbour = if wishes.neighbour {
        Some(Neighbour::start()?)
    } else {
        None
    };
    let begun = Instant::now();
    let mut seed = wishes.seed * 1_000_000;
    'measuring: loop {
        for cell in &mut cells {
            if begun.elapsed().as_secs_f64() >= wishes.seconds {
                break 'measuring;
            }
            seed += 1;
            cell.take(&folder, &wishes, seed)?;
        }
    }
    drop(neighbour);
    print(&cells, &wishes);
    Ok(())
}

/// Those that could be built: their names, and by how much they do more work.
fn candidates(folder: &Path, layout: bool) -> Vec<(String, u32)> {
    let named = |(name, change): (&str, u32)| (name.to_owned(), change);
    if !layout {
        return CHANGES.into_iter().map(named).collect();
    }
    let others = LAYOUTS[1..].iter().map(|(name, ..)| (*name, 0));
    others
        .map(named)
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
    let executable: PathBuf = folder.join(name);
    let mut command = Command::new(executable);
    command
        .arg("--bench")
        .current_dir(folder)
        .env_remove("PERF_BENCH_ARGS");
    command
}

impl Cell {
    fn take(&mut self, folder: &Path, wishes: &Wishes, seed: u64) -> Result<(), String> {
        let begun = Instant::now();
        let mut command = harness(folder, &self.candidate);
        command.args([
            self.workload,
            "--exact",
            "--baseline",
            "base",
            "--format",
            "json",
        ]);
        command.args(["--seed", &seed.to_string()]);
        for (flag, value) in [("--margin", &wishes.margin), ("--pairs", &wishes.pairs)] {
            if let Some(value) = value {
                command.args([flag, value]);
            }
        }
        let output = command.output();
        let output =
            output.map_err(|error| format!("{} cannot be started: {error}", self.candidate))?;
        let object: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let result = &object["results"][0];
        self.verdicts.add(
            result["verdict"].as_str().unwrap_or("failed"),
            result["reason"].as_str(),
            result["change"]["estimate"].as_f64(),
            begun.elapsed(),
        );
        Ok(())
    }
}

fn print(cells: &[Cell], wishes: &Wishes) {
    println!(
        "margin {}, {} pairs, {}, seed {}",
        wishes.margin.as_deref().unwrap_or("of the harness"),
        wishes.pairs.as_deref().unwrap_or("its"),
        if wishes.neighbour {
            "a neighbour busy in phases"
        } else {
            "no neighbour"
        },
        wishes.seed
    );
    for cell in cells {
        println!(
            "{:10} {:16}  {}",
            cell.workload, cell.candidate, cell.verdicts
        );
    }
    let sum = |of: &dyn Fn(&Cell) -> bool, verdicts: &[&str]| {
        let chosen = cells.iter().filter(|cell| of(cell));
        chosen.fold((0, 0), |(k, n), cell| {
            let found: u32 = verdicts.iter().map(|name| cell.verdicts.of(name)).sum();
            (k + found, n + cell.verdicts.all())
        })
    };
    for (words, (k, n)) in [
        (
            "equal called changed",
            sum(&|cell| cell.change == 0, &["regressed", "improved"]),
        ),
        (
            "equal called regressed",
            sum(&|cell| cell.change == 0, &["regressed"]),
        ),
        (
            "wrong direction",
            sum(&|cell| cell.change > 0, &["improved"]),
        ),
        ("+2 % found", sum(&|cell| cell.change == 2, &["regressed"])),
        ("+5 % found", sum(&|cell| cell.change == 5, &["regressed"])),
    ] {
        let interval = clopper_pearson(u64::from(k), u64::from(n.max(1)), 0.95);
        let (low, high) = interval.map_or((0.0, 1.0), |i| (i.low, i.high));
        println!(
            "{words}: {k} of {n}  [{:.2}, {:.2}] %",
            100.0 * low,
            100.0 * high
        );
    }
}

fn wishes() -> Result<Wishes, String> {
    let mut wishes = Wishes {
        seconds: 120.0,
        seed: 1,
        neighbour: false,
        layout: false,
        build: Build::First,
        margin: None,
        pairs: None,
        only: String::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} wants a value"))
        };
        match argument.as_str() {
            "--bench" => {}
            "--seconds" => wishes.seconds = number(&value()?)?,
            "--seed" => wishes.seed = number(&value()?)?,
            "--margin" => wishes.margin = Some(value()?),
            "--pairs" => wishes.pairs = Some(value()?),
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

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not the number that is needed"))
}
