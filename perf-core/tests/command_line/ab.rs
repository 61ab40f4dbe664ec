//! Commands are measured in their surroundings, judged by their numbers, and a failing one is reported.

use crate::{Left, perf, result, run, worker, write};
use serde_json::Value;

fn ab(baseline: &str, candidate: &str, more: &[&str]) -> Left {
    let sides = ["--baseline", baseline, "--candidate", candidate];
    run(perf().arg("ab").args(sides).args(more))
}

/// Three times the work is found, or the machine was too busy to tell; it is never called faster.
#[test]
fn a_large_slowdown_is_found_and_the_object_is_complete() {
    let more = [
        "--pairs", "12", "--format", "json", "--metric", "user", "--metric", "wall",
    ];
    let left = ab(&worker("spin 3000"), &worker("spin 9000"), &more);
    let json = left.json();
    assert_eq!(json["schema"], 1);
    assert!(json["environment"].is_object() && json["warnings"].is_array());
    let wall = result(&json, "wall");
    for key in [
        "id",
        "unit",
        "baseline",
        "candidate",
        "margin",
        "verdict",
        "p",
        "mde",
    ] {
        assert!(!wall[key].is_null(), "{key} in {wall}");
    }
    assert_eq!(
        (&wall["unit"], &wall["margin"]),
        (&"ns".into(), &0.02.into())
    );
    assert_eq!(wall["n"]["baseline"], wall["n"]["candidate"]);
    assert!(wall["n"]["baseline"].as_u64() >= Some(10), "{wall}");
    assert_eq!(
        wall["change"]["level"].as_f64().map(|l| l > 0.9),
        Some(true)
    );
    for (verdict, code) in [("regressed", 1), ("inconclusive", 0)] {
        assert!(json["verdict"] != verdict || left.code == code, "{json}");
    }
    assert!(
        ["regressed", "inconclusive"].contains(&json["verdict"].as_str().unwrap_or("")),
        "{json}"
    );
}

/// Nothing is said of how `cargo perf` was built, which is here with debug assertions: it is not what was measured.
#[test]
fn other_programs_builds_are_unknown() {
    let json = ab("true", "true", &["--pairs", "1", "--format", "json"]).json();
    let machine = &json["environment"];
    assert_eq!(
        (&machine["rustc"], &machine["profile"]),
        (&Value::Null, &"unknown".into())
    );
    assert_eq!(machine["features"], Value::Array(Vec::new()));
    assert!(machine["absent"]["rustc"].is_string(), "{machine}");
    let of_us = |warning: &Value| warning.to_string().contains("debug assertions");
    let warnings = json["warnings"].as_array().expect("a list");
    assert!(!warnings.iter().any(of_us), "{warnings:?}");
}

/// Counts do not depend on the machine's mood: memory and exit codes may be asserted.
#[test]
fn memory_is_compared_above_the_floor_alone() {
    let more = ["--pairs", "10", "--metric", "peak-rss", "--format", "json"];
    let left = ab(&worker("touch 8"), &worker("touch 80"), &more);
    let json = left.json();
    let peak = result(&json, "peak-rss");
    assert_eq!(peak["unit"], "bytes");
    // A machine whose own speed moved meanwhile is a reason to claim nothing, of memory too.
    if json["verdict"] != "inconclusive" {
        let seen = (left.code, &json["verdict"], &peak["confirmed"]);
        assert_eq!(seen, (1, &"regressed".into(), &true.into()), "{json}");
    }
    let change = peak["change"]["estimate"].as_f64().expect("a change");
    assert!(change > 3.0, "{peak}");
    let floor = ab("true", "true", &more);
    let peak_at_floor = result(&floor.json(), "peak-rss").clone();
    assert_eq!(peak_at_floor["verdict"], "inconclusive", "{peak_at_floor}");
    assert!(
        peak_at_floor["explanation"]
            .to_string()
            .contains("not above"),
        "{peak_at_floor}"
    );
    assert_eq!(floor.code, 0);
    assert_eq!(
        ab(
            "true",
            "true",
            &[&more[..], &["--deny-inconclusive"]].concat()
        )
        .code,
        2
    );
}

#[test]
fn a_failing_program_is_reported_with_its_last_words() {
    let failing = ab(
        &worker("spin 1"),
        &worker("fail 7 'out of \u{1b}[31mluck'"),
        &[],
    );
    failing.could_not_judge("exit code 7");
    assert!(
        failing.err.contains("out of \\u{1b}[31mluck"),
        "{}",
        failing.err
    );
    ab("/no/such/program", "true", &[]).could_not_judge("cannot start `/no/such/program`");
    ab(&worker("sleep 60000"), "true", &["--time-limit", "100ms"])
        .could_not_judge("its time was up");
    let slain = ab("sh -c 'kill -9 $$'", "true", &[]);
    slain.could_not_judge("signal 9");
    ab("true", "true", &["--prepare", "false"]).could_not_judge("--prepare");
    ab(
        "true",
        "true",
        &["--metric", "no::such:p99", "--pairs", "10"],
    )
    .could_not_judge("no::such:p99");
}

#[test]
fn each_side_has_its_surroundings() {
    let folder = tempfile::tempdir().expect("a folder");
    let (left, right) = (folder.path().join("left"), folder.path().join("right"));
    let input = folder.path().join("input");
    write(&input, &"x".repeat(300_000));
    for side in [&left, &right] {
        std::fs::create_dir(side).expect("a folder");
    }
    let path = |p: &std::path::Path| p.to_str().expect("UTF-8").to_owned();
    let surroundings = |baseline: &str, candidate: &str, more: &[&str]| {
        let more = [&["--pairs", "1"], more].concat();
        ab(&worker(baseline), &worker(candidate), &more)
    };
    let (left, right, input) = (path(&left), path(&right), path(&input));
    let dirs = ["--baseline-dir", &left, "--candidate-dir", &right];
    assert_eq!(surroundings("see . left", "see . right", &dirs).code, 0);
    assert_eq!(surroundings("see . left", "see . left", &dirs).code, 3);
    let envs = ["--baseline-env", "SIDE=a", "--candidate-env", "SIDE=b c"];
    assert_eq!(surroundings("see SIDE a", "see SIDE 'b c'", &envs).code, 0);
    assert_eq!(
        surroundings("echo 300000", "echo 300000", &["--stdin", &input]).code,
        0
    );
    assert_eq!(surroundings("echo 0", "echo 0", &[]).code, 0);
    assert_eq!(surroundings("flood", "flood", &[]).code, 0);
    let shell = ab(
        "exit 0",
        "test \"$(echo a b)\" = 'a b'",
        &["--shell", "--pairs", "1"],
    );
    assert_eq!(shell.code, 0, "{}", shell.err);
    assert_eq!(
        ab("exit 0", "true", &["--pairs", "1"]).code,
        3,
        "without a shell there is no `exit`"
    );
}

/// Both sides run in an order that the seed gives, after one pair that is thrown away; `--prepare` goes before each run.
#[test]
fn the_order_is_the_seeds_and_the_first_pair_is_thrown_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let order = |seed: &str| {
        let log = folder.path().join("log");
        write(&log, "");
        let say = |word: &str| format!("printf {word} >> '{}'", log.display());
        let more = [
            "--shell",
            "--pairs",
            "10",
            "--seed",
            seed,
            "--prepare",
            &say("p"),
            "--format",
            "json",
        ];
        let left = ab(
            &say("a"),
            &say("b"),
            &[&more[..], &["--metric", "major-faults"]].concat(),
        );
        let json: Value = left.json();
        assert_eq!(json["environment"]["seed"].to_string(), seed);
        std::fs::read_to_string(&log).expect("a log")
    };
    let (one, again, other) = (order("7"), order("7"), order("8"));
    assert_eq!(one[..44], again[..44], "the seed is the plan");
    assert_ne!(one[4..44], other[4..44]);
    assert!(
        one.starts_with('p') && one.len() >= 44 && one.len() % 4 == 0,
        "{one}"
    );
    for pair in one.as_bytes().chunks(4) {
        assert!(pair == b"papb" || pair == b"pbpa", "{one}");
    }
}

/// Calls are exact, so that the verdict on them is certain: three times as many are more, whatever the machine does.
#[test]
fn sites_of_annotated_programs_are_compared() {
    let more = [
        "--pairs",
        "10",
        "--metric",
        "worker::step:calls",
        "--format",
        "json",
    ];
    let left = ab(&worker("sites 50"), &worker("sites 150"), &more);
    let json = left.json();
    let calls = result(&json, "calls");
    assert_eq!(calls["id"], "worker::step");
    let seen = (&calls["baseline"], &calls["candidate"], &calls["unit"]);
    assert_eq!(
        seen,
        (&50.0.into(), &150.0.into(), &"count".into()),
        "{calls}"
    );
    assert_eq!(
        (left.code, &json["verdict"]),
        (1, &"regressed".into()),
        "{json}"
    );
    let same = ab(&worker("sites 50"), &worker("sites 50"), &more);
    assert_eq!(
        (same.code, &same.json()["verdict"]),
        (0, &"equivalent".into())
    );
    assert_eq!(result(&same.json(), "self")["decides"], false);
    assert_eq!(result(&same.json(), "p50")["unit"], "ns");
    let rare = ["--pairs", "1", "--metric", "worker::step:p99"];
    let left = ab(&worker("sites 50"), &worker("sites 50"), &rare);
    left.could_not_judge("too few calls of this site in one run bound that quantile");
    let absent = ["--pairs", "1", "--metric", "absent:p99"];
    let left = ab(&worker("sites 50"), &worker("sites 50"), &absent);
    left.could_not_judge("absent:p99 was not measured");
    assert!(!left.err.contains("too few calls"), "{}", left.err);
}
