//! In: how a task ended. Out: the exit code, the same for every subcommand.

use std::fmt;
use std::process::ExitCode;

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// No confirmed regression.
    Fine,
    /// At least one, or a broken budget.
    Regressed,
    /// Inconclusive, and that is denied.
    Inconclusive,
    /// Usage, unreadable or foreign input, a failing program.
    CouldNotJudge,
}

impl Exit {
    /// From the code of a comparison or a suite.
    pub(crate) fn of_code(code: u8) -> Self {
        match code {
            0 => Self::Fine,
            1 => Self::Regressed,
            2 => Self::Inconclusive,
            _ => Self::CouldNotJudge,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Regressed => 1,
            Exit::Inconclusive => 2,
            Exit::CouldNotJudge => 3,
        })
    }
}

/// Why a task could not be done: a sentence with cause and remedy.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    pub(crate) fn new(sentence: impl fmt::Display) -> Self {
        Self(sentence.to_string())
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
