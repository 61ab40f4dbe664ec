//! Promise: a baseline keeps its executable, old and new run side by side, and where they cannot, stored runs are judged and the reason
//! is said. Timed verdicts are never asserted: a busy machine may make any of them inconclusive.

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
    program: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("CACHEDIR.TAG"), "").expect("writable");
        let program = folder.path().join("speed");
        executable::copy(&PROGRAM, &program);
        Self { folder, program }
    }

    fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(&self.program);
        command.args([
            "--bench",
            "--time",
            "2ms",
            "--processes",
            "5",
            "--pairs",
            "8",
        ]);
        command
            .args(arguments.split_whitespace())
            .env_remove("PERF_BENCH_ARGS")
            .current_dir(self.folder.path());
        command.output().expect("it starts")
    }

    fn saved(name: &str) -> Self {
        let place = Self::new();
        let saved = place.run(&format!("sum --save-baseline {name}"));
        assert!(
            saved.status.success()
                && err(&saved).contains(&format!("baseline {name} saved: 2 benchmarks")),
            "{}",
            err(&saved)
        );
        place
    }

    fn kept(&self, name: &str) -> PathBuf {
        self.folder
            .path()
            .join("perf-bench/perf-core/benches")
            .join(name)
    }

    fn executable(&self, name: &str) -> PathBuf {
        let files: Vec<PathBuf> = fs::read_dir(self.kept(name))
            .expect("kept")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        let is_executable = |path: &PathBuf| {
            path.file_name()
                .is_some_and(|file| file.to_string_lossy().starts_with("executable-"))
        };
        files
            .into_iter()
            .find(is_executable)
            .expect("an executable")
    }

    fn compared(&self, arguments: &str) -> (Value, Output) {
        let output = self.run(&format!(
            "sum/10 --exact --format json --baseline old {arguments}"
        ));
        let object = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}{}", out(&output), err(&output)));
        (object, output)
    }
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn old_and_new_run_side_by_side_in_fresh_pairs() {
    let place = Place::saved("old");
    let (object, output) = place.compared("--margin 50%");
    assert_eq!(object["schema"], 1);
    let verdict = object["verdict"].as_str().expect("a word");
    let code = i32::from(verdict == "regressed");
    assert_eq!(output.status.code(), Some(code), "{verdict}");
    let why = "perf: exit code 1: 1 of 1 benchmark regressed: sum/10";
    let told = err(&output).lines().last().is_some_and(|last| last == why);
    assert_eq!(told, code == 1, "{}", err(&output));
    let result = &object["results"][0];
    assert_eq!(
        (&result["id"], &result["metric"], &result["unit"]),
        (&"sum/10".into(), &"time".into(), &"ns".into())
    );
    assert_eq!(
        (&result["unit_of_replication"], &result["margin"]),
        (&"process_pair".into(), &0.5.into())
    );
    assert_eq!(
        (&result["n"]["baseline"], &result["n"]["candidate"]),
        (&8.into(), &8.into())
    );
    assert!(result["change"]["estimate"].is_number() && result["change"]["level"].is_number());
    let control = &object["results"][1];
    assert_eq!(
        (&control["metric"], &control["decides"]),
        (&"control".into(), &false.into())
    );
    let listed = place.run("--list-baselines");
    assert!(
        out(&listed).starts_with("old  2 benchmarks  saved "),
        "{}",
        out(&listed)
    );
    let age = out(&listed);
    let age = age
        .split(" saved ")
        .nth(1)
        .and_then(|rest| rest.split(" ago").next());
    let (number, unit) = age.and_then(|age| age.split_once(' ')).expect("an age");
    assert!(number.parse::<u64>().is_ok(), "whole: {number} {unit}");
}

#[test]
fn a_comparison_is_a_page_too() {
    let place = Place::saved("old");
    let page = |file: &str| fs::read_to_string(place.folder.path().join(file)).ok();
    place.compared("--html page.html");
    let html = page("page.html").expect("written");
    assert!(
        html.starts_with("<!DOCTYPE html>") && html.contains("sum/10"),
        "{html}"
    );
    place.run("alternatives::same --html alternatives.html");
    let html = page("alternatives.html").expect("written");
    assert!(html.contains("alternatives::same v alternatives::old"));
    // Without a comparison there is nothing to show, and that is said.
    let plain = place.run("sum/10 --exact --html none.html");
    assert!(
        plain.status.success() && err(&plain).contains("wrote no page"),
        "{}",
        err(&plain)
    );
    assert_eq!(page("none.html"), None);
}

#[test]
fn an_inconclusive_answer_counts_only_where_it_is_denied() {
    // Stored runs of three processes are too few for a claim, whatever the machine does.
    let place = Place::saved("old");
    for (more, code) in [("", 0), ("--deny-inconclusive", 2)] {
        let (object, output) = place.compared(&format!("--stored --processes 3 {more}"));
        assert_eq!(
            (object["verdict"].as_str(), output.status.code()),
            (Some("inconclusive"), Some(code)),
            "{more}"
        );
        assert_eq!(object["results"][0]["reason"], "too_few");
        let why =
            "perf: exit code 2: 1 of 1 benchmark inconclusive: sum/10; --deny-inconclusive asks";
        let told = err(&output)
            .lines()
            .last()
            .is_some_and(|last| last.starts_with(why));
        assert_eq!(told, code == 2, "{}", err(&output));
    }
}

#[test]
fn without_the_executable_stored_runs_are_judged_and_it_is_said() {
    let place = Place::saved("old");
    fs::remove_file(place.executable("old")).expect("removable");
    says_why(&place, "the kept executable is gone");
}

#[test]
#[cfg(unix)]
fn an_executable_that_does_not_answer_is_passed_over_with_the_reason() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    let place = Place::saved("old");
    let speaks = |version: u32, then: &str| {
        format!(
            "#!/bin/sh\nprintf '\\036%s hello {{\"protocol\":{version},\"version\":\"9\",\"benches\":[]}}\\n' \"${{PERF_BENCH_CHILD#*:}}\"\n{then}\n"
        )
    };
    for (script, reason) in [
        (
            "#!/bin/sh\nexit 7\n".to_owned(),
            "does not answer as a benchmark executable: it called exit(7)",
        ),
        ("not a program".to_owned(), "cannot run "),
        (
            speaks(99, "cat >/dev/null"),
            "it speaks version 99 of the protocol",
        ),
        (
            speaks(1, "exit 3"),
            "it called exit(3) before it had answered",
        ),
        (
            speaks(1, TIMES_NOTHING),
            "answered something else than it was asked for",
        ),
    ] {
        let file = place.folder.path().join("script");
        fs::write(&file, script).expect("writable");
        fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("allowed");
        executable::copy(&file, &place.executable("old"));
        says_why(&place, reason);
    }
}

/// Answers a request for times with none.
#[cfg(unix)]
const TIMES_NOTHING: &str = r#"say() { printf '\036%s %s\n' "${PERF_BENCH_CHILD#*:}" "$1"; }
while read -r word rest; do
    case $word in
    pin) say free ;;
    open) say 'opened {"threads":1}' ;;
    *) say times ;;
    esac
done"#;

fn says_why(place: &Place, reason: &str) {
    let (object, output) = place.compared("");
    let result = &object["results"][0];
    assert_eq!(result["unit_of_replication"], "run");
    let warnings = result["warnings"].to_string();
    assert!(
        warnings.contains("the weaker kind") && warnings.contains(reason),
        "{reason}: {warnings}"
    );
    let regressed = result["verdict"] == "regressed";
    assert_eq!(warnings.contains("not confirmed: stored runs"), regressed);
    assert_eq!(output.status.code(), Some(i32::from(regressed)));
}

#[test]
fn files_that_are_no_baselines_are_refused_and_left_alone() {
    let place = Place::saved("old");
    let file = place.kept("old").join("baseline.json");
    let good = fs::read(&file).expect("readable");
    let newer =
        String::from_utf8(good.clone())
            .expect("text")
            .replacen("\"schema\":1", "\"schema\":9", 1);
    for (bytes, words) in [
        (&good[..good.len() / 2], "is torn"),
        (b"{}", "is not a baseline"),
        (newer.as_bytes(), "has schema 9"),
    ] {
        fs::write(&file, bytes).expect("writable");
        let refused = place.run("sum --baseline old");
        assert_eq!(refused.status.code(), Some(3));
        assert!(
            err(&refused).contains(words) && err(&refused).contains("baseline.json"),
            "{}",
            err(&refused)
        );
        assert_eq!(fs::read(&file).expect("readable"), bytes);
    }
}

/// A limit of the size of files, its signal ignored: what is written fails in the middle, as on a full disk.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_baselines_that_were_there() {
    let place = Place::saved("old");
    let kept = || {
        let mut all: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        for name in ["old", "new"] {
            let entries = fs::read_dir(place.kept(name))
                .into_iter()
                .flatten()
                .flatten();
            all.extend(entries.map(|e| (e.path(), fs::read(e.path()).expect("readable"))));
        }
        all.sort();
        all
    };
    let before = kept();
    assert_eq!(before.len(), 2);
    for (blocks, name) in [(0, "old"), (100, "new")] {
        let line = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut full = Command::new("sh");
        full.args(["-c", &line]).arg(&place.program);
        full.args([
            "--bench",
            "--time",
            "2ms",
            "--processes",
            "3",
            "sum",
            "--save-baseline",
            name,
        ]);
        full.env_remove("PERF_BENCH_ARGS")
            .current_dir(place.folder.path());
        let full = full.output().expect("it starts");
        let told = err(&full);
        assert_eq!(full.status.code(), Some(3), "{told}");
        assert!(told.contains("cannot keep a copy"), "{told}");
        assert!(kept() == before, "{blocks} {name}: {told}");
    }
}

#[test]
fn names_are_checked_and_baselines_removed() {
    let place = Place::saved("old");
    for name in ["../up", ".hidden", "a/b", "sp%20ace"] {
        let refused = place.run(&format!("sum --baseline {name}"));
        assert_eq!(refused.status.code(), Some(3), "{name}");
        assert!(
            err(&refused).contains("is no name for a baseline"),
            "{}",
            err(&refused)
        );
    }
    let unknown = place.run("sum --baseline new");
    assert_eq!(unknown.status.code(), Some(3));
    assert!(err(&unknown).contains("there is no baseline new"));
    assert!(place.run("--remove-baseline old").status.success());
    assert!(!place.kept("old").exists());
    assert_eq!(place.run("--remove-baseline old").status.code(), Some(3));
}

#[test]
fn kept_executables_stay_below_their_cap() {
    let place = Place::saved("old");
    let size = fs::metadata(&place.program).expect("there").len();
    let second = place.run(&format!(
        "sum --save-baseline second --baseline-size {}B",
        size + 10
    ));
    assert!(
        err(&second).contains("the executable of baseline old was removed for room"),
        "{}",
        err(&second)
    );
    let executables = |folder: &Path| {
        fs::read_dir(folder)
            .expect("kept")
            .flatten()
            .filter(|entry| entry.file_name() != "baseline.json")
            .count()
    };
    assert_eq!(
        (
            executables(&place.kept("old")),
            executables(&place.kept("second"))
        ),
        (0, 1)
    );
    says_why(&place, "removed for room");
    let third = place.run("sum --save-baseline third --baseline-size 10B");
    assert!(
        err(&third).contains("the executable was not kept"),
        "{}",
        err(&third)
    );
    assert_eq!(executables(&place.kept("third")), 0);
}

#[test]
fn the_oldest_executable_goes_first_and_the_new_one_counts_once() {
    let place = Place::saved("old");
    let size = fs::metadata(&place.program).expect("there").len();
    let save = |name: &str, executables: u64| {
        let room = executables * size + 10;
        err(&place.run(&format!(
            "sum --save-baseline {name} --baseline-size {room}B"
        )))
    };
    let again = save("old", 1);
    assert!(!again.contains("removed for room"), "{again}");
    assert!(place.executable("old").is_file());
    save("second", 2);
    let third = save("third", 2);
    assert!(
        third.contains("the executable of baseline old was removed"),
        "{third}"
    );
    assert!(!third.contains("baseline second"), "{third}");
    assert!(place.executable("second").is_file() && place.executable("third").is_file());
    let listed = out(&place.run("--list-baselines"));
    let names: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(names, ["old", "second", "third"], "{listed}");
}

#[test]
fn what_was_saved_of_an_executable_stays_until_another_takes_its_name() {
    let place = Place::saved("old");
    let count = "sum/10 --exact --metric allocations --save-baseline old";
    assert!(place.run(count).status.success());
    let (object, _) = place.compared("--stored");
    assert_eq!(object["results"][0]["metric"], "time", "{object}");
    let new = place.folder.path().join("new"); // another file, and so another executable
    fs::copy(&place.program, &new).expect("copied");
    let longer = [fs::read(&new).expect("there"), b"more".to_vec()].concat();
    fs::write(&new, longer).expect("writable");
    executable::copy(&new, &place.program);
    let saved = err(&place.run(count));
    assert!(
        saved.contains("baseline old saved: 1 benchmark, "),
        "{saved}"
    );
    let stale = place.run("sum/10 --exact --baseline old --stored");
    assert!(
        err(&stale).contains("sum/10 is not in the baseline"),
        "{}",
        err(&stale)
    );
    let kept = fs::read_dir(place.kept("old")).expect("kept").count();
    assert_eq!(kept, 2, "the runs and one executable");
}

#[test]
fn a_new_benchmark_is_named_and_a_failing_one_is_exit_code_3() {
    let place = Place::saved("old");
    let new = place.run("arithmetic --baseline old");
    // The kept executable offers it, although no run was saved: it is compared.
    assert!(
        out(&new).starts_with("arithmetic time "),
        "{}{}",
        out(&new),
        err(&new)
    );
    fs::remove_file(place.executable("old")).expect("removable");
    let new = place.run("arithmetic --baseline old");
    assert!(
        new.status.success() && err(&new).contains("arithmetic is not in the baseline"),
        "{}",
        err(&new)
    );
    let failing = Place::new();
    assert_eq!(
        failing
            .run("bad::exits sum/10 --save-baseline old")
            .status
            .code(),
        Some(3)
    );
    let compared = failing.run("bad::exits --baseline old");
    assert_eq!(compared.status.code(), Some(3));
    assert!(err(&compared).contains("exit(0)"), "{}", err(&compared));
}

#[test]
fn what_differs_from_the_time_of_saving_is_said() {
    let place = Place::saved("old");
    let mut command = Command::new(&place.program);
    command
        .args(["--bench", "--baseline", "old", "no such benchmark"])
        .env("SPEED_LIMIT", "secret value")
        .env("TERM", "another terminal")
        .env("GIT_AUTHOR_NAME", "somebody else")
        .current_dir("/");
    let said = err(&command.output().expect("it starts"));
    assert!(
        said.contains("another directory")
            && said.contains("SPEED_LIMIT")
            && ["secret", "TERM", "GIT_"]
                .iter()
                .all(|word| !said.contains(word)),
        "{said}"
    );
    let kept = fs::read_to_string(place.kept("old").join("baseline.json")).expect("readable");
    assert!(
        !kept.contains(
            &std::env::var("HOME").map_or("no home".into(), |home| format!("\"{home}\""))
        ),
        "values are hashed"
    );
}

#[test]
fn alternatives_of_one_executable_are_compared_interleaved() {
    let place = Place::new();
    let compared = place.run("alternatives --format json");
    let object: Value = serde_json::from_slice(&compared.stdout).expect("one object");
    let ids: Vec<&str> = object["alternatives"]
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(|one| one["results"][0]["id"].as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "alternatives::twice v alternatives::old",
            "alternatives::same v alternatives::old"
        ]
    );
    assert_eq!(
        object["alternatives"][0]["results"][0]["unit_of_replication"],
        "process_pair"
    );
}
