//! In: a study that has ended. Out: its document, its entry of the history, and whether its gain is still there.

use super::dossier::Dossier;
use super::error::StudyError;
use super::modes::{Finished, Study, Told};
use super::plan::Plan;
use super::question::Ending;
use super::source::Source;
use super::validation::{self, Baseline, Recheck, Validated, unlike};
use crate::history::{Entry, History};
use crate::judge::Arm;
use crate::run::atomic;

impl Study<Finished> {
    /// The plan that its accepted change was measured by.
    ///
    /// # Errors
    /// [`StudyError::NotNow`] for a study that ended without a change.
    pub fn accepted_plan(&self) -> Result<&Plan, StudyError> {
        match (&self.dossier.ending, self.dossier.plan()) {
            (Some(Ending::Accepted { .. }), Some(plan)) => Ok(plan),
            _ => Err(StudyError::NotNow(format!(
                "study {} ended without a change: there is nothing to check again",
                self.dossier.name
            ))),
        }
    }

    /// Measures old against new again and says whether the gain is still there.
    ///
    /// # Errors
    /// [`StudyError`].
    pub fn recheck(
        &mut self,
        old: &mut dyn Arm,
        new: &mut dyn Arm,
        baseline: impl Into<Baseline>,
        mut tell: Box<Told<'_>>,
    ) -> Result<&Recheck, StudyError> {
        let plan = self.accepted_plan()?.clone();
        let attempt = self.dossier.of_plan(plan.number).count() + self.dossier.rechecks.len();
        let experiment = plan
            .experiment(
                self.dossier.question.workload.name(),
                self.replicate(),
                attempt as u64,
            )
            .map_err(|error| StudyError::Bad(error.to_string()))?
            .on_progress(move |progress| tell(progress));
        let source = Source::here(self.dossier.root()).ok();
        let comparison = validation::measure(experiment, old, new)?;
        let mut recheck = Recheck::judge(&plan, baseline.into(), source, comparison);
        if let Some(first) = self.dossier.of_plan(plan.number).next_back() {
            let machine = &first.comparison.environment.machine;
            recheck.notes = unlike(&recheck.comparison, machine, "when it was accepted");
        }
        let number = self.dossier.rechecks.len() + 1;
        self.dossier.add(&recheck, number)?;
        self.dossier.rechecks.push(recheck);
        write_document(&self.dossier)?;
        Ok(&self.dossier.rechecks[number - 1])
    }

    /// Writes the document again, from the files.
    ///
    /// # Errors
    /// [`StudyError::Io`].
    pub fn write_document(&self) -> Result<(), StudyError> {
        write_document(&self.dossier)
    }
}

pub(super) fn write_document(dossier: &Dossier) -> Result<(), StudyError> {
    let path = dossier.folder.join("document.md");
    atomic::write(&path, super::document(dossier).as_bytes())
        .map_err(StudyError::io(&path, "write"))
}

/// The new numbers become an entry of the history beside the journal, once.
pub(super) fn remember(dossier: &Dossier, validated: &Validated) -> Result<(), StudyError> {
    let Some(root) = dossier.journal.folder() else {
        return Ok(());
    };
    let history = History::at(root.join("history.jsonl"));
    let mut entry = Entry::now(dossier.question.workload.name());
    entry.unix_ms = validated.unix_ms;
    entry.workload = Some(dossier.question.workload.line());
    entry.machine = Some(validated.comparison.environment.machine.fingerprint());
    entry.commit.clone_from(&validated.commit);
    entry.dirty = validated.dirty;
    for outcome in &validated.comparison.results {
        if let Some(value) = outcome.candidate {
            entry.values.insert(outcome.of_metric().to_string(), value);
        }
    }
    if !history.read()?.records.contains(&entry) {
        history.add(&entry)?;
    }
    Ok(())
}
