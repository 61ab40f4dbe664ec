//! In: finished text, warnings, problems. Out: standard output and standard error, with colour on a terminal alone.

use crate::exit::Failure;
use anstyle::{AnsiColor, Style};
use std::fmt::Display;
use std::io::{self, Write};

/// Prints the whole answer of a task.
///
/// # Errors
/// A full disk or another failure of standard output; that the reader has gone away is none.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(format_args!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

/// A problem that ends the task.
pub(crate) fn problem(sentence: &impl Display) {
    say("error", AnsiColor::Red, sentence);
}

fn say(word: &str, colour: AnsiColor, sentence: &impl Display) {
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let text = sentence.to_string();
    let mut lines = text.lines().map(perf_core::escape::terminal);
    let first = lines.next().unwrap_or_default();
    let mut to = anstream::stderr().lock();
    // Standard error is closed or full: nobody is there to be told.
    let _ = writeln!(to, "{style}{word}{style:#}: {first}");
    for line in lines {
        let _ = writeln!(to, "  {line}");
    }
}

/// What is being done that takes a while.
pub(crate) fn note(sentence: &impl Display) {
    say("perf", AnsiColor::Cyan, sentence);
}
