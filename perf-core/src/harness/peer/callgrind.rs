//! In: an executable. Out: [`Callgrind`], the command that runs it under valgrind's callgrind, and the counts that it leaves in files.
//!
//! Nothing is counted but what happens within the loops of `child::stretch`; after each of them the count so far is written to a file
//! of its own and begins at zero again. Source: Valgrind 3.19 manual, chapter 6.3, `--toggle-collect`, `--dump-after`.

use super::failure::Failure;
use crate::harness::child::stretch::{PART, STRETCH};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// What runs the simulator.
const VALGRIND: &str = "valgrind";

/// A simulated process's files.
pub(super) struct Callgrind {
    folder: PathBuf, // removed at the end
    parts: u32,      // read so far
}

/// Why nothing can be counted here, before anything is tried.
pub(in crate::harness) fn missing() -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(VALGRIND).is_file());
    (!found).then(|| {
        "--metric instructions counts under callgrind, and there is no valgrind in PATH: install it, or measure another metric"
            .to_owned()
    })
}

impl Callgrind {
    pub(super) fn new() -> Result<Self, Failure> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("perf-bench-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).map_err(|error| Failure::NotCounted {
            words: format!("cannot make {folder:?}: {error}"),
        })?;
        Ok(Self { folder, parts: 0 })
    }

    /// The executable, simulated.
    pub(super) fn command(&self, executable: &Path) -> Command {
        let mut command = Command::new(VALGRIND);
        let out = self.out().display().to_string().replace('%', "%%"); // valgrind's own escape
        command
            .args(["-q", "--tool=callgrind", "--collect-atstart=no"])
            .arg(format!("--toggle-collect=*{STRETCH}*"))
            .arg(format!("--dump-after=*{PART}*"))
            .arg(format!("--callgrind-out-file={out}"))
            .arg(executable);
        command
    }

    /// The next count.
    pub(super) fn next(&mut self) -> Result<f64, Failure> {
        self.parts += 1;
        let path = self.folder.join(format!("out.{}", self.parts));
        let text = std::fs::read_to_string(&path).map_err(|_| Failure::NotCounted {
            words: "callgrind does not find the loops that it is to count: the executable is stripped (`strip` in the profile), or its functions bear other names".to_owned(),
        })?;
        let _ = std::fs::remove_file(&path);
        total(&text).ok_or_else(|| Failure::NotCounted {
            words: "callgrind wrote a file without a total".to_owned(),
        })
    }

    fn out(&self) -> PathBuf {
        self.folder.join("out")
    }
}

/// `totals: 614`: the first event, instructions.
fn total(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix("totals:"))?;
    line.split_whitespace().next()?.parse().ok()
}

impl Drop for Callgrind {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_total_is_the_first_number_of_its_line() {
        assert_eq!(
            super::total("events: Ir\nfn=(1)\n2 3\ntotals: 614\n"),
            Some(614.0)
        );
        assert_eq!(super::total("totals: 7 9\n"), Some(7.0));
        assert_eq!(super::total("events: Ir\n"), None);
    }
}
