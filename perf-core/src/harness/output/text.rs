//! In: measurements. Out: a line each in plain words, and lines beneath it for what should be known beside the number.

use super::Line;
use crate::harness::child::stage::Throughput;
use crate::harness::measurement::Measurement;
use crate::judge::Unit;
use crate::{escape, units};
use std::fmt::Write as _;

/// The column that intervals take, so that what follows them stands in line.
const INTERVAL: usize = 16;

/// The line of one benchmark, ended.
pub(in crate::harness) fn line(line: &Line, width: usize) -> String {
    let id = padded(&line.id, width);
    match &line.measured {
        Ok(measured) => {
            let mut text = format!("{id}  {}\n", answer(measured));
            for note in &measured.notes {
                let _ = writeln!(text, "    {}", escape::terminal(note));
            }
            text
        }
        Err(failure) => format!(
            "{id}  no answer: {}\n",
            escape::terminal(&failure.to_string())
        ),
    }
}

/// The name, made harmless, in its column.
pub(super) fn padded(id: &str, width: usize) -> String {
    let id = escape::terminal(id);
    let missing = width.saturating_sub(escape::width(&id));
    format!("{id}{}", " ".repeat(missing))
}

fn answer(measured: &Measurement) -> String {
    let mut parts = vec![
        measured.kind.aligned(measured.estimate),
        format!("{:<INTERVAL$}", interval(measured)),
    ];
    if let Some(rate) = rate(measured) {
        parts.push(rate);
    }
    let tails: Vec<String> = measured
        .tails()
        .iter()
        .map(|tail| format!("p{} {}", tail.p * 100.0, units::duration(tail.value)))
        .collect();
    if !tails.is_empty() {
        parts.push(format!("calls {}", tails.join(" ")));
    }
    if let Some(allocations) = measured.allocations {
        let bytes = units::bytes(allocations.bytes);
        parts.push(format!("{} allocations, {bytes}", shown(allocations.count)));
    }
    if measured.threads > 1 {
        parts.push(format!("{} threads", measured.threads));
    }
    parts.push(format!("({} processes)", measured.processes.len()));
    parts.join("  ")
}

/// A count that may be a mean.
fn shown(count: f64) -> String {
    if count.fract() == 0.0 {
        units::count(count as u64)
    } else {
        format!("{count:.2}")
    }
}

/// The interval as between brackets; of counts that all agree, that they do.
pub(super) fn range(measured: &Measurement) -> String {
    match (measured.low, measured.high) {
        _ if measured.is_exact() => "exact".to_owned(),
        (Some(low), Some(high)) if measured.kind.unit == Unit::Nanoseconds => {
            units::duration_range(low, high)
        }
        (Some(low), Some(high)) => {
            format!(
                "{}–{}",
                measured.kind.number(low),
                measured.kind.number(high)
            )
        }
        _ => "unbounded".to_owned(),
    }
}

fn interval(measured: &Measurement) -> String {
    if measured.is_exact() {
        range(measured)
    } else {
        format!("[{}]", range(measured))
    }
}

/// Bytes or items per second.
pub(super) fn rate(measured: &Measurement) -> Option<String> {
    if !measured.kind.is_time() || !measured.is_something() {
        return None;
    }
    let per_second =
        |amount: u64| amount as f64 * 1e9 / measured.estimate * measured.threads.max(1) as f64;
    Some(match measured.throughput? {
        Throughput::Bytes(bytes) => format!("{}/s", units::bytes(per_second(bytes).round())),
        Throughput::Items(items) => format!("{} items/s", units::count(per_second(items) as u64)),
    })
}
