//! In: a comparison. Out: a table in GitHub-flavoured Markdown.

use super::shown::Shown;
use super::words::Line;
use super::{ComparisonReport, foot};
use crate::escape::markdown as escaped;
use crate::judge::Verdict;
use std::fmt::Write;

pub(super) fn render(report: &ComparisonReport) -> String {
    let comparison = report.comparison;
    let mut out = format!("**{}**\n\n", comparison.verdict);
    out.push_str("| what | baseline | candidate | change | verdict | evidence |\n|:--|--:|--:|--:|:--|:--|\n");
    let shown = Shown::of(report);
    for outcome in &shown.outcomes {
        let words = Line::of(outcome);
        let value = |v: Option<f64>| {
            v.map_or_else(
                || crate::units::NOTHING.to_owned(),
                |v| outcome.unit.print(v),
            )
        };
        let verdict = match outcome.verdict {
            Verdict::Regressed if outcome.decides => format!("**{}**", words.verdict),
            _ => words.verdict,
        };
        let mut evidence = vec![words.evidence];
        evidence.extend(words.remarks);
        let cells = [
            escaped(&words.name),
            escaped(&value(outcome.baseline)),
            escaped(&value(outcome.candidate)),
            escaped(&words.change),
            verdict,
            escaped(&evidence.join("; ")),
        ];
        line(&mut out, format_args!("| {} |", cells.join(" | ")));
    }
    for sentence in foot::sentences(report, &shown) {
        line(&mut out, format_args!("\n{}", escaped(&sentence)));
    }
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "{text}");
}
