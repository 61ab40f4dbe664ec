//! In: how a child ended and what the kernel counted. Out: [`Finished`].

use crate::run::Usage;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One run of a command, from before its start to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// What it took.
    pub usage: Usage,
    /// Bytes that it wrote to standard output.
    pub stdout_bytes: u64,
    /// The last 4 KiB of what it wrote to standard error; not escaped.
    pub stderr_tail: String,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum End {
    /// With this exit code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
    /// Killed, because its time was up.
    TimedOut,
}

impl End {
    /// Whether it ended with exit code 0.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Exit(0))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => write!(f, "signal {number}"),
            Self::TimedOut => f.write_str("killed: its time was up"),
        }
    }
}
