//! In: a stream and the environment. Out: [`Look`], how wide and how colourful a report on it may be.

use crate::report::window;
use std::io::IsTerminal;

/// How a text report is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Columns; 100 if not given.
    pub width: Option<usize>,
    /// Whether ANSI colours are used.
    pub colour: bool,
}

/// The look for a stream: on a terminal its width, and colours unless `NO_COLOR` is set or `TERM` is `dumb`;
/// elsewhere neither. `COLUMNS` goes before what the terminal says.
///
/// ```
/// use perf_core::report::{Look, for_terminal};
/// let file = std::fs::File::open("Cargo.toml")?;
/// assert_eq!(for_terminal(&file), Look::default());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn for_terminal(stream: &impl IsTerminal) -> Look {
    if !stream.is_terminal() {
        return Look::default();
    }
    let asked = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let width = asked
        .filter(|&columns| columns > 0)
        .or_else(window::columns);
    let says = |name: &str, is: fn(&str) -> bool| {
        std::env::var_os(name).is_some_and(|value| is(&value.to_string_lossy()))
    };
    let plain =
        says("NO_COLOR", |value| !value.is_empty()) || says("TERM", |value| value == "dumb");
    Look {
        width,
        colour: !plain,
    }
}
