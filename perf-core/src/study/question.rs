//! In: what is asked, of what. Out: [`Question`], the first file of a study; [`Ending`], its last.

use super::error::StudyError;
use serde::{Deserialize, Serialize};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// What a study asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Question {
    /// In the user's words.
    pub text: String,
    /// What is measured.
    pub workload: Workload,
    /// When it was asked, in milliseconds since 1970.
    pub unix_ms: u64,
    /// The commit that it was asked at.
    pub commit: Option<String>,
}

/// What is measured. It holds no absolute path, so that others can repeat it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Workload {
    /// Fresh processes of a command, its program first.
    Command(Vec<String>),
    /// Something within a process, by name.
    InProcess(String),
}

/// How a study ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// The change is kept.
    Accepted {
        /// The number of the validation that it rests on.
        validation: u32,
        /// The commit that it was accepted at.
        commit: Option<String>,
        /// When, in milliseconds since 1970.
        unix_ms: u64,
    },
    /// Without a change.
    Concluded {
        /// What was learned, in the user's words.
        text: String,
        /// When, in milliseconds since 1970.
        unix_ms: u64,
    },
}

impl Workload {
    /// A command; absolute paths below the current folder are made relative to it.
    ///
    /// ```
    /// use perf_core::study::Workload;
    /// assert!(Workload::command(["target/release/import", "data.csv"]).is_ok());
    /// assert!(Workload::command(["/somewhere/else/import"]).is_err());
    /// assert!(Workload::command(["import", "--from=/somewhere/else"]).is_err());
    /// ```
    ///
    /// # Errors
    /// [`StudyError::Bad`] for no words, or a path that nobody else has.
    pub fn command<T: Into<String>>(
        words: impl IntoIterator<Item = T>,
    ) -> Result<Self, StudyError> {
        let here = std::env::current_dir().unwrap_or_default();
        let words: Result<Vec<String>, _> = words
            .into_iter()
            .map(|word| relative(word.into(), &here))
            .collect();
        let words = words?;
        if words.is_empty() {
            return Err(StudyError::Bad(
                "which command is studied? Write it after `--`".to_owned(),
            ));
        }
        Ok(Self::Command(words))
    }

    /// The content of the program, 32 hexadecimal digits of XXH3; none where the command names no file, but a program found in PATH.
    pub fn program_digest(&self) -> Option<String> {
        let Self::Command(words) = self else {
            return None;
        };
        let program = Path::new(words.first()?);
        if program.components().count() < 2 {
            return None;
        }
        let bytes = std::fs::read(program).ok()?;
        Some(format!("{:032x}", xxh3_128(&bytes)))
    }

    /// What an answer calls it: the program's file name, or the name given.
    pub fn name(&self) -> &str {
        match self {
            Self::InProcess(name) => name,
            Self::Command(words) => {
                let first = words.first().map_or("", String::as_str);
                let file = Path::new(first).file_name().and_then(|name| name.to_str());
                file.unwrap_or(first)
            }
        }
    }

    /// As it is typed.
    pub fn line(&self) -> String {
        match self {
            Self::InProcess(name) => name.clone(),
            Self::Command(words) => words
                .iter()
                .map(|word| quoted(word))
                .collect::<Vec<_>>()
                .join(" "),
        }
    }
}

fn relative(word: String, here: &Path) -> Result<String, StudyError> {
    // `--config=/somewhere`: the path is what follows.
    let at = word.find("=/").map_or(0, |at| at + 1);
    let (option, path) = word.split_at(at);
    let path = Path::new(path);
    if !path.is_absolute() || path.components().count() < 2 {
        return Ok(word);
    }
    match path.strip_prefix(here) {
        Ok(within) => Ok(format!("{option}{}", within.display())),
        Err(_) => Err(StudyError::Bad(format!(
            "{word:?} is an absolute path outside of this folder: others could not repeat the study; write a path relative to \
             this folder, or the name of a program that is found in PATH"
        ))),
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
