//! In: nothing. Out: [`Repository`], one of git in a temporary folder, with a place beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository without a commit.
pub(crate) struct Repository {
    all: tempfile::TempDir,
    pub(crate) folder: PathBuf,
}

impl Repository {
    pub(crate) fn new() -> Self {
        let all = tempfile::tempdir().expect("a folder");
        let folder = all.path().join("repo");
        std::fs::create_dir(&folder).expect("a folder");
        git(&folder, &["init", "-q"]);
        Self { all, folder }
    }

    /// A path outside of it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.all.path().join(name)
    }
}

/// git in this folder, as somebody.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    let who = ["user.name=a", "user.email=a@b", "commit.gpgsign=false"];
    command.current_dir(folder);
    command.args(who.iter().flat_map(|what| ["-c", what]));
    command
}

/// git in this folder, which must do what it is told.
#[track_caller]
pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let done = command(folder).args(arguments).output();
    let done = done.expect("git is installed");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {told}");
}
