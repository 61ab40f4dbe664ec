//! In: the process, and what the user says of a session. Out: the [`Run`] that its files hold.

use crate::environment::Environment;
use crate::run::{Ending, Provenance, Reference, Run};
use crate::snapshot::Snapshot;
use std::sync::OnceLock;

/// What a session says of itself in run files.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) name: String,
    pub(super) workload: Option<String>,
    pub(super) seed: Option<u64>,
    pub(super) reference: bool,
}

static PROCESS: OnceLock<(Environment, Provenance)> = OnceLock::new();

/// Reads what does not change while the process runs, once; some milliseconds, so before anything is measured.
pub(super) fn read() -> &'static (Environment, Provenance) {
    PROCESS.get_or_init(|| (Environment::here(), Provenance::here()))
}

static SLOT: OnceLock<Option<Reference>> = OnceLock::new();

/// Times the reference slot where that is asked for, once a process and before anything is measured.
pub(super) fn time_reference(about: &About) {
    if about.reference || std::env::var_os("PERF_REFERENCE").is_some_and(|value| value == "1") {
        SLOT.get_or_init(Reference::measure);
    }
}

/// The run as it is stored now.
pub(super) fn run(about: &About, seen: Snapshot, ended_by: Ending) -> Run {
    let (mut environment, mut provenance) = read().clone();
    environment.ends_now();
    if let Some(workload) = &about.workload {
        provenance = provenance.with_workload(workload);
    }
    if let Some(seed) = about.seed {
        provenance = provenance.with_seed(seed);
    }
    let mut run = Run::now(&about.name, seen)
        .with_environment(environment)
        .with_provenance(provenance);
    run.reference = SLOT.get().cloned().flatten();
    run.complete = ended_by != Ending::Checkpoint;
    run.ended_by = ended_by;
    run
}

/// Says beside the report where the page is.
#[cfg(feature = "html")]
pub(super) fn say_page(path: &std::path::Path) {
    use std::io::Write;
    let shown = path.to_string_lossy();
    let shown = crate::escape::terminal(&shown);
    // Standard error is closed or full: nobody is there to be told.
    let _ = writeln!(std::io::stderr(), "the page for a browser is in {shown}");
}
