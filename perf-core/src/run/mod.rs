//! In: a finished snapshot and where it comes from. Out: [`Run`], stored as one versioned JSON file, whole or not at all.

mod atomic;
mod usage;

pub use usage::Usage;

use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// The schema of run files that this version writes, and the newest it reads.
pub const SCHEMA: u32 = 1;

/// What marks a run file among other JSON.
const FORMAT: &str = "perf-core run";

/// One process's snapshot with its provenance: the unit of replication when runs are compared.
///
/// ```
/// use perf_core::run::Run;
/// let folder = std::env::temp_dir().join(format!("perf-core-doc-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let path = folder.join("run.json");
/// let run = Run::now("demo", perf_core::snapshot());
/// run.write(&path)?;
/// assert_eq!(Run::read(&path)?, run);
/// std::fs::write(&path, "{\"format\":\"perf-core run\",\"schema\":99}")?;
/// assert!(Run::read(&path).unwrap_err().to_string().contains("schema 99"));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Run {
    /// `perf-core run`.
    pub format: String,
    /// 1.
    pub schema: u32,
    /// The session's name.
    pub program: String,
    /// When it ended, in milliseconds since 1970.
    pub ended_unix_ms: u64,
    /// What was measured.
    pub snapshot: Snapshot,
}

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

/// What every run file says of itself, whatever its schema.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    schema: Option<u64>,
}

impl Run {
    /// A run that ends now.
    pub fn now(program: &str, snapshot: Snapshot) -> Self {
        Self {
            format: FORMAT.to_owned(),
            schema: SCHEMA,
            program: program.to_owned(),
            ended_unix_ms: snapshot.taken_unix_ms,
            snapshot,
        }
    }

    /// Writes the run to a file: whole or not at all, an earlier file of that name stays until then.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), RunError> {
        let io = |doing: &'static str| {
            move |source| RunError::Io {
                path: path.to_owned(),
                doing,
                source,
            }
        };
        let text = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .map_err(io("encode"))?;
        atomic::write(path, &text).map_err(io("write"))
    }

    /// Reads a run file.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn read(path: &Path) -> Result<Self, RunError> {
        let path = || path.to_owned();
        let bytes = std::fs::read(path()).map_err(|source| RunError::Io {
            path: path(),
            doing: "read",
            source,
        })?;
        let head: Head =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(path(), &error))?;
        match (head.format.as_deref(), head.schema) {
            (Some(FORMAT), Some(schema)) if schema == u64::from(SCHEMA) => {}
            (Some(FORMAT), Some(found)) => {
                return Err(RunError::Schema {
                    path: path(),
                    found,
                });
            }
            _ => {
                let found = "it does not say `\"format\": \"perf-core run\"`".to_owned();
                return Err(RunError::Foreign {
                    path: path(),
                    found,
                });
            }
        }
        serde_json::from_slice(&bytes).map_err(|error| unreadable(path(), &error))
    }
}

fn unreadable(path: PathBuf, error: &serde_json::Error) -> RunError {
    if error.is_eof() {
        RunError::Torn { path }
    } else {
        RunError::Foreign {
            path,
            found: error.to_string(),
        }
    }
}
