//! In: measurements. Out: one Markdown table.

use super::Line;
use super::text::rate;
use crate::escape::markdown;
use crate::units;
use std::fmt::Write as _;

/// The table, and the notes beneath it.
pub(in crate::harness) fn table(lines: &[Line]) -> String {
    let mut text =
        "| benchmark | time | 95 % | throughput | processes |\n|---|--:|---|--:|--:|\n".to_owned();
    let mut notes = String::new();
    for line in lines {
        let id = markdown(&line.id);
        match &line.measured {
            Ok(measured) => {
                let interval = match (measured.low, measured.high) {
                    (Some(low), Some(high)) => units::duration_range(low, high),
                    _ => "unbounded".to_owned(),
                };
                let rate = rate(measured).unwrap_or_default();
                let time = units::duration(measured.estimate.max(0.0));
                let _ = writeln!(
                    text,
                    "| {id} | {time} | {interval} | {rate} | {} |",
                    measured.processes.len()
                );
                for note in &measured.notes {
                    let _ = writeln!(notes, "- {id}: {}", markdown(note));
                }
            }
            Err(failure) => {
                let _ = writeln!(text, "| {id} | no answer | | | |");
                let _ = writeln!(notes, "- {id}: {}", markdown(&failure.to_string()));
            }
        }
    }
    if !notes.is_empty() {
        text.push('\n');
        text.push_str(&notes);
    }
    text
}
