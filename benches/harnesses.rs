//! Our harness beside criterion, divan and tango, each in its own executable, used as its guide says with its default settings: the
//! time to an answer, how often equal executables are called changed, and how often 2 % more work is found. Prints counts that can be
//! added up over pieces: give each piece another `--seed`.
//!
//! `cargo bench -p perf-benches --features peers --bench harnesses -- [--seconds 150] [--seed 1] [--neighbour] [--only TEXT]`;
//! `--prepare` builds and ends, `--prepared` builds nothing.

use perf_benches::built::Build;
use perf_benches::{Neighbour, Verdicts, built, disturb};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

const WORKLOADS: [&str; 3] = ["arithmetic", "hash_map", "memory"];
const CHANGES: [&str; 2] = ["equal", "plus2"];

/// A harness: its name, its bench target, and how it compares `base` with a candidate in a folder.
struct Harness {
    name: &'static str,
    target: &'static str,
    compare: fn(&Path, &str, &str) -> Result<Answer, String>,
}

/// A verdict as `Verdicts` names them, the change it shows, and how long it took once there was a baseline.
struct Answer {
    verdict: &'static str,
    change: Option<f64>,
    time: Duration,
}

const HARNESSES: [Harness; 4] = [
    Harness {
        name: "ours",
        target: "workloads",
        compare: ours,
    },
    Harness {
        name: "criterion",
        target: "criterion_workloads",
        compare: criterion,
    },
    Harness {
        name: "divan",
        target: "divan_workloads",
        compare: divan,
    },
    Harness {
        name: "tango",
        target: "tango_workloads",
        compare: tango,
    },
];

struct Cell {
    harness: usize,
    workload: &'static str,
    candidate: &'static str,
    verdicts: Verdicts,
}

struct Wishes {
    seconds: f64,
    seed: usize,
    neighbour: bool,
    build: Build,
    only: String,
}

fn main() -> Result<(), String> {
    if std::env::args().nth(1).as_deref() == Some(perf_benches::DISTURB) {
        disturb(&AtomicBool::new(false));
    }
    let wishes = wishes()?;
    if !cfg!(feature = "peers") {
        return Err("the peers are not built: --features peers".to_owned());
    }
    for harness in &HARNESSES {
        prepare(harness, wishes.build == Build::Before)?;
    }
    if wishes.build == Build::Only {
        return Ok(());
    }
    let mut cells = Vec::new();
    for candidate in CHANGES {
        for workload in WORKLOADS {
            for (harness, Harness { name, .. }) in HARNESSES.iter().enumerate() {
                if format!("{name} {workload} {candidate}").contains(&wishes.only) {
                    cells.push(Cell {
                        harness,
                        workload,
                        candidate,
                        verdicts: Verdicts::default(),
                    });
                }
            }
        }
    }
    let neighbour = if wishes.neighbour {
        Some(Neighbour::start()?)
    } else {
        None
    };
    measure(&mut cells, &wishes)?;
    drop(neighbour);
    let company = if wishes.neighbour {
        "a neighbour busy in phases"
    } else {
        "no neighbour"
    };
    println!("defaults of each harness, {company}, seed {}", wishes.seed);
    for Cell {
        harness,
        workload,
        candidate,
        verdicts,
    } in &cells
    {
        println!(
            "{:9} {workload:10} {candidate:5}  {verdicts}",
            HARNESSES[*harness].name
        );
    }
    Ok(())
}

/// Every harness gets about the same time; each piece begins at another of its comparisons.
fn measure(cells: &mut [Cell], wishes: &Wishes) -> Result<(), String> {
    let begun = Instant::now();
    let mut spent = [0.0_f64; HARNESSES.len()];
    let mut taken = [wishes.seed; HARNESSES.len()];
    while begun.elapsed().as_secs_f64() < wishes.seconds {
        let offered = (0..HARNESSES.len()).filter(|h| cells.iter().any(|cell| cell.harness == *h));
        let Some(next) = offered.min_by(|a, b| spent[*a].total_cmp(&spent[*b])) else {
            return Err("nothing is called so".to_owned());
        };
        let mut own: Vec<&mut Cell> = cells
            .iter_mut()
            .filter(|cell| cell.harness == next)
            .collect();
        let at = taken[next] % own.len();
        taken[next] += 1;
        let cell = &mut *own[at];
        let start = Instant::now();
        let answer =
            (HARNESSES[next].compare)(&folder(&HARNESSES[next]), cell.workload, cell.candidate)?;
        spent[next] += start.elapsed().as_secs_f64();
        cell.verdicts
            .add(answer.verdict, None, answer.change, answer.time);
    }
    Ok(())
}

fn folder(harness: &Harness) -> std::path::PathBuf {
    built::path("harnesses").join(harness.name)
}

fn prepare(harness: &Harness, prepared: bool) -> Result<(), String> {
    if prepared && folder(harness).is_dir() {
        return Ok(());
    }
    let folder = built::folder(&format!("harnesses/{}", harness.name))?;
    let executable = built::bench(harness.target, &["peers"], "", &[])?;
    for name in ["base", CHANGES[0], CHANGES[1]] {
        built::copy(&executable, &folder.join(name))?;
    }
    if harness.name == "ours" {
        run(&folder, "base", &["--bench", "--save-baseline", "base"])?;
    }
    Ok(())
}

/// What it prints on both channels, and how long it took.
fn run(folder: &Path, name: &str, arguments: &[&str]) -> Result<(String, Duration), String> {
    let begun = Instant::now();
    let mut command = Command::new(folder.join(name));
    command
        .args(arguments)
        .current_dir(folder)
        .env("CRITERION_HOME", folder.join("criterion"));
    let output = command.env_remove("PERF_BENCH_ARGS").output();
    let output = output.map_err(|error| format!("{name} cannot be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Ok((text.into_owned(), begun.elapsed()))
}

fn ours(folder: &Path, workload: &str, candidate: &str) -> Result<Answer, String> {
    let arguments = [
        "--bench",
        "--exact",
        workload,
        "--baseline",
        "base",
        "--format",
        "json",
    ];
    let (text, time) = run(folder, candidate, &arguments)?;
    let object: Value = text
        .lines()
        .find_map(|line| serde_json::from_str(line).ok())
        .unwrap_or_default();
    let result = &object["results"][0];
    let named = result["verdict"].as_str().unwrap_or_default();
    let verdict = Verdicts::NAMES
        .into_iter()
        .find(|name| *name == named)
        .unwrap_or("failed");
    Ok(Answer {
        verdict,
        change: result["change"]["estimate"].as_f64(),
        time,
    })
}

fn criterion(folder: &Path, workload: &str, candidate: &str) -> Result<Answer, String> {
    run(
        folder,
        "base",
        &["--bench", workload, "--exact", "--save-baseline", "base"],
    )?;
    let (text, time) = run(
        folder,
        candidate,
        &["--bench", workload, "--exact", "--baseline", "base"],
    )?;
    let verdict = [
        ("Performance has regressed", "regressed"),
        ("Performance has improved", "improved"),
        ("No change in performance detected", "inconclusive"),
        ("Change within noise threshold", "equivalent"),
    ];
    let found = verdict.into_iter().find(|(words, _)| text.contains(words));
    let change = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("change:"));
    let change = change.and_then(|words| percent(words.split_whitespace().nth(1)?));
    Ok(Answer {
        verdict: found.map_or("failed", |(_, verdict)| verdict),
        change,
        time,
    })
}

/// It gives no verdict: the medians of two runs are what its reader compares.
fn divan(folder: &Path, workload: &str, candidate: &str) -> Result<Answer, String> {
    let median = |name: &str| -> Result<(f64, Duration), String> {
        let (text, time) = run(
            folder,
            name,
            &["--bench", workload, "--exact", "--color", "never"],
        )?;
        let line = text
            .lines()
            .find(|line| line.contains(workload) && line.contains('│'));
        let field = line
            .and_then(|line| line.split('│').nth(2))
            .unwrap_or_default();
        let value = perf_core::units::parse_duration(field.trim())
            .map_err(|_| format!("divan printed:\n{text}"))?;
        Ok((value, time))
    };
    let ((old, _), (new, time)) = (median("base")?, median(candidate)?);
    Ok(Answer {
        verdict: "inconclusive",
        change: Some(new / old - 1.0),
        time,
    })
}

fn tango(folder: &Path, workload: &str, candidate: &str) -> Result<Answer, String> {
    let base = folder.join("base");
    let base = base.to_string_lossy();
    let (text, time) = run(
        folder,
        candidate,
        &["--color", "never", "compare", &base, "--filter", workload],
    )?;
    let last = text
        .lines()
        .find(|line| line.contains(workload))
        .and_then(|line| line.split_whitespace().last());
    let Some(last) = last.filter(|word| word.contains('%')) else {
        return Ok(Answer {
            verdict: "failed",
            change: None,
            time,
        });
    };
    let change = percent(last.trim_end_matches('*'));
    let verdict = match (last.ends_with('*'), change) {
        (true, Some(change)) if change > 0.0 => "regressed",
        (true, _) => "improved",
        (false, _) => "inconclusive",
    };
    Ok(Answer {
        verdict,
        change,
        time,
    })
}

fn percent(words: &str) -> Option<f64> {
    let number =
        words.trim_matches(|c: char| !c.is_ascii_digit() && c != '-' && c != '−' && c != '+');
    number
        .replace('−', "-")
        .parse::<f64>()
        .ok()
        .map(|value| value / 100.0)
}

fn wishes() -> Result<Wishes, String> {
    let mut wishes = Wishes {
        seconds: 150.0,
        seed: 1,
        neighbour: false,
        build: Build::First,
        only: String::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} wants a value"))
        };
        let number = |text: String| {
            text.parse::<usize>()
                .map_err(|_| format!("{text:?} is no whole number"))
        };
        match argument.as_str() {
            "--bench" => {}
            "--seconds" => wishes.seconds = number(value()?)? as f64,
            "--seed" => wishes.seed = number(value()?)?,
            "--only" => wishes.only = value()?,
            "--neighbour" => wishes.neighbour = true,
            "--prepare" => wishes.build = Build::Only,
            "--prepared" => wishes.build = Build::Before,
            other => return Err(format!("{other:?} is not known")),
        }
    }
    Ok(wishes)
}
