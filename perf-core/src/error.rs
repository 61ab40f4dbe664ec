//! In: what went wrong within the library. Out: one warning line on standard error, never a panic.

use std::fmt;
use std::io::Write;

/// Writes `perf: MESSAGE` to standard error; a closed or full standard error is no reason to fail.
pub(crate) fn warn(message: &dyn fmt::Display) {
    let line = format!("perf: {message}\n");
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
