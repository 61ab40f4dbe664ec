//! In: what went wrong with a run file. Out: [`RunError`], a sentence that names the file, its cause and its remedy.

use crate::run::SCHEMA;
use std::fmt;
use std::path::PathBuf;

/// Why a run file could not be written or read. The file is left as it is.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The operating system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
        /// The system's words.
        source: std::io::Error,
    },
    /// It ends in the middle: the writer was stopped, or the copy was.
    Torn {
        /// The file.
        path: PathBuf,
    },
    /// It is not a run file.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was found instead.
        found: String,
    },
    /// It is of a schema that this version does not know.
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u64,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io {
                path,
                doing,
                source,
            } => write!(f, "cannot {doing} {path:?}: {source}"),
            Self::Torn { path } => write!(
                f,
                "{path:?} is torn: it ends in the middle; its writer or a copy was stopped, measure again"
            ),
            Self::Foreign { path, found } => write!(f, "{path:?} is not a run file: {found}"),
            Self::Schema { path, found } => write!(
                f,
                "{path:?} has schema {found}; this version reads schema {SCHEMA}: use the version that wrote it, or a newer one"
            ),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
