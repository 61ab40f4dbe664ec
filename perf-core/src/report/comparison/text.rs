//! In: a comparison and a look. Out: one line a metric in plain words, and beneath them where they hold.

use super::shown::Shown;
use super::words::Line;
use super::{ComparisonReport, foot};
use crate::escape::{terminal, width};
use crate::judge::{Outcome, Verdict};
use crate::report::Look;
use crate::report::lines::{Paint, wrapped};
use std::fmt::Write;

/// Columns where nobody says; the lines of metrics are then not broken.
const DEFAULT_WIDTH: usize = 100;

/// Before what goes beneath a metric's line.
const INDENT: &str = "    ";

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
        let _ = write!(
            out,
            "{name}{}  {}{}  {verdict}",
            pad(&name, names),
            line.change,
            pad(&line.change, changes),
        );
        let used = names + changes + 4 + width(&line.verdict);
        let remarks = terminal(&line.remarks.join("; ")).into_owned();
        let parts = [format!("({})", line.evidence), line.values.clone(), remarks];
        go_on(&mut out, used, &parts, look.width);
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

/// The parts after what takes `used` columns of a line, and beneath it where they have no room there.
fn go_on(out: &mut String, used: usize, parts: &[String], page: Option<usize>) {
    let page = page.unwrap_or(usize::MAX);
    let mut used = used;
    for part in parts.iter().filter(|part| !part.is_empty()) {
        if used + 2 + width(part) <= page {
            out.push_str("  ");
            out.push_str(part);
            used += 2 + width(part);
            continue;
        }
        for line in wrapped(part, page.saturating_sub(INDENT.len())) {
            out.push('\n');
            out.push_str(INDENT);
            out.push_str(&line);
            used = INDENT.len() + width(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_goes_beneath() {
        let told = |page| {
            let mut out = "parse wall  -31.2 %  faster".to_owned();
            let parts = ["(980 rounds)", "", "2.90 µs -> 2.00 µs", "busy"].map(str::to_owned);
            let used = width(&out);
            go_on(&mut out, used, &parts, page);
            out
        };
        let line = "parse wall  -31.2 %  faster  (980 rounds)  2.90 µs -> 2.00 µs  busy";
        assert_eq!(told(None), line);
        assert_eq!(told(Some(width(line))), line);
        let beneath = "parse wall  -31.2 %  faster  (980 rounds)\n    2.90 µs -> 2.00 µs  busy";
        assert_eq!(told(Some(width(line) - 7)), beneath);
        assert!(told(Some(30)).lines().all(|line| width(line) <= 30));
    }
}
