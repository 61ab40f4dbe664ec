//! Kill, Ctrl-C, time-outs and full disks leave no process and no half-written file.

use crate::{WORKER, perf, run, worker, write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Waits until something holds; the limit is generous because it is met only by a failure.
#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn alive(pid: &str) -> bool {
    // A zombie is dead; only its parent has not asked yet.
    let stat = Command::new("ps")
        .args(["-o", "stat=", "-p", pid])
        .output()
        .expect("ps");
    let stat = String::from_utf8_lossy(&stat.stdout).trim().to_owned();
    !stat.is_empty() && !stat.starts_with('Z')
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.expect("kill").success());
}

/// Whether what is started here ignores SIGINT, as what a shell starts in the background does: it is to stay so.
fn sigint_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & (1 << 1) != 0)
}

/// An experiment whose first child has started a child of its own, its temporary files within `folder`.
fn started(folder: &Path) -> (Child, Vec<String>) {
    let file = folder.join("ids");
    let tree = worker(&format!("tree '{}'", file.display()));
    let perf = Command::new(env!("CARGO_BIN_EXE_cargo-perf"))
        .args(["ab", "--baseline", &tree, "--candidate", &tree])
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let ids = || std::fs::read_to_string(&file).unwrap_or_default();
    until("the tree never started", || ids().split(' ').count() == 2);
    let ids: Vec<String> = ids().split(' ').map(str::to_owned).collect();
    assert!(ids.iter().all(|id| alive(id)));
    std::fs::remove_file(file).expect("it is there");
    (perf.expect("it starts"), ids)
}

#[test]
fn no_process_and_no_file_outlives_it_however_it_ends() {
    for how in ["-INT", "-TERM", "-KILL"] {
        if how == "-INT" && sigint_is_ignored() {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (mut perf, ids) = started(folder.path());
        signal(perf.id(), how);
        perf.wait().expect("it ends");
        until(how, || ids.iter().all(|id| !alive(id)));
        let empty = || std::fs::read_dir(folder.path()).expect("listable").count() == 0;
        until("temporary files are left", empty);
    }
}

/// When the helper itself is killed, its child goes with it where the system can do that, and the answer is an error.
#[test]
#[cfg(target_os = "linux")]
fn a_killed_helper_takes_its_child_along() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut perf, ids) = started(folder.path());
    let parent = Command::new("ps")
        .args(["-o", "ppid=", "-p", &ids[0]])
        .output()
        .expect("ps");
    let helper = String::from_utf8_lossy(&parent.stdout).trim().to_owned();
    signal(helper.parse().expect("a process id"), "-KILL");
    assert_eq!(perf.wait().expect("it ends").code(), Some(3));
    until("the child lives", || !alive(&ids[0]));
    let _ = Command::new("kill").args(["-KILL", &ids[1]]).status();
}

#[test]
fn what_a_program_leaves_running_ends_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pid");
    let line = format!(
        "'{}' sleep 600000 & echo $! > '{}'",
        *WORKER,
        file.display()
    );
    let left = run(perf().args(["run", "--shell", "--", &line]));
    assert_eq!(left.code, 0, "{}", left.err);
    let pid = std::fs::read_to_string(file).expect("written");
    until("it lives", || !alive(pid.trim()));
}

/// `ulimit -f` with its signal ignored: every write to a file beyond 0 blocks fails, as on a full disk.
#[test]
fn a_full_disk_leaves_no_half_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("runs");
    let perf = env!("CARGO_BIN_EXE_cargo-perf");
    let line = format!(
        "trap '' XFSZ; ulimit -f 0; exec '{perf}' run --out '{}' -- true",
        out.display()
    );
    let full = run(assert_cmd::Command::new("sh").args(["-c", &line]));
    full.could_not_judge("cannot write");
    assert_eq!(std::fs::read_dir(&out).expect("listable").count(), 0);
    if Path::new("/dev/full").exists() {
        let line = format!("'{perf}' run -- true > /dev/full");
        run(assert_cmd::Command::new("sh").args(["-c", &line])).could_not_judge("standard output");
    }
}

#[test]
fn runs_are_stored_whole_and_a_torn_one_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("runs");
    let to = out.to_str().expect("UTF-8");
    let left = run(perf().args(["run", "-n", "3", "--out", to, "--", &WORKER, "spin", "1"]));
    assert_eq!(left.code, 0, "{}", left.err);
    let files: Vec<_> = std::fs::read_dir(&out)
        .expect("listable")
        .flatten()
        .map(|e| e.path())
        .collect();
    assert_eq!(files.len(), 3);
    let report = run(perf().arg("report").args(&files));
    assert_eq!(report.code, 0, "{}", report.err);
    let text = std::fs::read_to_string(&files[0]).expect("readable");
    let torn = folder.path().join("torn.json");
    write(&torn, &text[..text.len() / 2]);
    run(perf().arg("report").arg(&torn)).could_not_judge("torn.json");
}
