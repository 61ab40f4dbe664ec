//! Promise: what is compared has its memory on huge pages on both sides, or on neither, and which of them is said.
#![cfg(target_os = "linux")]

#[path = "common/executable.rs"]
mod executable;
#[path = "common/programs.rs"]
mod programs;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The sentences beneath the comparison of a program with the baseline `old`.
fn said(program: &Path, flags: &str) -> String {
    let folder = program.parent().expect("a folder");
    let output = Command::new(program)
        .args(["--bench", "--exact", "memory", "--pairs", "8"])
        .args(["--time", "2ms", "--processes", "3"])
        .args(flags.split_whitespace())
        .env_remove("PERF_BENCH_ARGS")
        .current_dir(folder)
        .output()
        .expect("it starts");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let saves = flags.contains("--save-baseline");
    assert!(
        saves || answer["results"][0]["verdict"].is_string(),
        "{answer}"
    );
    answer["results"][0]["warnings"].to_string()
}

#[test]
fn both_sides_alike_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("CACHEDIR.TAG"), "").expect("writable");
    let program = folder.path().join("speed");
    executable::copy(&programs::build("benches", &[]), &program);
    said(&program, "--format json --save-baseline old");
    let compared = "--format json --baseline old";

    let moved = said(&program, compared);
    let here = [
        "of memory on huge pages, on both sides (--small-pages: without)",
        "memory could not be moved to huge pages here",
    ];
    let told =
        fs::read_to_string("/proc/self/smaps").is_ok_and(|text| text.contains("AnonHugePages"));
    assert!(
        !told || here.iter().any(|words| moved.contains(words)),
        "{moved}"
    );

    let left = said(&program, &format!("{compared} --small-pages"));
    assert!(!left.contains("huge"), "{left}");

    // One that greets with the version before.
    let script = folder.path().join("script");
    let real = folder.path().join("real");
    fs::copy(&program, &real).expect("copied");
    let text = format!("#!/bin/sh\n{real:?} \"$@\" | sed -u 's/\"protocol\":3/\"protocol\":2/'\n");
    fs::write(&script, text).expect("writable");
    fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("allowed");
    let kept = folder.path().join("perf-bench/perf-core/benches/old");
    let is_executable = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("executable-")
    };
    let files = fs::read_dir(&kept).expect("kept").flatten();
    let old = files
        .map(|file| file.path())
        .find(|path| is_executable(path));
    executable::copy(&script, &old.expect("an executable"));
    let old = said(&program, compared);
    assert!(old.contains("the kept executable is too old"), "{old}");
    assert!(!old.contains("weaker kind"), "{old}"); // it was measured all the same
}
