//! A program for hostile surroundings: does what its argument says and exits with 42 if all went well.

use perf_core::{Session, snapshot, span};
use std::process::ExitCode;

fn main() -> ExitCode {
    let well = match std::env::args().nth(1).as_deref() {
        Some("report") => report(),
        Some("threads") => threads(),
        _ => nobody_looks(),
    };
    ExitCode::from(if well { 42 } else { 1 })
}

/// Two sessions that print their reports to standard error.
fn report() -> bool {
    let session = Session::start("hostile");
    (0..1_000).for_each(|_| drop(span!("hostile work")));
    let _inner = Session::start("within");
    session.snapshot().site("hostile work").map(|row| row.calls) == Some(1_000)
}

/// The environment is asked by many at once.
fn threads() -> bool {
    let threads: Vec<_> = (0..8)
        .map(|_| std::thread::spawn(|| drop(span!("at once"))))
        .collect();
    let ended = threads.into_iter().all(|thread| thread.join().is_ok());
    ended && snapshot().site("at once").map(|row| row.calls) == Some(8)
}

fn nobody_looks() -> bool {
    drop(span!("unseen"));
    snapshot().rows.is_empty()
}
