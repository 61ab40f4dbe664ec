//! Stored runs and numbers of other tools are judged by the weaker rule, which says so; what cannot be compared is refused by name.

use crate::{Left, WORKER, perf, result, run, write};
use std::path::{Path, PathBuf};

const OLD: &str = "[10.1, 10.0, 10.2, 10.1, 10.0, 10.3]";
const NEW: &str = "11.4\n11.3\n11.5\n\n11.6\n11.3\n11.4\n";

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
    write(&path, text);
    path
}

fn compare(baseline: &Path, candidate: &Path, more: &[&str]) -> Left {
    run(perf().arg("compare").args([baseline, candidate]).args(more))
}

#[test]
fn numbers_are_judged_and_the_codes_are_the_promised_ones() {
    let all = tempfile::tempdir().expect("a folder");
    let (old, new) = (
        file(all.path(), "old.json", OLD),
        file(all.path(), "new.txt", NEW),
    );
    let slower = compare(&old, &new, &[]);
    assert_eq!(slower.code, 1, "{}", slower.err);
    assert!(
        slower.out.contains("not confirmed: stored runs"),
        "{}",
        slower.out
    );
    assert_eq!(slower.out.matches("no canary").count(), 1, "{}", slower.out);
    let json = compare(&old, &new, &["--format", "json"]).json();
    let result = &json["results"][0];
    assert_eq!(
        (&json["schema"], &json["verdict"]),
        (&1.into(), &"regressed".into())
    );
    assert_eq!(
        (&result["unit_of_replication"], &result["n"]["candidate"]),
        (&"run".into(), &6.into())
    );
    let faster = compare(&new, &old, &["--format", "json"]);
    assert_eq!(
        (faster.code, &faster.json()["verdict"]),
        (0, &"improved".into())
    );
    let same = compare(&old, &old, &["--format", "json", "--margin", "5%"]);
    assert_eq!(
        (same.code, &same.json()["verdict"]),
        (0, &"equivalent".into())
    );
    let wide = compare(&old, &new, &["--margin", "30%", "--format", "json"]);
    assert_eq!(
        (wide.code, &wide.json()["verdict"]),
        (0, &"equivalent".into())
    );
    let two = file(all.path(), "two.json", "[1, 2]");
    let few = compare(&two, &two, &["--format", "json"]);
    assert_eq!(
        (few.code, &few.json()["results"][0]["reason"]),
        (0, &"too_few".into())
    );
    assert_eq!(compare(&two, &two, &["--deny-inconclusive"]).code, 2);
    let gate = |format| {
        run(perf()
            .arg("gate")
            .args([&old, &new])
            .args(["--format", format]))
    };
    let junit = gate("junit");
    assert_eq!(junit.code, 1, "{}", junit.err);
    assert!(
        junit
            .out
            .contains("<failure type=\"regressed\" message=\"new value"),
        "{}",
        junit.out
    );
    assert!(
        gate("github")
            .out
            .contains("\n::error title=perf%3A new value::")
    );
}

/// So many run files, of a site that allocates so much, and of a lock that so many of them waited for.
fn run_files(folder: &Path, runs: usize, (count, bytes): (u64, u64), waited: usize) -> PathBuf {
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    {
        let _parse = perf_core::span!("parse");
    }
    let seen = perf_core::snapshot().since(&before).expect("in order");
    let mut parse = seen.site("parse").expect("entered").clone();
    let mut wait = parse.clone();
    let mut taken = perf_core::Allocations::default();
    (taken.calls, taken.count, taken.bytes) = (parse.calls, count, bytes);
    parse.allocations = Some(taken);
    "queue (wait)".clone_into(&mut wait.id);
    std::fs::create_dir_all(folder).expect("a folder");
    for at in 0..runs {
        let mut seen = seen.clone();
        wait.calls = 10 + at as u64 % 3;
        wait.total_ns = 1e6 + 1e4 * at as f64;
        let rows = [&parse, &wait];
        seen.rows = rows[..=usize::from(at < waited)]
            .iter()
            .map(|row| (*row).clone())
            .collect();
        let path = folder.join(format!("{at}.json"));
        let written = perf_core::run::Run::now("app", seen).write(&path);
        written.expect("a free place");
    }
    folder.to_owned()
}

#[test]
fn allocations_and_waits_of_sites_are_judged() {
    let all = tempfile::tempdir().expect("a folder");
    let files =
        |name: &str, runs, taken, waited| run_files(&all.path().join(name), runs, taken, waited);
    let old = files("old", 8, (100, 6_400), 0);
    let more = files("more", 8, (101, 6_400), 8);
    let of = |metric: &str, new: &Path| {
        let left = compare(&old, new, &["--metric", metric, "--format", "json"]);
        assert!(left.code < 3, "{}", left.err);
        let json = left.json();
        let deciding = json["results"].as_array().expect("a list")[0].clone();
        (left.code, deciding)
    };
    // One allocation more is a regression, without margin; three runs that agree are enough.
    let (code, result) = of("parse:allocations", &more);
    assert_eq!((code, &result["verdict"]), (1, &"regressed".into()));
    assert_eq!(
        (&result["id"], &result["metric"], &result["of_site"]),
        (&"parse".into(), &"allocations".into(), &true.into())
    );
    assert_eq!(
        (&result["margin"], &result["baseline"], &result["candidate"]),
        (&0.0.into(), &100.0.into(), &101.0.into())
    );
    let (code, result) = of("parse:allocated-bytes", &more);
    assert_eq!((code, &result["verdict"]), (0, &"equivalent".into()));
    assert_eq!(result["unit"], "bytes");
    let fewer = files("fewer", 3, (99, 6_400), 0);
    let (code, result) = of("parse:allocations", &fewer);
    assert_eq!((code, &result["verdict"]), (0, &"improved".into()));
    let gate = |new: &Path| {
        run(perf()
            .arg("gate")
            .args([&old, new])
            .args(["--metric", "parse:allocations"]))
        .code
    };
    assert_eq!((gate(&more), gate(&old)), (1, 0));
    // Nobody waited in the old runs: that is 0, not nothing.
    let (code, result) = of("queue (wait):total", &more);
    assert_eq!(
        (code, &result["verdict"]),
        (1, &"regressed".into()),
        "{result}"
    );
    assert_eq!(result["baseline"], 0.0);
    // How many wait is chance: it has a margin.
    let (_, result) = of("queue (wait):calls", &more);
    assert_eq!(result["margin"], 0.02);
    let unknown = compare(&old, &more, &["--metric", "stack (wait):total"]);
    assert_eq!(unknown.code, 3);
}

#[test]
fn sites_without_a_finding_are_counted_unless_all_are_wanted() {
    let all = tempfile::tempdir().expect("a folder");
    let same = run_files(&all.path().join("same"), 8, (100, 6_400), 0);
    let metric = ["--metric", "parse:allocations"];
    let judged = |task: &str, more_words: &[&str]| {
        let words = [&metric[..], more_words].concat();
        let left = run(perf().arg(task).args([&same, &same]).args(words));
        assert_eq!(left.code, 0, "{}", left.err);
        left.out
    };
    for task in ["compare", "gate"] {
        for format in ["text", "markdown"] {
            let short = judged(task, &["--format", format]);
            let long = judged(task, &["--format", format, "--sites", "all"]);
            assert!(short.contains("parse allocations"), "{short}");
            assert!(
                !short.contains("parse total") && long.contains("parse total"),
                "{short}{long}"
            );
            let rest = "without a finding (--sites all shows them)";
            assert!(
                short.contains(rest) && !long.contains("without a finding"),
                "{short}{long}"
            );
        }
        let json = judged(task, &["--format", "json"]);
        assert!(json.contains("\"total\""), "{json}");
    }
}

#[test]
fn other_tools_numbers_have_the_right_replicates() {
    let all = tempfile::tempdir().expect("a folder");
    let n = |left: &Left| left.json()["results"][0]["n"]["baseline"].clone();
    let json = ["--format", "json"];
    let times = "{\"results\":[{\"command\":\"x\",\"times\":[0.1,0.11,0.1,0.12,0.1]}]}";
    let hyperfine = file(all.path(), "hyperfine.json", times);
    let left = compare(&hyperfine, &hyperfine, &json);
    let result = &left.json()["results"][0];
    assert_eq!(
        (n(&left), &result["unit"], &result["id"]),
        (5.into(), &"ns".into(), &"x".into())
    );
    assert_eq!(result["baseline"], 1e8);
    let sample = "{\"sampling_mode\":\"Flat\",\"iters\":[10,10],\"times\":[100,120]}";
    file(
        all.path(),
        "criterion/sum/new/benchmark.json",
        "{\"full_id\":\"sum\"}",
    );
    file(all.path(), "criterion/sum/base/sample.json", sample);
    let one = file(all.path(), "criterion/sum/new/sample.json", sample);
    let left = compare(&one, &one, &json);
    assert_eq!(
        (n(&left), &left.json()["results"][0]["reason"]),
        (1.into(), &"too_few".into())
    );
    let folder = all.path().join("criterion");
    let left = compare(&folder, &folder, &json);
    assert_eq!(
        (n(&left), &left.json()["results"][0]["id"]),
        (1.into(), &"sum".into())
    );
    let lines = "BenchmarkA-8 100 12 ns/op 8 B/op\nBenchmarkA-8 100 13 ns/op 8 B/op\n";
    let go = file(all.path(), "go.txt", lines);
    let left = compare(&go, &go, &json);
    assert_eq!(
        (n(&left), left.json()["results"].as_array().map(Vec::len)),
        (1.into(), Some(2))
    );
    let warnings = left.json()["warnings"].to_string();
    assert_eq!(warnings.matches("one process").count(), 1, "{warnings}");
    let unlike = compare(&file(all.path(), "plain.json", "[1, 2]"), &go, &[]);
    unlike.could_not_judge("BenchmarkA-8 B/op is in the candidate alone");
    unlike.could_not_judge("plain value is in the baseline alone");
    for number in 0..5 {
        file(all.path(), &format!("go/{number}.txt"), lines);
    }
    let folder = all.path().join("go");
    assert_eq!(n(&compare(&folder, &folder, &json)), 5);
}

#[test]
fn what_cannot_be_compared_is_refused_by_name() {
    let all = tempfile::tempdir().expect("a folder");
    let runs = all.path().join("runs");
    let to = runs.to_str().expect("UTF-8");
    let stored = run(perf().args(["run", "-n", "5", "--out", to, "--", &WORKER, "spin", "1"]));
    assert_eq!(stored.code, 0, "{}", stored.err);
    let same = compare(
        &runs,
        &runs,
        &["--format", "json", "--metric", "major-faults"],
    );
    assert_eq!(same.code, 0, "{}", same.err);
    assert_eq!(same.json()["results"][0]["n"]["baseline"], 5);
    let first = std::fs::read_dir(&runs)
        .expect("listable")
        .flatten()
        .next()
        .expect("a run")
        .path();
    let text = std::fs::read_to_string(&first).expect("readable");
    let mut other: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    other["environment"]["cpu"] = "Abacus 3000".into();
    let elsewhere = file(all.path(), "elsewhere.json", &other.to_string());
    compare(&runs, &elsewhere, &[]).could_not_judge("Abacus 3000");
    other["schema"] = 99.into();
    let newer = file(all.path(), "newer.json", &other.to_string());
    compare(&runs, &newer, &[]).could_not_judge("schema 99");
    let torn = file(all.path(), "torn.json", &text[..text.len() / 2]);
    compare(&torn, &runs, &[]).could_not_judge("torn.json");
    let numbers = file(all.path(), "numbers.json", OLD);
    compare(&runs, &numbers, &[]).could_not_judge("like with like");
    for (name, text) in [
        ("words.txt", "what?"),
        ("other.json", "{\"a\":1}"),
        ("minus.json", "[-1]"),
    ] {
        let bad = file(all.path(), name, text);
        compare(&numbers, &bad, &[]).could_not_judge(name);
    }
    compare(&numbers, &all.path().join("gone"), &[]).could_not_judge("gone");
    compare(&runs, &runs, &["--metric", "no:p99"]).could_not_judge("no:p99");
}

/// Forty nights of one program, 10 % slower from the 25th on: found, with the commit where it began.
#[test]
fn a_history_tells_where_a_number_changed() {
    let all = tempfile::tempdir().expect("a folder");
    let one = all.path().join("one");
    let to = one.to_str().expect("UTF-8");
    let stored = run(perf().args(["run", "--out", to, "--", &WORKER, "spin", "1"]));
    assert_eq!(stored.code, 0, "{}", stored.err);
    let first = std::fs::read_dir(&one)
        .expect("listable")
        .flatten()
        .next()
        .expect("a run")
        .path();
    let text = std::fs::read_to_string(first).expect("readable");
    let mut night: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for number in 0..40_u32 {
        let slower = if number < 25 { 1.0 } else { 1.1 };
        night["usage"]["wall_ns"] = (slower * (1e8 + f64::from(number * 7919 % 13) * 1e5)).into();
        night["provenance"]["commit"] = format!("c{number}").into();
        file(
            all.path(),
            &format!("nights/{number:02}.json"),
            &night.to_string(),
        );
    }
    let history = |words: &[&str]| {
        let mut command = perf();
        command.current_dir(all.path()).arg("history").args(words);
        run(&mut command)
    };
    history(&["show"]).could_not_judge("perf-history.jsonl");
    let added = history(&["add", "nights"]);
    assert_eq!(added.code, 0, "{}", added.err);
    let wall = ["--metric", "wall", "--format", "json"];
    let shown = history(&[&["show"], &wall[..]].concat()).json();
    assert_eq!(shown["entries"].as_array().map(Vec::len), Some(40));
    let checked = history(&[&["check"], &wall[..]].concat());
    assert_eq!(checked.code, 1, "{}{}", checked.out, checked.err);
    let levels = &checked.json()["series"][0]["levels"];
    assert_eq!(
        (
            levels.as_array().map(Vec::len),
            &levels[1]["began"]["commit"]
        ),
        (Some(2), &"c25".into())
    );
    let words = history(&["check", "--metric", "wall"]);
    assert!(words.out.contains("since c25 (after c24)"), "{}", words.out);
    // A writer that was stopped in the middle of a line spoils that line alone, and is told of.
    let path = all.path().join("perf-history.jsonl");
    let whole = std::fs::read_to_string(&path).expect("readable");
    write(&path, &whole[..whole.len() - 30]);
    let torn = history(&[&["show"], &wall[..]].concat());
    assert_eq!(torn.json()["entries"].as_array().map(Vec::len), Some(39));
    assert!(torn.err.contains("line 40"), "{}", torn.err);
}

/// Counts of a deterministic program stand in its run files and are judged exactly: the same runs are equal, three times
/// as many calls or bytes a regression, whatever the machine does meanwhile.
#[test]
fn counts_in_run_files_are_judged_exactly() {
    let all = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| all.path().join(name).to_str().expect("UTF-8").to_owned();
    let (before, after) = (folder("before"), folder("after"));
    for run_number in 0..5 {
        for (to, calls) in [(&before, "50"), (&after, "150")] {
            let stored = run(perf().args(["run", "--out", to, "--", &WORKER, "sites", calls]));
            assert_eq!(stored.code, 0, "{run_number}: {}", stored.err);
        }
    }
    let metrics = [
        "--metric",
        "worker::step:calls",
        "--metric",
        "written-bytes",
        "--format",
        "json",
    ];
    let judged = |command: &[&str]| run(perf().args(command).args(metrics));
    let same = judged(&["compare", &before, &before]).json();
    for metric in ["calls", "written-bytes"] {
        let found = result(&same, metric);
        assert_eq!(found["verdict"], "equivalent", "{same}");
        assert_eq!(found["baseline"], found["candidate"], "{same}");
        assert_eq!(found["decides"], true, "{same}");
    }
    let more = judged(&["compare", &before, &after]);
    let found = more.json();
    let calls = result(&found, "calls");
    assert_eq!(
        (&calls["baseline"], &calls["candidate"], &calls["verdict"]),
        (&50.0.into(), &150.0.into(), &"regressed".into()),
        "{found}"
    );
    let written = result(&found, "written-bytes");
    assert_eq!(
        (
            &written["baseline"],
            &written["candidate"],
            &written["verdict"]
        ),
        (&50.0.into(), &150.0.into(), &"regressed".into()),
        "{found}"
    );
    assert_eq!(more.code, 1, "{found}");
    let gate = |candidate: &str| judged(&["gate", &before, candidate]).code;
    assert_eq!((gate(&before), gate(&after)), (0, 1));
}
