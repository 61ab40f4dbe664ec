//! What a run holds is written for other tools; folded stacks weigh what was asked for, and what cannot be given is refused in words.

use crate::{Left, perf, run};
use std::path::Path;

/// A run of `main` and two callees; what the callees allocated themselves, where it was counted.
fn stored(folder: &Path, counted: bool) -> std::path::PathBuf {
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    {
        let _main = perf_core::span!("exported main");
    }
    let seen = perf_core::snapshot().since(&before).expect("in order");
    let mut json = serde_json::to_value(seen).expect("JSON");
    let context = |path: &[&str], self_ns: f64, own: Option<(u64, u64)>| {
        let mut context =
            serde_json::json!({ "path": path, "calls": 5, "total_ns": 9e6, "self_ns": self_ns });
        if let Some((count, bytes)) = own.filter(|_| counted) {
            context["allocations"] = serde_json::json!({ "count": count, "bytes": bytes });
        }
        context
    };
    json["contexts"] = serde_json::json!([
        context(&["main"], 1e6, None),
        context(&["main", "once"], 2e6, Some((1, 3_000))),
        context(&["main", "often"], 6e6, Some((3, 1_000))),
    ]);
    let seen = serde_json::from_value(json).expect("a snapshot");
    let path = folder.join(format!("{counted}.json"));
    let written = perf_core::run::Run::now("app", seen).write(&path);
    written.expect("a free place");
    path
}

fn export(file: &Path, more: &[&str]) -> Left {
    run(perf().arg("export").arg(file).args(more))
}

#[test]
fn folded_stacks_weigh_what_was_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = stored(folder.path(), true);
    let stacks = |weight: &[&str]| {
        let left = export(&file, &[&["--format", "folded"], weight].concat());
        assert_eq!((left.code, left.err.as_str()), (0, ""), "{}", left.out);
        let mut lines: Vec<String> = left.out.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let time = ["main 1000000", "main;often 6000000", "main;once 2000000"];
    assert_eq!(stacks(&[]), time);
    assert_eq!(stacks(&["--weight", "self"]), time);
    assert_eq!(
        stacks(&["--weight", "allocations"]),
        ["main;often 3", "main;once 1"]
    );
    assert_eq!(
        stacks(&["--weight", "bytes"]),
        ["main;often 1000", "main;once 3000"]
    );
}

#[test]
fn a_weight_that_cannot_be_given_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let counted = stored(folder.path(), true);
    export(&counted, &["--format", "csv", "--weight", "bytes"])
        .could_not_judge("--weight is for --format folded");
    export(&counted, &["--format", "folded", "--weight", "seconds"]).could_not_judge("seconds");
    let uncounted = stored(folder.path(), false);
    for weight in ["allocations", "bytes"] {
        export(&uncounted, &["--format", "folded", "--weight", weight])
            .could_not_judge("no site of this run counts allocations");
    }
}
