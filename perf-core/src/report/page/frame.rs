//! In: the parts of a page. Out: the document around them: head, a policy that allows nothing from outside, first screen.

use crate::report::frame::headline;
use crate::report::model::Model;
use crate::report::page::findings::findings;
use crate::report::page::sites;
use crate::run::Run;
use crate::snapshot::Snapshot;
use crate::units::{duration, rough_percent};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Digests of both, which the page's policy names; a test holds them against the files.
const STYLE_SHA256: &str = "SLefRBSNw6jtMehO8rMBW6vpG1TjG0BPB/O3OLHN9oc=";
const SCRIPT_SHA256: &str = "TS4JFm0SYeAxmG+UC6KiwTnHkz93Pvm3kN+STScAcdM=";

pub(super) fn document(title: &str, first: &Markup, rest: &Markup) -> Markup {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{STYLE_SHA256}'; script-src 'sha256-{SCRIPT_SHA256}'; base-uri 'none'; form-action 'none'"
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (title) }
                    button.needs-script type="button" data-theme-switch hidden { "dark or light" }
                }
                main { (first) (rest) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// What was run, where, when, at what cost, and what matters most of it.
pub(super) fn first(
    page: usize,
    snapshot: &Snapshot,
    run: Option<&Run>,
    model: &Model<'_>,
) -> Markup {
    let cost = &snapshot.cost;
    let covered = (snapshot.covers_ns as f64).max(1.0);
    html! {
        section.first aria-label="what matters most" {
            p {
                (headline(snapshot))
                @if let Some(run) = run { ", " (run.program) }
                ", ended " time { (moment(run.map_or(snapshot.taken_unix_ms, |run| run.ended_unix_ms))) }
                @if let Some(machine) = run.and_then(|run| run.environment.as_ref()) {
                    ", on " (machine.cpu.as_deref().unwrap_or("an unknown processor")) ", " (machine.os)
                }
                ". Measuring cost " (duration(cost.total_ns)) ", " (rough_percent(cost.total_ns / covered)) " of the time covered."
            }
            ul.findings {
                @for finding in findings(snapshot, model) {
                    li.warns[finding.warns] {
                        @if let Some(row) = finding.row {
                            a href=(format!("#{}", sites::anchor(page, row))) { (finding.text) }
                        } @else { (finding.text) }
                    }
                }
            }
        }
    }
}

/// Milliseconds since 1970 as a date and time of day in UTC (days to a date as Howard Hinnant's `civil_from_days`).
pub(crate) fn moment(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000;
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_policy_allows_this_style_and_this_script() {
        let digest = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
        assert_eq!(STYLE_SHA256, digest(STYLE));
        assert_eq!(SCRIPT_SHA256, digest(SCRIPT));
    }

    #[test]
    fn moments() {
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(moment(951_782_399_000), "2000-02-28 23:59:59 UTC");
        assert_eq!(moment(951_782_400_000), "2000-02-29 00:00:00 UTC");
    }
}
