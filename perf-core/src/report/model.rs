//! In: a [`Snapshot`]. Out: [`Model`], the report's rows as texts by column, sorted by self time; every format shows these.

use crate::report::column::Column;
use crate::report::detail::{Detail, details, mean_count};
use crate::snapshot::{Estimate, Row, Snapshot};
use crate::units::{NOTHING, count, duration, percent, rough_percent};

/// The quantiles that the report shows.
pub(crate) const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

/// The rows of a report.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) rows: Vec<Line<'a>>,
    pub(crate) hidden: Option<String>, // what is said of the rows that are not shown
}

/// A site's line.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) row: &'a Row,
    pub(crate) details: Vec<Detail>,
    cells: [String; Column::ALL.len()],
}

impl<'a> Model<'a> {
    /// The `most` rows with the most self time.
    pub(crate) fn of(snapshot: &'a Snapshot, most: usize) -> Self {
        let mut rows: Vec<&Row> = snapshot.rows.iter().collect();
        rows.sort_by(|a, b| {
            b.self_ns
                .total_cmp(&a.self_ns)
                .then_with(|| a.id.cmp(&b.id))
        });
        let own = |rows: &[&Row]| -> f64 { rows.iter().map(|row| row.self_ns.max(0.0)).sum() };
        let all_self = own(&rows);
        let (count, rest) = (rows.len(), rows.split_off(most.min(rows.len())));
        Self {
            hidden: (!rest.is_empty()).then(|| hidden(rest.len(), count, own(&rest) / all_self)),
            rows: rows
                .into_iter()
                .map(|row| Line::of(row, all_self, snapshot))
                .collect(),
        }
    }
}

impl<'a> Line<'a> {
    fn of(row: &'a Row, all_self: f64, snapshot: &Snapshot) -> Self {
        let mean = row.mean();
        let quantiles = QUANTILES.map(|(_, p)| row.quantile(p));
        let value = |e: &Option<Estimate>| e.as_ref().map_or_else(nothing, |e| duration(e.value));
        let [p50, p90, p99] = &quantiles;
        let cells = Column::ALL.map(|column| match column {
            Column::Calls => count(row.calls),
            Column::SelfTime => duration(row.self_ns),
            Column::Share if all_self > 0.0 => percent(row.self_ns.max(0.0) / all_self),
            Column::Share => nothing(),
            Column::Total => duration(row.total_ns),
            Column::Mean => row.mean_ns().map_or_else(nothing, duration),
            Column::P50 => value(p50),
            Column::P90 => value(p90),
            Column::P99 => value(p99),
            Column::Max => longest(row),
            Column::Allocs => row
                .allocations
                .map_or_else(nothing, |taken| mean_count(taken.own_count_per_call())),
            Column::OnCpu => row
                .cpu
                .filter(|_| row.total_ns > 0.0)
                .map_or_else(nothing, |cpu| {
                    rough_percent((cpu.on_cpu_ns / row.total_ns).min(1.0))
                }),
            Column::Faults => row
                .faults
                .map_or_else(nothing, |met| mean_count(met.own_faults_per_call())),
        });
        let details = details(row, mean.as_ref(), &quantiles, snapshot);
        Self {
            row,
            details,
            cells,
        }
    }

    pub(crate) fn cell(&self, column: Column) -> &str {
        let at = Column::ALL.iter().position(|&known| known == column);
        at.map_or("", |at| &self.cells[at])
    }
}

fn hidden(rest: usize, all: usize, share: f64) -> String {
    let share = if share.is_finite() { share } else { 0.0 };
    format!(
        "{} of {} rows shown, by self time; the rest hold {} of it. PERF_ROWS=all (cargo perf report: --all) shows every row.",
        count((all - rest) as u64),
        count(all as u64),
        percent(share)
    )
}

/// The longest recorded call: of a sampled row some call may have taken longer.
fn longest(row: &Row) -> String {
    match row.recorded {
        0 => nothing(),
        _ if row.sampled().is_some() => format!("≥{}", duration(row.max_ns)),
        _ => duration(row.max_ns),
    }
}

fn nothing() -> String {
    NOTHING.to_owned()
}
