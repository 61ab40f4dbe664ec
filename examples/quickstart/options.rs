//! In: the command line. Out: [`Options`].

use crate::sources;
use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "usage: quickstart [--json] [--run-file PATH] [DIRECTORY]...";

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) run_file: Option<PathBuf>,
    directories: Vec<PathBuf>,
}

impl Options {
    pub(crate) fn parse(mut words: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--json") => options.json = true,
                Some("--run-file") => {
                    let path = words.next().ok_or("--run-file needs a path")?;
                    options.run_file = Some(path.into());
                }
                Some(flag) if flag.starts_with('-') => {
                    return Err(format!("unknown option {flag:?}"));
                }
                _ => options.directories.push(word.into()),
            }
        }
        Ok(options)
    }

    /// The directories given, or those of the fetched crates.
    pub(crate) fn folders(&self) -> Result<Vec<PathBuf>, String> {
        if self.directories.is_empty() {
            sources::fetched_crates()
        } else {
            Ok(self.directories.clone())
        }
    }
}
