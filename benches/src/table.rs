//! In: rows. Out: Markdown, or JSON.

use crate::summary::{Median, Row};
use std::fmt::Write;

/// Everything one run found.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Found {
    pub(crate) machine: String,
    pub(crate) seconds_since_1970: u64,
    pub(crate) seed: u64,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
}

/// The table with machine and date.
pub(crate) fn markdown(found: &Found) -> String {
    let mut text = String::new();
    let raw = found.rows.iter().map(|row| row.raw_ns.value);
    let (low, high) = raw.fold((f64::INFINITY, 0.0_f64), |(l, h), ns| {
        (l.min(ns), h.max(ns))
    });
    let rounds = found.rows.iter().map(|row| row.rounds).min().unwrap_or(0);
    let _ = writeln!(
        text,
        "{}; {}; {rounds} rounds, seed {}.\nR = two raw quanta reads around the same function, timed beside each contender: \
         {low:.1} to {high:.1} ns a call. Medians with 95 % intervals; ratios are taken within a round.\n",
        found.machine,
        date(found.seconds_since_1970),
        found.seed
    );
    text.push_str("| contender | version | ns a call | / R | added to the bare call, in R | two threads / one, over R's |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    for row in &found.rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            row.name,
            row.version,
            cell(row.ns, 1),
            cell(row.ratio, 3),
            cell(row.added, 3),
            cell(row.threads, 3)
        );
    }
    for note in &found.notes {
        let _ = writeln!(text, "\n{note}");
    }
    text
}

pub(crate) fn cell(median: Median, digits: usize) -> String {
    match (median.low, median.high) {
        (Some(low), Some(high)) => format!(
            "{:.digits$} [{low:.digits$}, {high:.digits$}]",
            median.value
        ),
        _ => format!("{:.digits$}", median.value),
    }
}

/// Days since 1970 as a date of the Gregorian calendar (Howard Hinnant's `days_from_civil`, inverted).
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(1_735_689_599), "2024-12-31");
    }
}
