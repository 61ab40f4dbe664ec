//! In: what went wrong with a study. Out: [`StudyError`], a sentence with its cause and the next step.

use crate::judge::ExperimentError;
use crate::lines::LinesError;
use std::fmt;
use std::path::PathBuf;

/// Why a step of a study was not taken. Nothing was lost: every file is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum StudyError {
    /// The operating system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
        /// The system's words.
        source: std::io::Error,
    },
    /// A file is not what was written: edited, torn, of another version or no file of a study.
    Changed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The journal could not be read or written.
    Journal(LinesError),
    /// The study, or the hypothesis in it, does not exist or is not the only one of that name.
    Unknown(String),
    /// The step is not allowed yet, or no more; the sentence names the next one.
    NotNow(String),
    /// What was given cannot be used.
    Bad(String),
    /// git could not tell which files there are.
    Source(String),
    /// Measuring failed.
    Measuring(String),
}

impl StudyError {
    pub(super) fn io(
        path: &std::path::Path,
        doing: &'static str,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            path,
            doing,
            source,
        }
    }
}

impl From<LinesError> for StudyError {
    fn from(error: LinesError) -> Self {
        Self::Journal(error)
    }
}

impl From<ExperimentError> for StudyError {
    fn from(error: ExperimentError) -> Self {
        Self::Measuring(error.to_string())
    }
}

impl fmt::Display for StudyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io {
                path,
                doing,
                source,
            } => write!(f, "cannot {doing} {path:?}: {source}"),
            Self::Changed { path, what } => write!(
                f,
                "{path:?} is refused: {what}; put back what was written (`git checkout` it), or begin a new study"
            ),
            Self::Journal(error) => write!(f, "{error}"),
            Self::Unknown(sentence)
            | Self::NotNow(sentence)
            | Self::Bad(sentence)
            | Self::Source(sentence)
            | Self::Measuring(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for StudyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Journal(error) => Some(error),
            _ => None,
        }
    }
}
