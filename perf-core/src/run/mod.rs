//! In: a finished snapshot and where it comes from. Out: [`Run`], stored as one versioned JSON file, whole or not at all.

pub(crate) mod atomic;
mod error;
mod folder;
mod git;
mod provenance;
mod reference;
#[cfg(target_os = "linux")]
mod unnamed;
mod usage;

pub use error::RunError;
pub use folder::Folder;
pub use provenance::Provenance;
pub(crate) use provenance::source;
pub use reference::Reference;
pub use usage::Usage;

use crate::environment::Environment;
use crate::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The schema of run files that this version writes, and the newest it reads.
pub const SCHEMA: u32 = 1;

/// What marks a run file among other JSON.
const FORMAT: &str = "perf-core run";

/// One process's snapshot with its environment and provenance: the unit of replication when runs are compared.
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
    /// Whether this is all of the run; false for what was stored on the way, by a run that may not have come to its end.
    #[serde(default = "whole")]
    pub complete: bool,
    /// What ended it.
    #[serde(default)]
    pub ended_by: Ending,
    /// The machine and the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// What ran, and from which source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// What the whole process took, as the process that waited for it was told; none where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What a fixed piece of work took beside it; none where that was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// For each part that is missing, why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub absent: BTreeMap<String, String>,
    /// What was measured.
    pub snapshot: Snapshot,
}

/// What ended a run, or stored it on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ending {
    /// The end of the outermost session.
    #[default]
    Session,
    /// The end of the process, with a session still alive.
    Exit,
    /// A panic.
    Panic,
    /// SIGINT or SIGTERM.
    Signal,
    /// Nothing yet: it was stored on the way.
    Checkpoint,
}

/// Writes a file whole or not at all.
#[cfg(feature = "html")]
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    atomic::write(path, bytes).map_err(|source| RunError::Io {
        path: path.to_owned(),
        doing: "write",
        source,
    })
}

/// What every run file says of itself, whatever its schema.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    schema: Option<u64>,
}

impl Run {
    /// A run that ends now, without its environment and provenance.
    pub fn now(program: &str, snapshot: Snapshot) -> Self {
        let absent = ["environment", "provenance"];
        let reason = |part: &str| (part.to_owned(), "not asked for".to_owned());
        Self {
            format: FORMAT.to_owned(),
            schema: SCHEMA,
            program: program.to_owned(),
            ended_unix_ms: snapshot.taken_unix_ms,
            complete: true,
            ended_by: Ending::Session,
            environment: None,
            provenance: None,
            usage: None,
            reference: None,
            absent: absent.map(reason).into(),
            snapshot,
        }
    }

    /// The same run with the machine and the build that it was measured with.
    #[must_use]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self.absent.remove("environment");
        self
    }

    /// The same run with what ran.
    #[must_use]
    pub fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = Some(provenance);
        self.absent.remove("provenance");
        self
    }

    /// The same run with what the whole process took.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// The same run with what a fixed piece of work took beside it.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
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
            serde_json::from_slice(&bytes).map_err(|error| unreadable(path(), &bytes, &error))?;
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
        serde_json::from_slice(&bytes).map_err(|error| unreadable(path(), &bytes, &error))
    }

    /// Reads all run files of a folder: those whose names end in `.json`, in the order of their names.
    ///
    /// # Errors
    /// [`RunError::Io`] where the folder cannot be listed; files that are refused are in [`Folder::refused`].
    pub fn read_dir(folder: &Path) -> Result<Folder, RunError> {
        Folder::read(folder)
    }
}

/// Files from before there was such a field hold whole runs.
fn whole() -> bool {
    true
}

fn unreadable(path: PathBuf, bytes: &[u8], error: &serde_json::Error) -> RunError {
    if error.is_eof() || is_at_the_end(bytes, error) {
        RunError::Torn { path }
    } else {
        RunError::Foreign {
            path,
            found: if error.is_syntax() {
                format!("it is not JSON ({error})")
            } else {
                error.to_string()
            },
        }
    }
}

/// Whether an object is fine up to its last byte, as one is that ends in `-` or `1.`.
fn is_at_the_end(bytes: &[u8], error: &serde_json::Error) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let last = lines.next_back().unwrap_or_default();
    let (line, column) = (lines.count() + 1, last.len());
    error.is_syntax() && bytes.starts_with(b"{") && (error.line(), error.column()) >= (line, column)
}
