//! Two executables side by side on this machine, as `--baseline` runs them: how often equal ones are called changed, how often +2 % and
//! +5 % are found, and, with `--layout`, what builds of one source with another layout differ by. Rates with 95 % intervals (Clopper &
//! Pearson).
//!
//! `cargo bench -p perf-benches --bench two_executables -- [--seconds 150] [--seed 1] [--neighbour] [--layout] [--margin 0.5%]
//! [--pairs N] [--only TEXT]` is one piece; `--prepare` builds and ends, `--prepared` builds nothing; `--add FILE...` adds what pieces
//! printed; `--instructions` counts by how much the others do more than the baseline.

use perf_benches::arguments::Arguments;
use perf_benches::built::{self, Build};
use perf_benches::experiments::{Piece, Tallies, Truth};
use perf_core::judge::Comparison;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const WORKLOADS: [&str; 3] = ["arithmetic", "hash_map", "memory"];

/// Copies, and by how many hundredths they do more work.
const CHANGES: [(&str, u8, Truth); 3] = [
    ("equal", 0, Truth::Equal),
    ("plus2", 2, Truth::More),
    ("plus5", 5, Truth::More),
];

/// Builds of the same source: their names, `PERF_LAYOUT`, and what the linker is told. The first is what `cargo bench` builds.
const LAYOUTS: [(&str, &str, &[&str]); 8] = [
    ("as_is", "", &[]),
    ("unused_function", "1", &[]),
    ("unused_functions", "2", &[]),
    ("many_unused", "3", &[]),
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
    (
        "link_order_3",
        "",
        &["-Clink-arg=-Wl,--shuffle-sections=*=3"],
    ),
    (
        "link_order_4",
        "",
        &["-Clink-arg=-Wl,--shuffle-sections=*=4"],
    ),
];

struct Wishes {
    piece: Piece,
    layout: bool,
    instructions: bool,
    build: Build,
    passed_on: Vec<String>, // to the harness
}

const USAGE: &str =
    "[--layout] [--instructions] [--prepare] [--prepared] [--margin SHARE] [--pairs N]";

fn main() -> Result<(), String> {
    let wishes = wishes(Arguments::of_process())?;
    if let Some(all) = wishes.piece.added {
        all.print(false);
        return Ok(());
    }
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
    let cases: Vec<Case> = WORKLOADS
        .iter()
        .flat_map(|workload| {
            candidates
                .iter()
                .map(move |(name, truth)| (*workload, *name, *truth))
        })
        .filter(|(workload, name, _)| wishes.piece.wants(&format!("{workload} {name}")))
        .collect();
    if cases.is_empty() {
        return Err(format!("nothing is called {:?}", wishes.piece.only));
    }
    if wishes.instructions {
        return instructions(&folder, &cases);
    }
    println!("seed {}", wishes.piece.seed);
    measure(&folder, &cases, &wishes)?.print(true);
    Ok(())
}

/// Workload, candidate, and what is true of it.
type Case = (&'static str, &'static str, Truth);

/// One comparison after the other until the next one might not end in time; each piece begins at another one.
fn measure(folder: &Path, cases: &[Case], wishes: &Wishes) -> Result<Tallies, String> {
    let _neighbour = wishes.piece.neighbour();
    let (begun, mut all, mut longest) = (Instant::now(), Tallies::default(), 0f64);
    let mut seed = wishes.piece.seed << 24;
    let first = wishes.piece.seed as usize % cases.len();
    for (workload, candidate, truth) in cases.iter().cycle().skip(first) {
        if begun.elapsed().as_secs_f64() + longest > wishes.piece.seconds {
            break;
        }
        seed += 1;
        let start = Instant::now();
        let seed = ["--seed".to_owned(), seed.to_string()];
        let flags = [&seed[..], &wishes.passed_on[..]].concat();
        let found = compare(folder, workload, candidate, &flags)?;
        let took = start.elapsed().as_secs_f64();
        longest = longest.max(took);
        all.take(*truth, &wishes.name(workload, candidate), &found, took);
    }
    Ok(all)
}

/// How many more instructions the candidates take, as callgrind counts them.
fn instructions(folder: &Path, cases: &[Case]) -> Result<(), String> {
    for (workload, candidate, _) in cases {
        let flags = ["--metric", "instructions"].map(str::to_owned);
        let found = compare(folder, workload, candidate, &flags)?;
        let change = found.deciding().next().and_then(|outcome| outcome.change);
        let more = change.map_or("unknown".to_owned(), |change| {
            format!("{:+.3} %", 100.0 * change.estimate)
        });
        println!("{workload} {candidate}: {more} instructions");
    }
    Ok(())
}

/// Those that could be built.
fn candidates(folder: &Path, layout: bool) -> Vec<(&'static str, Truth)> {
    if !layout {
        return CHANGES.map(|(name, _, truth)| (name, truth)).to_vec();
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
        for (name, percent, _) in CHANGES {
            built::patched(&executable, &folder.join(name), percent)?;
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
    flags: &[String],
) -> Result<Comparison, String> {
    let mut command = harness(folder, candidate);
    command.args([workload, "--exact", "--baseline", "base"]);
    command.args(["--format", "json"]).args(flags);
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
        let flags = self.passed_on.join(" ");
        let company = self.piece.company();
        format!("{workload} {candidate}, {company} {flags}")
    }
}

fn wishes(mut arguments: Arguments) -> Result<Wishes, String> {
    let mut wishes = Wishes {
        piece: Piece::of(150.0),
        layout: false,
        instructions: false,
        build: Build::First,
        passed_on: Vec::new(),
    };
    while let Some(flag) = arguments.flag() {
        match flag.as_str() {
            "--layout" => wishes.layout = true,
            "--instructions" => wishes.instructions = true,
            "--margin" | "--pairs" => wishes.passed_on.extend([flag, arguments.value()?]),
            _ if wishes.build.takes(&flag) => {}
            _ if wishes.piece.takes(&flag, &mut arguments)? => {}
            _ => return Err(arguments.unknown(&format!("{USAGE} {}", Piece::USAGE))),
        }
    }
    Ok(wishes)
}
