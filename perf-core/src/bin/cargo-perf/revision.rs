//! In: a revision and the command that builds. Out: [`Revision`], that revision checked out and built beside the working tree.

use crate::exit::Failure;
use crate::git::{self, HOOK_VARIABLES};
use crate::output;
use crate::progress::Waiting;
use perf_core::launch::{Command, Launcher};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A revision's sources and what was built of them, kept below the target directory by commit.
#[derive(Debug)]
pub(crate) struct Revision {
    commit: String,
    top: PathBuf,    // of the working tree
    target: PathBuf, // of the working tree
    folder: PathBuf, // holds `source`, `checked-out`, `target`, `built`
    _lock: File,     // until we end: another process waits, or finds it built
}

impl Revision {
    /// Checks the revision out, unless that was done before.
    ///
    /// # Errors
    /// Not in a git repository, an unknown revision, a full disk.
    pub(crate) fn check_out(revision: &str, launcher: &mut Launcher) -> Result<Self, Failure> {
        let top = git::top()?;
        let commit = git::commit(&top, revision)?;
        let target = target_directory(&top);
        let folder = target.join("perf").join(&commit);
        let cannot = |error: std::io::Error| {
            Failure::new(format_args!("cannot prepare {folder:?}: {error}"))
        };
        fs::create_dir_all(&folder).map_err(cannot)?;
        let lock = File::create(folder.join("lock")).map_err(cannot)?;
        lock.lock().map_err(cannot)?;
        let made = Self {
            commit,
            top,
            target,
            folder,
            _lock: lock,
        };
        made.check_out_source(launcher)?;
        Ok(made)
    }

    /// Builds it with its own target directory, unless the same command has done so before.
    ///
    /// # Errors
    /// The build fails: its exit code and the end of what it said.
    pub(crate) fn build(&self, line: &str, launcher: &mut Launcher) -> Result<(), Failure> {
        let marker = self.folder.join("built");
        if fs::read_to_string(&marker).is_ok_and(|built| built == line) {
            return Ok(());
        }
        output::note(&format_args!(
            "building {} with `{line}`, once, in a target directory of its own: as long as a first build takes",
            self.short()
        ));
        let command = Command::split(line)?
            .folder(&self.place())
            .env("CARGO_TARGET_DIR", self.built_target());
        outside(
            &command,
            launcher,
            &format!("the build of {}", self.short()),
        )?;
        fs::write(&marker, line)
            .map_err(|error| Failure::new(format_args!("cannot write {marker:?}: {error}")))
    }

    /// The same command there: in the corresponding folder, with what lies below the target directory taken from its own, and files
    /// that the revision has not (inputs that are not committed, or outside of the repository) from here.
    pub(crate) fn there(&self, command: &Command) -> Command {
        let arguments = command.arguments().iter().map(|word| self.argument(word));
        let mapped = command
            .clone()
            .with_program(self.mapped(command.program()))
            .with_arguments(arguments.collect());
        mapped.folder(&self.place())
    }

    /// The first characters of the commit.
    pub(crate) fn short(&self) -> &str {
        &self.commit[..self.commit.len().min(10)]
    }

    fn source(&self) -> PathBuf {
        self.folder.join("source")
    }

    fn built_target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// The folder of the checked-out tree that corresponds to ours.
    fn place(&self) -> PathBuf {
        let here = std::env::current_dir().unwrap_or_default();
        let within = here.strip_prefix(&self.top).unwrap_or(Path::new(""));
        let place = self.source().join(within);
        if place.is_dir() { place } else { self.source() }
    }

    fn mapped(&self, word: &OsStr) -> OsString {
        let path = Path::new(word);
        let here = std::env::current_dir().unwrap_or_default();
        let absolute = here.join(path.strip_prefix(".").unwrap_or(path));
        if !path.as_os_str().to_string_lossy().contains('/') {
            return word.to_owned();
        }
        match absolute.strip_prefix(&self.target) {
            Ok(within) => self.built_target().join(within).into_os_string(),
            Err(_) => word.to_owned(),
        }
    }

    fn argument(&self, word: &OsStr) -> OsString {
        let mapped = self.mapped(word);
        let here = std::env::current_dir().unwrap_or_default().join(word);
        let is_ours_alone = Path::new(word).is_relative()
            && !word.is_empty()
            && here.exists()
            && !self.place().join(word).exists();
        if mapped == word && is_ours_alone {
            return here.into_os_string();
        }
        mapped
    }

    fn check_out_source(&self, launcher: &mut Launcher) -> Result<(), Failure> {
        let (source, marker) = (self.source(), self.folder.join("checked-out"));
        let there = git::git(&source, &["rev-parse", "HEAD"]);
        let whole = marker.exists() && source.join(".git").exists();
        if whole && there.is_ok_and(|head| head == self.commit) {
            return Ok(());
        }
        // A check-out that was stopped in the middle is made again: git has set its HEAD before the files are there.
        let _ = fs::remove_file(&marker);
        let _ = fs::remove_file(self.folder.join("built"));
        let _ = fs::remove_dir_all(&source);
        git::git(&self.top, &["worktree", "prune"])?;
        // The second --force takes over what was stopped and is still locked. By the launcher, so that it ends when we do.
        let words = "worktree add --force --force --detach --quiet";
        let add = Command::new("git")
            .args(words.split(' '))
            .args([source.as_os_str(), OsStr::new(&self.commit)])
            .folder(&self.top);
        outside(&add, launcher, &format!("checking {} out", self.short()))?;
        fs::write(&marker, "")
            .map_err(|error| Failure::new(format_args!("cannot write {marker:?}: {error}")))
    }
}

/// Builds the working tree with the same command.
pub(crate) fn build_here(line: &str, launcher: &mut Launcher) -> Result<(), Failure> {
    output::note(&format_args!("building the working tree with `{line}`"));
    outside(
        &Command::split(line)?,
        launcher,
        "the build of the working tree",
    )
}

/// Runs a command that must succeed, outside of the hook that we may be called from.
fn outside(command: &Command, launcher: &mut Launcher, what: &str) -> Result<(), Failure> {
    let unhooked = HOOK_VARIABLES
        .iter()
        .fold(command.clone(), |command, name| command.env_remove(*name));
    let waiting = Waiting::on(what);
    let finished = launcher.run(&unhooked)?;
    drop(waiting);
    if finished.end.is_success() {
        return Ok(());
    }
    let said = finished.stderr_tail.trim_end();
    let advice = if said.contains("unable to update") || said.contains("failed to load source") {
        "\na revision is built in a folder of its own: a dependency whose path leads out of the repository must be absolute, or a git address"
    } else {
        ""
    };
    Err(Failure::new(format_args!(
        "{what} failed ({}):\n{said}{advice}",
        finished.end
    )))
}

/// Where cargo builds: it is asked, and `target` at the top where it does not know.
fn target_directory(top: &Path) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = || -> Option<PathBuf> {
        let asked = std::process::Command::new(cargo)
            .args([
                "metadata",
                "--format-version",
                "1",
                "--no-deps",
                "--offline",
            ])
            .output()
            .ok()?;
        let json: serde_json::Value = serde_json::from_slice(&asked.stdout).ok()?;
        Some(json.get("target_directory")?.as_str()?.into())
    };
    metadata().unwrap_or_else(|| top.join("target"))
}
