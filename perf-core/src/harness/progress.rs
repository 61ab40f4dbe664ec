//! In: how far the work is. Out: one line on standard error that is written over, where that is a terminal.

use crate::escape;
use std::io::{IsTerminal, Write};

/// The progress of one benchmark among several.
pub(super) struct Progress {
    head: String,
    shown: bool,
}

impl Progress {
    pub(super) fn new(number: usize, of: usize, id: &str) -> Self {
        let id: String = escape::terminal(id).chars().take(50).collect();
        Self {
            head: format!("[{}/{of}] {id}", number + 1),
            shown: std::io::stderr().is_terminal(),
        }
    }

    /// So many of the parts are done.
    pub(super) fn show(&self, done: usize, of: usize) {
        self.say(&format!("{done}/{of} processes"));
    }

    pub(super) fn say(&self, words: &str) {
        if self.shown {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K{}  {words}", self.head);
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}
