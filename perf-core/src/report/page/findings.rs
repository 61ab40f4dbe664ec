//! In: a snapshot and its rows. Out: the findings that matter most, in words, each with the row it is about.

use crate::report::model::Model;
use crate::report::resources;
use crate::snapshot::{Row, Snapshot};
use crate::units::{count, duration, duration_range, percent};

/// Findings on the first screen.
const MOST: usize = 3;

/// A tail is worth a word from so many medians on, where the site has this share of all time within sites.
const TAIL: f64 = 3.0;
const TAIL_SHARE: f64 = 0.005;

/// Waiting for a CPU is worth a word from this share of the time that threads wanted one on.
const STARVED: f64 = 0.2;

/// Something worth knowing first.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) text: String,
    pub(super) row: Option<usize>, // its number in the table
    pub(super) warns: bool,
}

/// At most three: what stands out, then where the time went, then the worst tail.
pub(super) fn findings(snapshot: &Snapshot, model: &Model<'_>) -> Vec<Finding> {
    let rows: Vec<&Row> = model.rows.iter().map(|line| line.row).collect();
    let mut all: Vec<Finding> = resources::remarks(snapshot)
        .into_iter()
        .filter(|remark| remark.warns)
        .map(|remark| Finding {
            text: format!("{}: {}.", remark.label, remark.text),
            row: None,
            warns: true,
        })
        .collect();
    all.extend(starved(snapshot));
    all.extend(failures(&rows));
    all.truncate(MOST - 1);
    all.extend(largest(&rows));
    all.extend(tail(&rows));
    all.truncate(MOST);
    all
}

/// Threads that were ready and had to wait for a CPU: their times hold that wait.
fn starved(snapshot: &Snapshot) -> Option<Finding> {
    let resources = snapshot.resources.as_ref()?;
    let threads = &resources.threads;
    // Of threads that have ended only the CPU time is known: the share is rather too small than too large.
    let ran = resources.cpu_ns()?;
    let waited: u64 = threads.iter().filter_map(|thread| thread.waited_ns).sum();
    let share = waited as f64 / (ran.saturating_add(waited)).max(1) as f64;
    (share >= STARVED).then(|| Finding {
        text: format!(
            "Threads were ready to run and without a CPU for {}, beside {} on one: the times hold that wait. Measure again on a quiet machine, or see it by site with #[measure(cpu)].",
            duration(waited as f64),
            duration(ran as f64)
        ),
        row: None,
        warns: true,
    })
}

fn largest(rows: &[&Row]) -> Option<Finding> {
    let all: f64 = rows.iter().map(|row| row.self_ns.max(0.0)).sum();
    let (at, row) = rows
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.self_ns.total_cmp(&b.1.self_ns))?;
    (all > 0.0).then(|| Finding {
        text: format!(
            "{} has the largest self time: {} in {} {}, {} of all that was measured.",
            row.id,
            duration(row.self_ns),
            count(row.calls),
            if row.calls == 1 { "call" } else { "calls" },
            percent(row.self_ns / all)
        ),
        row: Some(at),
        warns: false,
    })
}

/// The p99 that lies farthest above its median, among sites that take a part of the time; by the lower end of its interval.
fn tail(rows: &[&Row]) -> Option<Finding> {
    let all: f64 = rows.iter().map(|row| row.total_ns.max(0.0)).sum();
    let ratio = |row: &Row| {
        let (p50, p99) = (row.quantile(0.5)?, row.quantile(0.99)?);
        Some((p99.low / p50.high.max(1.0), p50, p99))
    };
    let (at, (_, p50, p99)) = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.total_ns >= TAIL_SHARE * all)
        .filter_map(|(at, row)| Some((at, ratio(row)?)))
        .filter(|(_, (ratio, ..))| *ratio >= TAIL)
        .max_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    let row = rows.get(at)?;
    Some(Finding {
        text: format!(
            "{} has the longest tail: its p99 is {} [{}], {:.0} times its median of {}.",
            row.id,
            duration(p99.value),
            duration_range(p99.low, p99.high),
            p99.value / p50.value.max(1.0),
            duration(p50.value)
        ),
        row: Some(at),
        warns: false,
    })
}

fn failures(rows: &[&Row]) -> Option<Finding> {
    let failed = |row: &Row| row.errors + row.panicked + row.cancelled;
    let (at, row) = rows.iter().enumerate().max_by_key(|(_, row)| failed(row))?;
    (failed(row) > 0).then(|| Finding {
        text: format!(
            "{}: of {} calls {} gave Err, {} panicked; {} futures were cancelled.",
            row.id,
            count(row.calls),
            count(row.errors),
            count(row.panicked),
            count(row.cancelled)
        ),
        row: Some(at),
        warns: true,
    })
}
