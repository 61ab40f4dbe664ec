//! Promise: a bench file written for criterion runs after its `use` line was changed, and criterion's files are written for its readers.

#[path = "common/programs.rs"]
mod programs;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| programs::build("criterion_benches", &[]));

fn run(arguments: &[&str]) -> Output {
    Command::new(&*PROGRAM)
        .args(arguments)
        .env_remove("PERF_BENCH_ARGS")
        .output()
        .expect("it starts")
}

const FAST: &[&str] = &[
    "--bench",
    "--time",
    "2ms",
    "--processes",
    "3",
    "--skip",
    "forgotten",
];

#[test]
fn every_benchmark_has_criterions_id_and_runs() {
    let listed = run(&["--list", "--format", "terse"]);
    let want = [
        "single",
        "with input/5",
        "group/1",
        "group/100",
        "group/lent/x",
        "group/custom",
        "group/forgotten",
        "known/time",
        "known/failure",
    ];
    let listed = String::from_utf8(listed.stdout).expect("text");
    assert_eq!(
        listed.lines().collect::<Vec<_>>(),
        want.map(|id| format!("{id}: benchmark"))
    );
    let checked = run(&["--test"]);
    let text = String::from_utf8(checked.stdout).expect("text");
    assert!(
        text.contains("8 passed; 1 failed")
            && text.contains("group/forgotten: it measured nothing"),
        "{text}"
    );
    let measured = run(&[FAST, &["--format", "json"]].concat());
    let object: Value = serde_json::from_slice(&measured.stdout).expect("one object");
    assert_eq!(object["benchmarks"].as_array().map(Vec::len), Some(8));
    assert_eq!(object["benchmarks"][3]["throughput"]["items"], 100);
}

#[test]
fn criterions_files_are_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("criterion");
    let written = run(&[
        FAST,
        &["group", "--criterion", path.to_str().expect("text")],
    ]
    .concat());
    assert!(
        written.status.success(),
        "{}",
        String::from_utf8_lossy(&written.stderr)
    );
    let read = |file: &str| -> Value {
        let text = fs::read(path.join(Path::new("group_100/new")).join(file)).expect(file);
        serde_json::from_slice(&text).expect("json")
    };
    assert_eq!(
        (
            &read("benchmark.json")["full_id"],
            &read("benchmark.json")["throughput"]["Elements"]
        ),
        (&"group/100".into(), &100.into())
    );
    for of in ["mean", "median", "median_abs_dev", "std_dev"] {
        let estimate = &read("estimates.json")[of];
        assert!(
            estimate["point_estimate"].is_number() && estimate["standard_error"].is_number(),
            "{of}"
        );
        assert!(
            estimate["confidence_interval"]["lower_bound"].is_number(),
            "{of}"
        );
    }
    let sample = read("sample.json");
    assert_eq!(
        sample["iters"].as_array().map(Vec::len),
        sample["times"].as_array().map(Vec::len)
    );
}
