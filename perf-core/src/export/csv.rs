//! In: rows. Out: comma-separated values with a head, times in nanoseconds; an empty cell is a number that is not known.

use crate::escape::terminal;
use crate::snapshot::{Row, Snapshot};
use std::fmt::Write;

const HEAD: &str = "id,file,line,calls,recorded,panicked,errors,cancelled,self_ns,total_ns,mean_ns,\
                    p50_ns,p50_low_ns,p50_high_ns,p90_ns,p90_low_ns,p90_high_ns,p99_ns,p99_low_ns,p99_high_ns,max_ns";

pub(super) fn write(snapshot: &Snapshot) -> String {
    let mut text = format!("{HEAD}\n");
    for row in &snapshot.rows {
        let _ = writeln!(text, "{}", line(row)); // a string takes whatever is written
    }
    text
}

fn line(row: &Row) -> String {
    let mut cells = vec![quoted(&row.id), quoted(&row.file), row.line.to_string()];
    let counts = [
        row.calls,
        row.recorded,
        row.panicked,
        row.errors,
        row.cancelled,
    ];
    cells.extend(counts.iter().map(ToString::to_string));
    cells.push(format!("{:.0}", row.self_ns));
    cells.push(format!("{:.0}", row.total_ns));
    cells.push(
        row.mean_ns()
            .map_or_else(String::new, |mean| format!("{mean:.1}")),
    );
    for p in [0.5, 0.9, 0.99] {
        let estimate = row.quantile(p);
        let numbers = estimate.map(|e| [e.value, e.low, e.high]);
        let cell = |i: usize| numbers.map_or_else(String::new, |n| format!("{:.0}", n[i]));
        cells.extend([0, 1, 2].map(cell));
    }
    cells.push(format!("{:.0}", row.max_ns));
    cells.join(",")
}

/// In quotes; what a spreadsheet would take for a formula is preceded by an apostrophe.
fn quoted(name: &str) -> String {
    let name = terminal(name).replace('"', "\"\"");
    let guard = if name.starts_with(['=', '+', '-', '@']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{name}\"")
}
