//! In: a snapshot. Out: the report as GitHub-flavoured Markdown.

use crate::escape::markdown as escaped;
use crate::report::column::Column;
use crate::report::model::Model;
use crate::report::{frame, resources, tree};
use crate::snapshot::Snapshot;
use std::fmt::Write;

/// Levels of a list that readers still indent.
const DEEPEST: usize = 12;

pub(crate) fn render(snapshot: &Snapshot, title: &str, most: usize) -> String {
    let mut out = String::new();
    if !title.is_empty() {
        line(&mut out, format_args!("## {}\n", escaped(title)));
    }
    if snapshot.rows.is_empty() {
        line(&mut out, format_args!("{}", escaped(frame::EMPTY)));
    } else {
        line(&mut out, format_args!("{}\n", frame::headline(snapshot)));
        rows(&mut out, &Model::of(snapshot, most), &Column::of(snapshot));
    }
    call_tree(&mut out, snapshot, most);
    resources_taken(&mut out, snapshot);
    for sentence in frame::foot(snapshot) {
        line(&mut out, format_args!("\n{}", escaped(&sentence)));
    }
    out
}

fn rows(out: &mut String, model: &Model<'_>, columns: &[Column]) {
    let titles: Vec<&str> = columns.iter().map(|column| column.title()).collect();
    line(out, format_args!("| site | {} |", titles.join(" | ")));
    line(out, format_args!("|:--|{}", "--:|".repeat(columns.len())));
    for row in &model.rows {
        let cells: Vec<&str> = columns.iter().map(|&column| row.cell(column)).collect();
        line(
            out,
            format_args!("| {} | {} |", escaped(&row.row.id), cells_of(&cells)),
        );
    }
    out.push('\n');
    for row in model.rows.iter().filter(|row| !row.details.is_empty()) {
        let details: Vec<&str> = row
            .details
            .iter()
            .map(|detail| detail.text.as_str())
            .collect();
        line(
            out,
            format_args!(
                "- {}: {}",
                escaped(&row.row.id),
                escaped(&details.join(" · "))
            ),
        );
    }
    if let Some(hidden) = &model.hidden {
        line(out, format_args!("\n{}", escaped(hidden)));
    }
}

/// `<0.01 %` and `~1 ms` hold marks too.
fn cells_of(cells: &[&str]) -> String {
    cells
        .iter()
        .map(|cell| escaped(cell))
        .collect::<Vec<_>>()
        .join(" | ")
}

fn call_tree(out: &mut String, snapshot: &Snapshot, most: usize) {
    let (nodes, hidden) = tree::nodes(snapshot, most);
    if nodes.is_empty() {
        return;
    }
    line(out, format_args!("\n### {}\n", tree::TITLE));
    for node in &nodes {
        let [calls, own, share, total] = &node.cells;
        let numbers = escaped(&format!(
            "{calls} calls, self {own} ({share}), total {total}"
        ));
        let indent = "  ".repeat(node.depth.min(DEEPEST));
        line(
            out,
            format_args!("{indent}- {}: {numbers}", escaped(node.name)),
        );
    }
    if nodes.iter().any(|node| node.sampled) {
        line(out, format_args!("\n{}", escaped(tree::ESTIMATED)));
    }
    if let Some(hidden) = hidden {
        line(out, format_args!("\n{}", escaped(&hidden)));
    }
}

fn resources_taken(out: &mut String, snapshot: &Snapshot) {
    let remarks = resources::remarks(snapshot);
    if remarks.is_empty() {
        return;
    }
    line(out, format_args!("\n### {}\n", resources::TITLE));
    for remark in &remarks {
        line(
            out,
            format_args!("- {}: {}", remark.label, escaped(&remark.text)),
        );
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "{text}");
}
