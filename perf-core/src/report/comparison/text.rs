//! In: a comparison and a look. Out: one line a metric in plain words, and beneath them where they hold.

use super::shown::Shown;
use super::words::Line;
use super::{ComparisonReport, foot};
use crate::escape::{terminal, width};
use crate::judge::{Outcome, Verdict};
use crate::report::Look;
use crate::report::lines::{Paint, wrapped};

/// Columns where nobody says; the lines of metrics are never broken.
const DEFAULT_WIDTH: usize = 100;

pub(super) fn render(report: &ComparisonReport, look: Look) -> String {
    let paint = Paint {
        colour: look.colour,
    };
    let mut out = String::new();
    let shown = Shown::of(report);
    let lines: Vec<(&Outcome, Line)> = shown.outcomes.iter().map(|o| (*o, Line::of(o))).collect();
    let names = lines
        .iter()
        .map(|(_, l)| width(&terminal(&l.name)))
        .max()
        .unwrap_or(0);
    let changes = lines
        .iter()
        .map(|(_, l)| width(&l.change))
        .max()
        .unwrap_or(0);
    for (outcome, line) in &lines {
        let name = terminal(&line.name);
        let pad = |text: &str, room: usize| " ".repeat(room.saturating_sub(width(text)));
        let verdict = match outcome.verdict {
            _ if !outcome.decides => paint.dim(&line.verdict),
            Verdict::Regressed => paint.bad(&line.verdict),
            Verdict::Improved => paint.good(&line.verdict),
            Verdict::Inconclusive => paint.warning(&line.verdict),
            Verdict::Equivalent => line.verdict.clone(),
        };
        let mut text = format!(
            "{name}{}  {}{}  {verdict}  ({})",
            pad(&name, names),
            line.change,
            pad(&line.change, changes),
            line.evidence
        );
        let remarks = terminal(&line.remarks.join("; ")).into_owned();
        for part in [&line.values, &remarks] {
            if !part.is_empty() {
                text.push_str("  ");
                text.push_str(part);
            }
        }
        out.push_str(&text);
        out.push('\n');
    }
    for sentence in foot::sentences(report, &shown) {
        for line in wrapped(&terminal(&sentence), look.width.unwrap_or(DEFAULT_WIDTH)) {
            out.push_str(&paint.dim(&line));
            out.push('\n');
        }
    }
    out
}
