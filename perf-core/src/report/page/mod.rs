//! In: runs, snapshots, comparisons. Out: [`Page`], one HTML file that needs nothing else: no network, no script to be readable.

mod axis;
mod calls;
mod change;
mod distribution;
mod experiment;
mod findings;
mod flame;
mod frame;
mod history;
mod icicle;
mod marks;
mod method;
mod plot;
mod resources;
mod series;
mod sides;
mod sites;
mod waterfall;

pub(crate) use experiment::{article, body};
pub(crate) use frame::moment;

use crate::history::{Changes, Entry};
use crate::report::comparison::ComparisonReport;
use crate::report::model::Model;
use crate::run::{Run, RunError};
use crate::snapshot::Snapshot;
use maud::{Markup, html};
use std::path::Path;

/// A page for a browser: what was run, what stands out, every site with its distribution, the call tree, resources, experiments, and
/// how it was measured. Names are escaped by construction, and the same contents give the same bytes.
///
/// ```
/// use perf_core::report::Page;
/// let _on = perf_core::enable();
/// { let _span = perf_core::span!("<img onerror=alert(1)>"); }
/// let snapshot = perf_core::snapshot();
/// let html = Page::new("shop").snapshot(&snapshot).html();
/// assert!(html.starts_with("<!DOCTYPE html>") && html.contains("&lt;img onerror"));
/// assert!(!html.contains("<img"));
/// ```
#[derive(Clone, Debug)]
pub struct Page<'a> {
    title: String,
    parts: Vec<Part<'a>>,
}

#[derive(Clone, Debug)]
enum Part<'a> {
    Snapshot(&'a Snapshot, Option<&'a Run>),
    Comparison(ComparisonReport<'a>),
    History(&'a [Entry], &'a Changes),
    /// First screen and rest of what a higher layer has drawn.
    Drawn(Markup, Markup),
    /// What makes the page again.
    Command(String),
}

impl<'a> Page<'a> {
    /// A page without contents.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            parts: Vec::new(),
        }
    }

    /// The same page with a snapshot's sites, tree and resources.
    #[must_use]
    pub fn snapshot(self, snapshot: &'a Snapshot) -> Self {
        self.with(Part::Snapshot(snapshot, None))
    }

    /// The same page with a run: its snapshot, machine and provenance.
    #[must_use]
    pub fn run(self, run: &'a Run) -> Self {
        self.with(Part::Snapshot(&run.snapshot, Some(run)))
    }

    /// The same page with a comparison.
    #[must_use]
    pub fn comparison(self, report: ComparisonReport<'a>) -> Self {
        self.with(Part::Comparison(report))
    }

    /// The same page with the history that was checked, and where its numbers changed.
    ///
    /// ```
    /// use perf_core::history::{Entry, check};
    /// use perf_core::report::Page;
    /// let night = |n: u32| Entry::now("server").with_commit(&format!("c{n}")).with("wall", f64::from(100 + n / 20 * 9 + n % 3));
    /// let entries: Vec<Entry> = (0..40).map(night).collect();
    /// let changes = check(&entries, 0.01)?;
    /// let html = Page::new("server").history(&entries, &changes).html();
    /// assert!(html.contains("since c20 (after c19)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn history(self, entries: &'a [Entry], changes: &'a Changes) -> Self {
        self.with(Part::History(entries, changes))
    }

    /// The same page with the command that does again what it shows.
    #[must_use]
    pub fn command(self, line: &str) -> Self {
        self.with(Part::Command(line.to_owned()))
    }

    /// The same page with what a higher layer has drawn.
    pub(crate) fn drawn(self, first: Markup, rest: Markup) -> Self {
        self.with(Part::Drawn(first, rest))
    }

    fn with(mut self, part: Part<'a>) -> Self {
        self.parts.push(part);
        self
    }

    /// The page.
    pub fn html(&self) -> String {
        let parts = self.parts.iter().enumerate();
        let models: Vec<Option<Model<'_>>> = self.parts.iter().map(Part::model).collect();
        let first = html! {
            @for ((number, part), model) in parts.clone().zip(&models) { (part.first(number, model.as_ref())) }
        };
        let rest = html! {
            @for ((number, part), model) in parts.zip(&models) { (part.rest(number, model.as_ref())) }
        };
        crate::escape::page(frame::document(&self.title, &first, &rest).into_string())
    }

    /// Writes the page to a file: whole or not at all.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), RunError> {
        crate::run::write_whole(path, self.html().as_bytes())
    }
}

impl<'a> Part<'a> {
    fn model(&self) -> Option<Model<'a>> {
        match self {
            Self::Snapshot(snapshot, _) => Some(Model::of(snapshot, usize::MAX)),
            _ => None,
        }
    }

    /// Its part of the first screen.
    fn first(&self, number: usize, model: Option<&Model<'a>>) -> Markup {
        match (self, model) {
            (Self::Snapshot(snapshot, run), Some(model)) => {
                frame::first(number, snapshot, *run, model)
            }
            (Self::Comparison(report), _) => html! {
                ul.findings { (experiment::headlines(number, report.comparison)) }
            },
            (Self::History(_, changes), _) => html! {
                ul.findings { (history::headlines(number, changes)) }
            },
            (Self::Drawn(first, _), _) => first.clone(),
            (Self::Command(line), _) => html! { p.quiet { "By " code { (line) } } },
            _ => html! {},
        }
    }

    fn rest(&self, number: usize, model: Option<&Model<'a>>) -> Markup {
        match (self, model) {
            (Self::Snapshot(snapshot, run), Some(model)) => html! {
                (sites::section(number, snapshot, model))
                (flame::section(number, snapshot))
                (resources::section(number, snapshot))
                (method::section(number, snapshot, *run))
            },
            (Self::Comparison(report), _) => html! {
                (experiment::section(number, report))
                (method::of_comparison(number, &report.comparison.environment))
            },
            (Self::History(entries, changes), _) => history::section(number, entries, changes),
            (Self::Drawn(_, rest), _) => rest.clone(),
            (Self::Command(line), _) => method::again(line),
            _ => html! {},
        }
    }
}
