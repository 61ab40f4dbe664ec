//! In: a folder. Out: [`Folder`], the runs stored in it, and the files that are none.

use crate::run::{Run, RunError};
use std::path::{Path, PathBuf};

/// The runs of a folder, and what was refused.
///
/// ```
/// use perf_core::run::Run;
/// let folder = std::env::temp_dir().join(format!("perf-core-doc-folder-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// Run::now("demo", perf_core::snapshot()).write(&folder.join("a.json"))?;
/// std::fs::write(folder.join("b.json"), "{\"format\":\"perf-core ru")?;
/// std::fs::write(folder.join("notes.txt"), "not looked at")?;
/// let found = Run::read_dir(&folder)?;
/// assert_eq!(found.runs.len(), 1);
/// assert!(found.refused[0].to_string().contains("b.json\" is torn"));
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Folder {
    /// The runs with their files, in the order of the files' names.
    pub runs: Vec<(PathBuf, Run)>,
    /// A sentence for each file that could not be taken.
    pub refused: Vec<RunError>,
}

impl Folder {
    pub(super) fn read(folder: &Path) -> Result<Self, RunError> {
        let io = |source| RunError::Io {
            path: folder.to_owned(),
            doing: "list",
            source,
        };
        let entries = std::fs::read_dir(folder).map_err(io)?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(io)?;
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        });
        paths.sort();
        let mut found = Self {
            runs: Vec::new(),
            refused: Vec::new(),
        };
        for path in paths {
            match Run::read(&path) {
                Ok(run) => found.runs.push((path, run)),
                Err(error) => found.refused.push(error),
            }
        }
        Ok(found)
    }
}
