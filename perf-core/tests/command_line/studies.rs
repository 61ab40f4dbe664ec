//! `study` loses nothing and says what it found: killed at any moment, a torn journal, an edited file, a commit that is gone, changes that
//! are not committed, no git, another machine, a merge.

use crate::repository::git;
use crate::{Left, perf, run, write};
use perf_core::stats::Rng;
use perf_core::study::{Opened, Studies};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const NEW: [&str; 5] = ["new", "why is nothing slow?", "--", "true", "x"];
const MEASURE: [&str; 3] = ["measure", "-n", "3"];
const HYPOTHESIS: [&str; 6] = [
    "hypothesis",
    "it is called twice",
    "--expect",
    "-30%..-15%",
    "--confidence",
    "70%",
];
const VALIDATE: [&str; 3] = ["validate", "--baseline", "true x"];

/// A folder with studies of a program that does nothing.
pub(crate) struct Place {
    _all: tempfile::TempDir,
    pub(crate) folder: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let all = tempfile::tempdir().expect("a folder");
        let folder = all.path().join("here");
        fs::create_dir(&folder).expect("made");
        Self { _all: all, folder }
    }

    fn in_git() -> Self {
        let place = Self::new();
        git(&place.folder, &["init", "-q"]);
        write(&place.folder.join("app.rs"), "slow");
        place.commit();
        place
    }

    fn commit(&self) {
        git(&self.folder, &["add", "-A"]);
        git(&self.folder, &["commit", "-q", "--no-verify", "-m", "x"]);
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-perf"));
        command
            .current_dir(&self.folder)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn left(&self, words: &[&str]) -> Left {
        run(perf().current_dir(&self.folder).args(words))
    }

    fn study(&self, words: &[&str]) -> Left {
        self.left(&[&["study"], words].concat())
    }

    #[track_caller]
    pub(crate) fn done(&self, words: &[&str]) -> Left {
        let left = self.study(words);
        assert_eq!(left.code, 0, "{words:?}: {}{}", left.out, left.err);
        left
    }

    pub(crate) fn studies(&self) -> Studies {
        Studies::at(self.folder.join(".perf"))
    }

    fn journal(&self) -> PathBuf {
        self.folder.join(".perf/journal.jsonl")
    }

    /// Every file of every study.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        let list = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect::<Vec<_>>()
        };
        for folder in list(&self.folder.join(".perf/studies")) {
            for file in list(&folder) {
                let is_whole = file.extension().is_some_and(|end| end == "json");
                if let Some(bytes) = fs::read(&file).ok().filter(|_| is_whole) {
                    all.insert(file, bytes);
                }
            }
        }
        all
    }

    /// A number that changes with every step on the way to a file.
    fn stirred(&self) -> usize {
        let journal = fs::metadata(self.journal()).map_or(0, |about| about.len() as usize);
        let folders = fs::read_dir(self.folder.join(".perf/studies"));
        let inside = folders.into_iter().flatten().flatten();
        let inside =
            inside.filter_map(|folder| Some(fs::read_dir(folder.path()).ok()?.count() + 1));
        journal + inside.sum::<usize>()
    }

    /// The words of the step that comes next.
    fn next(&self) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let optimize = |number: usize| {
            let number = number.to_string();
            words(&["optimize", &number, "--pairs", "10", "--time", "1"])
        };
        match self.studies().open(None) {
            Err(_) => words(&NEW),
            Ok(Opened::Analysis(study)) => {
                let dossier = study.dossier();
                let tested = dossier.plans.len();
                match (dossier.evidence.len(), dossier.hypotheses.len()) {
                    (0, _) => words(&MEASURE),
                    (_, stated) if stated == tested => words(&HYPOTHESIS),
                    (_, stated) => optimize(stated),
                }
            }
            Ok(_) => words(&VALIDATE),
        }
    }
}

/// Every other time as soon as something stirs in its folder, so that the moments between two writes are met too.
fn kill_at_random(place: &Place, step: &[String], rng: &mut Rng, at_a_write: bool) {
    let words: Vec<&str> = step.iter().map(String::as_str).collect();
    let before = place.stirred();
    let mut child = place
        .command(&[&["study"], &words[..]].concat())
        .spawn()
        .expect("it starts");
    let longest = Duration::from_secs_f64(0.3 * rng.uniform());
    let longest = if at_a_write {
        Duration::from_secs(20)
    } else {
        longest
    };
    let begun = Instant::now();
    while child.try_wait().expect("ours").is_none() && begun.elapsed() < longest {
        if at_a_write && place.stirred() != before {
            break;
        }
        std::thread::sleep(Duration::from_micros(50));
    }
    let _ = child.kill();
    child.wait().expect("ours");
}

#[test]
fn killed_at_any_moment_it_goes_on() {
    let place = Place::new();
    let mut rng = Rng::new(17);
    for kill in 0..24 {
        let (before, step) = (place.files(), place.next());
        kill_at_random(&place, &step, &mut rng, kill % 2 == 0);
        let after = place.files();
        for (file, bytes) in &before {
            assert_eq!(after.get(file), Some(bytes), "{file:?} by {step:?}");
        }
        if !after.is_empty() {
            place.done(&["show"]);
        }
        let journal = place.left(&["journal"]);
        assert_eq!(journal.code, 0, "{}", journal.err);
        let only_torn = |line: &str| line.contains("is left out");
        assert!(journal.err.lines().all(only_torn), "{}", journal.err);
    }
    // Whatever was killed is done now.
    let planned = |place: &Place| {
        let opened = place.studies().open(None);
        matches!(opened, Ok(Opened::Optimization(_) | Opened::Validation(_)))
    };
    while !planned(&place) {
        let step = place.next();
        place.study(&step.iter().map(String::as_str).collect::<Vec<_>>());
    }
    place.done(&["conclude", "nothing to win"]);
    let (entries, _) = place.studies().journal().read().expect("readable");
    let mut told: Vec<_> = entries
        .iter()
        .map(|entry| (&entry.study, &entry.file))
        .collect();
    told.sort();
    let lines = told.len();
    told.dedup();
    assert_eq!(lines, told.len(), "each file has one line");
    assert_eq!(lines, place.files().len(), "and each line a file");
}

#[test]
fn a_torn_journal_and_an_edited_file_are_told_and_nothing_is_lost() {
    let place = Place::new();
    place.done(&NEW);
    place.done(&MEASURE);
    let whole = fs::read_to_string(place.journal()).expect("a journal");
    // The last line without its end, as after a full disk.
    write(&place.journal(), &whole[..whole.len() - 9]);
    let told = place.done(&["show"]);
    assert!(told.err.contains("line 2, is left out"), "{}", told.err);
    let told = place.done(&HYPOTHESIS);
    assert!(told.err.contains("line 2, is left out"), "{}", told.err);
    let (entries, damaged) = place.studies().journal().read().expect("readable");
    assert_eq!((entries.len(), damaged.len()), (3, 1), "written again");

    let evidence = place
        .folder
        .join(".perf/studies/0001-why-is-nothing-slow/evidence-001.json");
    let text = fs::read_to_string(&evidence).expect("there");
    write(&evidence, &text.replacen("\"runs\": 3", "\"runs\": 30", 1));
    let refused = place.study(&["optimize", "1"]);
    refused.could_not_judge("evidence-001.json");
    assert!(refused.err.contains("edited"), "{}", refused.err);
    let listed = place.done(&["list"]);
    assert!(listed.out.contains("damaged") && listed.err.contains("edited"));
    write(&evidence, &text);
    place.done(&["optimize", "1", "--pairs", "10"]);
}

#[test]
fn the_old_side_is_named_where_nobody_can_find_it() {
    // Without git, and a program that is found in PATH.
    let place = Place::new();
    let plan = |place: &Place| {
        place.done(&NEW);
        place.done(&MEASURE);
        place.done(&HYPOTHESIS);
        place.done(&["optimize", "1", "--pairs", "10", "--time", "1"])
    };
    assert!(plan(&place).out.contains("neither kept nor committed"));
    let refused = place.study(&["validate"]);
    refused.could_not_judge("neither kept nor in git: name the old side with --baseline 'CMD'");

    // With changes that are not committed.
    let place = Place::in_git();
    write(&place.folder.join("app.rs"), "changed");
    plan(&place);
    let refused = place.study(&["validate"]);
    refused.could_not_judge("and changes after it): name the old side");

    // With a commit that was there, and is in no repository any more.
    let place = Place::in_git();
    assert!(plan(&place).out.contains("the old side is commit"));
    fs::remove_dir_all(place.folder.join(".git")).expect("removed");
    git(&place.folder, &["init", "-q"]);
    place.commit();
    let refused = place.study(&["validate"]);
    refused.could_not_judge("is not in this repository");
    assert!(refused.err.contains("--baseline 'CMD'"), "{}", refused.err);
    assert_eq!(
        place.studies().open(None).expect("open").word(),
        "optimization"
    );
    // Nothing is lost: named, it is measured.
    let left = place.study(&VALIDATE);
    assert!((0..=2).contains(&left.code), "{}{}", left.out, left.err);
    assert!(left.out.contains("the hypothesis is "), "{}", left.out);
}

/// Puts a record in a sealed file's place as if it had been written so.
fn written_elsewhere(file: &Path) {
    let text = fs::read_to_string(file).expect("there");
    let mut whole: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    whole["record"]["environment"]["cpu"] = "a CPU of another machine".into();
    let seal = xxhash_rust::xxh3::xxh3_64(whole["record"].to_string().as_bytes());
    whole["xxh3"] = format!("{seal:016x}").into();
    write(file, &whole.to_string());
}

#[test]
fn another_machine_than_before_is_told() {
    let place = Place::new();
    place.done(&NEW);
    place.done(&MEASURE);
    let folder = place.folder.join(".perf/studies/0001-why-is-nothing-slow");
    written_elsewhere(&folder.join("evidence-001.json"));
    fs::remove_file(place.journal()).expect("it is made anew of the files");
    place.done(&HYPOTHESIS);
    place.done(&["optimize", "1", "--pairs", "10", "--time", "1"]);
    let left = place.study(&VALIDATE);
    assert!((0..=2).contains(&left.code), "{}{}", left.out, left.err);
    let says = "measured under other circumstances than its evidence, old and new alike: the CPU";
    assert!(left.out.contains(says), "{}", left.out);

    let place = Place::new();
    place.done(&NEW);
    place.done(&MEASURE);
    let folder = place.folder.join(".perf/studies/0001-why-is-nothing-slow");
    written_elsewhere(&folder.join("evidence-001.json"));
    fs::remove_file(place.journal()).expect("it is made anew of the files");
    let left = place.done(&MEASURE);
    let says = "measured under other circumstances than before";
    assert!(left.out.contains(says), "{}", left.out);
}

#[test]
fn two_peoples_studies_merge_in_git() {
    let place = Place::in_git();
    git(&place.folder, &["branch", "theirs"]);
    place.done(&NEW);
    place.done(&MEASURE);
    place.commit();
    git(&place.folder, &["checkout", "-q", "theirs"]);
    place.done(&["new", "does export wait?", "--", "true"]);
    place.done(&MEASURE);
    place.commit();
    git(&place.folder, &["merge", "-q", "-m", "both", "-"]);
    let listed = place.done(&["list"]);
    assert_eq!(listed.out.lines().count(), 2, "{}", listed.out);
    assert_eq!(listed.err, "");
    let (entries, damaged) = place.studies().journal().read().expect("readable");
    assert_eq!((entries.len(), damaged.len()), (4, 0));
    let asked = place.study(&["show", "--study", "1"]);
    asked.could_not_judge("0001-does-export-wait");
    place.done(&["show", "--study", "0001-does-export-wait"]);
}

#[test]
fn what_is_kept_holds_no_absolute_path() {
    let place = Place::new();
    let program = place.folder.join("sub/app");
    fs::create_dir(place.folder.join("sub")).expect("made");
    crate::executable::copy(Path::new("/bin/true"), &program);
    let here = program.to_str().expect("UTF-8");
    place.done(&["new", "is it slow?", "--", here]);
    place.done(&MEASURE);
    place.done(&HYPOTHESIS);
    place.done(&["optimize", "1", "--pairs", "10", "--time", "1"]);
    let old = format!("/bin/true {here} --config={here}");
    let check = format!("/bin/true {here}");
    let left = place.study(&["validate", "--baseline", &old, "--correct", &check]);
    assert!((0..=2).contains(&left.code), "{}{}", left.out, left.err);
    if place.studies().open(None).is_ok() {
        place.done(&["conclude", "nothing to win"]);
    }
    let top = place
        .folder
        .parent()
        .expect("above")
        .to_str()
        .expect("UTF-8");
    let document = place
        .folder
        .join(".perf/studies/0001-is-it-slow/document.md");
    let kept = [document, place.journal()];
    let kept = kept.iter().map(|file| fs::read(file).expect("there"));
    let document = kept.clone().next().expect("first");
    let document = String::from_utf8(document).expect("UTF-8");
    assert!(document.contains("elsewhere"), "{document}");
    for bytes in kept.chain(place.files().into_values()) {
        let text = String::from_utf8(bytes).expect("UTF-8");
        for absolute in [top, "/bin/true"] {
            assert!(!text.contains(absolute), "{absolute} is in {text}");
        }
    }
}

#[test]
fn only_the_program_that_was_measured_is_kept_as_the_old_side() {
    let place = Place::in_git();
    let program = place.folder.join("app");
    crate::executable::copy(Path::new("/bin/true"), &program);
    // Newer than the program, whatever the clock of the file system does.
    let later = std::time::SystemTime::now() + Duration::from_secs(3_600);
    let mut options = fs::File::options();
    let source = options
        .append(true)
        .open(place.folder.join("app.rs"))
        .expect("there");
    source.set_modified(later).expect("set");
    place.done(&["new", "is it slow?", "--", "./app"]);
    let left = place.done(&MEASURE);
    let says = "\"app.rs\" is newer than \"./app\": was the program built of it?";
    assert!(left.out.contains(says), "{}", left.out);
    place.done(&HYPOTHESIS);
    fs::remove_file(&program).expect("ours");
    crate::executable::copy(Path::new("/bin/false"), &program);
    let refused = place.study(&["optimize", "1"]);
    refused.could_not_judge("is not the one that was measured");
    fs::remove_file(&program).expect("ours");
    crate::executable::copy(Path::new("/bin/true"), &program);
    place.done(&["optimize", "1"]);
    let refused = place.study(&["validate"]);
    refused.could_not_judge("the same file as when the plan was frozen");

    // What has ended is listed by how, and shown where nothing is open.
    place.done(&["conclude", "nothing to win"]);
    assert!(place.done(&["list"]).out.starts_with("concluded"));
    let shown = place.done(&["show"]).out;
    assert!(
        shown.starts_with("study 0001-is-it-slow, concluded: "),
        "{shown}"
    );
    let told = place.done(&["calibration"]).out;
    assert!(told.contains("0 are open, 1 were never tested"), "{told}");
}
