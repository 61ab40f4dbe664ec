//! In: a stretch of the program's life. Out: [`Session`], which records it; at its end its report, its run file, and the process's.

mod checkpoint;
mod exit_hook;
mod facts;
mod marks;
mod panic_hook;
mod process;
mod sampling;
#[cfg(not(unix))]
#[path = "session/no_signals.rs"]
pub(crate) mod signals;
#[cfg(unix)]
pub(crate) mod signals;
mod tracking;

use crate::alloc;
use crate::record::switch::Hold;
#[cfg(feature = "html")]
use crate::report::Page;
use crate::report::{Format, MOST_ROWS, Report, for_terminal};
use crate::resource::Limits;
use crate::run::Ending;
#[cfg(feature = "html")]
use crate::run::RunError;
use crate::snapshot::{Snapshot, snapshot};
use facts::About;
use parking_lot::Mutex;
use sampling::Sampling;
#[cfg(feature = "html")]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tracking::Tracking;

/// Threads that a session names.
const MOST_THREADS: usize = 16;

/// A stretch of the program's life that is recorded and reported; any number may be alive, nested or overlapping.
///
/// Recording is on while one lives. When it is dropped it prints its report to standard error: what was entered between its start and
/// its end, on all threads.
///
/// With `PERF_RUN_DIR=FOLDER` the process stores one run file there at the end of its outermost session, also at `exit` and when a
/// panic ends it; see the guide's page on run files.
///
/// ```
/// use perf_core::Session;
/// let session = Session::options("demo").report(false).start();
/// { let _span = perf_core::span!("step"); }
/// let seen = session.finish();
/// assert_eq!(seen.site("step").map(|row| row.calls), Some(1));
/// ```
#[derive(Debug)]
#[must_use = "a session ends where it is dropped: bind it with `let _session = ...`"]
pub struct Session {
    live: Arc<Live>,
}

/// The session itself, which a signal may end while its owner works.
#[derive(Debug)]
struct Live {
    options: SessionOptions,
    before: Snapshot,
    tracking: Tracking,
    hold: Mutex<Option<Hold>>, // locked until what the end brings is written: nobody ends the process before
    sampling: Sampling,
    number: u64, // among the process's
}

/// How a session records and what it does at its end.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    about: About,
    paths: bool,
    report: bool,
    rows: Option<usize>, // none: what the environment says
    run_file: Option<PathBuf>,
    sample: Option<Duration>,
    leaks: bool,
    limits: Limits,
    #[cfg(feature = "html")]
    html: Option<PathBuf>,
}

impl Session {
    /// Starts a session that prints its report to standard error when it ends.
    pub fn start(name: &str) -> Self {
        Self::options(name).start()
    }

    /// A session with other than the usual options.
    pub fn options(name: &str) -> SessionOptions {
        SessionOptions {
            about: About {
                name: alloc::apart(|| name.to_owned()),
                workload: None,
                seed: None,
                reference: false,
            },
            paths: false,
            report: true,
            rows: None,
            run_file: None,
            sample: None,
            leaks: tracking::asked(),
            limits: Limits::new(),
            #[cfg(feature = "html")]
            html: std::env::var_os("PERF_REPORT").map(PathBuf::from),
        }
    }

    /// What was recorded since the session started.
    pub fn snapshot(&self) -> Snapshot {
        self.live.snapshot()
    }

    /// Has SIGINT and SIGTERM end the session, as a drop would, before they end the process: that is how servers end.
    ///
    /// It brings a thread and a handler for each of the two signals that is not ignored. The thread ends the session (and others
    /// that asked for it), stores the process's run file, gives the signal its earlier meaning back and raises it again; so the
    /// process dies of the signal, or the program's earlier handler is called. A second signal does not wait. What cannot be had,
    /// as on Windows, is one warning line.
    pub fn finish_on_signals(&self) {
        if let Err(error) = signals::end_on_them(Arc::downgrade(&self.live)) {
            crate::error::warn(&format_args!(
                "the session does not end on signals: {error}"
            ));
        }
    }

    /// Looks at resources every so often from now on, on a thread of its own: levels over time, and peaks between the ends.
    ///
    /// A failure to start the thread is one warning line. `PERF_SAMPLE=100ms` does the same for every session of the program, `off`
    /// forbids it.
    pub fn sample_resources(&self, every: Duration) {
        self.live.sampling.restart(every, &self.live.options.limits);
    }

    /// Writes what was recorded so far as a page for a browser; the session goes on.
    ///
    /// # Errors
    /// [`RunError::Io`](crate::run::RunError::Io).
    #[cfg(feature = "html")]
    pub fn html(&self, path: impl AsRef<Path>) -> Result<(), RunError> {
        let about = &self.live.options.about;
        let run = facts::run(about, self.snapshot(), Ending::Checkpoint);
        Page::new(&about.name).run(&run).write(path.as_ref())
    }

    /// Ends the session as a drop would, and gives what it recorded.
    pub fn finish(self) -> Snapshot {
        self.live.end(Ending::Session)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let panicking = std::thread::panicking();
        self.live.end(if panicking {
            Ending::Panic
        } else {
            Ending::Session
        });
    }
}

impl Live {
    fn snapshot(&self) -> Snapshot {
        alloc::apart(|| self.snapshot_apart())
    }

    fn snapshot_apart(&self) -> Snapshot {
        let mut seen = seen_since(&self.before);
        self.sampling.attach(&mut seen);
        seen.notes.extend(self.tracking.note());
        seen
    }

    /// Ends it once: stores its run file and the process's, prints its report.
    fn end(&self, ended_by: Ending) -> Snapshot {
        alloc::apart(|| self.end_apart(ended_by))
    }

    fn end_apart(&self, ended_by: Ending) -> Snapshot {
        self.sampling.stop();
        let mut hold = self.hold.lock();
        if hold.is_none() {
            return self.snapshot();
        }
        let seen = self.snapshot();
        self.tracking.stop();
        *hold = None;
        marks::end(self.number);
        process::ends(ended_by);
        if let Some(path) = &self.options.run_file
            && let Err(error) = facts::run(&self.options.about, seen.clone(), ended_by).write(path)
        {
            crate::error::warn(&error);
        }
        #[cfg(feature = "html")]
        if let Some(path) = self
            .options
            .html
            .as_ref()
            .filter(|path| !path.as_os_str().is_empty())
        {
            let run = facts::run(&self.options.about, seen.clone(), ended_by);
            match Page::new(&self.options.about.name).run(&run).write(path) {
                Err(error) => crate::error::warn(&error),
                Ok(()) if self.options.report => facts::say_page(path),
                Ok(()) => {}
            }
        }
        #[cfg(not(feature = "html"))]
        if std::env::var_os("PERF_REPORT").is_some_and(|path| !path.is_empty()) {
            crate::error::warn(
                &"PERF_REPORT asks for a page, which needs perf-core's feature html: none is written",
            );
        }
        if self.options.report {
            let stderr = std::io::stderr();
            let look = for_terminal(&stderr);
            // Standard error is closed or full: nobody is there to be told.
            let _ = Report::new(&seen, &self.options.about.name)
                .rows(self.options.rows.unwrap_or_else(asked_rows))
                .write(&mut stderr.lock(), Format::Text, look);
        }
        seen
    }
}

impl SessionOptions {
    /// Whether calling context is kept, for the call tree; a span then costs some nanoseconds more. Off by default.
    #[must_use]
    pub fn paths(self, paths: bool) -> Self {
        Self { paths, ..self }
    }

    /// Whether the report is printed at the end. On by default.
    #[must_use]
    pub fn report(self, report: bool) -> Self {
        Self { report, ..self }
    }

    /// How many rows the report shows; `usize::MAX` for all. Unless set, what `PERF_ROWS` says (a number or `all`), else 40.
    #[must_use]
    pub fn rows(self, most: usize) -> Self {
        Self {
            rows: Some(most),
            ..self
        }
    }

    /// Stores the run in this file at the end; a failure is one warning line.
    #[must_use]
    pub fn run_file(self, path: impl Into<PathBuf>) -> Self {
        Self {
            run_file: Some(path.into()),
            ..self
        }
    }

    /// Writes the report as a page for a browser to this file at the end; a failure is one warning line. Without it the file that
    /// `PERF_REPORT` names is written, if it names one.
    #[cfg(feature = "html")]
    #[must_use]
    pub fn html(self, path: impl Into<PathBuf>) -> Self {
        Self {
            html: Some(path.into()),
            ..self
        }
    }

    /// What is worked on, as run files name it: runs of different workloads are not compared. Instead of `PERF_WORKLOAD`.
    #[must_use]
    pub fn workload(mut self, workload: &str) -> Self {
        self.about.workload = Some(workload.to_owned());
        self
    }

    /// The seed that the workload is made from, for run files. Instead of `PERF_SEED`.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.about.seed = Some(seed);
        self
    }

    /// Times a reference slot before the session starts, some 10 ms, and stores it in run files: see [`Reference`](crate::run::Reference).
    /// `PERF_REFERENCE=1` does the same for every session that stores a run.
    #[must_use]
    pub fn reference(mut self, asked: bool) -> Self {
        self.about.reference = asked;
        self
    }

    /// Looks at resources every so often, on a thread of its own; see [`Session::sample_resources`].
    #[must_use]
    pub fn sample_resources(self, every: Duration) -> Self {
        Self {
            sample: Some(every),
            ..self
        }
    }

    /// Tracks what is allocated from now on and not freed, by the measured site that allocated it, where the program's allocator is
    /// [`alloc::Counting`](crate::alloc::Counting): [`Snapshot::retained`](crate::Snapshot::retained), and where resources are sampled
    /// the sites beside the verdict on leaks. `PERF_LEAKS=1` does the same for every session.
    ///
    /// A random sample of the blocks is remembered, of at most 4,096; the estimates come with their intervals. While it lasts calling
    /// context is kept, for the innermost open site to be known, and allocating costs some nanoseconds more.
    ///
    /// ```
    /// use perf_core::{Session, span};
    /// #[global_allocator]
    /// static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();
    ///
    /// let session = Session::options("app").report(false).track_leaks().start();
    /// let kept: Vec<Vec<u8>> = {
    ///     let _span = span!("cache");
    ///     (0..64).map(|_| vec![0; 1 << 20]).collect()
    /// };
    /// let seen = session.finish().retained.expect("the allocator counts");
    /// let cache = seen.site("cache").expect("it holds 64 MiB");
    /// assert!(cache.growth.low <= (64 << 20) as f64 && cache.growth.high >= (64 << 20) as f64);
    /// drop(kept);
    /// ```
    #[must_use]
    pub fn track_leaks(self) -> Self {
        Self {
            leaks: true,
            ..self
        }
    }

    /// Looks after these limits, every second unless [`SessionOptions::sample_resources`] says how often.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Starts the session.
    pub fn start(self) -> Session {
        alloc::apart(|| self.start_apart())
    }

    fn start_apart(self) -> Session {
        process::starts(&self.about, self.run_file.is_some());
        let hold = Mutex::new(Some(Hold::new(self.paths || self.leaks)));
        let live = Live {
            tracking: Tracking::start(self.leaks),
            sampling: Sampling::start(self.sample, &self.limits),
            number: marks::start(&self.about.name),
            before: snapshot().with_threads(),
            options: self,
            hold,
        };
        Session {
            live: Arc::new(live),
        }
    }
}

/// What was recorded since `before`, which has its threads too.
fn seen_since(before: &Snapshot) -> Snapshot {
    let now = snapshot().with_threads();
    // Both are of this process and in order, so the difference exists; if it did not, the whole would be the honest answer.
    let mut seen = now.since(before).unwrap_or(now);
    if let Some(resources) = &mut seen.resources {
        resources.keep_busiest(MOST_THREADS);
    }
    seen
}

/// What `PERF_ROWS` says; what it says wrongly is one warning line.
fn asked_rows() -> usize {
    let asked = std::env::var_os("PERF_ROWS").unwrap_or_default();
    match (
        asked.to_string_lossy().trim(),
        asked.to_string_lossy().trim().parse(),
    ) {
        ("", _) => MOST_ROWS,
        ("all", _) => usize::MAX,
        (_, Ok(most)) if most > 0 => most,
        _ => {
            crate::error::warn(&format_args!(
                "PERF_ROWS: {asked:?} is neither a number of rows nor \"all\"; showing {MOST_ROWS}"
            ));
            MOST_ROWS
        }
    }
}
