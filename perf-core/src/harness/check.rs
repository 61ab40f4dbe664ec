//! In: benchmarks. Out: each has run once, as `cargo test` and `cargo nextest run` ask; the lines are those of libtest.

use super::catalogue::Bench;
use super::main::print;
use super::peer::{Failure, Launch, Peer};
use crate::error::warn;
use std::process::ExitCode;
use std::time::Instant;

/// The exit code of libtest for failed tests.
const FAILED: u8 = 101;

/// Runs each once, in one process as long as that lives.
pub(super) fn check(chosen: &[&Bench], filtered: usize, launch: &Launch) -> ExitCode {
    let begun = Instant::now();
    let plural = if chosen.len() == 1 { "" } else { "s" };
    print(&format!("\nrunning {} benchmark{plural}\n", chosen.len()));
    let mut failures = Vec::new();
    let mut peer = None;
    for bench in chosen {
        match once(&mut peer, &bench.id, launch) {
            Ok(()) => print(&format!("test {} ... ok\n", bench.id)),
            Err(failure) => {
                print(&format!("test {} ... FAILED\n", bench.id));
                failures.push((bench, failure));
            }
        }
    }
    if !failures.is_empty() {
        print("\nfailures:\n");
        for (bench, failure) in &failures {
            print(&format!("    {}: {failure}\n", bench.id));
        }
    }
    let word = if failures.is_empty() { "ok" } else { "FAILED" };
    print(&format!(
        "\ntest result: {word}. {} passed; {} failed; 0 ignored; 0 measured; {filtered} filtered out; finished in {:.2}s\n\n",
        chosen.len() - failures.len(),
        failures.len(),
        begun.elapsed().as_secs_f64(),
    ));
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}

/// After a death, or a panic that may have left something broken, the next one gets a fresh process. So does one that fails where others
/// ran before it, and that is said: they may have left threads, an alarm or another working directory behind, or it fails at times.
fn once(peer: &mut Option<Peer>, id: &str, launch: &Launch) -> Result<(), Failure> {
    if let Some(mut used) = peer.take() {
        match used.once(id) {
            Ok(()) => {
                *peer = Some(used);
                return Ok(());
            }
            Err(late @ Failure::TooLong { .. }) => return Err(late),
            Err(after_others) => {
                *peer = Some(alone(id, launch)?);
                let words = format!(
                    "{id} failed after others in one process, and not alone: {after_others}"
                );
                warn(&words);
                return Ok(());
            }
        }
    }
    *peer = Some(alone(id, launch)?);
    Ok(())
}

/// In a fresh process, which may go on.
fn alone(id: &str, launch: &Launch) -> Result<Peer, Failure> {
    let mut fresh = Peer::start(launch)?;
    fresh.once(id)?;
    Ok(fresh)
}
