//! A history of stored runs grows, bears damage, and tells where a number changed.

use crate::{WORKER, perf, run, write};
use std::path::{Path, PathBuf};

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
    write(&path, text);
    path
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
