//! Promise: `PERF_RUN_DIR` gets one whole file a process, however the process ends, and never half a file.
#![cfg(unix)]

#[path = "common/programs.rs"]
mod programs;
#[path = "common/wait.rs"]
mod wait;

use perf_core::run::{Ending, Folder, Run};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;
use wait::wait_until;

fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| programs::build("run_files", &[]))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn command(task: &str, folder: &Path) -> Command {
    let mut command = Command::new(program());
    for name in [
        "PERF",
        "PERF_RUN_EVERY",
        "PERF_WORKLOAD",
        "PERF_SEED",
        "PERF_DIRTY",
    ] {
        command.env_remove(name);
    }
    command
        .arg(task)
        .env("PERF_RUN_DIR", folder)
        .env("PERF_COMMIT", "abc")
        .env(
            "PERF_EXECUTABLE_HASH",
            format!("123 {}", program().display()),
        ); // a debug build takes its time over it
    command
}

fn ran(task: &str, folder: &Path) -> Output {
    command(task, folder).output().unwrap()
}

/// The runs there; and that nothing else is there.
#[track_caller]
fn runs(folder: &Path) -> Vec<(PathBuf, Run)> {
    let Folder { runs, refused, .. } = Run::read_dir(folder).unwrap();
    assert!(refused.is_empty(), "{refused:?}");
    let names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(runs.len(), names.len(), "{names:?}");
    runs
}

#[track_caller]
fn only(folder: &Path) -> (PathBuf, Run) {
    let mut all = runs(folder);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn calls(run: &Run) -> u64 {
    run.snapshot.site("work").map_or(0, |row| row.calls)
}

fn told(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// Starts one that works until it is killed, and waits until it says that it does.
fn started(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    (child, out)
}

/// What is there under names that end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| path.extension().is_some_and(|found| found == ending);
    paths.filter(wanted).collect()
}

/// Waits until there is a file under its own name that holds the work: the first may be from before it.
fn appears(folder: &Path) {
    let holds_it = |path: &PathBuf| calls(&Run::read(path).unwrap()) >= 1_000;
    wait_until("a checkpoint", || {
        files(folder, "json").iter().any(holds_it)
    });
}

fn send(child: &Child, signal: i32) {
    // SAFETY: the child is ours and has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
}

#[test]
fn every_end_that_lets_somebody_write() {
    for (task, code, ended_by) in [
        ("return", Some(0), Ending::Session),
        ("exit", Some(7), Ending::Exit),
        ("exit_in_thread", Some(7), Ending::Exit),
        ("forgotten", Some(0), Ending::Exit),
        ("panic", Some(101), Ending::Panic),
        ("caught", Some(0), Ending::Session),
        ("elsewhere", Some(0), Ending::Session),
    ] {
        let folder = folder();
        let out = ran(task, folder.path());
        assert_eq!(out.status.code(), code, "{task}: {}", told(&out));
        let (path, run) = only(folder.path());
        assert_eq!(
            (run.ended_by, run.complete, calls(&run)),
            (ended_by, true, 1_000),
            "{task}"
        );
        assert!(!told(&out).contains("perf: "), "{task}: {}", told(&out));
        let (environment, provenance) = (run.environment.unwrap(), run.provenance.unwrap());
        assert!(
            environment.load_at_end.is_some() || environment.absent.contains_key("load_at_end")
        );
        assert_eq!(provenance.arguments, [task]);
        assert_eq!(
            (provenance.workload.as_deref(), provenance.seed),
            (Some("spans"), Some(7))
        );
        assert_eq!(provenance.commit.as_deref(), Some("abc"));
        assert_eq!(provenance.executable_hash.as_deref(), Some("123"));
        assert!(
            provenance.absent["dirty"].contains("PERF_DIRTY"),
            "{provenance:?}"
        );
        let name = format!(
            "run%2Ffiles-{}-{}.json",
            provenance.started_unix_ms,
            provenance.pid.unwrap()
        );
        assert_eq!(path.file_name().unwrap().to_str(), Some(name.as_str()));
    }
}

/// Where nothing is told, git and the executable are asked.
#[test]
fn a_commit_and_a_hash_of_their_own() {
    let folder = folder();
    let mut command = command("return", folder.path());
    command
        .env_remove("PERF_COMMIT")
        .env("PERF_EXECUTABLE_HASH", "123 /another");
    assert!(command.output().unwrap().status.success());
    let provenance = only(folder.path()).1.provenance.unwrap();
    assert_eq!(provenance.executable_hash.map(|hash| hash.len()), Some(32));
    assert!(provenance.commit.is_none_or(|commit| commit.len() >= 40));
}

#[test]
fn one_file_for_all_sessions_of_a_process() {
    for (task, program, work, other) in [
        ("nested", "run/files", 2_000, Some(10)),
        ("two", "outer", 2_000, None),
        ("again", "second", 2_000, None),
    ] {
        let folder = folder();
        assert!(ran(task, folder.path()).status.success());
        let (_, run) = only(folder.path());
        assert_eq!(
            (run.program.as_str(), calls(&run)),
            (program, work),
            "{task}"
        );
        assert_eq!(
            run.snapshot.site("inner work").map(|row| row.calls),
            other,
            "{task}"
        );
        assert!(
            run.snapshot.site("unseen").is_none(),
            "{task}: it was called between two sessions"
        );
    }
}

#[test]
fn a_forked_child_has_its_own_file_which_says_so() {
    let folder = folder();
    assert!(ran("fork", folder.path()).status.success());
    let mut counts: Vec<_> = runs(folder.path())
        .into_iter()
        .map(|(_, run)| {
            (
                calls(&run),
                run.snapshot
                    .notes
                    .iter()
                    .any(|note| note.contains("forked from")),
            )
        })
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [(1_000, false), (1_010, true)]);
}

#[test]
fn what_lets_nobody_write_leaves_the_last_checkpoint() {
    for task in ["_exit", "abort"] {
        let folder = folder();
        assert!(!ran(task, folder.path()).status.success());
        assert!(runs(folder.path()).is_empty(), "{task}");
    }
    let folder = folder();
    let (mut child, _out) = started(command("wait", folder.path()).env("PERF_RUN_EVERY", "10ms"));
    appears(folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    // Whoever is killed while it puts a new file in the old one's place may leave it beside it.
    for left in files(folder.path(), "tmp") {
        std::fs::remove_file(left).unwrap();
    }
    let (path, run) = only(folder.path());
    assert_eq!((run.ended_by, run.complete), (Ending::Checkpoint, false));
    assert!(calls(&run) >= 1_000);
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("\"complete\":false"), "{text}");
}

#[test]
fn the_end_overwrites_the_checkpoint() {
    let folder = folder();
    let (mut child, _out) = started(command("wait", folder.path()).env("PERF_RUN_EVERY", "10ms"));
    appears(folder.path());
    drop(child.stdin.take()); // it ends
    assert!(child.wait().unwrap().success());
    let (_, run) = only(folder.path());
    assert_eq!((run.ended_by, run.complete), (Ending::Session, true));
}

#[test]
fn a_signal_ends_the_session_and_then_the_process() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let folder = folder();
        let (mut child, _out) = started(&mut command("signals", folder.path()));
        let _open = child.stdin.take(); // else it is closed before the wait, and the program ends by itself
        send(&child, signal);
        let out = child.wait_with_output().unwrap();
        assert_eq!(
            out.status.signal(),
            Some(signal),
            "{:?} {}",
            out.status,
            told(&out)
        );
        let (_, run) = only(folder.path());
        assert_eq!((run.ended_by, run.complete), (Ending::Signal, true));
        assert!(calls(&run) >= 1_000);
    }
    let folder = folder();
    let (mut child, _out) = started(&mut command("report", folder.path()));
    let _open = child.stdin.take();
    send(&child, libc::SIGTERM);
    let out = child.wait_with_output().unwrap();
    assert!(told(&out).contains("work"), "its report: {}", told(&out));
}

#[test]
fn an_earlier_handler_is_called_and_an_ignored_signal_ignored() {
    let folder = folder();
    let (mut child, mut out) = started(&mut command("handled", folder.path()));
    send(&child, libc::SIGTERM);
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "handled\n");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(only(folder.path()).1.ended_by, Ending::Signal);

    let folder = self::folder();
    let (mut child, mut out) = started(&mut command("ignored", folder.path()));
    send(&child, libc::SIGINT);
    std::thread::sleep(std::time::Duration::from_millis(20));
    drop(child.stdin.take());
    out.read_line(&mut line).unwrap();
    assert!(line.ends_with("went on\n") && child.wait().unwrap().success());
    assert_eq!(only(folder.path()).1.ended_by, Ending::Session);
}

#[test]
fn a_signal_to_a_forked_child_does_not_end_its_parent() {
    let folder = folder();
    let out = ran("no_thread_listens", folder.path());
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(
        said,
        format!("child {}\nwent on\n", libc::SIGTERM),
        "{}",
        told(&out)
    );
    assert!(out.status.success());
}

#[test]
fn a_folder_that_cannot_be_used_is_one_line_and_the_program_goes_on() {
    let folder = folder();
    let (file, missing) = (folder.path().join("file"), folder.path().join("no/such"));
    std::fs::write(&file, "x").unwrap();
    for bad in [
        file.as_path(),
        &missing,
        Path::new("/dev/full"),
        Path::new("/proc"),
        Path::new("/"),
    ] {
        if bad == Path::new("/") && !cfg!(target_os = "linux") {
            continue;
        }
        let mut command = command("return", bad);
        if bad == Path::new("/") {
            command.env("PERF_RUN_DIR", "/sys");
        }
        let out = command.env("PERF_RUN_EVERY", "10ms").output().unwrap();
        let warnings = told(&out)
            .lines()
            .filter(|line| line.starts_with("perf: "))
            .count();
        assert_eq!(
            (out.status.code(), warnings),
            (Some(0), 1),
            "{bad:?}: {}",
            told(&out)
        );
        assert!(out.stdout.ends_with(b"went on\n"));
    }
    let made = folder.path().join("made");
    assert!(ran("return", &made).status.success());
    only(&made);
}

#[test]
fn values_that_say_nothing_are_one_line() {
    for every in ["soon", "0s", "10"] {
        let folder = folder();
        let out = command("return", folder.path())
            .env("PERF_RUN_EVERY", every)
            .output()
            .unwrap();
        assert!(told(&out).contains("PERF_RUN_EVERY"), "{}", told(&out));
        only(folder.path());
    }
    let out = ran("return", Path::new(""));
    assert!(
        out.status.success() && out.stderr.is_empty(),
        "{}",
        told(&out)
    );
}

/// A file of this size limit is as a full disk: the write fails in the middle.
#[test]
fn a_full_disk_leaves_no_half_file() {
    let folder = folder();
    let limited = "ulimit -f 1; trap '' XFSZ; exec \"$0\" return";
    let command = command("return", folder.path());
    let mut shell = Command::new("bash");
    shell.args(["-c", limited]).arg(program());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.env("PERF_COMMIT", "abc".repeat(1_000)); // more than the limit for certain
    let out = shell.output().unwrap();
    if out.status.success() {
        assert_eq!(
            told(&out).matches("perf: no run file").count(),
            1,
            "{}",
            told(&out)
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    } else {
        println!("not checked here: {out:?}");
    }
}

#[test]
fn torn_foreign_and_newer_files_are_refused_by_name_and_left() {
    let folder = folder();
    assert!(ran("return", folder.path()).status.success());
    let (path, run) = only(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let bad = folder.path().join("bad.json");
    let refuse = |bytes: &[u8], words: &str| {
        std::fs::File::create(&bad)
            .unwrap()
            .write_all(bytes)
            .unwrap();
        let told = Run::read(&bad).unwrap_err().to_string();
        assert!(told.contains("bad.json") && told.contains(words), "{told}");
        assert_eq!(std::fs::read(&bad).unwrap(), bytes);
    };
    for end in 0..whole.len() {
        refuse(&whole[..end], "torn");
    }
    refuse(b"[1, 2, 3]", "not a run file");
    refuse(b"{\"a\": 1}", "not a run file");
    refuse(b"1.5\n2.5\n", "not a run file");
    refuse(b"\x7fELF", "not a run file");
    refuse(b"{\"format\":\"perf-core run\",\"schema\":2}", "schema 2");
    refuse(
        b"{\"format\":\"perf-core run\",\"schema\":1}",
        "not a run file",
    );
    let found = Run::read_dir(folder.path()).unwrap();
    assert_eq!((found.runs.len(), found.refused.len()), (1, 1));
    assert_eq!(found.runs[0].1, run);
}

/// What the first version wrote: no `complete`, no environment.
#[test]
fn old_files_are_read() {
    let folder = folder();
    assert!(ran("return", folder.path()).status.success());
    let (path, run) = only(folder.path());
    let mut value: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let fields = value.as_object_mut().unwrap();
    let old = ["format", "schema", "program", "ended_unix_ms", "snapshot"];
    fields.retain(|field, _| old.contains(&field.as_str()));
    std::fs::write(&path, value.to_string()).unwrap();
    let read = Run::read(&path).unwrap();
    assert!(read.complete && read.environment.is_none());
    assert_eq!(read.snapshot, run.snapshot);
}
