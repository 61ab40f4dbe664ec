//! In: a bench target and the name of a baseline. Out: [`Store`], where baselines are kept: their runs, and a copy of the executable that
//! made them. Keyed by package and bench target; the kept executables of a target have a size cap.

use super::ending::benchmarks;
use super::main::Target;
use super::measurement::Measurement;
use super::protocol;
use crate::environment::Environment;
use crate::run::atomic;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

const FORMAT: &str = "perf-core baseline";
const SCHEMA: u32 = 1;
const RUNS: &str = "baseline.json";

/// Variables that differ from one shell to the next and mean nothing to a benchmark.
const VOLATILE: &[&str] = &[
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "HISTFILE",
    "PERF_BENCH_ARGS",
    "RUST_RECURSION_COUNT",
];
const VOLATILE_PREFIXES: &[&str] = &[
    "CARGO", "SSH_", "XDG_", "DBUS_", "TMUX", "WINDOW", "VSCODE_", "GIT_",
];

/// What is kept under a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    format: String,
    schema: u32,
    pub(super) name: String,
    pub(super) package: String,
    pub(super) target: String,
    pub(super) saved_unix_ms: u64,
    /// The copy's file name, or none where it was not kept or was removed for room.
    pub(super) executable: Option<String>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) no_executable: Option<String>,
    pub(super) executable_xxh3: String,
    pub(super) protocol: u32,
    pub(super) version: String,
    pub(super) arguments: Vec<String>,
    pub(super) directory: PathBuf,
    /// Variables by name, with a hash of their value: values may be secret.
    pub(super) variables: BTreeMap<String, String>,
    pub(super) environment: Environment,
    pub(super) runs: Vec<Measurement>,
}

/// The folder of one bench target's baselines.
pub(super) struct Store {
    folder: PathBuf,
    package: &'static str,
    target: &'static str,
}

impl Store {
    pub(super) fn of(target: Target) -> Self {
        let folder = target_folder(target)
            .join("perf-bench")
            .join(safe(target.package))
            .join(safe(target.target));
        Self {
            folder,
            package: target.package,
            target: target.target,
        }
    }

    /// The bench target's name.
    pub(super) fn target(&self) -> &'static str {
        self.target
    }

    /// Keeps runs and executable. Gives the sentences to print.
    pub(super) fn save(
        &self,
        name: &str,
        executable: &Path,
        runs: Vec<Measurement>,
        room: f64,
    ) -> Result<Vec<String>, String> {
        let folder = self.place(name)?;
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {folder:?}: {error}"))?;
        let mut said = Vec::new();
        let bytes =
            fs::read(executable).map_err(|error| format!("cannot read {executable:?}: {error}"))?;
        let hash = format!("{:016x}", xxh3_64(&bytes));
        let file = format!("executable-{hash}{}", std::env::consts::EXE_SUFFIX);
        let runs = self.with_other_metrics(name, &hash, runs);
        let mut kept = self.kept(name, &hash, runs);
        if bytes.len() as f64 > room {
            let size = crate::units::bytes(bytes.len() as f64);
            kept.no_executable = Some(format!("it takes {size}, more than --baseline-size allows"));
            said.push(format!(
                "the executable was not kept: it takes {size}, more than --baseline-size allows"
            ));
        } else {
            self.make_room(name, room - bytes.len() as f64, &mut said)?;
            atomic::write_program(&folder.join(&file), &bytes)
                .map_err(|error| format!("cannot keep a copy of the executable: {error}"))?;
            kept.executable = Some(file.clone());
        }
        write(&folder, &kept)?;
        remove_others(&folder, &file);
        said.push(format!(
            "baseline {name} saved: {}, {}",
            benchmarks(kept.benchmarks()),
            folder.display()
        ));
        Ok(said)
    }

    /// The same executable under the same name keeps what was stored of it in other metrics.
    fn with_other_metrics(
        &self,
        name: &str,
        hash: &str,
        mut runs: Vec<Measurement>,
    ) -> Vec<Measurement> {
        let now = runs.first().map(|run| run.kind.name.clone());
        let before = self.read(name).ok();
        if let Some(before) = before.filter(|before| before.executable_xxh3 == hash) {
            let others = before.runs.into_iter();
            runs.extend(others.filter(|run| Some(&run.kind.name) != now.as_ref()));
        }
        runs
    }

    fn kept(&self, name: &str, hash: &str, runs: Vec<Measurement>) -> Kept {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Kept {
            format: FORMAT.to_owned(),
            schema: SCHEMA,
            name: name.to_owned(),
            package: self.package.to_owned(),
            target: self.target.to_owned(),
            saved_unix_ms: now.as_millis() as u64,
            executable: None,
            no_executable: None,
            executable_xxh3: hash.to_owned(),
            protocol: protocol::VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            arguments: std::env::args().skip(1).collect(),
            directory: std::env::current_dir().unwrap_or_default(),
            variables: variables(),
            environment: Environment::here(),
            runs,
        }
    }

    /// The baseline of this name.
    pub(super) fn read(&self, name: &str) -> Result<Kept, String> {
        let path = self.place(name)?.join(RUNS);
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("there is no baseline {name}: --list-baselines shows those there are, --save-baseline {name} makes one"),
            _ => format!("cannot read {path:?}: {error}"),
        })?;
        decode(&path, &bytes)
    }

    /// Where the kept executable is; the reason where there is none.
    pub(super) fn executable(&self, kept: &Kept) -> Result<PathBuf, String> {
        let Some(file) = &kept.executable else {
            return Err(kept
                .no_executable
                .clone()
                .unwrap_or_else(|| "the executable was not kept".to_owned()));
        };
        let path = self.place(&kept.name)?.join(file);
        if path.is_file() {
            Ok(path)
        } else {
            Err("the kept executable is gone".to_owned())
        }
    }

    /// All baselines, the oldest first.
    pub(super) fn all(&self) -> Vec<Kept> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let read = |entry: fs::DirEntry| {
            let path = entry.path().join(RUNS);
            decode(&path, &fs::read(&path).ok()?).ok()
        };
        let mut all: Vec<Kept> = entries.filter_map(read).collect();
        all.sort_by_key(|kept| kept.saved_unix_ms);
        all
    }

    /// Bytes that a baseline's executable takes.
    pub(super) fn size(&self, kept: &Kept) -> u64 {
        let path = self.executable(kept).ok();
        path.and_then(|path| fs::metadata(path).ok())
            .map_or(0, |metadata| metadata.len())
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), String> {
        self.read(name)?;
        let folder = self.place(name)?;
        fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {folder:?}: {error}"))
    }

    /// Lets go of the oldest executables until what is left fits; their runs stay.
    fn make_room(&self, but: &str, room: f64, said: &mut Vec<String>) -> Result<(), String> {
        let others: Vec<Kept> = self
            .all()
            .into_iter()
            .filter(|kept| kept.name != but)
            .collect();
        let mut total: f64 = others.iter().map(|kept| self.size(kept) as f64).sum();
        for mut kept in others {
            if total <= room {
                break;
            }
            let Ok(path) = self.executable(&kept) else {
                continue;
            };
            total -= self.size(&kept) as f64;
            kept.executable = None;
            kept.no_executable =
                Some("the executable was removed for room; --baseline-size allows more".to_owned());
            write(&self.place(&kept.name)?, &kept)?;
            let _ = fs::remove_file(path);
            said.push(format!(
                "the executable of baseline {} was removed for room; its runs stay",
                kept.name
            ));
        }
        Ok(())
    }

    fn place(&self, name: &str) -> Result<PathBuf, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(plain)
        {
            return Err(format!(
                "{name:?} is no name for a baseline: letters, digits, '-', '_' and '.', 100 at most"
            ));
        }
        Ok(self.folder.join(name))
    }
}

impl Kept {
    /// How many benchmarks it has runs of.
    pub(super) fn benchmarks(&self) -> usize {
        let ids: BTreeSet<&str> = self.runs.iter().map(|run| run.id.as_str()).collect();
        ids.len()
    }

    /// The stored run of a benchmark in a metric.
    pub(super) fn run(&self, id: &str, metric: &str) -> Option<&Measurement> {
        self.runs
            .iter()
            .find(|run| run.id == id && run.kind.name == metric)
    }

    /// What differs between then and now, in sentences.
    pub(super) fn differences(&self) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        let here = std::env::current_dir().unwrap_or_default();
        if here != self.directory {
            said.push(format!(
                "the baseline was saved in another directory, {:?}",
                self.directory
            ));
        }
        let now = variables();
        let names = self.variables.keys().chain(now.keys());
        let mut differing: Vec<&str> = names
            .filter(|name| self.variables.get(*name) != now.get(*name))
            .map(String::as_str)
            .collect();
        differing.sort_unstable();
        differing.dedup();
        if !differing.is_empty() {
            let more = differing.len().saturating_sub(5);
            let rest = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            differing.truncate(5);
            said.push(format!(
                "variables differ from those when the baseline was saved: {}{rest}",
                differing.join(", ")
            ));
        }
        said
    }

    /// Whether it was saved on a machine like this one.
    pub(super) fn same_machine(&self) -> bool {
        self.environment.unlike(&Environment::here()).is_empty()
    }
}

fn decode(path: &Path, bytes: &[u8]) -> Result<Kept, String> {
    let foreign = |found: &dyn std::fmt::Display| {
        format!("{path:?} is not a baseline: {found}; it was left as it is")
    };
    let head: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| {
        if error.is_eof() {
            format!("{path:?} is torn: it ends in the middle; save the baseline again")
        } else {
            foreign(&error)
        }
    })?;
    match (head["format"].as_str(), head["schema"].as_u64()) {
        (Some(FORMAT), Some(schema)) if schema == u64::from(SCHEMA) => {}
        (Some(FORMAT), Some(schema)) => {
            return Err(format!(
                "{path:?} has schema {schema}, and this version reads {SCHEMA}: use the version that wrote it"
            ));
        }
        _ => return Err(foreign(&"it does not say so")),
    }
    serde_json::from_value(head).map_err(|error| foreign(&error))
}

fn write(folder: &Path, kept: &Kept) -> Result<(), String> {
    let path = folder.join(RUNS);
    let text = serde_json::to_vec(kept).map_err(|error| error.to_string())?;
    atomic::write(&path, &text).map_err(|error| format!("cannot write {path:?}: {error}"))
}

/// Executables of earlier savings under the same name.
fn remove_others(folder: &Path, file: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name != *file && name.to_string_lossy().starts_with("executable-") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The folder `target` that the executable lies in, or that of the package.
fn target_folder(target: Target) -> PathBuf {
    let executable = std::env::current_exe().unwrap_or_default();
    let tagged = executable
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file());
    tagged.map_or_else(
        || Path::new(target.folder).join("target"),
        Path::to_path_buf,
    )
}

fn safe(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
                c
            } else {
                '_'
            }
        })
        .collect()
}

fn variables() -> BTreeMap<String, String> {
    let matters = |name: &str| {
        !VOLATILE.contains(&name)
            && !VOLATILE_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
    };
    let hashed = std::env::vars_os().map(|(name, value)| {
        (
            name.to_string_lossy().into_owned(),
            format!("{:016x}", xxh3_64(value.as_encoded_bytes())),
        )
    });
    hashed.filter(|(name, _)| matters(name)).collect()
}
