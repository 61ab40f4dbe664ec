//! In: a [`Snapshot`]. Out: the sentences around its table: what it covers, what its intervals mean, what measuring cost.

use crate::snapshot::{Row, Snapshot};
use crate::units::{count, duration, rough_percent};

/// Instead of a table without rows.
pub(crate) const EMPTY: &str = "No site was entered: annotate functions with #[measure], or open a span!(\"name\"), \
     and keep the session alive while they run.";

/// Sites, calls and time covered.
pub(crate) fn headline(snapshot: &Snapshot) -> String {
    let calls = snapshot
        .rows
        .iter()
        .fold(0u64, |sum, row| sum.saturating_add(row.calls));
    let plural = |number: u64, what: &str| {
        format!(
            "{} {what}{}",
            count(number),
            if number == 1 { "" } else { "s" }
        )
    };
    format!(
        "{}, {}, {} covered",
        plural(snapshot.rows.len() as u64, "site"),
        plural(calls, "call"),
        duration(snapshot.covers_ns as f64)
    )
}

/// Notes of the snapshot come first, then how to read the numbers, then clock and cost.
pub(crate) fn foot(snapshot: &Snapshot) -> Vec<String> {
    let mut lines: Vec<String> = snapshot
        .notes
        .iter()
        .map(|note| format!("Note: {note}."))
        .collect();
    if !snapshot.rows.is_empty() {
        lines.push(reading(snapshot));
    }
    let clock = &snapshot.clock;
    lines.push(format!(
        "Clock: {}, resolution {}: {}.",
        clock.source,
        duration(clock.resolution_ns),
        clock.reason
    ));
    lines.push(cost(snapshot));
    lines
}

fn reading(snapshot: &Snapshot) -> String {
    let bins = rough_percent(snapshot.layout.relative_error());
    let mut text = format!(
        "Share is of all self time. Intervals are of this run only: another run may differ by more. \
         Quantiles are read from bins, ±{bins}."
    );
    if snapshot.rows.iter().any(|row| Row::sampled(row).is_some()) {
        text.push_str(
            " Of sampled sites, calls and outcomes are exact, times are estimated from the recorded calls, and so are the \
             self times of what calls them.",
        );
    }
    text
}

fn cost(snapshot: &Snapshot) -> String {
    let cost = &snapshot.cost;
    let covered = snapshot.covers_ns as f64;
    let share = if covered > 0.0 {
        format!(
            ", {} of the time covered (all threads together)",
            rough_percent(cost.total_ns / covered)
        )
    } else {
        String::new()
    };
    let budget = match cost.budget.as_str() {
        "full" => "no budget, every call is recorded".to_owned(),
        "off" => "recording is off".to_owned(),
        share => format!("budget for recording {share} of each thread's time"),
    };
    format!(
        "Measuring costs about {} a recorded call ({} of it within the call's own time) and {} a counted one; in all {}{share}; {budget}.",
        duration(cost.recorded_call_ns),
        duration(cost.inside_ns),
        duration(cost.counted_call_ns),
        duration(cost.total_ns),
    )
}
