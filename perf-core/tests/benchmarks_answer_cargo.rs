//! Promise: a bench target answers cargo and nextest as they ask, and a bad benchmark takes no other with it. No times are
//! asserted: words, structure, counts and exit codes.

#[path = "common/programs.rs"]
mod programs;

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| programs::build("benches", &[]));

/// Little measuring, so that the tests are fast: what is measured is not their subject.
const FAST: &[&str] = &["--bench", "--time", "2ms", "--processes", "3"];

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(&*PROGRAM);
    command.args(arguments).env_remove("PERF_BENCH_ARGS");
    command.output().expect("it starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn fast(more: &[&str]) -> Output {
    run(&[FAST, more].concat())
}

/// The good ones: a hang would wait for its time cap.
fn good(more: &[&str]) -> Output {
    fast(&[more, &["--skip", "bad::"]].concat())
}

fn names(output: &Output) -> Vec<String> {
    let text = out(output);
    let name = |line: &str| line.strip_suffix(": benchmark").map(str::to_owned);
    text.lines()
        .map(|line| name(line).unwrap_or_else(|| panic!("{line:?} is no name")))
        .collect()
}

#[test]
fn a_list_holds_names_and_nothing_else() {
    let listed = run(&["--list", "--format", "terse"]);
    assert!(listed.status.success() && listed.stderr.is_empty());
    let names = names(&listed);
    for name in [
        "arithmetic",
        "sum/10",
        "sum/1000",
        "length/two words",
        "owned/[3, 1, 2]",
        "inner::sort/(1, 2)",
        "grouped/another name",
        "generic/Vec<u8>/1",
        "generic/HashMap<u8, &'static str>/4",
        "shared/threads=2",
        "together/1/threads=2",
        "future",
        "own_executor/1",
        "match",
    ] {
        assert_eq!(
            names.iter().filter(|listed| *listed == name).count(),
            1,
            "{name} in {names:?}"
        );
    }
    assert!(!names.contains(&"ignored".to_owned()));
    let ignored = run(&["--list", "--format", "terse", "--ignored"]);
    assert_eq!(out(&ignored), "ignored: benchmark\n");
}

#[test]
fn filters_are_those_of_libtest() {
    let listed = |more: &[&str]| names(&run(&[&["--list"], more].concat()));
    assert_eq!(listed(&["sum"]), ["sum/10", "sum/1000"]);
    assert_eq!(listed(&["sum/10", "--exact"]), ["sum/10"]);
    assert_eq!(listed(&["sum", "--skip", "1000"]), ["sum/10"]);
    assert_eq!(
        listed(&["sum/10", "future", "--exact"]),
        ["sum/10", "future"]
    );
    assert!(listed(&["no such"]).is_empty());
}

#[test]
fn without_a_flag_each_runs_once() {
    for flags in [
        &["--skip", "bad::"][..],
        &["--test", "--skip", "bad::"],
        &["--bench", "--test", "--skip", "bad::"],
    ] {
        let checked = run(flags);
        let text = out(&checked);
        assert!(checked.status.success(), "{text}");
        assert!(
            text.contains("test sum/10 ... ok\n")
                && text.contains("test result: ok. 31 passed; 0 failed"),
            "{text}"
        );
    }
    let one = run(&["sum/10", "--exact", "--nocapture", "--test-threads=1"]);
    assert!(out(&one).contains("running 1 benchmark\n"), "{}", out(&one));
}

#[test]
fn what_fails_once_is_said_and_the_others_run() {
    let checked = run(&["bad::", "--skip", "hangs"]);
    let text = out(&checked);
    assert_eq!(checked.status.code(), Some(101), "{text}");
    for words in [
        "bad::panics: it panicked: no such luck at ",
        "bad::exits: it called exit(0) before it had answered",
        "bad::measures_nothing: it measured nothing",
        "test bad::prints ... ok",
        "test bad::starts_threads ... ok",
        "test bad::does_nothing ... ok",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    #[cfg(unix)]
    assert!(
        text.contains("bad::aborts: it aborted (signal 6)"),
        "{text}"
    );
    assert!(
        !text.contains("hello from"),
        "what it prints is not ours: {text}"
    );
}

#[test]
fn what_fails_in_measuring_is_said_and_the_others_are_answered() {
    let measured = fast(&["bad::", "arithmetic", "--skip", "hangs"]);
    let text = out(&measured);
    assert_eq!(measured.status.code(), Some(3), "{text}");
    let line = |name: &str| {
        text.lines()
            .find(|line| line.split_whitespace().next() == Some(name))
            .unwrap_or_else(|| panic!("{name} in {text}"))
    };
    for (name, words) in [
        ("bad::panics", "no answer: it panicked: no such luck at "),
        (
            "bad::panics_in_the_middle",
            "no answer: it panicked: two hundred calls",
        ),
        ("bad::exits", "no answer: it called exit(0)"),
        ("bad::aborts", "no answer: "),
        ("bad::measures_nothing", "no answer: it measured nothing"),
    ] {
        assert!(line(name).contains(words), "{}", line(name));
    }
    for name in [
        "arithmetic",
        "bad::prints",
        "bad::starts_threads",
        "bad::does_nothing",
    ] {
        assert!(line(name).contains("(3 processes)"), "{}", line(name));
    }
    assert!(text.contains("it prints to standard output"), "{text}");
}

#[cfg(unix)]
fn rude(arguments: &[&str]) -> (Option<i32>, String) {
    static RUDE: LazyLock<PathBuf> = LazyLock::new(|| programs::build("rude_benches", &[]));
    let mut command = Command::new(&*RUDE);
    command.args(arguments).env_remove("PERF_BENCH_ARGS");
    let output = command.output().expect("it starts");
    (
        output.status.code(),
        out(&output) + &String::from_utf8_lossy(&output.stderr),
    )
}

/// What keeps pipes open lives for longer than the time cap: waiting for its end would be said to be an endless loop.
#[test]
#[cfg(unix)]
fn what_takes_the_pipes_or_leaves_programs_behind_is_answered_or_told() {
    let (code, text) = rude(&[FAST, &["--time-cap", "20s"]].concat());
    assert_eq!(code, Some(3), "{text}");
    for (name, words) in [
        ("polite", "(3 processes)"),
        ("reads_input", "(3 processes)"),
        ("closes_input_and_output", "(3 processes)"),
        ("moves_away", "(3 processes)"),
        ("forks", "(3 processes)"),
        (
            "closes_everything",
            "no answer: it closed the pipes to its parent",
        ),
        ("leaves_a_program_and_exits", "no answer: it called exit(4)"),
        ("leaves_a_printer_and_exits", "no answer: it called exit(5)"),
        ("replaces_the_hook", "no answer: it panicked: quietly"),
        (
            "panics_without_words",
            "no answer: it panicked: something that is no text",
        ),
    ] {
        let begins = format!("rude::{name} ");
        let line = text.lines().find(|line| line.starts_with(&begins));
        assert!(
            line.is_some_and(|line| line.contains(words)),
            "{name}: {words} in {text}"
        );
    }
}

#[test]
#[cfg(unix)]
fn what_one_leaves_behind_fails_no_other() {
    let (code, text) = rude(&[
        "moves_away",
        "needs_its_directory",
        "forks",
        "replaces_the_hook",
    ]);
    assert_eq!(code, Some(101), "{text}");
    for (name, became) in [
        ("forks", "ok"),
        ("replaces_the_hook", "FAILED"),
        ("moves_away", "ok"),
        ("needs_its_directory", "ok"),
    ] {
        let line = format!("test rude::{name} ... {became}\n");
        assert!(text.contains(&line), "{line} in {text}");
    }
    let said = "rude::needs_its_directory failed after others in one process, and not alone: ";
    assert!(text.contains(said), "{text}");
    assert!(
        text.contains("replaces_the_hook: it panicked: quietly"),
        "{text}"
    );
}

#[test]
fn an_endless_loop_ends_at_the_time_cap() {
    for mode in [&[][..], FAST] {
        let stopped = run(&[mode, &["bad::hangs", "--time-cap", "300ms"]].concat());
        assert!(!stopped.status.success());
        assert!(
            out(&stopped).contains("no answer within 300 ms"),
            "{}",
            out(&stopped)
        );
    }
}

#[test]
fn results_go_to_standard_output_and_nothing_else_does() {
    let measured = good(&["arithmetic"]);
    assert!(measured.status.success());
    assert_eq!(
        out(&measured)
            .lines()
            .filter(|line| line.starts_with("arithmetic "))
            .count(),
        1
    );
    let beside = String::from_utf8_lossy(&measured.stderr);
    assert!(
        beside.contains("taken off: the loop's own cost"),
        "{beside}"
    );
    let shown = fast(&["bad::prints", "--nocapture"]);
    assert!(String::from_utf8_lossy(&shown.stderr).contains("hello from the benchmark"));
    assert!(!out(&shown).contains("hello"));
}

#[test]
fn json_is_one_object_with_everything_raw() {
    let object: Value =
        serde_json::from_slice(&good(&["sum", "length", "--format", "json"]).stdout)
            .expect("one object");
    assert_eq!(object["schema"], 1);
    let benches = object["benchmarks"].as_array().expect("an array");
    assert_eq!(benches.len(), 4);
    for bench in benches {
        assert_eq!(
            (&bench["unit"], &bench["metric"], &bench["level"]),
            (&"ns".into(), &"time".into(), &0.95.into())
        );
        let processes = bench["processes"].as_array().expect("an array");
        assert_eq!(processes.len(), 3);
        assert!(
            processes
                .iter()
                .all(|process| !process["batches"].as_array().expect("raw").is_empty())
        );
    }
    assert_eq!(benches[1]["throughput"]["items"], 1_000);
    let failed: Value = serde_json::from_slice(&fast(&["bad::exits", "--format", "json"]).stdout)
        .expect("one object");
    assert_eq!(failed["failures"][0]["id"], "bad::exits");
}

#[test]
fn a_slow_first_call_does_not_make_the_batches_short() {
    let measured = good(&["lazy", "--format", "json"]);
    let object: Value = serde_json::from_slice(&measured.stdout).expect("one object");
    for process in object["benchmarks"][0]["processes"]
        .as_array()
        .expect("an array")
    {
        assert!(process["iterations"].as_u64() > Some(1), "{process}");
    }
}

#[test]
fn allocations_are_counted_without_those_of_the_inputs() {
    let measured = good(&[
        "arithmetic",
        "generic/Vec<u8>/1",
        "sort",
        "future",
        "cloned",
        "--format",
        "json",
    ]);
    let object: Value = serde_json::from_slice(&measured.stdout).expect("one object");
    for bench in object["benchmarks"].as_array().expect("an array") {
        let counted = &bench["allocations"];
        let want = if bench["id"] == "cloned" { 1.0 } else { 0.0 };
        assert_eq!(counted["count"].as_f64(), Some(want), "{bench}");
    }
}

#[test]
fn other_formats_hold_every_benchmark() {
    let text = |format: &str| out(&good(&["sum", "length", "--format", format]));
    let bencher = text("bencher");
    assert_eq!(bencher.lines().count(), 4);
    for line in bencher.lines() {
        assert!(
            line.starts_with("test ")
                && line.contains(" ... bench: ")
                && line.contains(" ns/iter (+/- "),
            "{line}"
        );
        assert_eq!(line.split_whitespace().count(), 8, "{line}");
    }
    assert!(text("markdown").contains("| length/two words | "));
    let go = text("go");
    assert_eq!(
        go.lines()
            .filter(|line| line.starts_with("BenchmarkSum/10-1 ") && line.contains(" ns/op"))
            .count(),
        3,
        "{go}"
    );
    let bmf: Value = serde_json::from_str(&text("bmf")).expect("json");
    assert!(bmf["length/two words"]["latency"]["value"].is_number());
    let action: Value = serde_json::from_str(&text("github-action-benchmark")).expect("json");
    assert_eq!(action.as_array().map(Vec::len), Some(4));
    assert_eq!(action[0]["unit"], "ns/iter");
}

#[test]
fn arguments_come_from_the_environment_too_and_bad_ones_are_refused() {
    let listed = Command::new(&*PROGRAM)
        .arg("--list")
        .env("PERF_BENCH_ARGS", "sum --skip 1000")
        .output()
        .expect("it starts");
    assert_eq!(names(&listed), ["sum/10"]);
    // Quoted as in a shell; an open quote is refused.
    let with = |words: &str| {
        Command::new(&*PROGRAM)
            .arg("--list")
            .env("PERF_BENCH_ARGS", words)
            .output()
            .expect("it starts")
    };
    let quoted = with("'length/two words' --exact");
    assert_eq!(names(&quoted), ["length/two words"]);
    let open = with("sum 'length");
    assert_eq!(open.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&open.stderr).contains("PERF_BENCH_ARGS has a '"));
    let refused = run(&["--what"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(
        refused.stdout.is_empty() && String::from_utf8_lossy(&refused.stderr).contains("--what")
    );
}
