//! `--baseline-rev` runs the same command at another commit, built once with a target directory of its own.

use crate::left_behind::{alive, signal, until};
use crate::repository::{self, Repository, git};
use crate::{Left, executable, perf, run, write};
use std::path::Path;
use std::process::Command;

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
    let repository = Repository::new();
    let folder = &repository.folder;
    commit(folder, "cat \"$1\" \"$2\" >/dev/null");
    write(&folder.join("input"), "not committed");
    write(&repository.beside("outside"), "not in the repository");
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
        .current_dir(folder)
        .env("LOG", repository.beside("log"))
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
    let repository = Repository::new();
    let (folder, log) = (&repository.folder, &repository.beside("log"));
    commit(folder, "echo broken then >&2; exit 5");
    commit(folder, "exit 0");
    let builds = || {
        std::fs::read_to_string(log)
            .unwrap_or_default()
            .lines()
            .count()
    };
    let fine = against(folder, log, "HEAD");
    assert_eq!((fine.code, builds()), (0, 2), "{}", fine.err);
    let again = against(folder, log, "HEAD");
    assert_eq!(
        (again.code, builds()),
        (0, 3),
        "the other revision was built before: {}",
        again.err
    );
    let broken = against(folder, log, "HEAD~1");
    broken.could_not_judge("exit code 5");
    assert!(
        broken.err.contains("baseline") && broken.err.contains("broken then"),
        "{}",
        broken.err
    );
    write(&folder.join("app.sh"), "#!/bin/sh\nexit 6\n"); // the working tree, not committed
    let candidate = against(folder, log, "HEAD");
    candidate.could_not_judge("exit code 6");
    assert!(candidate.err.contains("candidate"), "{}", candidate.err);
    write(&folder.join("build.sh"), "echo no compiler >&2; exit 1");
    against(folder, log, "HEAD").could_not_judge("no compiler");
    against(folder, log, "no-such-branch").could_not_judge("no-such-branch");
    against(folder.parent().expect("one above"), log, "HEAD").could_not_judge("git");
}

/// Killed while git writes the revision's files, of which some are there: they are not taken for all of it.
#[test]
fn a_check_out_that_was_killed_is_made_again() {
    let repository = Repository::new();
    let (folder, log) = (&repository.folder, &repository.beside("log"));
    write(&folder.join(".gitattributes"), "aaa filter=slow\n");
    write(
        &folder.join("aaa"),
        "the first file, and the one that takes its time",
    );
    commit(folder, "exit 0");
    let waits = repository.beside("waits");
    let slow = format!("echo $$ > '{}'; sleep 600", waits.display());
    git(folder, &["config", "filter.slow.smudge", &slow]);
    let options = ["ab", "--baseline-rev", "HEAD", "--build", "sh build.sh"];
    let mut killed = Command::new(env!("CARGO_BIN_EXE_cargo-perf"))
        .current_dir(folder)
        .args(options)
        .args(["--", "./target/app"])
        .env_remove("CARGO_TARGET_DIR")
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it starts");
    let filter = || std::fs::read_to_string(&waits).unwrap_or_default();
    until("git never checked out", || filter().ends_with('\n'));
    signal(killed.id(), "-KILL");
    killed.wait().expect("it ends");
    until("git goes on", || !alive(filter().trim()));
    git(folder, &["config", "filter.slow.smudge", "cat"]);
    let found = against(folder, log, "HEAD");
    assert_eq!(found.code, 0, "{}", found.err);
}

#[test]
fn a_pre_commit_hook_stops_the_commit() {
    let repository = Repository::new();
    let (folder, log) = (&repository.folder, &repository.beside("log"));
    commit(folder, "exit 0");
    let hook = folder.join(".git/hooks/pre-commit");
    let perf = env!("CARGO_BIN_EXE_cargo-perf");
    let options = "--pairs 1 --build 'sh build.sh' --baseline-rev HEAD";
    let script = repository.beside("hook");
    write(
        &script,
        &format!("#!/bin/sh\nexec '{perf}' gate {options} -- target/app\n"),
    );
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, executable).expect("allowed");
    executable::copy(&script, &hook);
    let commits = |program: &str| {
        write(&folder.join("app.sh"), &format!("#!/bin/sh\n{program}\n"));
        let mut command = repository::command(folder);
        command.env("LOG", log).env_remove("CARGO_TARGET_DIR");
        let done = command
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
    let builds = said.matches("perf: building ").count(); // nobody waits without knowing for what
    assert_eq!(builds, 2, "{said}");
    let (stands, said) = commits("exit 9");
    assert!(!stands && said.contains("exit code 9"), "{said}");
}
