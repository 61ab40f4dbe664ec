//! In: what can go wrong with starting a command. Out: [`LaunchError`], cause and remedy.

use std::fmt;
use std::io;

/// Why a command was not run. A command that ran and failed is no error: see [`End`](super::End).
#[derive(Debug)]
#[non_exhaustive]
pub enum LaunchError {
    /// A quote, or a backslash at the end, is left open.
    Quoting {
        /// Which.
        quote: char,
    },
    /// The command line holds no word.
    Empty,
    /// This platform has no `wait4`.
    Unsupported,
    /// The helper process could not be started.
    Helper(io::Error),
    /// The helper process ended, or spoke another language: another version, or somebody killed it.
    Lost(io::Error),
    /// The program could not be started.
    Start {
        /// The command as one would type it.
        command: String,
        /// The system's words.
        cause: String,
    },
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quoting { quote: '\\' } => {
                f.write_str("the command ends in a backslash that quotes nothing")
            }
            Self::Quoting { quote } => write!(f, "the command has a {quote} that is never closed"),
            Self::Empty => f.write_str("the command is empty"),
            Self::Unsupported => f.write_str(
                "this platform has no wait4: commands are measured on Linux, macOS and the BSDs",
            ),
            Self::Helper(cause) => write!(f, "cannot start the helper process: {cause}"),
            Self::Lost(cause) => write!(f, "the helper process is lost ({cause}): measure again"),
            Self::Start { command, cause } => write!(f, "cannot start `{command}`: {cause}"),
        }
    }
}

impl std::error::Error for LaunchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Helper(cause) | Self::Lost(cause) => Some(cause),
            _ => None,
        }
    }
}
