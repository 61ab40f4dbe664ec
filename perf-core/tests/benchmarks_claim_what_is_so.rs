//! Promise: of two executables whose times are known, the slower one is called slower by as much as it is, with the exit code that says
//! so, and with the sentence on the layout of code where that may be all of it. The benchmark tells its own times, so they are known.

#[path = "common/executable.rs"]
mod executable;
#[path = "common/programs.rs"]
mod programs;

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| programs::build("criterion_benches", &[]));

/// A build folder of its own, with an executable in it, and a baseline of that.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("CACHEDIR.TAG"), "").expect("writable");
        executable::copy(&PROGRAM, &folder.path().join("speed"));
        let place = Self(folder);
        let saved = place.run("known/time --save-baseline old", 0);
        assert!(saved.status.success(), "{saved:?}");
        place
    }

    /// Makes the executable another build: bytes behind its end are not looked at.
    fn build_anew(&self) {
        let new = self.0.path().join("new");
        fs::copy(&*PROGRAM, &new).expect("copied");
        let opened = fs::OpenOptions::new().append(true).open(&new);
        opened.expect("there").write_all(b"more").expect("written");
        executable::copy(&new, &self.0.path().join("speed"));
    }

    /// Runs it; `more` is by how many ten thousandths it takes longer than the kept one.
    fn run(&self, arguments: &str, more: i32) -> Output {
        let mut command = Command::new(self.0.path().join("speed"));
        command
            .args(["--bench", "--time", "5ms", "--pairs", "10"])
            .args(arguments.split_whitespace())
            .env("PERF_TEST_MORE", (10 * more).to_string())
            .env_remove("PERF_BENCH_ARGS")
            .current_dir(self.0.path());
        command.output().expect("it starts")
    }

    fn compared(&self, arguments: &str, more: i32) -> (Value, Option<i32>) {
        let output = self.run(&format!("{arguments} --format json --baseline old"), more);
        let object = serde_json::from_slice(&output.stdout);
        (
            object.unwrap_or_else(|_| panic!("{output:?}")),
            output.status.code(),
        )
    }

    /// The baseline as from another machine.
    fn carry_over(&self) {
        let file = self
            .0
            .path()
            .join("perf-bench/perf-core/criterion_benches/old/baseline.json");
        let mut kept: Value =
            serde_json::from_slice(&fs::read(&file).expect("kept")).expect("JSON");
        kept["environment"]["os"] = "another one".into();
        fs::write(&file, kept.to_string()).expect("writable");
    }
}

const LAYOUT: &str = "the layout of code alone commonly moves a build";

#[test]
fn the_slower_one_is_called_slower_and_a_small_claim_about_another_build_bears_its_sentence() {
    let place = Place::new();
    let check = |another: bool| {
        for (more, verdict, code, small) in [
            (150, "regressed", 1, true),
            (1_000, "regressed", 1, false),
            (-150, "improved", 0, true),
            (0, "equivalent", 0, false),
            (20, "equivalent", 0, false),
        ] {
            let (object, exit) = place.compared("known/time", more);
            let result = &object["results"][0];
            assert_eq!(
                (&result["verdict"], exit),
                (&verdict.into(), Some(code)),
                "{result}"
            );
            let change = result["change"]["estimate"].as_f64().expect("a number");
            assert!((change - f64::from(more) / 1e4).abs() < 1e-6, "{change}");
            let said = result["warnings"].to_string().contains(LAYOUT);
            assert_eq!(said, another && small, "{another} {result}");
        }
    };
    check(false); // the same file: its layout is that of the baseline
    place.build_anew();
    check(true);
}

#[test]
fn a_regression_counts_more_than_a_benchmark_without_an_answer() {
    let place = Place::new();
    let (object, exit) = place.compared("known/", 1_000);
    assert_eq!(exit, Some(1), "{object}");
    let (object, exit) = place.compared("known/", 0);
    assert_eq!(exit, Some(3), "{object}");
}

#[test]
fn stored_runs_need_a_wider_margin_and_the_same_machine_and_are_not_confirmed() {
    let place = Place::new();
    for (more, margin, verdict) in [
        (1_000, "", "regressed"),
        (150, "", "equivalent"), // the margin is 2 %
        (150, "--margin 1%", "regressed"),
    ] {
        let (object, exit) = place.compared(&format!("known/time --stored {margin}"), more);
        let result = &object["results"][0];
        assert_eq!(result["verdict"], verdict, "{result}");
        assert_eq!(exit, Some(i32::from(verdict == "regressed")));
        assert_eq!(
            result["confirmed"] == false,
            verdict == "regressed",
            "{result}"
        );
    }
    place.carry_over();
    let (object, exit) = place.compared("known/time --stored", 1_000);
    let result = &object["results"][0];
    assert_eq!(
        (&result["verdict"], exit),
        (&"inconclusive".into(), Some(0)),
        "{result}"
    );
}
