//! In: a [`Snapshot`]. Out: the sentences around its table: what it covers, what its intervals mean, what measuring cost.

use crate::snapshot::{Row, Snapshot};
use crate::units::{NOTHING, bytes, count, duration, rough_percent};

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
    lines.extend(quantities(snapshot));
    let clock = &snapshot.clock;
    lines.push(format!(
        "Clock: {}, in steps of {}: {}.",
        clock.source,
        duration(clock.step_ns.max(clock.resolution_ns)),
        clock.reason
    ));
    lines.push(cost(snapshot));
    lines
}

/// Counters, levels, and what the process took from the allocator.
fn quantities(snapshot: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    for counted in &snapshot.counters {
        let (total, rate) = (
            count(counted.total),
            count(counted.per_second.round() as u64),
        );
        lines.push(format!("Counter {}: {total}, {rate}/s.", counted.name));
    }
    for level in &snapshot.gauges {
        let edge =
            |edge: Option<f64>| edge.map_or_else(|| NOTHING.to_owned(), |edge| edge.to_string());
        let (min, max) = (edge(level.min), edge(level.max));
        lines.push(format!(
            "Level {}: last {}, min {min}, max {max}, set {} times.",
            level.name,
            level.last,
            count(level.sets)
        ));
    }
    if let Some(used) = &snapshot.allocations {
        lines.push(format!(
            "Allocator: {} allocations, {}; {} live, peak {} (to 64 KiB a thread) since the process started; this library's own {}, {}.",
            count(used.count),
            bytes(used.bytes as f64),
            bytes(used.live as f64),
            bytes(used.peak as f64),
            count(used.library_count),
            bytes(used.library_bytes as f64),
        ));
    }
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
    let doubt = snapshot.rows.iter().map(|row| row.cost_doubt_ns);
    let sampled = match doubt.reduce(f64::max) {
        Some(doubt) if doubt > 0.0 => format!(
            " A sampled call may have taken {} more or less than its row says, and its caller's self time with it: recording was in no \
             near cache.",
            duration(doubt)
        ),
        _ => String::new(),
    };
    format!(
        "Measuring costs about {} a recorded call ({} of it within the call's own time) and {} a counted one; in all {}{share}; \
         {budget}.{sampled}",
        duration(cost.recorded_call_ns),
        duration(cost.inside_ns),
        duration(cost.counted_call_ns),
        duration(cost.total_ns),
    )
}
