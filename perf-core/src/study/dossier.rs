//! In: the folder of one study. Out: [`Dossier`], all its files, checked against the journal; and the one way to add a file.

use super::answer::HypothesisOutcome;
use super::error::StudyError;
use super::evidence::Evidence;
use super::hypothesis::{Cited, Hypothesis};
use super::journal::{Journal, JournalEntry, Mark, Step};
use super::plan::Plan;
use super::question::{Ending, Question, Workload};
use super::sealed;
use super::source::Source;
use super::validation::{Recheck, Validated};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// All that a study knows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dossier {
    /// The folder's name: `0001-why-is-import-slow`.
    pub name: String,
    /// What is asked.
    pub question: Question,
    /// Measurements of the program as it stands, oldest first.
    pub evidence: Vec<Evidence>,
    /// What was expected.
    pub hypotheses: Vec<Hypothesis>,
    /// What was frozen; the last one counts.
    pub plans: Vec<Plan>,
    /// Old against new.
    pub validations: Vec<Validated>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// An accepted change, measured again later.
    pub rechecks: Vec<Recheck>,
    pub(super) seals: Vec<(String, String)>,
    pub(super) folder: PathBuf,
    pub(super) journal: Journal,
}

/// What is stored as a file of a study.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// The beginning of the file's name.
    const KIND: &'static str;
    const STEP: Step;
    /// What the journal says of it.
    fn text(&self) -> String;
    fn mark(&self) -> Option<Mark> {
        None
    }
}

impl Dossier {
    /// Reads a study. Files that the journal lacks are noted there, since a process may have been killed between the two.
    pub(super) fn read(folder: &Path, journal: &Journal) -> Result<Self, StudyError> {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut reader = Reader {
            folder,
            name: &name,
            known: journal.read()?.0,
            journal,
            seals: Vec::new(),
        };
        reader.known.retain(|entry| entry.study == name);
        let question = reader.one::<Question>()?.ok_or_else(|| {
            StudyError::Unknown(format!(
                "{folder:?} holds no study: its question is missing"
            ))
        })?;
        let made = Self {
            question,
            evidence: reader.all()?,
            hypotheses: reader.all()?,
            plans: reader.all()?,
            validations: reader.all()?,
            ending: reader.one()?,
            rechecks: reader.all()?,
            seals: std::mem::take(&mut reader.seals),
            folder: folder.to_owned(),
            journal: journal.clone(),
            name: name.clone(),
        };
        reader.nothing_is_missing(&made.seals)?;
        made.plans_were_kept()?;
        Ok(made)
    }

    /// Adds a file and its line of the journal; the number counts within the kind, 0 is for the only one.
    pub(super) fn add<R: Record>(&mut self, record: &R, number: usize) -> Result<(), StudyError> {
        let file = file_name::<R>(number);
        let seal = sealed::write(&self.folder.join(&file), record)?;
        self.seals.push((file.clone(), seal.clone()));
        self.journal
            .append(&entry_of(&self.name, record, &file, &seal))
    }

    pub(super) fn seal(&self, file: &str) -> Option<&str> {
        self.seals
            .iter()
            .find(|(name, _)| name == file)
            .map(|(_, seal)| seal.as_str())
    }

    /// The folder of all studies.
    pub(super) fn root(&self) -> &Path {
        self.journal.folder().unwrap_or(&self.folder)
    }

    /// The plan that counts, with its seal, unless its hypothesis was refuted.
    pub fn plan(&self) -> Option<&Plan> {
        let plan = self.plans.last()?;
        let refuted = self
            .of_plan(plan.number)
            .any(|v| v.hypothesis == HypothesisOutcome::Refuted);
        (!refuted).then_some(plan)
    }

    /// The hypothesis of this number.
    pub fn hypothesis(&self, number: u32) -> Option<&Hypothesis> {
        self.hypotheses
            .iter()
            .find(|hypothesis| hypothesis.number == number)
    }

    /// A sentence where a source file is newer than the program, which was then not built of it.
    pub(super) fn stale(&self) -> Option<String> {
        let Workload::Command(words) = &self.question.workload else {
            return None;
        };
        let program = Path::new(words.first()?);
        if program.components().count() < 2 {
            return None;
        }
        let built = program.metadata().and_then(|about| about.modified()).ok()?;
        let newer = Source::newer_than(built, self.root())?;
        Some(format!(
            "{newer:?} is newer than {program:?}: was the program built of it?"
        ))
    }

    /// The newest evidence of those that are cited.
    pub(super) fn cited(&self, cited: &[Cited]) -> Option<&Evidence> {
        let file = &cited.last()?.file;
        let mut all = self.evidence.iter().enumerate();
        all.find(|(at, _)| file_name::<Evidence>(at + 1) == *file)
            .map(|(_, evidence)| evidence)
    }

    /// Whether a plan that tests this hypothesis refuted it.
    pub(super) fn is_refuted(&self, hypothesis: u32) -> bool {
        let plans = self
            .plans
            .iter()
            .filter(|plan| plan.hypothesis == hypothesis);
        plans
            .flat_map(|plan| self.of_plan(plan.number))
            .any(|validated| validated.hypothesis == HypothesisOutcome::Refuted)
    }

    /// The validations of a plan, oldest first.
    pub fn of_plan(&self, number: u32) -> impl DoubleEndedIterator<Item = &Validated> {
        self.validations
            .iter()
            .filter(move |validated| validated.plan == number)
    }

    /// Every validation followed the plan as it stands.
    fn plans_were_kept(&self) -> Result<(), StudyError> {
        for validated in &self.validations {
            let file = file_name::<Plan>(validated.plan as usize);
            if self.seal(&file) != Some(&validated.plan_seal) {
                return Err(StudyError::Changed {
                    path: self.folder.join(file),
                    what: "it is not the plan that the validation followed".to_owned(),
                });
            }
        }
        for (plan, cited) in self
            .plans
            .iter()
            .flat_map(|plan| plan.evidence.iter().map(move |c| (plan, c)))
        {
            if self.seal(&cited.file) != Some(&cited.seal) {
                return Err(StudyError::Changed {
                    path: self.folder.join(&cited.file),
                    what: format!("it is not the evidence that plan {} cites", plan.number),
                });
            }
        }
        Ok(())
    }
}

struct Reader<'a> {
    folder: &'a Path,
    name: &'a str,
    known: Vec<JournalEntry>,
    journal: &'a Journal,
    seals: Vec<(String, String)>,
}

impl Reader<'_> {
    fn one<R: Record>(&mut self) -> Result<Option<R>, StudyError> {
        self.file(0)
    }

    fn all<R: Record>(&mut self) -> Result<Vec<R>, StudyError> {
        let mut found = Vec::new();
        while let Some(record) = self.file(found.len() + 1)? {
            found.push(record);
        }
        Ok(found)
    }

    fn file<R: Record>(&mut self, number: usize) -> Result<Option<R>, StudyError> {
        let file = file_name::<R>(number);
        let path = self.folder.join(&file);
        if !path.exists() {
            return Ok(None);
        }
        let (record, seal) = sealed::read::<R>(&path)?;
        match self.known.iter().find(|entry| entry.file == file) {
            Some(entry) if entry.seal != seal => {
                let what = "it is not what the journal says was written".to_owned();
                return Err(StudyError::Changed { path, what });
            }
            Some(_) => {}
            None => self
                .journal
                .append(&entry_of(self.name, &record, &file, &seal))?,
        }
        self.seals.push((file, seal));
        Ok(Some(record))
    }

    fn nothing_is_missing(&self, seals: &[(String, String)]) -> Result<(), StudyError> {
        let missing = |entry: &&JournalEntry| !seals.iter().any(|(file, _)| *file == entry.file);
        match self.known.iter().find(missing) {
            Some(entry) => Err(StudyError::Changed {
                path: self.folder.join(&entry.file),
                what: "the journal says that it was written, and it is missing".to_owned(),
            }),
            None => Ok(()),
        }
    }
}

pub(super) fn file_name<R: Record>(number: usize) -> String {
    match number {
        0 => format!("{}.json", R::KIND),
        number => format!("{}-{number:03}.json", R::KIND),
    }
}

/// Now, in milliseconds since 1970; 0 where the platform has no calendar.
pub(super) fn now() -> u64 {
    if cfg!(all(target_arch = "wasm32", target_os = "unknown")) {
        return 0; // asking panics there
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

fn entry_of<R: Record>(study: &str, record: &R, file: &str, seal: &str) -> JournalEntry {
    JournalEntry {
        unix_ms: now(),
        study: study.to_owned(),
        step: R::STEP,
        file: file.to_owned(),
        seal: seal.to_owned(),
        text: record.text(),
        mark: record.mark(),
    }
}

impl Record for Question {
    const KIND: &'static str = "question";
    const STEP: Step = Step::Asked;
    fn text(&self) -> String {
        format!("{} ({})", self.text, self.workload.line())
    }
}

impl Record for Evidence {
    const KIND: &'static str = "evidence";
    const STEP: Step = Step::Measured;
    fn text(&self) -> String {
        let ranking = super::opportunity::Ranking::of(self);
        let first = ranking.sites.first().or(ranking.whole.first());
        let first = first.map_or(String::new(), |first| format!("; first: {first}"));
        format!("{} runs{first}", self.runs)
    }
}

impl Record for Hypothesis {
    const KIND: &'static str = "hypothesis";
    const STEP: Step = Step::Supposed;
    fn text(&self) -> String {
        let (metric, expected) = (&self.metric, &self.expected);
        let sure = 100.0 * self.confidence;
        format!(
            "{}: {}; {metric} {expected}, {sure:.0} % sure",
            self.number, self.text
        )
    }
}

impl Record for Plan {
    const KIND: &'static str = "plan";
    const STEP: Step = Step::Planned;
    fn text(&self) -> String {
        let Self {
            number,
            hypothesis,
            target,
            guards,
            ..
        } = self;
        format!(
            "plan {number} for hypothesis {hypothesis}: {target}, {} guards",
            guards.len()
        )
    }
}

impl Record for Validated {
    const KIND: &'static str = "validation";
    const STEP: Step = Step::Validated;
    fn text(&self) -> String {
        let change = if self.change.accepted {
            "the change may be accepted".to_owned()
        } else {
            format!(
                "the change is not accepted: {}",
                self.change.failed.join("; ")
            )
        };
        format!(
            "plan {}: the hypothesis is {}; {change}",
            self.plan,
            self.hypothesis.words()
        )
    }
    fn mark(&self) -> Option<Mark> {
        match self.hypothesis {
            HypothesisOutcome::Refuted => Some(Mark::Refuted),
            HypothesisOutcome::WrongSize => Some(Mark::Surprise),
            _ => None,
        }
    }
}

impl Record for Ending {
    const KIND: &'static str = "ending";
    const STEP: Step = Step::Ended;
    fn text(&self) -> String {
        match self {
            Self::Accepted { validation, .. } => format!("accepted, by validation {validation}"),
            Self::Concluded { text, .. } => format!("concluded without a change: {text}"),
        }
    }
    fn mark(&self) -> Option<Mark> {
        matches!(self, Self::Accepted { .. }).then_some(Mark::Accepted)
    }
}

impl Record for Recheck {
    const KIND: &'static str = "recheck";
    const STEP: Step = Step::Rechecked;
    fn text(&self) -> String {
        match self.still {
            Some(true) => "the gain is still there",
            Some(false) => "the gain is gone",
            None => "undecided",
        }
        .to_owned()
    }
    fn mark(&self) -> Option<Mark> {
        (self.still == Some(false)).then_some(Mark::Lost)
    }
}
