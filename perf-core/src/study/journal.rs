//! In: what happened in studies. Out: [`Journal`], a line a step, only appended, read before the next attempt.

use super::error::StudyError;
use crate::lines::{Damage, Lines};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The journal of all studies of a folder. Its lines merge by union, in any order.
#[derive(Clone, Debug)]
pub struct Journal {
    lines: Lines,
}

/// One step of one study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JournalEntry {
    /// When it was written, in milliseconds since 1970.
    pub unix_ms: u64,
    /// The study: the name of its folder.
    pub study: String,
    /// What was done.
    pub step: Step,
    /// The file that it left in the study's folder.
    pub file: String,
    /// The file's seal.
    pub seal: String,
    /// What it says.
    pub text: String,
    /// Why it is worth remembering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// A question was asked.
    Asked,
    /// The program was measured.
    Measured,
    /// A hypothesis was stated.
    Supposed,
    /// A plan was frozen.
    Planned,
    /// Old and new were measured against each other.
    Validated,
    /// The study ended.
    Ended,
    /// An accepted change was measured again.
    Rechecked,
}

/// Why an entry is worth remembering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mark {
    /// The hypothesis did not hold.
    Refuted,
    /// It held, and the size of the change was another than expected.
    Surprise,
    /// The change was accepted.
    Accepted,
    /// A gain that was accepted is gone.
    Lost,
}

impl Mark {
    /// The mark in capitals, as shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refuted => "REFUTED",
            Self::Surprise => "SURPRISE",
            Self::Accepted => "ACCEPTED",
            Self::Lost => "LOST",
        }
    }
}

impl Step {
    /// The step as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Measured => "measured",
            Self::Supposed => "supposed",
            Self::Planned => "planned",
            Self::Validated => "validated",
            Self::Ended => "ended",
            Self::Rechecked => "rechecked",
        }
    }
}

impl Journal {
    pub(super) fn at(path: &Path) -> Self {
        Self {
            lines: Lines::at(path),
        }
    }

    /// All entries, oldest first, and the lines that were left out.
    ///
    /// # Errors
    /// [`StudyError::Journal`] where the file cannot be read; damaged lines are no error.
    pub fn read(&self) -> Result<(Vec<JournalEntry>, Vec<Damage>), StudyError> {
        let found = self.lines.read::<JournalEntry>()?;
        let mut entries = found.records;
        entries.sort_by_key(|entry| entry.unix_ms);
        Ok((entries, found.damaged))
    }

    /// The studies that have to do with the words, the nearest first, each with its entries; words of three letters or less count for nothing.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn search(&self, words: &str) -> Result<Vec<(String, Vec<JournalEntry>)>, StudyError> {
        let wanted = stems(words);
        let mut studies: Vec<(String, Vec<JournalEntry>)> = Vec::new();
        for entry in self.read()?.0 {
            match studies.iter_mut().find(|(name, _)| *name == entry.study) {
                Some((_, entries)) => entries.push(entry),
                None => studies.push((entry.study.clone(), vec![entry])),
            }
        }
        let score = |entries: &[JournalEntry]| {
            let text: Vec<&str> = entries.iter().map(|entry| entry.text.as_str()).collect();
            let has = stems(&text.join(" "));
            wanted.iter().filter(|stem| has.contains(stem)).count()
        };
        let mut scored: Vec<_> = studies
            .into_iter()
            .map(|study| (score(&study.1), study))
            .filter(|(score, _)| *score > 0)
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        Ok(scored.into_iter().map(|(_, study)| study).collect())
    }

    /// The folder that it lies in.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.lines.path().parent()
    }

    pub(super) fn append(&self, entry: &JournalEntry) -> Result<(), StudyError> {
        Ok(self.lines.append(entry)?)
    }
}

/// Words in small letters without their ends, so that `parsing` finds `parser`.
fn stems(text: &str) -> Vec<String> {
    const COMMON: [&str; 12] = [
        "what", "when", "that", "this", "with", "does", "from", "have", "slow", "than", "wall",
        "runs",
    ];
    let mut found: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() > 3 && !COMMON.contains(&word.as_str()))
        .map(|word| {
            let end = ["ing", "ers", "er", "ed", "es", "s"]
                .iter()
                .find_map(|end| word.strip_suffix(end).filter(|stem| stem.len() > 3));
            end.unwrap_or(&word).to_owned()
        })
        .collect();
    found.sort();
    found.dedup();
    found
}
