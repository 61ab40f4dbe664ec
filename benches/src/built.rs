//! In: the name of a bench target of this member. Out: its executable, built; copies of it, also such as do more work.

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

impl Build {
    /// Takes the flag where it is one of these.
    pub fn takes(&mut self, flag: &str) -> bool {
        match flag {
            "--prepare" => *self = Self::Only,
            "--prepared" => *self = Self::Before,
            _ => return false,
        }
        true
    }
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

/// What stands before the number in [`patched`] executables, in two parts so that it stands in theirs alone.
const MARK: [&[u8]; 2] = [b"perf-benches: more wor", b"k by % "];

/// A copy that does some hundredths more work: the same bytes but for the number behind the mark. Another build would have another
/// layout, and be faster or slower for that reason alone.
///
/// # Errors
/// A sentence that names the file; the mark must stand there once.
pub fn patched(from: &Path, to: &Path, percent: u8) -> Result<(), String> {
    copy(from, to)?; // with its permissions
    let words = |error: std::io::Error| format!("{to:?} cannot be patched: {error}");
    let mut bytes = std::fs::read(from).map_err(words)?;
    *number_in(&mut bytes).map_err(|why| format!("{from:?} {why}"))? = percent;
    std::fs::write(to, bytes).map_err(words)
}

/// The byte behind the mark.
fn number_in(bytes: &mut [u8]) -> Result<&mut u8, String> {
    let mark = MARK.concat();
    let places: Vec<usize> = bytes
        .windows(mark.len() + 1)
        .enumerate()
        .filter(|(_, window)| window.starts_with(&mark))
        .map(|(at, _)| at + mark.len())
        .collect();
    match places[..] {
        [place] => Ok(&mut bytes[place]),
        _ => Err(format!(
            "bears the mark {} times instead of once",
            places.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_say_when_to_build() {
        for (flag, meant) in [("--prepare", Build::Only), ("--prepared", Build::Before)] {
            let mut build = Build::default();
            assert!(build.takes(flag) && build == meant);
            assert!(!build.takes("--seed") && build == meant);
        }
        assert_eq!(Build::default(), Build::First);
    }

    #[test]
    fn the_executable_is_that_of_the_target() {
        let line = |target: &str, executable: &str| {
            format!(r#"{{"target":{{"name":"{target}"}},"executable":{executable}}}"#)
        };
        let found = named(&line("ab", r#""/there/ab-1""#), "ab");
        assert_eq!(found.as_deref(), Some(Path::new("/there/ab-1")));
        assert_eq!(named(&line("peers", r#""/there/peers-1""#), "ab"), None);
        assert_eq!(named(&line("ab", "null"), "ab"), None); // a library
        assert_eq!(named("Compiling ab", "ab"), None);
    }

    #[test]
    fn one_byte_is_patched_and_only_where_there_is_one() {
        let mark = MARK.concat();
        let once = [b"code", &mark[..], b"\0more code"].concat();
        let mut bytes = once.clone();
        *number_in(&mut bytes).expect("there it is") = 2;
        let changed: Vec<usize> = (0..once.len()).filter(|&i| once[i] != bytes[i]).collect();
        assert_eq!(changed, [4 + mark.len()]);
        assert!(number_in(&mut [once.clone(), once].concat()).is_err());
        assert!(number_in(&mut mark.clone()).is_err());
    }
}
