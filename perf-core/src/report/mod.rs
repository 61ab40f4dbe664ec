//! In: a [`Snapshot`]. Out: [`Report`], what a person reads: text for a terminal, Markdown, or JSON, all from one row model.

mod column;
pub mod comparison;
mod detail;
mod frame;
pub(crate) mod lines;
mod markdown;
mod model;
mod names;
#[cfg(feature = "html")]
pub(crate) mod page;
mod resources;
mod terminal;
mod text;
mod tree;
mod window;

pub use crate::bad_format::BadFormat;
#[cfg(feature = "html")]
pub use page::Page;
pub use terminal::{Look, for_terminal};

use crate::snapshot::Snapshot;
use std::io;
use std::str::FromStr;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A table for terminals and logs.
    #[default]
    Text,
    /// A table for pull requests and notes.
    Markdown,
    /// The snapshot itself: schema 1, reads back equal.
    Json,
}

impl FromStr for Format {
    type Err = BadFormat;

    fn from_str(text: &str) -> Result<Self, BadFormat> {
        match text.trim() {
            "text" => Ok(Self::Text),
            "markdown" | "md" => Ok(Self::Markdown),
            "json" => Ok(Self::Json),
            _ => Err(BadFormat::new(text, "report", "text, markdown or json")),
        }
    }
}

/// A snapshot made readable: rows by self time, every number with its uncertainty, and what measuring cost.
///
/// ```
/// use perf_core::report::Report;
/// let _on = perf_core::enable();
/// { let _span = perf_core::span!("checkout"); }
/// let snapshot = perf_core::snapshot();
/// let text = Report::new(&snapshot, "shop").text(None, false);
/// assert!(text.contains("checkout") && text.lines().all(|line| line.chars().count() <= 100));
/// ```
#[derive(Clone, Debug)]
pub struct Report<'a> {
    snapshot: &'a Snapshot,
    title: String,
    most: usize, // rows, and contexts
}

/// Rows shown unless something else is asked for: with their second lines some two screens.
pub(crate) const MOST_ROWS: usize = 40;

impl Snapshot {
    /// This snapshot's report, without a title.
    ///
    /// ```
    /// assert!(perf_core::snapshot().report().text(None, false).contains("No site was entered"));
    /// ```
    pub fn report(&self) -> Report<'_> {
        Report::new(self, "")
    }
}

impl<'a> Report<'a> {
    /// The report of a snapshot under a title, often the program's name.
    pub fn new(snapshot: &'a Snapshot, title: &str) -> Self {
        Self {
            snapshot,
            title: title.to_owned(),
            most: MOST_ROWS,
        }
    }

    /// Shows this many rows (40 unless set, `usize::MAX` for all of them), those with the most self time, and of the call tree this
    /// many contexts; what is left out is counted in a sentence. JSON always holds everything.
    ///
    /// ```
    /// let _on = perf_core::enable();
    /// { let _span = perf_core::span!("one"); }
    /// { let _span = perf_core::span!("two"); }
    /// let snapshot = perf_core::snapshot();
    /// assert!(snapshot.report().rows(1).text(None, false).contains("1 of 2 rows shown"));
    /// assert!(!snapshot.report().rows(usize::MAX).text(None, false).contains("rows shown"));
    /// ```
    #[must_use]
    pub fn rows(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// As a table that is at most `width` columns wide (100 if not given, never less than 40).
    ///
    /// Long ids are shortened in their middle; where the table is too narrow for names they stand on a line of their own, and
    /// below some 75 columns the less important numbers are left out.
    pub fn text(&self, width: Option<usize>, colour: bool) -> String {
        text::render(
            self.snapshot,
            &self.title,
            self.most,
            Look { width, colour },
        )
    }

    /// As GitHub-flavoured Markdown.
    pub fn markdown(&self) -> String {
        markdown::render(self.snapshot, &self.title, self.most)
    }

    /// The snapshot as JSON, indented.
    ///
    /// # Panics
    /// Never: nothing in a snapshot is foreign to JSON.
    pub fn json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self.snapshot).expect(
            "a snapshot holds numbers, texts and lists of them: all of it has a place in JSON",
        );
        json.push('\n');
        json
    }

    /// Writes it to a stream or file.
    ///
    /// # Errors
    /// What the stream says: a closed pipe, a full disk.
    ///
    /// ```
    /// use perf_core::report::{Format, for_terminal};
    /// let snapshot = perf_core::snapshot();
    /// let stdout = std::io::stdout();
    /// let look = for_terminal(&stdout);
    /// assert!(snapshot.report().write(&mut stdout.lock(), Format::Text, look).is_ok());
    /// ```
    pub fn write(&self, to: &mut dyn io::Write, format: Format, look: Look) -> io::Result<()> {
        let report = match format {
            Format::Text => self.text(look.width, look.colour),
            Format::Markdown => self.markdown(),
            Format::Json => self.json(),
        };
        to.write_all(report.as_bytes())?;
        to.flush()
    }
}
