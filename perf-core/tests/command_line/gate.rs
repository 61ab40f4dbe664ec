//! A gate blocks what a policy forbids, in the words of people, CI systems and code review; a self-test says what it is worth.

use crate::{Left, perf, run, worker, write};
use std::path::Path;

fn gate(folder: &Path, more: &[&str]) -> Left {
    let sides = [
        "--baseline",
        &worker("touch 8"),
        "--candidate",
        &worker("touch 8"),
    ];
    let plan = ["--pairs", "10", "--metric", "peak-rss"];
    run(perf()
        .current_dir(folder)
        .arg("gate")
        .args(sides)
        .args(plan)
        .args(more))
}

fn folder_with_policy(policy: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("perf.toml"), policy);
    folder
}

#[test]
fn budgets_of_the_policy_block_and_pass() {
    let limit = |max: &str| {
        format!("margin = \"50%\"\n[[budget]]\nmetric = \"peak-rss\"\nmax = \"{max}\"\n")
    };
    let folder = folder_with_policy(&limit("2MiB"));
    for (format, says) in [
        ("text", "peak-rss"),
        ("markdown", "|"),
        ("junit", "<failure type=\"regressed\""),
        ("github", "::error title=perf%3A worker peak-rss budget::"),
    ] {
        let left = gate(folder.path(), &["--format", format]);
        assert_eq!(left.code, 1, "{format}: {}{}", left.out, left.err);
        assert!(left.out.contains(says), "{format}: {}", left.out);
    }
    let folder = folder_with_policy(&limit("1GiB"));
    let left = gate(folder.path(), &["--format", "junit"]);
    assert_eq!(left.code, 0, "{}{}", left.out, left.err);
    assert!(
        left.out.contains("failures=\"0\" errors=\"0\""),
        "{}",
        left.out
    );
    assert!(left.out.starts_with("<?xml") && left.out.trim_end().ends_with("</testsuite>"));
    let json = gate(folder.path(), &["--format", "json"]).json();
    assert_eq!(json["schema"], 1);
    let elsewhere = folder.path().join("other.toml");
    write(&elsewhere, &limit("2MiB"));
    let named = ["--policy", elsewhere.to_str().expect("UTF-8")];
    assert_eq!(gate(folder.path(), &named).code, 1);
}

#[test]
fn a_policy_that_cannot_be_meant_is_refused() {
    for (policy, says) in [
        ("margin = \"2\"", "margin"),
        ("margins = \"2%\"", "unknown field"),
        ("level = 7", "level"),
        ("[[budget]]\nmetric = \"wall\"\n", "max"),
    ] {
        let folder = folder_with_policy(policy);
        gate(folder.path(), &[]).could_not_judge(says);
    }
    let nowhere = tempfile::tempdir().expect("a folder");
    gate(nowhere.path(), &["--policy", "no.toml"]).could_not_judge("no.toml");
    gate(nowhere.path(), &["a", "b"]).could_not_judge("not both");
}

#[test]
fn an_open_case_gives_its_reason_once() {
    for (format, opens) in [("junit", "<skipped message="), ("github", "::warning ")] {
        let one = ["gate", "--pairs", "1", "--format", format, "--", "true"];
        let left = run(perf().args(one));
        assert_eq!(left.code, 0, "{}{}", left.out, left.err);
        let case = left.out.lines().find(|line| line.contains(opens));
        let case = case.unwrap_or_else(|| panic!("{}", left.out));
        let reasons = case.matches("blocks or runs needed").count();
        assert_eq!(reasons, 1, "{case}");
    }
}

/// What is asserted is that the answer follows from its own numbers; how often a busy machine lets a slowdown be found is its affair.
#[test]
fn a_self_test_answers_by_its_own_numbers() {
    let selftest = |more: &[&str], program: &str| {
        let command = [
            "--pairs",
            "10",
            "--format",
            "json",
            "--shell",
            "--",
            &worker(program),
        ];
        run(perf().arg("selftest").args(more).args(command))
    };
    let few = selftest(&["--comparisons", "3", "--slowdown", "300%"], "spin 100");
    let json = few.json();
    assert_eq!(
        (few.code, &json["holds"]),
        (1, &false.into()),
        "three comparisons prove nothing"
    );
    assert_eq!(json["false_alarms"]["comparisons"], 3);
    assert!(json["false_alarms"]["high"].as_f64() > Some(0.6), "{json}");
    let all = selftest(&["--comparisons", "59", "--slowdown", "300%"], "spin 100");
    let json = all.json();
    let rare = json["false_alarms"]["high"].as_f64() <= Some(0.05);
    let found = json["slowdown"]["found"].as_u64() > Some(2);
    assert_eq!(json["holds"], rare && found, "{json}");
    assert_eq!(all.code, i32::from(!(rare && found)), "{json}");
    selftest(&["--comparisons", "1"], "fail 3").could_not_judge("exit code 3");
    selftest(&["--metric", "peak-rss"], "spin 1").could_not_judge("peak-rss");
}
