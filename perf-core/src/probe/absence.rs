//! In: why a number could not be had. Out: [`Absence`], which says so in a sentence, and [`Reading`], a number or that.

use std::fmt;
use std::io;

/// A number, or why it is not there.
///
/// ```
/// let process = perf_core::probe::Probe::new().process();
/// match process.rss {
///     Ok(bytes) => assert!(bytes > 0),
///     Err(absence) => eprintln!("no resident memory: {absence}"),
/// }
/// ```
pub type Reading<T> = Result<T, Absence>;

/// Why a reading is not there, and where it was sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    pub(super) source: &'static str,
    pub(super) why: Why,
}

/// The kinds of absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// This platform does not tell it, or we do not ask it there.
    Platform,
    /// The file is not there: an older kernel, a controller that is not mounted, no `/proc`.
    Missing,
    /// The process may not read it.
    Denied,
    /// The system refused for another reason; its error number, 0 if it has none.
    Failed(i32),
    /// The source is there and does not speak of it.
    Unsaid,
    /// The source says something else than a number where the number should be.
    Garbled,
}

impl Absence {
    pub(super) const fn new(source: &'static str, why: Why) -> Self {
        Self { source, why }
    }

    pub(super) fn of_error(source: &'static str, error: &io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Why::Missing,
            io::ErrorKind::PermissionDenied => Why::Denied,
            io::ErrorKind::Unsupported => Why::Platform,
            _ => Why::Failed(error.raw_os_error().unwrap_or(0)),
        };
        Self { source, why }
    }

    /// Where it was sought: a file, or a call of the system.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// Why it is not there.
    pub fn why(&self) -> Why {
        self.why
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source;
        match self.why {
            Why::Platform => write!(f, "{source} is not available on this platform"),
            Why::Missing => write!(f, "{source} does not exist here"),
            Why::Denied => write!(f, "{source} may not be read by this process"),
            Why::Failed(0) => write!(f, "{source} cannot be read"),
            Why::Failed(code) => {
                let error = io::Error::from_raw_os_error(code);
                write!(f, "{source} cannot be read: {error}")
            }
            Why::Unsaid => write!(f, "{source} does not say it"),
            Why::Garbled => write!(f, "{source} does not hold a number where it should"),
        }
    }
}

impl std::error::Error for Absence {}
