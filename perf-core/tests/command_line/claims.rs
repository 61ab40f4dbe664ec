//! `gate --require-study` refuses a claimed gain that no accepted study of these very files shows, in a hook and over a range.

use crate::repository::{self, git};
use crate::{Left, perf, run, write};
use perf_core::history::{Entry, History};
use perf_core::judge::{Arm, ArmError, Measurement, Metric};
use perf_core::stats::Rng;
use perf_core::study::{Baseline, Choices, Opened, Studies, Workload};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A program whose times are made up: 2 % noise a run.
struct Simulated(f64, Rng);

impl Arm for Simulated {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        into.set(Metric::WALL, self.0 * (1.0 + 0.02 * self.1.normal()));
        Ok(())
    }
}

/// A repository whose commit `slow` was measured, and whose working tree is the faster one that the accepted study 1 measured.
struct Repository {
    _made: repository::Repository,
    folder: PathBuf,
}

impl Repository {
    fn new() -> Self {
        let made = repository::Repository::new();
        let folder = made.folder.clone();
        let made = Self {
            _made: made,
            folder,
        };
        made.write("app.rs", "slow");
        made.write("lib.rs", "needed");
        made.commit("first");
        git(&made.folder, &["tag", "slow"]);
        let studies = Studies::at(made.folder.join(".perf"));
        let workload = Workload::command(["app"]).expect("a command");
        let mut study = studies.begin("why is it slow?", workload).expect("begun");
        let arm = |time, seed| Simulated(time, Rng::new(seed));
        study
            .measure(&mut arm(1e8, 1), 10, |_| ())
            .expect("measured");
        let expected = "-20%..-5%".parse().expect("a range");
        study
            .suppose("twice", None, "wall", expected, 0.7)
            .expect("supposed");
        let mut choices = Choices::default();
        choices.seed = 1;
        let study = study.optimize(1, &choices).expect("frozen");
        made.write("app.rs", "fast");
        made.write("new.rs", "added");
        made.write("notes.txt", "never committed");
        let old = Baseline::from("slow").of_commit("slow");
        let go_on = Box::new(|_: &_| ControlFlow::Continue(()));
        let opened = study
            .validate(&mut arm(1e8, 2), &mut arm(9e7, 3), old, None, go_on)
            .expect("validated");
        let Opened::Validation(study) = opened else {
            panic!("a gain of 10 % is seen");
        };
        study.accept().expect("accepted");
        made
    }

    fn write(&self, file: &str, text: &str) {
        write(&self.folder.join(file), text);
    }

    fn commit(&self, message: &str) {
        git(
            &self.folder,
            &[
                "add",
                "-A",
                "--",
                ".",
                ":!.perf",
                ":!notes.txt",
                ":!perf.toml",
            ],
        );
        git(
            &self.folder,
            &[
                "commit",
                "-q",
                "--no-verify",
                "--allow-empty",
                "-m",
                message,
            ],
        );
    }

    fn gate(&self, more: &[&str]) -> Left {
        gate(&self.folder, more)
    }

    #[track_caller]
    fn answers(&self, more: &[&str], code: i32, says: &str) {
        let left = self.gate(more);
        assert_eq!(left.code, code, "{}{}", left.out, left.err);
        assert!(left.out.contains(says), "{says:?} not in {}", left.out);
    }
}

fn gate(folder: &Path, more: &[&str]) -> Left {
    run(perf()
        .current_dir(folder)
        .args(["gate", "--require-study"])
        .args(more))
}

const NAMED: &str = "Read once\n\nPerf-Study: 1\n";

#[test]
fn commits_that_claim_a_gain_need_a_study_of_their_files() {
    let repo = Repository::new();
    repo.write("README.md", "text is no part of the program");
    repo.commit(NAMED);
    repo.answers(&[], 0, "passes: study 0001-why-is-it-slow was accepted");
    repo.answers(
        &["--range", "slow..HEAD"],
        0,
        "1 commit, 1 claim of a gain, 1 shown",
    );
    git(
        &repo.folder,
        &["commit", "-q", "--amend", "--no-verify", "-m", NAMED],
    );
    repo.answers(&[], 0, "passes"); // another commit of the same files
    repo.commit("perf: faster");
    repo.answers(&[], 1, "names no study");
    repo.answers(&["--claims", "*quicker*"], 0, "0 claims");
    repo.write("perf.toml", "[study]\nclaims = [\"*quicker*\"]\n");
    repo.answers(&[], 0, "0 claims");
    repo.write("app.rs", "other");
    repo.commit(NAMED);
    repo.answers(&[], 1, "measured other files (app.rs)");
    repo.answers(
        &["--range", "slow..HEAD"],
        1,
        "3 commits, 2 claims of a gain, 1 shown",
    );
    repo.write("app.rs", "fast");
    git(&repo.folder, &["rm", "-q", "lib.rs"]);
    repo.commit(NAMED);
    repo.answers(&[], 1, "measured other files (lib.rs)");
    repo.write("lib.rs", "needed");
    repo.commit("Faster\n\nPerf-Study: 1, 7\n");
    repo.answers(&[], 1, "there is no study \"7\""); // every one that is named must be there
    git(&repo.folder, &["checkout", "-q", "--orphan", "elsewhere"]);
    repo.commit(NAMED);
    repo.answers(&[], 1, "does not lie before this commit");
    repo.commit("x\n\nPerf-Study: 7");
    repo.answers(&[], 1, "there is no study");
}

#[test]
fn a_commit_msg_hook_stops_the_commit() {
    let repo = Repository::new();
    let hook = repo.folder.join(".git/hooks/commit-msg");
    let perf = env!("CARGO_BIN_EXE_cargo-perf");
    write(
        &hook,
        &format!("#!/bin/sh\nexec '{perf}' gate --require-study --message \"$1\"\n"),
    );
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&hook, executable).expect("allowed");
    let commits = |files: &[&str], message: &str| {
        let mut command = repository::command(&repo.folder);
        command.args(["commit", "-m", message]).args(files);
        let done = command.output().expect("git");
        (done.status.success(), format!("{done:?}"))
    };
    repo.write("app.rs", "faster still");
    let (stands, said) = commits(&["-a"], NAMED);
    assert!(!stands && said.contains("(app.rs)"), "{said}");
    repo.write("app.rs", "fast");
    git(&repo.folder, &["add", "new.rs"]);
    let (stands, said) = commits(&["-a"], "perf: read once");
    assert!(!stands && said.contains("names no study"), "{said}");
    let (stands, said) = commits(&["-a"], NAMED);
    assert!(stands, "{said}");
    let (stands, said) = commits(&["--allow-empty"], "claims nothing");
    assert!(stands, "{said}");
}

#[test]
fn what_cannot_be_judged_is_said() {
    let repo = Repository::new();
    repo.commit(NAMED);
    let json = repo.gate(&["--format", "json"]).json();
    assert_eq!(json["claims"][0]["answer"], "passes", "{json}");
    repo.answers(&["--format", "junit"], 0, "failures=\"0\"");
    repo.gate(&["--range", "no-such..HEAD"])
        .could_not_judge("no-such");
    repo.gate(&["--message", "no-such"])
        .could_not_judge("no-such");
    repo.gate(&["--", "true"])
        .could_not_judge("measures nothing");
    gate(repo.folder.parent().expect("one above"), &[]).could_not_judge("git");
    let place = repo
        .folder
        .join(".perf/studies/0001-why-is-it-slow/evidence-001.json");
    let whole = std::fs::read_to_string(&place).expect("readable");
    write(&place, &whole.replacen("\"runs\": 10", "\"runs\": 11", 1));
    repo.answers(&["--format", "github"], 3, "::error title=perf%3A study of");
    write(&place, &whole);
    let text = std::fs::read_to_string(repo.folder.join(".perf/journal.jsonl")).expect("readable");
    let half = &text[..text.len() - 20];
    write(&repo.folder.join(".perf/journal.jsonl"), half);
    repo.answers(&[], 0, "passes"); // a torn journal is mended from the files
    let studies = Studies::at(repo.folder.join(".perf"));
    let workload = Workload::command(["app"]).expect("a command");
    studies.begin("what else?", workload).expect("begun");
    repo.commit("x\n\nPerf-Study: 2");
    repo.answers(&[], 1, "is in analysis, not accepted yet");
}

#[test]
fn a_change_of_the_history_names_the_study_before_it() {
    let repo = Repository::new();
    let studies = Studies::at(repo.folder.join(".perf"));
    let opened = studies.open(Some("1")).expect("accepted");
    let measured = opened.dossier().validations[0].unix_ms;
    let history = History::at(repo.folder.join("nights.jsonl"));
    for night in 0..40_u64 {
        let (level, jitter) = (
            if night < 20 { 1e8 } else { 9e7 },
            (night * 7919 % 13) as f64 * 1e4,
        );
        let mut entry = Entry::now("app").with("wall", level + jitter);
        entry.unix_ms = measured - 20 + night;
        history.add(&entry).expect("added");
    }
    let check = |dir: &str, format: &str| {
        let words = [
            "history",
            "check",
            "--file",
            "nights.jsonl",
            "--dir",
            dir,
            "--format",
            format,
        ];
        run(perf().current_dir(&repo.folder).args(words))
    };
    let text = check(".perf", "text").out;
    assert!(
        text.contains("studies between: 0001-why-is-it-slow"),
        "{text}"
    );
    let json = check(".perf", "json").json();
    let began = &json["series"][0]["levels"][1]["began"];
    assert_eq!(began["studies"][0], "0001-why-is-it-slow", "{json}");
    assert!(!check("elsewhere", "text").out.contains("studies between"));
}
