//! In: the name of a bench target of this member. Out: its executable, built, in a copy of its own.

use crate::experiments::Tallies;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whether executables are built before measuring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Build {
    /// Built, then measured.
    #[default]
    First,
    /// Built and not measured: `--prepare`.
    Only,
    /// Those of the last time are measured: `--prepared`.
    Before,
}

/// Builds a target as `cargo bench` would; `flags` go to the last compiler call alone, `layout` is the variable `PERF_LAYOUT`.
///
/// # Errors
/// A sentence on what went wrong.
pub fn bench(
    target: &str,
    features: &[&str],
    layout: &str,
    flags: &[&str],
) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "rustc",
        "--profile",
        "bench",
        "--bench",
        target,
        "--message-format=json-render-diagnostics",
    ]);
    command
        .args(["--features", &features.join(",")])
        .arg("--")
        .args(flags);
    command
        .env("PERF_LAYOUT", layout)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    let output = command
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo ended with {} for {target}", output.status));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    let found = lines.lines().rev().find_map(|line| named(line, target));
    found.ok_or_else(|| format!("cargo named no executable of {target}"))
}

/// The executable that a line of cargo's output names.
fn named(line: &str, target: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_it = message.get("target")?.get("name")?.as_str()? == target;
    message
        .get("executable")?
        .as_str()
        .filter(|_| is_it)
        .map(PathBuf::from)
}

/// A place in the build folder.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target")
        .join(name)
}

/// A fresh folder in the build folder, in which a harness keeps its baselines.
///
/// # Errors
/// A sentence that names the folder.
pub fn folder(name: &str) -> Result<PathBuf, String> {
    let folder = path(name);
    let words = |error: std::io::Error| format!("{folder:?} cannot be made anew: {error}");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(words)?;
    }
    std::fs::create_dir_all(&folder).map_err(words)?;
    std::fs::write(folder.join("CACHEDIR.TAG"), "").map_err(words)?;
    Ok(folder)
}

/// A copy under another name.
///
/// # Errors
/// A sentence that names the file.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    std::fs::copy(from, to)
        .map(drop)
        .map_err(|error| format!("{from:?} cannot be copied to {to:?}: {error}"))
}

/// Prints the sum of what pieces printed into files.
///
/// # Errors
/// A sentence that names the file.
pub fn add(files: &[String]) -> Result<(), String> {
    let mut all = Tallies::default();
    for path in files {
        let text = std::fs::read_to_string(path);
        all.add(&text.map_err(|error| format!("cannot read {path:?}: {error}"))?)?;
    }
    all.print(false);
    Ok(())
}

/// The number that an argument is.
///
/// # Errors
/// A sentence where it is none.
pub fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not the number that is needed"))
}
