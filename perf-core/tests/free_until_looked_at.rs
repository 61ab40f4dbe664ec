//! Promise: until somebody looks nothing is recorded, and looking begins and ends with sessions, `enable()` or `PERF=1`.

use perf_core::{Overhead, snapshot, span};
use std::process::Command;

fn calls(id: &str) -> u64 {
    snapshot().site(id).map_or(0, |row| row.calls)
}

/// One test: whether anybody looks is a property of the whole process.
#[test]
fn recording_lasts_as_long_as_somebody_looks() {
    let once = || drop(span!("watched"));
    once();
    assert!(snapshot().rows.is_empty(), "nobody has looked yet");
    let first = perf_core::enable();
    once();
    let second = perf_core::enable_paths();
    once();
    drop(first);
    once();
    assert_eq!(calls("watched"), 3, "the second still looks");
    let across = span!("open when the last one leaves");
    drop(second);
    once();
    assert_eq!(calls("watched"), 3);
    drop(across);
    assert_eq!(
        calls("open when the last one leaves"),
        1,
        "what began while somebody looked is counted"
    );
    let before_anybody = span!("open when the next one comes");
    let third = perf_core::enable();
    drop(before_anybody);
    assert_eq!(calls("open when the next one comes"), 0);
    once();
    assert_eq!(calls("watched"), 4);
    perf_core::set_overhead(Overhead::OFF);
    once();
    assert_eq!(calls("watched"), 4, "a budget of nothing records nothing");
    perf_core::set_overhead(Overhead::FULL);
    once();
    assert_eq!(calls("watched"), 5);
    drop(third);
    once();
    assert_eq!(calls("watched"), 5);
    assert!(!perf_core::private::looking());
    let label = || -> u32 { panic!("nobody looks: the label is not asked for") };
    perf_core::private::labelled(perf_core::site!("labelled"), label);
}

/// Runs a test of this file in a process of its own.
fn child(test: &str, environment: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--ignored"])
        .env_remove("PERF")
        .env_remove("PERF_OVERHEAD");
    let out = command.envs(environment.iter().copied()).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success() && text.contains("1 passed"),
        "{test} {environment:?}: {text}"
    );
}

#[test]
fn the_environment_decides() {
    for on in ["1", "true", "yes"] {
        child("child_sees_it_on", &[("PERF", on)]);
    }
    child("child_sees_it_off", &[]);
    for off in ["", "0", "false", "off"] {
        child("child_sees_it_off", &[("PERF", off)]);
    }
    child(
        "child_sees_it_off",
        &[("PERF", "1"), ("PERF_OVERHEAD", "off")],
    );
}

#[test]
#[ignore = "run by the_environment_decides"]
fn child_sees_it_on() {
    drop(span!("child"));
    assert_eq!(calls("child"), 1);
}

#[test]
#[ignore = "run by the_environment_decides"]
fn child_sees_it_off() {
    drop(span!("child"));
    assert_eq!(calls("child"), 0);
    assert!(!perf_core::private::looking());
}
