//! In: stacks. Out: `caller;callee NANOSECONDS`, a line each.

use super::stacks;
use crate::escape::terminal;
use crate::snapshot::Snapshot;
use std::fmt::Write;

pub(super) fn write(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for stack in stacks(snapshot) {
        let frames: Vec<String> = stack.path.iter().map(|name| frame(name)).collect();
        // A string takes whatever is written.
        let _ = writeln!(text, "{} {:.0}", frames.join(";"), stack.self_ns);
    }
    text
}

/// A frame holds neither the separator nor a line's end.
fn frame(name: &str) -> String {
    terminal(name).replace(';', ",")
}
