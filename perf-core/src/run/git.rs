//! In: the folders that the process runs in and from. Out: the commit around them, and whether followed files differ from it.
//!
//! git itself is asked, once, with a deadline: what it compares cannot be told from its files without doing all that it does.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long git may take, and how often it is looked after.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_micros(500);

/// What a source tree is at.
pub(super) struct State {
    pub(super) commit: String,
    pub(super) dirty: Result<bool, String>,
}

impl State {
    /// By `PERF_COMMIT` and `PERF_DIRTY`, or by git where the working directory or the executable lies.
    pub(super) fn here(executable: Option<&Path>) -> Result<Self, String> {
        if let Some(commit) = std::env::var_os("PERF_COMMIT") {
            return Self::told(&commit.to_string_lossy());
        }
        let current = std::env::current_dir().ok();
        let beside = executable.and_then(Path::parent);
        let inside = |folder: &&Path| folder.ancestors().any(|above| above.join(".git").exists());
        let folders = [current.as_deref(), beside];
        let folder = folders.into_iter().flatten().find(inside);
        let folder = folder.ok_or("neither the working directory nor the executable lies in a git repository, and PERF_COMMIT is not set")?;
        Self::parse(&ask(folder)?)
    }

    fn told(commit: &str) -> Result<Self, String> {
        if commit.is_empty() {
            return Err("PERF_COMMIT is set and empty".to_owned());
        }
        let dirty = std::env::var_os("PERF_DIRTY").unwrap_or_default();
        let dirty = match dirty.to_string_lossy().as_ref() {
            "1" => Ok(true),
            "0" => Ok(false),
            _ => Err("PERF_COMMIT is set and PERF_DIRTY is neither 0 nor 1".to_owned()),
        };
        Ok(Self {
            commit: commit.to_owned(),
            dirty,
        })
    }

    /// `# branch.oid COMMIT` and other lines of `#`, then a line for each change.
    fn parse(status: &str) -> Result<Self, String> {
        let oid = |line: &str| line.strip_prefix("# branch.oid ").map(str::to_owned);
        let commit = status.lines().find_map(oid);
        let commit = commit.ok_or("git names no commit")?;
        if commit == "(initial)" {
            return Err("nothing has been committed yet".to_owned());
        }
        let dirty = status.lines().any(|line| !line.starts_with('#'));
        Ok(Self {
            commit,
            dirty: Ok(dirty),
        })
    }
}

fn ask(folder: &Path) -> Result<String, String> {
    let child = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args([
            "status",
            "--porcelain=v2",
            "--branch",
            "--untracked-files=no",
        ])
        .env("GIT_OPTIONAL_LOCKS", "0") // nothing is written into the repository
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| format!("cannot run git: {error}"))?;
    let ended = wait(&mut child);
    if !matches!(ended, Ok(true)) {
        let _ = child.kill();
        let _ = child.wait();
    }
    let mut text = Vec::new();
    if let Some(mut out) = child.stdout.take() {
        let _ = out.read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    // More changes than the pipe takes keep it waiting: they are enough. None mean that it was slow.
    let told_a_change = text.lines().any(|line| !line.starts_with('#'));
    match ended {
        Ok(false) if !told_a_change => Err(format!("git took more than {PATIENCE:?}")),
        Ok(_) => Ok(text),
        Err(reason) => Err(reason),
    }
}

/// Whether it ended well within the deadline.
fn wait(child: &mut Child) -> Result<bool, String> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(true),
            Ok(Some(status)) => return Err(format!("git could not tell ({status})")),
            Ok(None) if start.elapsed() > PATIENCE => return Ok(false),
            Ok(None) => std::thread::sleep(LOOK),
            Err(error) => return Err(format!("cannot wait for git: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says() {
        let clean = State::parse("# branch.oid abc\n# branch.head main\n");
        let clean = clean.unwrap_or_else(|reason| panic!("{reason}"));
        assert_eq!((clean.commit.as_str(), clean.dirty), ("abc", Ok(false)));
        let dirty = State::parse("# branch.oid abc\n1 .M N... 100644 100644 100644 a b f.rs\n");
        assert_eq!(dirty.ok().map(|state| state.dirty), Some(Ok(true)));
        for none in ["", "# branch.oid (initial)\n"] {
            assert!(State::parse(none).is_err(), "{none:?}");
        }
    }
}
