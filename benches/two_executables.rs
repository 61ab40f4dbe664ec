//! Two executables side by side on this machine, as `--baseline` runs them: how often equal ones are called changed, how often +2 % and
//! +5 % are found, and what two builds of one source with another layout differ by. Prints counts that can be added up over pieces:
//! give each piece another `--seed`.
//!
//! `cargo bench -p perf-benches --bench two_executables -- [--seconds 120] [--seed 1] [--neighbour] [--layout] [--margin 0.5%]
//! [--pairs N] [--only TEXT]`; `--prepare` builds and ends.

use perf_benches::{Neighbour, built, disturb};
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
    prepare: bool,
    margin: Option<String>,
    pairs: Option<String>,
    only: String,
}

/// One kind of comparison.
struct Cell {
    workload: &'static str,
    candidate: String,
    change: u32,
    verdicts: [u32; 5], // as in `VERDICTS`
    unsure: Vec<String>,
    estimates: Vec<f64>,
    seconds: f64,
}

const VERDICTS: [&str; 5] = [
    "regressed",
    "improved",
    "equivalent",
    "inconclusive",
    "failed",
];

fn main() -> Result<(), String> {
    if std::env::args().nth(1).as_deref() == Some(perf_benches::DISTURB) {
        disturb(&AtomicBool::new(false));
    }
    let wishes = wishes()?;
    let folder = built::folder(if wishes.layout {
        "two_layouts"
    } else {
        "two_executables"
    })?;
    let candidates = prepare(&folder, wishes.layout)?;
    if wishes.prepare {
        return Ok(());
    }
    let mut cells: Vec<Cell> = Vec::new();
    for workload in WORKLOADS {
        for (name, change) in &candidates {
            if format!("{workload} {name}").contains(&wishes.only) {
                cells.push(Cell::new(workload, name, *change));
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

/// The baseline saved and the candidates ready: their names, and by how much they do more work.
fn prepare(folder: &Path, layout: bool) -> Result<Vec<(String, u32)>, String> {
    let mut candidates = Vec::new();
    let base = folder.join("base");
    if layout {
        for (name, variable, flags) in LAYOUTS {
            match built::bench("workloads", &[], variable, flags) {
                Ok(executable) => built::copy(&executable, &folder.join(name))?,
                Err(words) if !flags.is_empty() => {
                    eprintln!("{name} is left out: {words}");
                    continue;
                }
                Err(words) => return Err(words),
            }
            candidates.push((name.to_owned(), 0));
        }
        built::copy(&folder.join(LAYOUTS[0].0), &base)?;
        candidates.remove(0);
    } else {
        let executable = built::bench("workloads", &[], "", &[])?;
        built::copy(&executable, &base)?;
        for (name, change) in CHANGES {
            built::copy(&executable, &folder.join(name))?;
            candidates.push((name.to_owned(), change));
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
        Ok(output) if output.status.success() => Ok(candidates),
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
    fn new(workload: &'static str, candidate: &str, change: u32) -> Self {
        Self {
            workload,
            candidate: candidate.to_owned(),
            change,
            verdicts: [0; 5],
            unsure: Vec::new(),
            estimates: Vec::new(),
            seconds: 0.0,
        }
    }

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
            "--seed",
            &seed.to_string(),
        ]);
        for (flag, value) in [("--margin", &wishes.margin), ("--pairs", &wishes.pairs)] {
            if let Some(value) = value {
                command.args([flag, value]);
            }
        }
        let output = command
            .output()
            .map_err(|error| format!("{} cannot be started: {error}", self.candidate))?;
        self.seconds += begun.elapsed().as_secs_f64();
        let object: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let result = &object["results"][0];
        let verdict = result["verdict"].as_str().unwrap_or("failed");
        let at = VERDICTS
            .iter()
            .position(|known| *known == verdict)
            .unwrap_or(VERDICTS.len() - 1);
        self.verdicts[at] += 1;
        if let Some(reason) = result["reason"].as_str() {
            self.unsure.push(reason.to_owned());
        }
        self.estimates.extend(result["change"]["estimate"].as_f64());
        Ok(())
    }

    fn n(&self) -> u32 {
        self.verdicts.iter().sum()
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
        let mut estimates: Vec<f64> = cell.estimates.iter().map(|e| 100.0 * e).collect();
        estimates.sort_by(f64::total_cmp);
        let at = |q: f64| {
            estimates
                .get(((estimates.len() as f64 - 1.0) * q).round() as usize)
                .copied()
                .unwrap_or(0.0)
        };
        let counts: Vec<String> = VERDICTS
            .iter()
            .zip(cell.verdicts)
            .map(|(name, n)| format!("{name} {n:3}"))
            .collect();
        let mut reasons = cell.unsure.clone();
        reasons.sort_unstable();
        reasons.dedup();
        println!(
            "{:10} {:16} n {:3}  {}  estimate {:+.2} {:+.2} {:+.2} %  {:.2} s each  {}",
            cell.workload,
            cell.candidate,
            cell.n(),
            counts.join("  "),
            at(0.05),
            at(0.5),
            at(0.95),
            cell.seconds / f64::from(cell.n().max(1)),
            reasons.join(" ")
        );
    }
    let sum = |of: &dyn Fn(&Cell) -> bool, verdicts: &[usize]| {
        let chosen = cells.iter().filter(|cell| of(cell));
        chosen.fold((0, 0), |(k, n), cell| {
            (
                k + verdicts.iter().map(|&v| cell.verdicts[v]).sum::<u32>(),
                n + cell.n(),
            )
        })
    };
    for (words, (k, n)) in [
        (
            "equal called changed",
            sum(&|cell| cell.change == 0, &[0, 1]),
        ),
        (
            "equal called regressed",
            sum(&|cell| cell.change == 0, &[0]),
        ),
        ("wrong direction", sum(&|cell| cell.change > 0, &[1])),
        ("+2 % found", sum(&|cell| cell.change == 2, &[0])),
        ("+5 % found", sum(&|cell| cell.change == 5, &[0])),
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
        prepare: false,
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
            "--seconds" => {
                wishes.seconds = value()?.parse().map_err(|_| "--seconds wants a number")?
            }
            "--seed" => {
                wishes.seed = value()?
                    .parse()
                    .map_err(|_| "--seed wants a whole number")?
            }
            "--margin" => wishes.margin = Some(value()?),
            "--pairs" => wishes.pairs = Some(value()?),
            "--only" => wishes.only = value()?,
            "--neighbour" => wishes.neighbour = true,
            "--layout" => wishes.layout = true,
            "--prepare" => wishes.prepare = true,
            other => return Err(format!("{other:?} is not known")),
        }
    }
    Ok(wishes)
}
