//! In: what became of a measured process. Out: [`Failure`], the sentence that says so.

use crate::harness::protocol;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a benchmark has no answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// It panicked.
    Panicked { text: String },
    /// Its process ended; `words` say how.
    Ended { words: String, success: bool },
    /// It took longer than it may over one request.
    TooLong { cap: Duration },
    /// Its function returned without having measured anything.
    Nothing,
    /// The executable has no such benchmark.
    NotOffered,
    /// The executable could not be started.
    NotStarted { executable: PathBuf, words: String },
    /// It ended without a greeting.
    NoGreeting { executable: PathBuf, words: String },
    /// It speaks a version that is not known here.
    Protocol { found: u32 },
    /// A metric cannot be measured; `words` say why.
    NotCounted { words: String },
    /// It answered something else than it was asked for.
    Confused,
}

impl Failure {
    pub(super) fn ended(status: ExitStatus) -> Self {
        if status.code() == Some(protocol::CUT_OFF) {
            return Self::cut_off();
        }
        Self::Ended {
            words: words(status),
            success: status.success(),
        }
    }

    /// Nothing can come from it any more, though it did not end by itself.
    pub(super) fn cut_off() -> Self {
        Self::Ended {
            words: "it closed the pipes to its parent".to_owned(),
            success: false,
        }
    }
}

#[cfg(unix)]
fn words(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it called exit({code})"),
        (None, Some(6)) => "it aborted (signal 6)".to_owned(),
        (None, Some(11)) => {
            "it was killed by signal 11, a bad memory access or a stack overflow".to_owned()
        }
        (None, Some(9)) => {
            "it was killed by signal 9, as the system does where memory is short".to_owned()
        }
        (None, Some(signal)) => format!("it was killed by signal {signal}"),
        (None, None) => "it ended".to_owned(),
    }
}

#[cfg(not(unix))]
fn words(status: ExitStatus) -> String {
    format!("its process ended: {status}")
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked { text } => write!(f, "it panicked: {text}"),
            Self::Ended { words, .. } => write!(f, "{words} before it had answered"),
            Self::TooLong { cap } => {
                let cap = crate::units::duration(cap.as_nanos() as f64);
                write!(
                    f,
                    "no answer within {cap}: an endless loop, or a call that takes longer; --time-cap allows more"
                )
            }
            Self::Nothing => f.write_str("it measured nothing: hand a closure to `bencher.bench`"),
            Self::NotOffered => f.write_str("the executable has no such benchmark"),
            Self::NotStarted { executable, words } => {
                write!(f, "cannot run {executable:?}: {words}")
            }
            Self::NoGreeting { executable, words } => {
                write!(
                    f,
                    "{executable:?} does not answer as a benchmark executable: {words}"
                )
            }
            Self::Protocol { found } => {
                write!(
                    f,
                    "it speaks version {found} of the protocol, and version {} is the newest known here",
                    protocol::VERSION
                )
            }
            Self::NotCounted { words } => f.write_str(words),
            Self::Confused => {
                f.write_str("its process answered something else than it was asked for")
            }
        }
    }
}
