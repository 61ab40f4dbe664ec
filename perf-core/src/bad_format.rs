//! In: a word that names no format. Out: [`BadFormat`], a sentence with those that there are.

use std::fmt;

/// What was written where the name of a format was expected.
///
/// ```
/// use perf_core::report::Format;
/// let refused = "xml".parse::<Format>().expect_err("no such format").to_string();
/// assert_eq!(refused, "\"xml\" is no report format: write text, markdown or json");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFormat {
    written: String,
    of: &'static str,
    known: &'static str,
}

/// Characters of what was written that are told again.
const TOLD: usize = 80;

impl BadFormat {
    /// This word is none of the formats `of` something.
    pub(crate) fn new(written: &str, of: &'static str, known: &'static str) -> Self {
        Self {
            written: written.chars().take(TOLD).collect(),
            of,
            known,
        }
    }
}

impl fmt::Display for BadFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, of, known } = self;
        write!(f, "{written:?} is no {of} format: write {known}")
    }
}

impl std::error::Error for BadFormat {}
