//! In: measurements. Out: one Markdown table.

use super::Line;
use super::text::{range, rate};
use crate::escape::markdown;
use crate::harness::metric::TIME;
use std::fmt::Write as _;

/// The table, and the notes beneath it.
pub(in crate::harness) fn table(lines: &[Line]) -> String {
    let metric = lines
        .iter()
        .find_map(|line| line.measured.as_ref().ok())
        .map_or(TIME.to_owned(), |measured| markdown(&measured.kind.name));
    let mut text = format!(
        "| benchmark | {metric} | 95 % | throughput | processes |\n|---|--:|---|--:|--:|\n"
    );
    let mut notes = String::new();
    for line in lines {
        let id = markdown(&line.id);
        match &line.measured {
            Ok(measured) => {
                let interval = range(measured);
                let rate = rate(measured).unwrap_or_default();
                let time = measured.kind.print(measured.estimate);
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
