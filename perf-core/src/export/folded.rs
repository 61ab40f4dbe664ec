//! In: stacks. Out: `caller;callee WEIGHT`, a line each.

use crate::escape::terminal;
use crate::snapshot::{Snapshot, Weight, contexts_or_rows};
use std::fmt::Write;

pub(super) fn write(snapshot: &Snapshot, by: Weight) -> String {
    let mut text = String::new();
    for stack in contexts_or_rows(snapshot).iter() {
        let Some(weight) = stack.weight(by) else {
            continue;
        };
        let frames: Vec<String> = stack.path.iter().map(|name| frame(name)).collect();
        // A string takes whatever is written.
        let _ = writeln!(text, "{} {weight:.0}", frames.join(";"));
    }
    text
}

/// A frame holds neither the separator nor a line's end.
fn frame(name: &str) -> String {
    terminal(name).replace(';', ",")
}
