//! In: runs as they are made, night after night. Out: [`History`], their numbers with their commits in a file that only grows, and
//! where they changed.

mod change;
mod entry;

pub use change::{Answer, Began, Changes, LEAST, Level, Series};
pub use entry::Entry;

use crate::lines::{Lines, LinesError, Records};
use std::path::{Path, PathBuf};

/// A file of entries, one line each, only ever appended to.
///
/// ```
/// use perf_core::history::{Entry, History};
/// let path = std::env::temp_dir().join(format!("perf-core-doc-history-{}.jsonl", std::process::id()));
/// let history = History::at(&path);
/// for night in 0..40 {
///     let slower = if night < 25 { 0.0 } else { 3e6 };
///     let jitter = f64::from(night * 7919 % 13) * 1e4;
///     let entry = Entry::now("server").with_commit(&format!("c{night}")).with("wall", 100e6 + slower + jitter);
///     history.add(&entry)?;
/// }
/// let entries = history.read()?.records;
/// let found = perf_core::history::check(&entries, 0.01)?;
/// assert_eq!(found.began().count(), 1);
/// let began = found.began().next().map(|(_, began)| began.clone());
/// assert_eq!(began.and_then(|began| began.commit).as_deref(), Some("c25"));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct History {
    lines: Lines,
}

impl History {
    /// The history in this file, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            lines: Lines::at(path),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.lines.path()
    }

    /// Appends an entry; others may append at the same time.
    ///
    /// # Errors
    /// [`LinesError`].
    pub fn add(&self, entry: &Entry) -> Result<(), LinesError> {
        self.lines.append(entry)
    }

    /// Reads all entries, oldest first; damaged lines are reported beside them.
    ///
    /// # Errors
    /// [`LinesError`].
    pub fn read(&self) -> Result<Records<Entry>, LinesError> {
        self.lines.read()
    }
}

/// Where the numbers of a history changed; see [`Changes`].
///
/// # Errors
/// `StatsError::BadParameter` for an `alpha` outside (0, 1).
pub fn check(entries: &[Entry], alpha: f64) -> Result<Changes, perf_stats::StatsError> {
    change::check(entries, alpha)
}
