//! In: a working tree, an index or a commit of git. Out: [`Source`], the files that were measured; [`Tree`], the files of a commit; whether they fit.

use super::error::StudyError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;
use xxhash_rust::xxh3::xxh3_128;

/// The files of a working tree at one moment, by their contents. Markdown, `perf.toml` and the studies themselves do not count: they are
/// no part of a program, and are written after it was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Source {
    /// The commit that was checked out; none before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Of the files that git follows: 32 hexadecimal digits of XXH3 over mode, contents and path of each.
    pub files: String,
    /// Of these, what differed from that commit, by path: mode and contents as git names them, nothing for a removed file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changed: BTreeMap<String, String>,
    /// Files that git neither followed nor ignored: part of a commit only if it has them with these contents.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub untracked: BTreeMap<String, String>,
}

/// The files of a commit, or of the one that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, String>, // mode and contents by path
}

/// Untracked files that are looked at; a tree with more of them should ignore some.
const MOST_UNTRACKED: usize = 1_000;
/// The mode of a file that git does not follow yet, unless it can be run.
const PLAIN: &str = "100644";

impl Source {
    /// The working tree around the folder of the studies, as it stands.
    ///
    /// # Errors
    /// [`StudyError::Source`] outside of a git repository.
    pub fn here(studies: &Path) -> Result<Self, StudyError> {
        let place = Place::around(studies, studies)?;
        let mut tree = place.index()?;
        let modified = place.git(&["diff-files", "--raw", "-z"])?;
        let modified = place.hashed(raw(&modified))?;
        for (path, (mode, contents)) in modified {
            match contents {
                Some(contents) => tree.insert(path, format!("{mode} {contents}")),
                None => tree.remove(&path),
            };
        }
        let commit = place
            .git(&["rev-parse", "--verify", "--quiet", "HEAD"])
            .ok();
        let committed = place.commit("HEAD").unwrap_or_default();
        let untracked = place.git(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        let untracked = untracked.split('\0').filter(|path| !path.is_empty());
        let untracked = untracked
            .take(MOST_UNTRACKED)
            .map(|path| (path.to_owned(), PLAIN.to_owned()));
        let untracked = place.hashed(untracked.collect())?;
        Ok(Self {
            commit: commit.map(|commit| commit.trim_end().to_owned()),
            files: digest(&tree),
            changed: differences(&committed, &tree),
            untracked: untracked
                .into_iter()
                .filter_map(|(path, (_, contents))| Some((path, contents?)))
                .collect(),
        })
    }

    /// A file of Rust or of a manifest that was written after that moment: what cargo would build again for.
    pub(super) fn newer_than(moment: SystemTime, studies: &Path) -> Option<String> {
        let place = Place::around(studies, studies).ok()?;
        let here = std::env::current_dir().ok()?.canonicalize().ok()?;
        let is_built = |path: &str| {
            let path = Path::new(path);
            let is_rust = path.extension().is_some_and(|end| end == "rs");
            is_rust || path.ends_with("Cargo.toml") || path.ends_with("Cargo.lock")
        };
        let files = place.index().ok()?;
        let mut built = files.into_keys().filter(|path| is_built(path));
        built.find(|path| {
            let file = place.top.join(path);
            let written = file.metadata().and_then(|about| about.modified());
            file.starts_with(&here) && written.is_ok_and(|written| written > moment)
        })
    }

    /// Whether these are the files of that commit.
    pub fn fits(&self, tree: &Tree) -> bool {
        let mut files = tree.files.clone();
        files.retain(|path, file| {
            let as_measured = self.untracked.get(path);
            !as_measured.is_some_and(|contents| file.ends_with(contents.as_str()))
        });
        digest(&files) == self.files
    }

    /// The paths at which a commit differs from what was measured; none where the commit that was checked out then is not there.
    pub fn differences(&self, tree: &Tree, studies: &Path) -> Vec<String> {
        let at = self.commit.as_deref();
        let Some(at) = at.and_then(|at| Tree::of_commit(at, studies).ok()) else {
            return Vec::new();
        };
        let mut measured = at.files;
        for (path, file) in &self.changed {
            if file.is_empty() {
                measured.remove(path);
            } else {
                measured.insert(path.clone(), file.clone());
            }
        }
        let differs = differences(&measured, &tree.files);
        let as_measured = |path: &&String| {
            let (now, then) = (tree.files.get(*path), self.untracked.get(*path));
            now.zip(then)
                .is_some_and(|(now, then)| now.ends_with(then.as_str()))
        };
        differs
            .keys()
            .filter(|path| !as_measured(path))
            .cloned()
            .collect()
    }
}

impl Tree {
    /// The files of a commit, of the repository that we are in.
    ///
    /// # Errors
    /// [`StudyError::Source`]: no repository, no such commit.
    pub fn of_commit(commit: &str, studies: &Path) -> Result<Self, StudyError> {
        let place = Place::around(Path::new("."), studies)?;
        let files = place.commit(commit)?;
        Ok(Self { files })
    }

    /// The files of the commit that is about to be made, as a hook sees them.
    ///
    /// # Errors
    /// As [`Tree::of_commit`].
    pub fn of_index(studies: &Path) -> Result<Self, StudyError> {
        let place = Place::around(Path::new("."), studies)?;
        let files = place.index()?;
        Ok(Self { files })
    }
}

/// A working tree, and what in it is no part of a program.
struct Place {
    top: PathBuf,
    studies: Option<String>, // with `/` at its end
}

impl Place {
    fn around(folder: &Path, studies: &Path) -> Result<Self, StudyError> {
        let top = PathBuf::from(
            git(folder, &["rev-parse", "--show-toplevel"], None)?.trim_end_matches('\n'),
        );
        let whole = |path: &Path| path.canonicalize().ok();
        let within = whole(studies).zip(whole(&top)).and_then(|(studies, top)| {
            let within = studies.strip_prefix(top).ok()?.to_str()?.replace('\\', "/");
            Some(within + "/")
        });
        Ok(Self {
            top,
            studies: within,
        })
    }

    fn git(&self, arguments: &[&str]) -> Result<String, StudyError> {
        git(&self.top, arguments, None)
    }

    fn counts(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let text = Path::new(name)
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("md"));
        let study = self
            .studies
            .as_deref()
            .is_some_and(|studies| path.starts_with(studies));
        !(text || study || name == "perf.toml" || path.is_empty())
    }

    /// `mode contents stage TAB path`.
    fn index(&self) -> Result<BTreeMap<String, String>, StudyError> {
        let all = self.git(&["ls-files", "--stage", "-z"])?;
        let file = |line: &str| {
            let (file, path) = line.split_once('\t')?;
            let (file, _stage) = file.rsplit_once(' ')?;
            Some((path.to_owned(), file.to_owned()))
        };
        let files = all.split('\0').filter_map(file);
        Ok(files.filter(|(path, _)| self.counts(path)).collect())
    }

    /// `mode kind contents TAB path`.
    fn commit(&self, commit: &str) -> Result<BTreeMap<String, String>, StudyError> {
        let commit = format!("{commit}^{{commit}}");
        let all = self.git(&[
            "ls-tree",
            "-r",
            "-z",
            "--full-tree",
            "--end-of-options",
            &commit,
        ])?;
        let file = |line: &str| {
            let (file, path) = line.split_once('\t')?;
            let mut words = file.split(' ');
            let (mode, contents) = (words.next()?, words.nth(1)?);
            Some((path.to_owned(), format!("{mode} {contents}")))
        };
        let files = all.split('\0').filter_map(file);
        Ok(files.filter(|(path, _)| self.counts(path)).collect())
    }

    /// The contents of files in the working tree, beside their modes; none of what is no file there.
    fn hashed(
        &self,
        files: Vec<(String, String)>,
    ) -> Result<BTreeMap<String, (String, Option<String>)>, StudyError> {
        let files: Vec<_> = files
            .into_iter()
            .filter(|(path, _)| self.counts(path))
            .collect();
        let there = |path: &str| !path.contains('\n') && self.top.join(path).is_file();
        let asked = files.iter().filter(|(path, _)| there(path));
        let asked: Vec<&str> = asked.map(|(path, _)| path.as_str()).collect();
        let told = git(
            &self.top,
            &["hash-object", "--stdin-paths"],
            Some(&asked.join("\n")),
        )?;
        let mut told = told.lines();
        let with = |(path, mode): (String, String)| {
            let contents = if there(&path) {
                told.next().map(str::to_owned)
            } else {
                None
            };
            (path, (mode, contents))
        };
        Ok(files.into_iter().map(with).collect())
    }
}

/// Paths and new modes of `:old-mode new-mode old new status NUL path NUL ...`.
fn raw(text: &str) -> Vec<(String, String)> {
    let mut parts = text.split('\0');
    let mut found = Vec::new();
    while let (Some(about), Some(path)) = (parts.next(), parts.next()) {
        let mode = about.split(' ').nth(1).unwrap_or(PLAIN);
        found.push((path.to_owned(), mode.to_owned()));
    }
    found
}

fn differences(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let new = after
        .iter()
        .filter(|(path, file)| before.get(*path) != Some(*file));
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    let new = new.map(|(path, file)| (path.clone(), file.clone()));
    new.chain(gone.map(|path| (path.clone(), String::new())))
        .collect()
}

fn digest(files: &BTreeMap<String, String>) -> String {
    let mut bytes = Vec::new();
    for (path, file) in files {
        bytes.extend_from_slice(file.as_bytes());
        bytes.push(b'\t');
        bytes.extend_from_slice(path.as_bytes());
        bytes.push(0);
    }
    format!("{:032x}", xxh3_128(&bytes))
}

fn git(folder: &Path, arguments: &[&str], input: Option<&str>) -> Result<String, StudyError> {
    let words = || {
        arguments
            .iter()
            .map(AsRef::<str>::as_ref)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let failed = |said: &str| StudyError::Source(format!("git {}: {said}", words()));
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(arguments.iter().map(OsStr::new));
    command.env("GIT_OPTIONAL_LOCKS", "0"); // nothing is written into the repository
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| StudyError::Source(format!("cannot run git: {error}")))?;
    let mut stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            if let (Some(to), Some(text)) = (stdin.as_mut(), input) {
                let _ = to.write_all(text.as_bytes());
            }
        });
        child.wait_with_output()
    });
    let output = output.map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
