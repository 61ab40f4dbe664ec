//! Whoever ends a task with Ctrl-C or a signal is told in one sentence what became of its runs.

use crate::executable;
use crate::left_behind::{sigint_is_ignored, signal, started, until};
use crate::studies::Place;
use perf_core::judge::{Arm, ArmError, Measurement, Metric};
use perf_core::stats::Rng;
use perf_core::study::{Choices, Opened, Workload};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Stdio};

/// The last line on standard error, after a signal.
#[track_caller]
fn last_words(child: Child) -> String {
    let left = child.wait_with_output().expect("ours");
    assert_eq!(left.status.code(), None, "it dies of the signal");
    let told = String::from_utf8(left.stderr).expect("UTF-8");
    let interrupted = |line: &&str| line.starts_with("perf: interrupted: ");
    assert_eq!(told.lines().filter(interrupted).count(), 1, "{told}");
    told.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn every_task_that_runs_commands_says_what_became_of_its_runs() {
    let tasks: [(&[&str], &str); 5] = [
        (&["ab"], "the pairs so far are thrown away"),
        (&["gate"], "the pairs so far are thrown away"),
        (&["selftest"], "the comparisons so far are thrown away"),
        (
            &["run", "-n", "9"],
            "the runs so far are thrown away; --out DIR",
        ),
        (
            &["run", "-n", "9", "--out", "kept"],
            "the run files so far are whole and stay in kept;",
        ),
    ];
    for how in ["-INT", "-TERM"] {
        if how == "-INT" && sigint_is_ignored() {
            println!("not checked here: SIGINT is ignored, and stays so");
            continue;
        }
        for (task, says) in tasks {
            let folder = tempfile::tempdir().expect("a folder");
            let (perf, _) = started(task, folder.path(), Stdio::piped());
            signal(perf.id(), how);
            let told = last_words(perf);
            assert!(told.contains(says), "{task:?} {how}: {told}");
        }
    }
}

/// A study of `./worker tree ids`, with the worker in its folder.
fn place() -> Place {
    let place = Place::new();
    executable::copy(Path::new(&*crate::WORKER), &place.folder.join("worker"));
    place
}

/// Interrupts a step of the study once the worker runs; what it said.
#[track_caller]
fn interrupted(place: &Place, words: &[&str]) -> String {
    let file = place.folder.join("ids");
    let mut command = place.command(&[&["study"], words].concat());
    let child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    until("it never ran", || {
        fs::read_to_string(&file).is_ok_and(|ids| ids.split(' ').count() == 2)
    });
    signal(child.id(), "-INT");
    last_words(child)
}

#[test]
fn a_study_stands_where_it_stood() {
    if sigint_is_ignored() {
        println!("not checked here: SIGINT is ignored, and stays so");
        return;
    }
    let place = place();
    place.done(&["new", "is it slow?", "--", "./worker", "tree", "ids"]);
    let told = interrupted(&place, &["measure"]);
    let says = "perf: interrupted: the runs so far are thrown away";
    let next = "study 0001-is-it-slow stands where it stood; next: cargo perf study measure";
    assert!(told.starts_with(says) && told.contains(next), "{told}");
    assert_eq!(place.files().len(), 1, "the question alone");
    place.done(&["show"]);
}

/// A program of made-up times.
struct Simulated(f64, Rng);

impl Arm for Simulated {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        into.set(Metric::WALL, self.0 * (1.0 + 0.01 * self.1.normal()));
        Ok(())
    }
}

/// A study whose change, half the time, was accepted.
fn accept(place: &Place) {
    let workload = Workload::command(["./worker", "tree", "ids"]).expect("a command");
    let [mut old, mut new] = [(1e8, 1), (5e7, 2)].map(|(ns, seed)| Simulated(ns, Rng::new(seed)));
    let mut study = place
        .studies()
        .begin("is it slow?", workload)
        .expect("begun");
    study.measure(&mut old, 10, |_| ()).expect("measured");
    let expected = "-60%..-40%".parse().expect("a range");
    study
        .suppose("called twice", None, "wall", expected, 0.7)
        .expect("supposed");
    let study = study.optimize(1, &Choices::default()).expect("frozen");
    let go_on = Box::new(|_: &_| ControlFlow::Continue(()));
    let opened = study.validate(&mut old, &mut new, "made up", None, go_on);
    let Ok(Opened::Validation(study)) = opened else {
        panic!("{opened:?}");
    };
    study.accept().expect("accepted");
}

#[test]
fn a_recheck_leaves_its_study_as_it_was() {
    if sigint_is_ignored() {
        println!("not checked here: SIGINT is ignored, and stays so");
        return;
    }
    let place = place();
    accept(&place);
    let before = place.files();
    let told = interrupted(&place, &["recheck", "--baseline", "./worker tree ids"]);
    let says = "perf: interrupted: the pairs so far are thrown away";
    let next = "study 0001-is-it-slow stands where it stood; next: cargo perf study recheck";
    assert!(told.starts_with(says) && told.contains(next), "{told}");
    assert_eq!(place.files(), before);
}
