//! In: the folder `.perf`. Out: [`Studies`], all studies in it: begun, found, opened in the mode that their files say.

use super::dossier::{Dossier, now};
use super::error::StudyError;
use super::journal::Journal;
use super::modes::{Analysis, Finished, Optimization, Study, Validation};
use super::question::{Question, Workload};
use crate::run::{self, atomic};
use std::fs;
use std::path::{Path, PathBuf};

/// The studies of a repository: `studies/NNNN-words/` and `journal.jsonl`.
#[derive(Clone, Debug)]
pub struct Studies {
    root: PathBuf,
}

/// A study in its mode.
#[derive(Debug)]
#[non_exhaustive]
pub enum Opened {
    /// It looks for what could be won.
    Analysis(Study<Analysis>),
    /// A plan is frozen, the code is being changed.
    Optimization(Study<Optimization>),
    /// Old and new were compared.
    Validation(Study<Validation>),
    /// It has ended.
    Finished(Study<Finished>),
}

/// One study of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The folder's name.
    pub name: String,
    /// Its mode in a word, how it ended, or why it cannot be read.
    pub state: Result<&'static str, String>,
}

impl Studies {
    /// The studies kept below this folder, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The journal of all of them.
    pub fn journal(&self) -> Journal {
        Journal::at(&self.root.join("journal.jsonl"))
    }

    /// Begins a study.
    ///
    /// # Errors
    /// [`StudyError`]: no question, or a folder that cannot be written.
    pub fn begin(&self, question: &str, workload: Workload) -> Result<Study<Analysis>, StudyError> {
        let slug = slug(question);
        if slug.is_empty() {
            return Err(StudyError::Bad(
                "a study begins with a question: \"why is import slow?\"".to_owned(),
            ));
        }
        let studies = self.root.join("studies");
        fs::create_dir_all(&studies).map_err(StudyError::io(&studies, "make"))?;
        self.prepare_for_git()?;
        let mut number = self
            .names()?
            .iter()
            .filter_map(|name| number_of(name))
            .max()
            .unwrap_or(0)
            + 1;
        let folder = loop {
            let folder = studies.join(format!("{number:04}-{slug}"));
            match fs::create_dir(&folder) {
                Ok(()) => break folder,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(StudyError::io(&folder, "make")(error)),
            }
        };
        let question = Question {
            text: question.to_owned(),
            workload,
            unix_ms: now(),
            commit: run::source().0,
        };
        let mut dossier = Dossier {
            name: folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            question: question.clone(),
            evidence: Vec::new(),
            hypotheses: Vec::new(),
            plans: Vec::new(),
            validations: Vec::new(),
            ending: None,
            rechecks: Vec::new(),
            seals: Vec::new(),
            folder,
            journal: self.journal(),
        };
        dossier.add(&question, 0)?;
        Ok(Study::of(dossier))
    }

    /// The names of all studies, oldest number first. A folder without a question is none: its maker was stopped.
    ///
    /// # Errors
    /// [`StudyError::Io`].
    pub fn names(&self) -> Result<Vec<String>, StudyError> {
        let folder = self.root.join("studies");
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StudyError::io(&folder, "list"))?,
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join("question.json").is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Opens the study of this number or name; without one the newest that has not ended.
    ///
    /// # Errors
    /// [`StudyError::Unknown`] where there is none or several, [`StudyError::Changed`] for files that are not what was written.
    pub fn open(&self, which: Option<&str>) -> Result<Opened, StudyError> {
        let names = self.names()?;
        let Some(which) = which else {
            let open = names
                .iter()
                .rev()
                .find(|name| !self.folder(name).join("ending.json").exists());
            let open = open.ok_or_else(|| {
                StudyError::Unknown(
                    "no study is open; begin one: cargo perf study new \"why is import slow?\" -- CMD"
                        .to_owned(),
                )
            })?;
            return self.read(open);
        };
        let number = which.parse::<u32>().ok();
        let fits =
            |name: &&String| *name == which || (number.is_some() && number_of(name) == number);
        match names.iter().filter(fits).collect::<Vec<_>>().as_slice() {
            [one] => self.read(one),
            [] => Err(StudyError::Unknown(format!(
                "there is no study {which:?}; there are: {}",
                names.join(", ")
            ))),
            several => Err(StudyError::Unknown(format!(
                "several studies have the number {which}, as after a merge: write the name, one of {}",
                several
                    .iter()
                    .map(|name| name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ))),
        }
    }

    /// All studies with their modes.
    ///
    /// # Errors
    /// [`StudyError::Io`]; a study that cannot be read has its reason in the list.
    pub fn list(&self) -> Result<Vec<Summary>, StudyError> {
        let summary = |name: String| Summary {
            state: self
                .read(&name)
                .map(|opened| opened.state())
                .map_err(|error| error.to_string()),
            name,
        };
        Ok(self.names()?.into_iter().map(summary).collect())
    }

    /// All that can be read; the others with their reasons.
    ///
    /// # Errors
    /// [`StudyError::Io`].
    pub fn dossiers(&self) -> Result<Vec<Result<Dossier, StudyError>>, StudyError> {
        let read = |name: String| Dossier::read(&self.folder(&name), &self.journal());
        Ok(self.names()?.into_iter().map(read).collect())
    }

    fn read(&self, name: &str) -> Result<Opened, StudyError> {
        Ok(Opened::of(Dossier::read(
            &self.folder(name),
            &self.journal(),
        )?))
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.root.join("studies").join(name)
    }

    /// Journals of two people merge by union; kept programs stay out of the repository.
    fn prepare_for_git(&self) -> Result<(), StudyError> {
        let files = [
            (
                ".gitattributes",
                "journal.jsonl merge=union\nhistory.jsonl merge=union\n",
            ),
            (".gitignore", "kept/\n"),
        ];
        for (name, text) in files {
            let path = self.root.join(name);
            if !path.exists() {
                atomic::write(&path, text.as_bytes()).map_err(StudyError::io(&path, "write"))?;
            }
        }
        Ok(())
    }
}

impl Opened {
    /// The mode that the files say.
    pub(super) fn of(dossier: Dossier) -> Self {
        if dossier.ending.is_some() {
            return Self::Finished(Study::of(dossier));
        }
        match dossier.plan().map(|plan| plan.number) {
            None => Self::Analysis(Study::of(dossier)),
            Some(number) if dossier.of_plan(number).next().is_some() => {
                Self::Validation(Study::of(dossier))
            }
            Some(_) => Self::Optimization(Study::of(dossier)),
        }
    }

    /// The mode in a word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Analysis(_) => "analysis",
            Self::Optimization(_) => "optimization",
            Self::Validation(_) => "validation",
            Self::Finished(_) => "finished",
        }
    }

    /// The mode in a word; of a study that has ended, how.
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Finished(study) => match &study.dossier.ending {
                Some(super::Ending::Accepted { .. }) => "accepted",
                _ => "concluded",
            },
            open => open.word(),
        }
    }

    /// What it knows.
    pub fn dossier(&self) -> &Dossier {
        match self {
            Self::Analysis(study) => study.dossier(),
            Self::Optimization(study) => study.dossier(),
            Self::Validation(study) => study.dossier(),
            Self::Finished(study) => study.dossier(),
        }
    }

    /// What to do next, as a sentence with the command.
    pub fn next_step(&self) -> String {
        let dossier = self.dossier();
        match self {
            Self::Analysis(_) => analysis_step(dossier),
            Self::Optimization(_) => {
                "change the code, build it, then: cargo perf study validate --correct 'cargo test'"
                    .to_owned()
            }
            Self::Validation(study) if study.last().change.accepted => {
                "keep the change: cargo perf study accept".to_owned()
            }
            Self::Validation(_) => "improve the change and `cargo perf study validate` again, or \
                                    `cargo perf study conclude \"...\"`"
                .to_owned(),
            Self::Finished(_) => match dossier.ending {
                Some(super::Ending::Accepted { .. }) => {
                    let name = &dossier.name;
                    let id = number_of(name).map_or(name.clone(), |number| number.to_string());
                    format!(
                        "commit it, and the folder of the studies, with a last line `Perf-Study: {id}`; later: cargo perf study recheck"
                    )
                }
                _ => "begin another: cargo perf study new \"...\" -- CMD".to_owned(),
            },
        }
    }
}

fn analysis_step(dossier: &Dossier) -> String {
    let Some(evidence) = dossier.evidence.last() else {
        return "measure it as it stands: cargo perf study measure".to_owned();
    };
    let open = |number: u32| !dossier.is_refuted(number);
    let mut numbers = dossier
        .hypotheses
        .iter()
        .map(|hypothesis| hypothesis.number);
    if let Some(number) = numbers.rfind(|number| open(*number)) {
        return format!(
            "freeze a plan: cargo perf study optimize {number}; or state another hypothesis, or `cargo perf study conclude \"...\"`"
        );
    }
    let of = if evidence.sites().is_empty() {
        "--metric wall"
    } else {
        "--site SITE --metric self"
    };
    format!(
        "say what would help: cargo perf study hypothesis \"...\" {of} --expect -30%..-15% --confidence 70%, or \
         `cargo perf study conclude \"nothing to win\"`"
    )
}

pub(super) fn number_of(name: &str) -> Option<u32> {
    name.split('-').next()?.parse().ok()
}

/// Small letters, digits and `-`: what every file system takes.
fn slug(question: &str) -> String {
    const WORDS: usize = 6;
    let words: Vec<String> = question
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(str::to_ascii_lowercase)
        .collect();
    let mut slug: String = words.join("-").chars().take(48).collect();
    if slug.is_empty() && question.chars().any(char::is_alphanumeric) {
        slug.push_str("study");
    }
    slug
}
