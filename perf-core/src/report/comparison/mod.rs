//! In: a [`Comparison`]. Out: [`ComparisonReport`]: one line a metric, a table, or the comparison itself as JSON.

mod foot;
mod markdown;
mod origin;
mod shown;
mod text;
mod words;

#[cfg(feature = "html")]
pub(crate) use foot::notes;
pub(crate) use words::evidence;
#[cfg(feature = "html")]
pub(crate) use words::{Line, NOT_DECIDING, remarks, sentence};

use crate::judge::{Comparison, Policy};
use crate::report::{Format, Look};
use std::io;

/// A comparison made readable.
///
/// ```
/// use perf_core::judge::Alternatives;
/// use std::time::Duration;
/// let found = Alternatives::new("sum").time(Duration::from_millis(5)).compare(|| 1 + 1, || 2 + 2);
/// let text = found.report().text(None, false);
/// assert!(text.starts_with("sum wall  "), "{text}"); // sum wall  +0.0 % [-0.4, +0.3]  the same within 1 %  (20 rounds, 99 %)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ComparisonReport<'a> {
    pub(super) comparison: &'a Comparison,
    policy: Option<&'a Policy>,
    rest_by: Option<&'a str>, // how to see what is left out; all is shown where none
}

impl Comparison {
    /// This comparison's report.
    pub fn report(&self) -> ComparisonReport<'_> {
        ComparisonReport {
            comparison: self,
            policy: None,
            rest_by: None,
        }
    }
}

impl<'a> ComparisonReport<'a> {
    /// The same with the answers to the policy's absolute budgets.
    #[must_use]
    pub fn with_policy(self, policy: &'a Policy) -> Self {
        Self {
            policy: Some(policy),
            ..self
        }
    }

    /// Text and Markdown without the numbers of sites that neither decide nor changed; how many are missing is said, with this advice on
    /// how to see them. Warnings are of the numbers that decide or changed. JSON always holds all.
    #[must_use]
    pub fn findings_alone(self, advice: &'a str) -> Self {
        Self {
            rest_by: Some(advice),
            ..self
        }
    }

    /// One line a metric, and sentences beneath, at most `width` columns wide (100 if not given). Names are harmless in it.
    pub fn text(&self, width: Option<usize>, colour: bool) -> String {
        text::render(self, Look { width, colour })
    }

    /// A table in GitHub-flavoured Markdown.
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }

    /// The comparison as one JSON object, indented.
    ///
    /// # Panics
    /// Never: nothing in a comparison is foreign to JSON.
    pub fn json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self.comparison).expect(
            "a comparison holds numbers, texts and lists of them: all of it has a place in JSON",
        );
        json.push('\n');
        json
    }

    /// Writes it to a stream or file.
    ///
    /// # Errors
    /// What the stream says: a closed pipe, a full disk.
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
