//! In: a snapshot and a look. Out: the report as plain text that fits the width.

use crate::escape::{terminal, width};
use crate::report::column::Column;
use crate::report::lines::{Paint, wrapped};
use crate::report::model::{Line, Model};
use crate::report::names::{fitted, in_column};
use crate::report::terminal::Look;
use crate::report::{frame, resources, tree};
use crate::snapshot::Snapshot;

/// Columns where nobody says.
const DEFAULT_WIDTH: usize = 100;

/// Narrower than this no table makes sense.
const LEAST_WIDTH: usize = 40;

/// Columns that names get at least, unless they are all shorter; with fewer they stand on a line of their own.
const LEAST_NAMES: usize = 20;

/// Between columns.
const GAP: usize = 2;

/// Before remarks.
const INDENT: &str = "    ";

/// Columns for the labels of resources.
const LABELS: usize = 12;

/// Between remarks.
const DOT: &str = " · ";

/// A table laid out: which columns of numbers it has, and where.
struct Table {
    names: usize,                 // columns for names; 0 = names have their own lines
    columns: Vec<(usize, usize)>, // number of the cell, width
}

pub(crate) fn render(snapshot: &Snapshot, title: &str, most: usize, look: Look) -> String {
    let page = look.width.unwrap_or(DEFAULT_WIDTH).max(LEAST_WIDTH);
    let paint = Paint {
        colour: look.colour,
    };
    let mut out = String::new();
    let headline = frame::headline(snapshot);
    if !title.is_empty() {
        out.push_str(&paint.bold(&fitted(title, page)));
        out.push('\n');
    }
    if snapshot.rows.is_empty() {
        paragraph(&mut out, frame::EMPTY, page, str::to_owned);
    } else {
        paragraph(&mut out, &headline, page, str::to_owned);
        out.push('\n');
        rows(
            &mut out,
            &Model::of(snapshot, most),
            &Column::of(snapshot),
            page,
            paint,
        );
    }
    call_tree(&mut out, snapshot, most, page, paint);
    resources_taken(&mut out, snapshot, page, paint);
    out.push('\n');
    for sentence in frame::foot(snapshot) {
        paragraph(&mut out, &terminal(&sentence), page, |line| paint.dim(line));
    }
    out
}

fn paragraph(out: &mut String, text: &str, room: usize, style: impl Fn(&str) -> String) {
    for line in wrapped(text, room) {
        out.push_str(&style(&line));
        out.push('\n');
    }
}

fn rows(out: &mut String, model: &Model<'_>, columns: &[Column], page: usize, paint: Paint) {
    let titles: Vec<&str> = columns.iter().map(|column| column.title()).collect();
    let cells: Vec<Vec<String>> = model
        .rows
        .iter()
        .map(|line| {
            columns
                .iter()
                .map(|&column| tight(line.cell(column)))
                .collect()
        })
        .collect();
    let longest = model
        .rows
        .iter()
        .map(|line| width(&fitted(&line.row.id, page)))
        .max();
    let at = |dispensable: &Column| columns.iter().position(|column| column == dispensable);
    let drop: Vec<usize> = Column::DISPENSABLE.iter().filter_map(at).collect();
    let table = Table::new(page, longest.unwrap_or(0), &titles, &cells, &drop);
    let heads: Vec<String> = titles.iter().map(|&title| title.to_owned()).collect();
    table.line(out, "site", &heads, page, |line| paint.bold(line));
    let ids: Vec<&str> = model.rows.iter().map(|line| line.row.id.as_str()).collect();
    let names = in_column(&ids, table.names);
    for ((line, cells), name) in model.rows.iter().zip(&cells).zip(names) {
        let name = name.unwrap_or_else(|| fitted(&line.row.id, page));
        table.line(out, &name, cells, page, str::to_owned);
        remarks(out, line, page, paint);
    }
    if let Some(hidden) = &model.hidden {
        paragraph(out, hidden, page, |line| paint.dim(line));
    }
}

/// Numbers without the space before their unit, so that columns and not words are seen.
fn tight(cell: &str) -> String {
    cell.replace(' ', "")
}

fn remarks(out: &mut String, line: &Line<'_>, page: usize, paint: Paint) {
    let room = page - INDENT.len();
    let mut texts: Vec<(String, bool)> = Vec::new();
    for detail in &line.details {
        match texts.last_mut() {
            Some((text, warns))
                if *warns == detail.warns
                    && width(text) + width(DOT) + width(&detail.text) <= room =>
            {
                text.push_str(DOT);
                text.push_str(&detail.text);
            }
            _ => texts.push((detail.text.clone(), detail.warns)),
        }
    }
    for (text, warns) in texts {
        let style = |line: &str| {
            if warns {
                paint.warning(line)
            } else {
                paint.dim(line)
            }
        };
        paragraph(out, &text, room, |line| format!("{INDENT}{}", style(line)));
    }
}

fn call_tree(out: &mut String, snapshot: &Snapshot, most: usize, page: usize, paint: Paint) {
    let (nodes, hidden) = tree::nodes(snapshot, most);
    if nodes.is_empty() {
        return;
    }
    let cells: Vec<Vec<String>> = nodes
        .iter()
        .map(|node| node.cells.iter().map(|cell| tight(cell)).collect())
        .collect();
    let indent = |depth: usize| (2 * depth).min(page / 4);
    let full = |node: &tree::Node<'_>| indent(node.depth) + width(&fitted(node.name, page));
    let table = Table::new(
        page,
        nodes
            .iter()
            .map(full)
            .max()
            .unwrap_or(0)
            .max(width(tree::TITLE)),
        &tree::TITLES,
        &cells,
        &[2],
    );
    out.push('\n');
    table.line(
        out,
        tree::TITLE,
        &tree::TITLES.map(str::to_owned),
        page,
        |line| paint.bold(line),
    );
    for (node, cells) in nodes.iter().zip(&cells) {
        let indent = indent(node.depth);
        let fits = in_column(&[node.name], table.names.saturating_sub(indent));
        let name = fits.into_iter().flatten().next();
        let name = name.unwrap_or_else(|| fitted(node.name, page - indent));
        let name = format!("{}{name}", " ".repeat(indent));
        table.line(out, &name, cells, page, str::to_owned);
    }
    if nodes.iter().any(|node| node.sampled) {
        paragraph(out, tree::ESTIMATED, page, |line| paint.dim(line));
    }
    if let Some(hidden) = hidden {
        paragraph(out, &hidden, page, |line| paint.dim(line));
    }
}

fn resources_taken(out: &mut String, snapshot: &Snapshot, page: usize, paint: Paint) {
    let remarks = resources::remarks(snapshot);
    if remarks.is_empty() {
        return;
    }
    out.push('\n');
    out.push_str(&paint.bold(resources::TITLE));
    out.push('\n');
    for remark in remarks {
        let text = terminal(&remark.text);
        let room = page - LABELS;
        for (at, line) in wrapped(&text, room).iter().enumerate() {
            let label = if at == 0 { remark.label } else { "" };
            out.push_str("  ");
            out.push_str(label);
            out.push_str(&" ".repeat(LABELS - 2 - label.len()));
            out.push_str(&if remark.warns {
                paint.warning(line)
            } else {
                line.clone()
            });
            out.push('\n');
        }
    }
}

impl Table {
    /// Gives names what the numbers leave over; where that is too little, leaves out columns that matter less.
    fn new(
        page: usize,
        longest: usize,
        titles: &[&str],
        cells: &[Vec<String>],
        drop: &[usize],
    ) -> Self {
        let size = |at: usize| {
            let widest = cells.iter().map(|row| width(&row[at])).max().unwrap_or(0);
            (at, widest.max(width(titles[at])))
        };
        let mut columns: Vec<(usize, usize)> = (0..titles.len()).map(size).collect();
        let needed = |columns: &[(usize, usize)]| columns.iter().map(|c| c.1 + GAP).sum::<usize>();
        if needed(&columns) + LEAST_NAMES.min(longest.max(4)) <= page {
            let names = longest.max(width("site")).min(page - needed(&columns));
            return Self { names, columns };
        }
        for at in drop {
            if needed(&columns) > page {
                columns.retain(|column| column.0 != *at);
            }
        }
        Self { names: 0, columns }
    }

    /// A name, which is harmless, and its numbers; one that is wider than its column stands above them.
    fn line(
        &self,
        out: &mut String,
        name: &str,
        cells: &[String],
        page: usize,
        style: impl Fn(&str) -> String,
    ) {
        let mut line = String::new();
        if width(name) <= self.names {
            line.push_str(name);
            line.push_str(&" ".repeat(self.names - width(name)));
        } else {
            out.push_str(&style(&fitted(name, page)));
            out.push('\n');
            line.push_str(&" ".repeat(self.names));
        }
        for &(at, size) in &self.columns {
            let cell = &cells[at];
            line.push_str(&" ".repeat(GAP + size - width(cell)));
            line.push_str(cell);
        }
        out.push_str(&style(&line));
        out.push('\n');
    }
}
