//! Promise: instructions are counted and judged exactly, an author's metric is judged like ours, and what cannot be measured is one
//! sentence. Counts are asserted, times are not.

#[path = "common/executable.rs"]
mod executable;
#[path = "common/programs.rs"]
mod programs;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| programs::build("benches", &[]));

/// A build folder of its own, with the executable in it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("CACHEDIR.TAG"), "").expect("writable");
        executable::copy(&PROGRAM, &folder.path().join("speed"));
        Self { folder }
    }

    /// Runs it; `more` is the work that the new executable does beyond the kept one.
    fn run(&self, arguments: &str, more: u32) -> Output {
        let mut command = Command::new(self.folder.path().join("speed"));
        command
            .args([
                "--bench",
                "--time",
                "2ms",
                "--processes",
                "5",
                "--pairs",
                "8",
            ])
            .args(arguments.split_whitespace())
            .env("PERF_TEST_MORE", more.to_string())
            .env_remove("PERF_BENCH_ARGS")
            .current_dir(self.folder.path());
        command.output().expect("it starts")
    }

    fn json(&self, arguments: &str, more: u32) -> (Value, Output) {
        let output = self.run(&format!("--format json {arguments}"), more);
        let object = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}{}", out(&output), err(&output)));
        (object, output)
    }

    fn kept(&self) -> PathBuf {
        let folder = self.folder.path().join("perf-bench/perf-core/benches/old");
        let files = fs::read_dir(folder).expect("kept").flatten();
        files
            .map(|entry| entry.path())
            .find(|path| path.display().to_string().contains("executable-"))
            .expect("an executable")
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn has_valgrind() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::join(&folder, "valgrind").is_file())
}

/// Saved, compared with itself, and with more work: the counts, the verdicts, the exit codes.
fn repeats_and_is_judged_exactly(id: &str, metric: &str) {
    let place = Place::new();
    let ask = format!("{id} --exact --metric {metric}");
    let (measured, saved) = place.json(&format!("{ask} --save-baseline old"), 0);
    assert!(saved.status.success(), "{}", err(&saved));
    let one = &measured["benchmarks"][0];
    assert_eq!(
        (&one["metric"], &one["unit"], &one["exact"]),
        (&metric.into(), &"count".into(), &true.into()),
        "{one}"
    );
    assert_eq!(
        (&one["low"], &one["high"]),
        (&one["estimate"], &one["estimate"])
    );
    let (object, output) = place.json(&format!("{ask} --baseline old"), 0);
    let same = &object["results"][0];
    assert_eq!(
        (&same["verdict"], output.status.code()),
        (&"equivalent".into(), Some(0)),
        "{same}"
    );
    assert_eq!(
        (&same["baseline"], &same["candidate"], &same["metric"]),
        (&one["estimate"], &one["estimate"], &metric.into())
    );
    assert_eq!(same["unit_of_replication"], "process_pair");
    for (stored, unit) in [("", "process_pair"), ("--stored", "run")] {
        let (object, output) = place.json(&format!("{ask} --baseline old {stored}"), 1);
        let more = &object["results"][0];
        assert_eq!(
            (&more["verdict"], output.status.code()),
            (&"regressed".into(), Some(1)),
            "{more}"
        );
        let value = |side: &str| more[side].as_f64().expect("a number");
        assert!(value("candidate") > value("baseline"), "{more}");
        assert_eq!(
            (&more["unit_of_replication"], &more["change"]["level"]),
            (&unit.into(), &1.0.into())
        );
    }
    let text = place.run(&format!("{ask} --baseline old --stored"), 1);
    assert!(
        out(&text).starts_with(&format!("{id} {metric}  +")) && out(&text).contains("more"),
        "{}",
        out(&text)
    );
}

#[test]
fn instructions_repeat_and_are_judged_exactly() {
    if has_valgrind() {
        repeats_and_is_judged_exactly("counted::probing", "instructions");
    }
}

#[test]
fn a_metric_of_the_authors_repeats_and_is_judged_exactly() {
    repeats_and_is_judged_exactly("counted::probing", "probes");
}

#[test]
fn a_small_change_of_what_is_counted_is_none_of_layout() {
    let place = Place::new();
    let ask = "counted::many --exact --metric probes";
    assert!(
        place
            .run(&format!("{ask} --save-baseline old"), 0)
            .status
            .success()
    );
    let speed = place.folder.path().join("speed");
    let other = [fs::read(&speed).expect("there"), b"more".to_vec()].concat();
    let new = place.folder.path().join("new"); // another file, and so another build
    fs::copy(&speed, &new).expect("copied");
    fs::write(&new, other).expect("writable");
    executable::copy(&new, &speed);
    let (object, output) = place.json(&format!("{ask} --baseline old"), 15);
    let result = &object["results"][0];
    assert_eq!(
        (
            &result["verdict"],
            &result["candidate"],
            output.status.code()
        ),
        (&"regressed".into(), &1_015.0.into(), Some(1)),
        "{result}"
    );
    assert!(
        !result["warnings"].to_string().contains("layout"),
        "{result}"
    );
}

#[test]
fn counts_of_another_machine_are_not_compared_as_if_they_were_of_this_one() {
    let place = Place::new();
    let ask = "counted::probing --exact --metric probes";
    assert!(
        place
            .run(&format!("{ask} --save-baseline old"), 0)
            .status
            .success()
    );
    let folder = place.kept();
    let file = folder.with_file_name("baseline.json");
    let mut kept: Value = serde_json::from_slice(&fs::read(&file).expect("kept")).expect("JSON");
    kept["environment"]["os"] = "another one".into();
    fs::write(&file, kept.to_string()).expect("writable");
    let (object, output) = place.json(&format!("{ask} --baseline old --stored"), 1);
    let result = &object["results"][0];
    assert_eq!(
        (&result["verdict"], output.status.code()),
        (&"inconclusive".into(), Some(0)),
        "{result}"
    );
}

#[test]
fn alternatives_are_judged_by_what_is_counted_and_fail_nothing() {
    let place = Place::new();
    let (object, output) = place.json("counted::more counted::many --metric probes", 0);
    let result = &object["alternatives"][0]["results"][0];
    assert_eq!(
        (
            &result["baseline"],
            &result["candidate"],
            &result["verdict"]
        ),
        (&1_000.0.into(), &1_500.0.into(), &"regressed".into()),
        "{object}"
    );
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
}

#[test]
fn amounts_are_those_of_an_iteration_and_inputs_are_left_out() {
    let place = Place::new();
    let amount = |id: &str, metric: &str| {
        let ask = format!("{id} --exact --metric {metric}");
        let (object, output) = place.json(&ask, 0);
        let amount = object["benchmarks"][0]["estimate"].as_f64();
        amount.unwrap_or_else(|| panic!("{}", err(&output)))
    };
    assert_eq!(amount("counted::probing", "probes"), 3.0);
    assert_eq!(amount("cloned", "allocations"), 1.0);
    assert_eq!(amount("cloned", "allocated-bytes"), 100.0);
    assert_eq!(amount("sum/10", "allocations"), 0.0);
    // Threads together, a thread's share; what a Higher metric counts is not worse for being more.
    assert_eq!(amount("counted::gaining/threads=2", "gains"), 5.0);
    let (object, _) = place.json(
        "counted::gaining/threads=2 --metric gains --save-baseline old",
        0,
    );
    assert_eq!(object["benchmarks"][0]["exact"], true);
    let (object, output) = place.json(
        "counted::gaining/threads=2 --metric gains --baseline old",
        1,
    );
    assert_eq!(
        (&object["results"][0]["verdict"], output.status.code()),
        (&"improved".into(), Some(0)),
        "{object}"
    );
    let change = &object["results"][0]["change"];
    assert!(
        (change["estimate"].as_f64().expect("a number") - 0.2).abs() < 1e-9,
        "{change}"
    );
    if has_valgrind() {
        let (short, long) = (
            amount("sum/10", "instructions"),
            amount("sum/1000", "instructions"),
        );
        assert!((20.0..200.0).contains(&(long / short)), "{short} {long}");
        assert!(amount("bad::does_nothing", "instructions") < short);
    }
}

#[test]
fn what_varies_is_judged_over_pairs_and_it_is_said() {
    let place = Place::new();
    let ask = "counted::varying --metric steps";
    let (measured, _) = place.json(&format!("{ask} --save-baseline old"), 0);
    let one = &measured["benchmarks"][0];
    assert_eq!(one["exact"], false);
    assert!(one["notes"].to_string().contains("do not agree"), "{one}");
    let (object, _) = place.json(&format!("{ask} --baseline old"), 0);
    let result = &object["results"][0];
    assert_eq!(result["n"]["baseline"], 8, "{result}");
    assert!(
        result["warnings"].to_string().contains("do not agree"),
        "{result}"
    );
    // A noisy metric has its own unit, and no verdict is asserted.
    let (object, output) = place.json("sum/10 --exact --metric cpu", 0);
    assert!(output.status.success());
    assert_eq!(object["benchmarks"][0]["unit"], "ns");
}

#[test]
fn an_executable_from_before_is_passed_over_with_the_reason() {
    let place = Place::new();
    let ask = "counted::probing --metric probes";
    assert!(
        place
            .run(&format!("{ask} --save-baseline old"), 0)
            .status
            .success()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let script = "#!/bin/sh\nmark=\"${PERF_BENCH_CHILD#*:}\"\nprintf '\\036%s hello {\"protocol\":1,\"version\":\"0\",\"benches\":[]}\\n' \"$mark\"\n\
             read line; printf '\\036%s opened {\"threads\":1}\\n' \"$mark\"\ncat >/dev/null\n";
        let file = place.folder.path().join("script");
        fs::write(&file, script).expect("writable");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("allowed");
        executable::copy(&file, &place.kept());
        let (object, output) = place.json(&format!("{ask} --baseline old"), 0);
        let result = &object["results"][0];
        assert_eq!(
            (
                &result["verdict"],
                &result["unit_of_replication"],
                output.status.code()
            ),
            (&"equivalent".into(), &"run".into(), Some(0))
        );
        let warnings = result["warnings"].to_string();
        assert!(
            warnings.contains("speaks version 1 of the protocol"),
            "{warnings}"
        );
    }
}

#[test]
fn what_cannot_be_measured_is_one_sentence() {
    let place = Place::new();
    for (arguments, words) in [
        ("--metric joules", "known are time, instructions, probes, "),
        ("--metric probes --format bencher", "is one of times"),
        ("--metric cpu --criterion here", "is one of times"),
    ] {
        let refused = place.run(&format!("counted::probing {arguments}"), 0);
        assert_eq!(refused.status.code(), Some(3), "{arguments}");
        assert!(
            refused.stdout.is_empty() && err(&refused).contains(words),
            "{}",
            err(&refused)
        );
        assert_eq!(err(&refused).lines().count(), 1, "{}", err(&refused));
    }
    let unable = place.run("counted::probing --metric unable", 0);
    assert_eq!(unable.status.code(), Some(3));
    assert!(
        out(&unable).contains("no answer: the counter is locked"),
        "{}",
        out(&unable)
    );
    let empty = tempfile::tempdir().expect("a folder");
    let without = Command::new(place.folder.path().join("speed"))
        .args(["--bench", "sum", "--metric", "instructions"])
        .env("PATH", empty.path())
        .output()
        .expect("it starts");
    assert_eq!(without.status.code(), Some(3));
    assert!(without.stdout.is_empty());
    assert!(
        err(&without).contains("no valgrind in PATH"),
        "{}",
        err(&without)
    );
    assert_eq!(err(&without).lines().count(), 1);
}
