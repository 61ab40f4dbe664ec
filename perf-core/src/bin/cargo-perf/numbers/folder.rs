//! In: a path. Out: the files of measurements that it stands for.

use crate::exit::Failure;
use std::path::{Path, PathBuf};

/// The file itself, or the files of a folder in the order of their names. A folder without files of its own is searched for
/// criterion's `sample.json`, below `new` where criterion keeps several.
///
/// # Errors
/// An unreadable path, or a folder without a file.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = listed(path, &is_measurements)?;
    if found.is_empty() {
        below(path, 0, &mut found)?;
    }
    if found.is_empty() {
        return Err(Failure::new(format_args!(
            "{path:?} holds no files of measurements"
        )));
    }
    Ok(found)
}

/// Files that tools leave beside their measurements, and hidden or unfinished ones, are none.
fn is_measurements(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let others = ["benchmark.json", "estimates.json", "tukey.json"];
    path.is_file()
        && !name.starts_with('.')
        && !name.ends_with(".tmp")
        && !others.contains(&name.as_ref())
}

fn listed(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Failure::new(format_args!("cannot read the folder {folder:?}: {error}"))
    })?;
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| wanted(path))
        .collect();
    paths.sort();
    Ok(paths)
}

/// Folders within folders are followed this far.
const DEPTH: usize = 8;

fn below(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let sample = folder.join("sample.json");
    if sample.is_file() {
        found.push(sample);
        return Ok(());
    }
    let mut folders = listed(folder, &|path| path.is_dir() && !path.is_symlink())?;
    if folders.iter().any(|f| f.ends_with("new")) {
        folders.retain(|f| f.ends_with("new")); // criterion's latest; `base` and `change` are of other runs
    }
    for inner in folders.iter().filter(|_| depth < DEPTH) {
        below(inner, depth + 1, found)?;
    }
    Ok(())
}
