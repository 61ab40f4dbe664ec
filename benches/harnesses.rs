//! Our harness beside criterion, divan and tango, each in its own executable, used as its guide says with its default settings: the
//! time to an answer once there is a baseline, how often equal executables are called changed, and how often 2 % more work is found.
//! Rates with 95 % intervals (Clopper & Pearson).
//!
//! `cargo bench -p perf-benches --features peers --bench harnesses -- [--seconds 150] [--seed 1] [--neighbour] [--only TEXT]` is one
//! piece; `--prepare` builds and ends, `--prepared` builds nothing; `--add FILE...` adds what pieces printed.

use perf_benches::arguments::Arguments;
use perf_benches::built::{self, Build};
use perf_benches::experiments::{Piece, Tallies, Truth};
use perf_core::judge::{Comparison, Verdict};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const WORKLOADS: [&str; 3] = ["arithmetic", "hash_map", "memory"];

/// Copies, and by how many hundredths they do more work.
const CHANGES: [(&str, u8, Truth); 2] = [("equal", 0, Truth::Equal), ("plus2", 2, Truth::More)];

/// A harness: its name, its bench target, and how it compares `base` with a candidate in a folder.
struct Harness {
    name: &'static str,
    target: &'static str,
    compare: fn(&Path, &str, &str) -> Result<Answer, String>,
}

/// A verdict, the change it shows, and how long it took once there was a baseline.
struct Answer {
    verdict: Verdict,
    change: Option<f64>,
    time: Duration,
}

/// What a harness is asked: workload, candidate, what is true of it, and the name under which it is counted.
type Question = (&'static str, &'static str, Truth, String);

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

struct Wishes {
    piece: Piece,
    build: Build,
}

fn main() -> Result<(), String> {
    let wishes = wishes(Arguments::of_process())?;
    if let Some(all) = wishes.piece.added {
        all.print(false);
        return Ok(());
    }
    if !cfg!(feature = "peers") {
        return Err("the peers are not built: --features peers".to_owned());
    }
    for harness in &HARNESSES {
        prepare(harness, wishes.build == Build::Before)?;
    }
    if wishes.build == Build::Only {
        return Ok(());
    }
    let _neighbour = wishes.piece.neighbour();
    println!("seed {}", wishes.piece.seed);
    measure(&wishes.piece)?.print(true);
    Ok(())
}

/// Every harness gets about the same time; each piece begins at another of its comparisons.
fn measure(piece: &Piece) -> Result<Tallies, String> {
    let (begun, mut all) = (Instant::now(), Tallies::default());
    let mut spent = [0f64; HARNESSES.len()];
    let mut taken = [piece.seed as usize; HARNESSES.len()];
    while begun.elapsed().as_secs_f64() < piece.seconds {
        let offered = (0..HARNESSES.len()).filter(|h| !questions(&HARNESSES[*h], piece).is_empty());
        let next = offered.min_by(|a, b| spent[*a].total_cmp(&spent[*b]));
        let next = next.ok_or_else(|| format!("nothing is called {:?}", piece.only))?;
        let harness = &HARNESSES[next];
        let questions = questions(harness, piece);
        let (workload, candidate, truth, name) = &questions[taken[next] % questions.len()];
        taken[next] += 1;
        let start = Instant::now();
        let found = (harness.compare)(&folder(harness), workload, candidate)?;
        spent[next] += start.elapsed().as_secs_f64();
        let seconds = found.time.as_secs_f64();
        all.note(*truth, name, (found.verdict, found.change, None), seconds);
    }
    Ok(all)
}

fn questions(harness: &Harness, piece: &Piece) -> Vec<Question> {
    let all = CHANGES.into_iter().flat_map(|(candidate, _, truth)| {
        WORKLOADS.map(|workload| {
            let name = format!(
                "{} {workload} {candidate}, {}",
                harness.name,
                piece.company()
            );
            (workload, candidate, truth, name)
        })
    });
    all.filter(|(.., name)| piece.wants(name)).collect()
}

fn folder(harness: &Harness) -> PathBuf {
    built::path("harnesses").join(harness.name)
}

fn prepare(harness: &Harness, prepared: bool) -> Result<(), String> {
    if prepared && folder(harness).join("base").is_file() {
        return Ok(());
    }
    let folder = built::folder(&format!("harnesses/{}", harness.name))?;
    let executable = built::bench(harness.target, &["peers"], "", &[])?;
    built::copy(&executable, &folder.join("base"))?;
    for (name, percent, _) in CHANGES {
        built::patched(&executable, &folder.join(name), percent)?;
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
    command.args(arguments).current_dir(folder);
    command.env("CRITERION_HOME", folder.join("criterion"));
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
    let mut objects = serde_json::Deserializer::from_str(&text).into_iter::<Comparison>();
    let found = objects.next().and_then(Result::ok);
    let found = found.ok_or_else(|| format!("our harness printed:\n{text}"))?;
    let change = found.deciding().next().and_then(|outcome| outcome.change);
    Ok(Answer {
        verdict: found.verdict,
        change: change.map(|change| change.estimate),
        time,
    })
}

fn criterion(folder: &Path, workload: &str, candidate: &str) -> Result<Answer, String> {
    let old = ["--bench", "--exact", workload, "--save-baseline", "base"];
    run(folder, "base", &old)?;
    let new = ["--bench", "--exact", workload, "--baseline", "base"];
    let (text, time) = run(folder, candidate, &new)?;
    let verdicts = [
        ("Performance has regressed", Verdict::Regressed),
        ("Performance has improved", Verdict::Improved),
        ("No change in performance detected", Verdict::Inconclusive),
        ("Change within noise threshold", Verdict::Inconclusive),
    ];
    let found = verdicts.into_iter().find(|(words, _)| text.contains(words));
    let (_, verdict) = found.ok_or_else(|| format!("criterion printed:\n{text}"))?;
    let mut lines = text.lines().map(str::trim);
    let change = lines.find_map(|line| line.strip_prefix("change:"));
    let change = change.and_then(|line| percent(line.split_whitespace().nth(1)?));
    Ok(Answer {
        verdict,
        change,
        time,
    })
}

/// It gives no verdict: the medians of two runs are what its reader compares.
fn divan(folder: &Path, workload: &str, candidate: &str) -> Result<Answer, String> {
    let arguments = ["--bench", workload, "--color", "never"];
    let median = |name: &str| -> Result<(f64, Duration), String> {
        let (text, time) = run(folder, name, &arguments)?;
        let mut lines = text.lines();
        let line = lines.find(|line| line.contains(workload) && line.contains('│'));
        let field = line.and_then(|line| line.split('│').nth(2));
        let value = perf_core::units::parse_duration(field.unwrap_or_default().trim());
        let value = value.map_err(|_| format!("divan printed:\n{text}"))?;
        Ok((value, time))
    };
    let ((old, _), (new, time)) = (median("base")?, median(candidate)?);
    Ok(Answer {
        verdict: Verdict::Inconclusive,
        change: Some(new / old - 1.0),
        time,
    })
}

fn tango(folder: &Path, workload: &str, candidate: &str) -> Result<Answer, String> {
    let base = folder.join("base");
    let base = base.to_string_lossy();
    let arguments = ["--color", "never", "compare", &base, "--filter", workload];
    let (text, time) = run(folder, candidate, &arguments)?;
    let line = text.lines().find(|line| line.contains(workload));
    let last = line.and_then(|line| line.split_whitespace().last());
    let last = last.filter(|word| word.contains('%'));
    let last = last.ok_or_else(|| format!("tango printed:\n{text}"))?;
    let change = percent(last.trim_end_matches('*'));
    let verdict = match (last.ends_with('*'), change) {
        (true, Some(change)) if change > 0.0 => Verdict::Regressed,
        (true, _) => Verdict::Improved,
        (false, _) => Verdict::Inconclusive,
    };
    Ok(Answer {
        verdict,
        change,
        time,
    })
}

fn percent(words: &str) -> Option<f64> {
    let of_number = |c: char| c.is_ascii_digit() || "+-−.".contains(c);
    let number: String = words.chars().filter(|c| of_number(*c)).collect();
    let value = number.replace('−', "-").parse::<f64>().ok()?;
    Some(value / 100.0)
}

fn wishes(mut arguments: Arguments) -> Result<Wishes, String> {
    let mut wishes = Wishes {
        piece: Piece::of(150.0),
        build: Build::First,
    };
    while let Some(flag) = arguments.flag() {
        if wishes.build.takes(&flag) || wishes.piece.takes(&flag, &mut arguments)? {
            continue;
        }
        let usage = format!("[--prepare] [--prepared] {}", Piece::USAGE);
        return Err(arguments.unknown(&usage));
    }
    Ok(wishes)
}
