//! `--baseline-rev` runs the same command at another commit, built once with a target directory of its own.

use crate::{Left, executable, perf, run, write};
use std::path::Path;
use std::process::Command;

pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let who = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=false",
    ];
    let done = Command::new("git")
        .current_dir(folder)
        .args(who)
        .args(arguments)
        .output();
    let done = done.expect("git is installed");
    assert!(
        done.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// The program is a script; the build copies it, and notes that it did.
fn commit(folder: &Path, program: &str) {
    write(&folder.join("app.sh"), &format!("#!/bin/sh\n{program}\n"));
    let build = "t=${CARGO_TARGET_DIR:-target}; mkdir -p \"$t\"; cp app.sh \"$t/app\"; chmod +x \"$t/app\"; pwd >> \"$LOG\"";
    write(&folder.join("build.sh"), build);
    write(&folder.join(".gitignore"), "target\n");
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "--no-verify", "-m", "x"]);
}

fn against(folder: &Path, log: &Path, revision: &str) -> Left {
    let options = [
        "ab",
        "--baseline-rev",
        revision,
        "--build",
        "sh build.sh",
        "--pairs",
        "1",
        "--",
        "./target/app",
    ];
    run(perf()
        .current_dir(folder)
        .env("LOG", log)
        .env_remove("CARGO_TARGET_DIR")
        .args(options))
}

#[test]
fn inputs_that_the_revision_lacks_are_taken_from_here() {
    let all = tempfile::tempdir().expect("a folder");
    let folder = all.path().join("repo");
    std::fs::create_dir(&folder).expect("a folder");
    git(&folder, &["init", "-q"]);
    commit(&folder, "cat \"$1\" \"$2\" >/dev/null");
    write(&folder.join("input"), "not committed");
    write(&all.path().join("outside"), "not in the repository");
    let options = [
        "ab",
        "--pairs",
        "1",
        "--build",
        "sh build.sh",
        "--baseline-rev",
        "HEAD",
        "--",
    ];
    let found = run(perf()
        .current_dir(&folder)
        .env("LOG", all.path().join("log"))
        .env_remove("CARGO_TARGET_DIR")
        .args(options)
        .args(["./target/app", "input", "../outside"]));
    assert_eq!(found.code, 0, "{}", found.err);
}

#[test]
fn programs_that_are_measured_do_not_ask_git() {
    let all = tempfile::tempdir().expect("a folder");
    let script = all.path().join("app");
    write(&script, "test -z \"${PERF_COMMIT-unset}\"\n");
    let found = run(perf()
        .env_remove("PERF_COMMIT")
        .args(["ab", "--pairs", "1", "--", "sh"])
        .arg(&script));
    assert_eq!(found.code, 0, "{}", found.err);
}

#[test]
fn the_same_command_runs_at_another_revision() {
    let all = tempfile::tempdir().expect("a folder");
    let (folder, log) = (all.path().join("repo"), all.path().join("log"));
    std::fs::create_dir(&folder).expect("a folder");
    git(&folder, &["init", "-q"]);
    commit(&folder, "echo broken then >&2; exit 5");
    commit(&folder, "exit 0");
    let builds = || {
        std::fs::read_to_string(&log)
            .unwrap_or_default()
            .lines()
            .count()
    };
    let fine = against(&folder, &log, "HEAD");
    assert_eq!((fine.code, builds()), (0, 2), "{}", fine.err);
    let again = against(&folder, &log, "HEAD");
    assert_eq!(
        (again.code, builds()),
        (0, 3),
        "the other revision was built before: {}",
        again.err
    );
    let broken = against(&folder, &log, "HEAD~1");
    broken.could_not_judge("exit code 5");
    assert!(
        broken.err.contains("baseline") && broken.err.contains("broken then"),
        "{}",
        broken.err
    );
    write(&folder.join("app.sh"), "#!/bin/sh\nexit 6\n"); // the working tree, not committed
    let candidate = against(&folder, &log, "HEAD");
    candidate.could_not_judge("exit code 6");
    assert!(candidate.err.contains("candidate"), "{}", candidate.err);
    write(&folder.join("build.sh"), "echo no compiler >&2; exit 1");
    against(&folder, &log, "HEAD").could_not_judge("no compiler");
    against(&folder, &log, "no-such-branch").could_not_judge("no-such-branch");
    against(all.path(), &log, "HEAD").could_not_judge("git");
}

#[test]
fn a_pre_commit_hook_stops_the_commit() {
    let all = tempfile::tempdir().expect("a folder");
    let (folder, log) = (all.path().join("repo"), all.path().join("log"));
    std::fs::create_dir(&folder).expect("a folder");
    git(&folder, &["init", "-q"]);
    commit(&folder, "exit 0");
    let hook = folder.join(".git/hooks/pre-commit");
    let perf = env!("CARGO_BIN_EXE_cargo-perf");
    let options = "--pairs 1 --build 'sh build.sh' --baseline-rev HEAD";
    let script = all.path().join("hook");
    write(
        &script,
        &format!("#!/bin/sh\nexec '{perf}' gate {options} -- target/app\n"),
    );
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, executable).expect("allowed");
    executable::copy(&script, &hook);
    let commits = |program: &str| {
        write(&folder.join("app.sh"), &format!("#!/bin/sh\n{program}\n"));
        let who = [
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        ];
        let mut command = Command::new("git");
        command
            .current_dir(&folder)
            .env("LOG", &log)
            .env_remove("CARGO_TARGET_DIR");
        let done = command
            .args(who)
            .args(["commit", "-q", "-a", "-m", "x"])
            .output()
            .expect("git");
        (
            done.status.success(),
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    };
    let (stands, said) = commits("exit 0 # fine");
    assert!(stands, "{said}");
    let (stands, said) = commits("exit 9");
    assert!(!stands && said.contains("exit code 9"), "{said}");
}
