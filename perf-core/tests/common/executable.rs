//! In: a file that shall be run from another place. Out: it, there.

use std::path::Path;
use std::process::Command;

/// Copies a program, by another program: while this process has a file open for writing, so has every child that another test
/// starts at this moment, until it has begun; and what anybody has open for writing nobody can run.
pub(crate) fn copy(from: &Path, to: &Path) {
    if cfg!(not(unix)) {
        std::fs::copy(from, to).expect("copied");
        return;
    }
    let copied = Command::new("cp").arg("-p").args([from, to]).status();
    assert!(copied.expect("cp").success(), "{from:?} to {to:?}");
}
