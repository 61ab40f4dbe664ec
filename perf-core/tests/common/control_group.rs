//! In: a controller of version 1. Out: a group of one's own below the one that this process is in, and a test that runs within it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// What the names of groups of tests begin with; the number of the process that made it follows.
const PREFIX: &str = "perf-core-test-";

/// How a test that runs within groups is told of them: their folders, with blanks between.
const GROUPS: &str = "PERF_CORE_TEST_GROUPS";

/// Groups that this process has made: each has a number.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A group without processes; removed when it is dropped.
pub(crate) struct Group {
    folder: PathBuf,
}

impl Group {
    /// A new one.
    ///
    /// # Errors
    /// A sentence on why there is none here.
    pub(crate) fn new(controller: &str, settings: &[(&str, &str)]) -> Result<Self, String> {
        let above = above(controller)?;
        let words = |error: std::io::Error| {
            format!(
                "no group of {controller} below {}: {error}",
                above.display()
            )
        };
        sweep(&above);
        let (own, number) = (std::process::id(), MADE.fetch_add(1, Relaxed));
        let folder = above.join(format!("{PREFIX}{own}-{number}"));
        fs::create_dir(&folder).map_err(words)?;
        let group = Self { folder };
        for (file, value) in settings {
            fs::write(group.folder.join(file), value).map_err(words)?;
        }
        Ok(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Who has just ended may still be in it.
        for _ in 0..200 {
            if remove(&self.folder) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        eprintln!("{} cannot be removed", self.folder.display());
    }
}

/// Runs a test of this executable once more, in these groups.
pub(crate) fn run_within(groups: &[Group], test: &str) {
    let folders: Vec<String> = groups
        .iter()
        .map(|group| group.folder.display().to_string())
        .collect();
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(GROUPS, folders.join(" "))
        .output()
        .unwrap();
    let text = [ran.stdout, ran.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(ran.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{test} did not run: {text}");
    let skipped = text.lines().filter(|line| line.starts_with("not here: "));
    skipped.for_each(|line| eprintln!("{line}"));
}

/// Enters the groups that this test is to run in; none, where it is the one that makes them.
pub(crate) fn entered() -> Option<Vec<PathBuf>> {
    let folders = std::env::var(GROUPS).ok()?;
    let folders: Vec<PathBuf> = folders.split(' ').map(PathBuf::from).collect();
    for folder in &folders {
        fs::write(folder.join("cgroup.procs"), std::process::id().to_string()).unwrap();
    }
    Some(folders)
}

/// The folder of the group that this process is in.
fn above(controller: &str) -> Result<PathBuf, String> {
    let text = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let (groups, mounts) = (text("/proc/self/cgroup")?, text("/proc/self/mounts")?);
    let has = |names: &str| names.split(',').any(|name| name == controller);
    let group = groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        parts.next().filter(|names| has(names))?;
        parts.next()
    });
    let point = mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (point, kind, options) = (words.next()?, words.next()?, words.next()?);
        (kind == "cgroup" && has(options)).then_some(point)
    });
    let (Some(group), Some(point)) = (group, point) else {
        return Err(format!("{controller} has no hierarchy of version 1"));
    };
    let own = Path::new(point).join(group.trim_start_matches('/'));
    Ok(if own.is_dir() { own } else { point.into() })
}

/// Removes groups whose makers have been killed; one that is in use stays by itself.
fn sweep(above: &Path) {
    for entry in fs::read_dir(above).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
        if let Some(number) = number
            && !Path::new("/proc").join(number).exists()
        {
            remove(&entry.path());
        }
    }
}

/// With the groups in it.
fn remove(folder: &Path) -> bool {
    let inner = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in inner.filter(|entry| entry.path().is_dir()) {
        let _ = fs::remove_dir(entry.path());
    }
    fs::remove_dir(folder).is_ok()
}
