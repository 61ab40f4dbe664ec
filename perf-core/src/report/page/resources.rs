//! In: a snapshot's resources. Out: peaks against limits in words, and how they went over time as pictures.

use crate::report::page::{marks, series};
use crate::report::resources::{self, TITLE};
use crate::snapshot::Snapshot;
use maud::{Markup, html};

/// The section; nothing where no resource was read.
pub(super) fn section(page: usize, snapshot: &Snapshot) -> Markup {
    let remarks = resources::remarks(snapshot);
    let Some(known) = &snapshot.resources else {
        return html! {};
    };
    let drawn = || known.series.iter().filter(|one| one.steps.len() > 1);
    html! {
        section.resources id=(format!("resources-{page}")) aria-labelledby=(format!("resources-title-{page}")) {
            h2 id=(format!("resources-title-{page}")) { (capital(TITLE)) }
            dl {
                @for remark in &remarks {
                    dt { (remark.label) }
                    dd.warns[remark.warns] { (remark.text) }
                }
            }
            @if drawn().next().is_some() { (marks::sessions(known)) }
            @for one in drawn() { (series::picture(one, known)) }
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
