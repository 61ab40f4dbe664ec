//! Promise: never a panic into the application: a closed or full output, an unreadable system, PERF_* values that say nothing.
#![cfg(unix)]

#[path = "common/programs.rs"]
mod programs;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Where tests/programs/hostile.rs was built.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| programs::build("hostile", &[]))
}

/// Without what the tests themselves were started with.
fn bare(mut command: Command, task: &str) -> Command {
    for name in [
        "PERF",
        "PERF_PATHS",
        "PERF_OVERHEAD",
        "PERF_PRECISION",
        "PERF_ROWS",
    ] {
        command.env_remove(name);
    }
    command.arg(task);
    command
}

fn child(task: &str) -> Command {
    bare(Command::new(program()), task)
}

/// The same through a shell that does something to its outputs first.
fn child_after(shell: &str, task: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{shell} exec \"$0\" \"$@\""))
        .arg(program());
    bare(command, task)
}

/// The exit code of the program when all went well.
const WELL: i32 = 42;

fn well(out: &Output) -> String {
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(
        out.status.code(),
        Some(WELL),
        "{told}{}",
        String::from_utf8_lossy(&out.stdout)
    );
    assert!(!told.contains("panicked"), "{told}");
    told
}

fn warnings(told: &str) -> Vec<&str> {
    told.lines()
        .filter(|line| line.starts_with("perf: "))
        .collect()
}

#[test]
fn outputs_closed_or_full() {
    well(&child("report").output().unwrap());
    for shell in [
        "exec >&-;",
        "exec 2>&-;",
        "exec <&- >&- 2>&-;",
        "exec >/dev/full;",
        "exec 2>/dev/full;",
        "exec >/dev/full 2>/dev/full;",
    ] {
        let out = child_after(shell, "report")
            .env("PERF_OVERHEAD", "garbage")
            .output()
            .unwrap();
        assert_eq!(
            out.status.code(),
            Some(WELL),
            "{shell} {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

/// Output read by nobody: the reader of the pipe is gone before the first line.
#[test]
fn a_pipe_whose_reader_is_gone() {
    let mut command = child("report");
    let (reader, writer) = std::io::pipe().unwrap();
    command.stderr(writer.try_clone().unwrap()).stdout(writer);
    drop(reader);
    assert_eq!(command.status().unwrap().code(), Some(WELL));
}

#[test]
fn values_that_say_nothing_are_reported_once() {
    for (name, value) in [
        ("PERF_OVERHEAD", b"much".as_slice()),
        ("PERF_OVERHEAD", b"-1%"),
        ("PERF_OVERHEAD", b"0%"),
        ("PERF_OVERHEAD", b"101%"),
        ("PERF_OVERHEAD", b"NaN%"),
        ("PERF_OVERHEAD", b"inf%"),
        ("PERF_OVERHEAD", b"1"),
        ("PERF_OVERHEAD", b"\xff\xfe"),
        ("PERF_PRECISION", b"finest"),
        ("PERF_PRECISION", b"\xff"),
        ("PERF_PATHS", b"perhaps"),
        ("PERF_PATHS", b"\x80"),
    ] {
        let mut command = child("threads");
        let told = well(
            &command
                .env("PERF", "1")
                .env(name, OsStr::from_bytes(value))
                .output()
                .unwrap(),
        );
        let warnings = warnings(&told);
        assert_eq!(warnings.len(), 1, "{name}={value:?}: {told}");
        assert!(warnings[0].contains(name), "{}", warnings[0]);
    }
}

#[test]
fn a_switch_that_says_nothing_is_off_and_reported_once() {
    let told = well(
        &child("nobody_looks")
            .env("PERF", "maybe\u{1b}[31m")
            .output()
            .unwrap(),
    );
    let warnings = warnings(&told);
    assert_eq!(warnings.len(), 1, "{told}");
    assert!(
        warnings[0].contains("PERF: ") && !warnings[0].contains('\u{1b}'),
        "{}",
        warnings[0]
    );
}

#[test]
fn empty_values_are_no_values() {
    let mut command = child("threads");
    command
        .env("PERF", "1")
        .env("PERF_OVERHEAD", "")
        .env("PERF_PRECISION", "")
        .env("PERF_PATHS", "");
    assert_eq!(
        warnings(&well(&command.output().unwrap())),
        Vec::<&str>::new()
    );
}

/// Where namespaces can be made: /proc and /sys are empty, or not to be read.
#[test]
#[cfg(target_os = "linux")]
fn no_proc_and_no_sys() {
    for hide in [
        "mount -t tmpfs none /sys",
        "mount -t tmpfs none /proc",
        "mount -t tmpfs none /sys && mount -t tmpfs none /proc",
    ] {
        let inside = format!("{hide} || exit 77; exec \"$0\" \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &inside]).arg(program());
        match bare(command, "report").output() {
            Ok(out) if out.status.code() == Some(WELL) => drop(well(&out)),
            Ok(out) if out.status.code() == Some(101) => {
                panic!("{hide}: {}", String::from_utf8_lossy(&out.stderr))
            }
            other => println!("not checked here ({hide}): {other:?}"),
        }
    }
}
