//! In: a working tree. Out: what git says of it.

use crate::exit::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What git sets for its hooks: commands that work on another tree must not see it.
pub(crate) const HOOK_VARIABLES: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
];

/// The top folder of the working tree that we are in.
pub(crate) fn top() -> Result<PathBuf, Failure> {
    git(Path::new("."), &["rev-parse", "--show-toplevel"]).map(PathBuf::from)
}

/// The commit that a revision names.
pub(crate) fn commit(top: &Path, revision: &str) -> Result<String, Failure> {
    let wanted = format!("{revision}^{{commit}}");
    git(
        top,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &wanted,
        ],
    )
    .map_err(|_| Failure::new(format_args!("git knows no revision {revision:?}")))
}

/// Runs git and gives what it prints, without the last line break.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    HOOK_VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    let output = command
        .output()
        .map_err(|error| Failure::new(format_args!("cannot run git: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let words = arguments.join(" ");
        return Err(Failure::new(format_args!("git {words}: {}", said.trim())));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim_end_matches('\n').to_owned())
}
