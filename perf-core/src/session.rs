//! In: a stretch of the program's life. Out: [`Session`], which records it and prints its report when it ends.

use crate::record::switch::Hold;
use crate::report::{Format, MOST_ROWS, Report, for_terminal};
use crate::run::Run;
use crate::snapshot::{Snapshot, snapshot};
use std::path::PathBuf;

/// Threads that a session names.
const MOST_THREADS: usize = 16;

/// A stretch of the program's life that is recorded and reported; any number may be alive, nested or overlapping.
///
/// Recording is on while one lives. When it is dropped it prints its report to standard error: what was entered between its start and
/// its end, on all threads.
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
    options: SessionOptions,
    before: Snapshot,
    hold: Option<Hold>,
}

/// How a session records and what it does at its end.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    name: String,
    paths: bool,
    report: bool,
    rows: Option<usize>, // none: what the environment says
    run_file: Option<PathBuf>,
}

impl Session {
    /// Starts a session that prints its report to standard error when it ends.
    pub fn start(name: &str) -> Self {
        Self::options(name).start()
    }

    /// A session with other than the usual options.
    pub fn options(name: &str) -> SessionOptions {
        SessionOptions {
            name: name.to_owned(),
            paths: false,
            report: true,
            rows: None,
            run_file: None,
        }
    }

    /// What was recorded since the session started.
    pub fn snapshot(&self) -> Snapshot {
        let now = snapshot().with_threads();
        // Both are of this process and in order, so the difference exists; if it did not, the whole would be the honest answer.
        let mut seen = now.since(&self.before).unwrap_or(now);
        if let Some(resources) = &mut seen.resources {
            resources.keep_busiest(MOST_THREADS);
        }
        seen
    }

    /// Ends the session as a drop would, and gives what it recorded.
    pub fn finish(mut self) -> Snapshot {
        self.end()
    }

    fn end(&mut self) -> Snapshot {
        let seen = self.snapshot();
        if self.hold.take().is_none() {
            return seen;
        }
        if let Some(path) = &self.options.run_file
            && let Err(error) = Run::now(&self.options.name, seen.clone()).write(path)
        {
            crate::error::warn(&error);
        }
        if self.options.report {
            let stderr = std::io::stderr();
            let look = for_terminal(&stderr);
            // Standard error is closed or full: nobody is there to be told.
            let _ = Report::new(&seen, &self.options.name)
                .rows(self.options.rows.unwrap_or_else(asked_rows))
                .write(&mut stderr.lock(), Format::Text, look);
        }
        seen
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.hold.is_some() {
            self.end();
        }
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

    /// Starts the session.
    pub fn start(self) -> Session {
        let hold = Hold::new(self.paths);
        Session {
            before: snapshot().with_threads(),
            options: self,
            hold: Some(hold),
        }
    }
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
