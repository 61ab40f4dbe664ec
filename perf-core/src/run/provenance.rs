//! In: the running process and what the user says of it. Out: [`Provenance`], what ran, on what, and from which source.

use crate::run::git;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use xxhash_rust::xxh3::Xxh3Default;

/// Bytes of the executable that are hashed at a time.
const CHUNK: usize = 1 << 16;

/// What ran. What is not known is `None`, its reason in `absent`.
///
/// ```
/// use perf_core::run::Provenance;
/// let here = Provenance::here();
/// assert_eq!(here.pid, Some(std::process::id()));
/// assert!(here.commit.is_some() || here.absent.contains_key("commit"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Provenance {
    /// The executable's path.
    pub executable: Option<String>,
    /// The executable's content as 32 hexadecimal digits of XXH3, 128 bits; told by `PERF_EXECUTABLE_HASH="HASH PATH"` if the path is
    /// this executable's.
    pub executable_hash: Option<String>,
    /// The command line after the program's name.
    pub arguments: Vec<String>,
    /// The commit of the source: `PERF_COMMIT`, or that of the repository around the working directory or the executable.
    pub commit: Option<String>,
    /// Whether followed files differed from the commit: `PERF_DIRTY`, or as git says.
    pub dirty: Option<bool>,
    /// What was worked on, as the user names it: the session's option, or `PERF_WORKLOAD`.
    pub workload: Option<String>,
    /// The workload's seed: the session's option, or `PERF_SEED`.
    pub seed: Option<u64>,
    /// When this was asked, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// The process's number.
    pub pid: Option<u32>,
    /// For each field that is `None`, why.
    pub absent: BTreeMap<String, String>,
}

impl Provenance {
    /// The provenance of this process. It reads the executable (about 0.2 ms a megabyte) and, in a git repository, runs `git
    /// status` once, unless `PERF_COMMIT` says the commit (empty: it is not to be known).
    pub fn here() -> Self {
        let mut here = Self {
            arguments: arguments(),
            started_unix_ms: unix_ms(),
            ..Self::default()
        };
        let pid = process_id().ok_or_else(|| "this platform has no processes".to_owned());
        here.pid = here.known("pid", pid);
        let path = std::env::current_exe().map_err(|error| error.to_string());
        let name = path
            .as_ref()
            .map(|path| path.to_string_lossy().into_owned());
        here.executable = here.known("executable", name.map_err(Clone::clone));
        let hash = path
            .clone()
            .and_then(|path| told_hash(&path).map_or_else(|| hash(path), Ok));
        here.executable_hash = here.known("executable_hash", hash);
        let source = git::State::here(path.ok().as_deref());
        let (commit, dirty) = match source {
            Ok(git::State { commit, dirty }) => (Ok(commit), dirty),
            Err(reason) => (Err(reason.clone()), Err(reason)),
        };
        here.commit = here.known("commit", commit);
        here.dirty = here.known("dirty", dirty);
        let workload = variable("PERF_WORKLOAD");
        here.workload = here.known("workload", workload);
        let seed = variable("PERF_SEED").and_then(|seed| {
            let bad = |_| format!("PERF_SEED: {seed:?} is no whole number below 2^64");
            seed.trim().parse().map_err(bad)
        });
        here.seed = here.known("seed", seed);
        here
    }

    /// What was worked on; runs of different workloads are not compared.
    #[must_use]
    pub fn with_workload(mut self, workload: &str) -> Self {
        self.workload = Some(workload.to_owned());
        self.absent.remove("workload");
        self
    }

    /// The seed that the workload was made from.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self.absent.remove("seed");
        self
    }

    fn known<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value
            .map_err(|reason| self.absent.insert(field.to_owned(), reason))
            .ok()
    }
}

/// The commit of the source and whether followed files differ from it, without looking at the executable.
pub(crate) fn source() -> (Option<String>, Option<bool>) {
    match git::State::here(None) {
        Ok(state) => (Some(state.commit), state.dirty.ok()),
        Err(_) => (None, None),
    }
}

/// Milliseconds since 1970; 0 where the platform has no calendar.
pub(super) fn unix_ms() -> u64 {
    if cfg!(all(target_arch = "wasm32", target_os = "unknown")) {
        return 0; // asking panics there
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// The process's number; `None` where the platform has none, and asking panics.
pub(super) fn process_id() -> Option<u32> {
    let none = cfg!(all(target_arch = "wasm32", target_os = "unknown"));
    (!none).then(std::process::id)
}

/// A variable that is set and says something.
fn variable(name: &str) -> Result<String, String> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    let value = value.ok_or_else(|| format!("not given: {name} is not set"))?;
    Ok(value.to_string_lossy().into_owned())
}

fn arguments() -> Vec<String> {
    let after_the_name = std::env::args_os().skip(1);
    let text = after_the_name.map(|argument| argument.to_string_lossy().into_owned());
    text.collect()
}

/// The hash that whoever started the process has taken of this very executable, so that not every run takes it again:
/// `PERF_EXECUTABLE_HASH="HASH PATH"`.
fn told_hash(path: &Path) -> Option<String> {
    let told = std::env::var_os("PERF_EXECUTABLE_HASH")?;
    let told = told.to_str()?;
    let (hash, of) = told.split_once(' ')?;
    (Path::new(of) == path).then(|| hash.to_owned())
}

fn hash(path: PathBuf) -> Result<String, String> {
    let running = if cfg!(target_os = "linux") {
        PathBuf::from("/proc/self/exe") // the running file, even if another has taken its name
    } else {
        path
    };
    let failed = |error: std::io::Error| format!("cannot read {running:?}: {error}");
    let mut file = File::open(&running).map_err(failed)?;
    let mut hash = Xxh3Default::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(format!("{:032x}", hash.digest128())),
            Ok(read) => hash.update(&chunk[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_known_or_has_a_reason() {
        let here = Provenance::here();
        let value = serde_json::to_value(&here).expect("encodes");
        for (field, value) in value.as_object().expect("an object") {
            let reason = here.absent.contains_key(field);
            assert_eq!(value.is_null(), reason, "{field}: {value}");
        }
        let told = here.with_workload("words").with_seed(7);
        assert_eq!(
            (told.workload.as_deref(), told.seed),
            (Some("words"), Some(7))
        );
        assert!(!told.absent.contains_key("workload") && !told.absent.contains_key("seed"));
    }

    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn the_hash_is_of_the_running_file() {
        let bytes = std::fs::read("/proc/self/exe").expect("readable");
        let expected = xxhash_rust::xxh3::xxh3_128(&bytes);
        let here = Provenance::here();
        assert_eq!(here.executable_hash, Some(format!("{expected:032x}")));
    }
}
