//! In: the sessions of the process as they start and end. Out: its one run file in `$PERF_RUN_DIR`, at the end of the outermost
//! session, at the end of the process, at its first panic, and every `$PERF_RUN_EVERY`.

use crate::escape;
use crate::run::{Ending, Run};
use crate::session::facts::{self, About};
use crate::session::{checkpoint, exit_hook, panic_hook, seen_since};
use crate::snapshot::{Snapshot, snapshot};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// How long an ending process waits for another thread that is at the file.
const PATIENCE: Duration = Duration::from_secs(2);

static PROCESS: Mutex<Process> = Mutex::new(Process {
    alive: 0,
    stretches: 0,
    stores: 0,
    open: None,
    earlier: None,
    target: None,
});

/// Told when a stretch ends.
static ENDED: Condvar = Condvar::new();

/// The number of the newest state that was stored: an older one does not overwrite it.
static STORED: Mutex<u64> = Mutex::new(0);

/// What was wrong with the file or its folder has been said.
static WARNED: AtomicBool = AtomicBool::new(false);

struct Process {
    alive: u32,     // sessions
    stretches: u64, // times that sessions began where none was alive
    stores: u64,    // states that were made ready to be stored
    open: Option<Stretch>,
    earlier: Option<Snapshot>, // what the stretches before have seen
    target: Option<Target>,
}

/// From the start of a session where none was alive to the end of the last one.
struct Stretch {
    number: u64,
    about: About,
    before: Snapshot,
}

/// Where the process's file goes.
#[derive(Clone)]
struct Target {
    folder: PathBuf,
    start: String, // of the file's name: program and time
    process: u32,  // that started the session; after a fork it is another one
}

/// A state of the run that is to be stored.
struct Ready {
    number: u64,
    path: PathBuf,
    run: Run,
}

/// A session starts: `file` is whether one of its own is asked for. Nothing is measured yet.
pub(super) fn starts(about: &About, file: bool) {
    let folder = std::env::var_os("PERF_RUN_DIR").filter(|folder| !folder.is_empty());
    if folder.is_some() || file {
        facts::read();
        facts::time_reference(about);
    }
    let mut process = PROCESS.lock();
    process.alive += 1;
    let Some(folder) = folder.filter(|_| process.alive == 1) else {
        return;
    };
    let folder = std::path::absolute(&folder).unwrap_or_else(|_| folder.into()); // the program may go elsewhere
    if process.target.is_none() {
        make(&folder);
        process.target = Some(Target::new(folder, about));
    }
    process.stretches += 1;
    let number = process.stretches;
    process.open = Some(Stretch {
        number,
        about: about.clone(),
        before: snapshot().with_threads(),
    });
    drop(process);
    exit_hook::install();
    panic_hook::install();
    checkpoint::start(number);
}

/// A session ends; after the last one the file is stored.
pub(super) fn ends(ended_by: Ending) {
    let ready = {
        let mut process = PROCESS.lock();
        process.alive = process.alive.saturating_sub(1);
        if process.alive > 0 {
            return;
        }
        process.close(ended_by)
    };
    store(ready, None);
}

/// The process ends with sessions alive. May run when the thread's own variables are gone: it uses none that has a destructor.
pub(super) fn process_ends(ended_by: Ending) {
    let closed = PROCESS
        .try_lock_for(PATIENCE)
        .and_then(|mut process| process.close(ended_by));
    store(closed, Some(PATIENCE));
}

/// Something that may be the end: stores the run as it is now, and it goes on.
pub(super) fn may_end(ended_by: Ending, complete: bool) {
    let ready = PROCESS
        .try_lock_for(PATIENCE)
        .and_then(|mut process| process.ready(ended_by));
    let ready = ready.map(|mut ready| {
        ready.run.complete = complete;
        ready
    });
    store(ready, Some(PATIENCE));
}

/// Stores the run again and again until the stretch ends.
pub(super) fn keep_storing(stretch: u64, every: Duration) {
    let is_open = |process: &MutexGuard<'_, Process>| {
        process.open.as_ref().map(|open| open.number) == Some(stretch)
    };
    let mut process = PROCESS.lock();
    loop {
        let next = std::time::Instant::now().checked_add(every);
        while is_open(&process) {
            match next {
                Some(next) if ENDED.wait_until(&mut process, next).timed_out() => break,
                Some(_) => {}
                None => ENDED.wait(&mut process),
            }
        }
        if !is_open(&process) {
            return;
        }
        let ready = process.ready(Ending::Checkpoint);
        MutexGuard::unlocked(&mut process, || store(ready, None));
    }
}

/// Says once that the run cannot be stored.
pub(super) fn warn_once(problem: &dyn std::fmt::Display) {
    if !WARNED.swap(true, Relaxed) {
        crate::error::warn(problem);
    }
}

impl Process {
    /// Ends the stretch, if one is open.
    fn close(&mut self, ended_by: Ending) -> Option<Ready> {
        let ready = self.ready(ended_by)?;
        self.earlier = Some(ready.run.snapshot.clone());
        self.open = None;
        ENDED.notify_all();
        Some(ready)
    }

    /// The run so far: this stretch and those before.
    fn ready(&mut self, ended_by: Ending) -> Option<Ready> {
        let (open, target) = (self.open.as_ref()?, self.target.as_ref()?);
        let seen = seen_since(&open.before);
        let seen = match &self.earlier {
            Some(earlier) => earlier.merge(&seen).unwrap_or(seen),
            None => seen,
        };
        self.stores += 1;
        let mut run = facts::run(&open.about, seen, ended_by);
        let process = std::process::id();
        if process != target.process {
            run.snapshot.notes.push(format!(
                "this process was forked from process {} while it recorded: what it had recorded before is in the files of both",
                target.process
            ));
            if let Some(provenance) = &mut run.provenance {
                provenance.pid = Some(process);
            }
        }
        Some(Ready {
            number: self.stores,
            path: target
                .folder
                .join(format!("{}-{process}.json", target.start)),
            run,
        })
    }
}

impl Target {
    fn new(folder: PathBuf, about: &About) -> Self {
        let (_, provenance) = facts::read();
        let program = escape::file_name(&about.name);
        Self {
            folder,
            start: format!("{program}-{}", provenance.started_unix_ms),
            process: std::process::id(),
        }
    }
}

/// The folder, made if only the last part of its path is missing. That it cannot be used is said now, before the work.
fn make(folder: &Path) {
    let usable = match std::fs::create_dir(folder) {
        Err(_) if folder.is_dir() => Ok(()),
        made => made,
    };
    if let Err(error) = usable {
        warn_once(&format_args!(
            "PERF_RUN_DIR: {folder:?} is no folder and cannot be made ({error}): no run file will be written"
        ));
    }
}

fn store(ready: Option<Ready>, patience: Option<Duration>) {
    let Some(ready) = ready else {
        return;
    };
    let stored = match patience {
        Some(patience) => STORED.try_lock_for(patience),
        None => Some(STORED.lock()),
    };
    let Some(mut newest) = stored.filter(|newest| **newest < ready.number) else {
        return;
    };
    *newest = ready.number;
    if let Err(error) = ready.run.write(&ready.path) {
        warn_once(&format_args!("no run file: {error}"));
    }
}
