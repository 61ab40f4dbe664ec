//! In: a command line in words or as one text. Out: [`Command`], what to start, where, and with which environment.

use crate::launch::problem::LaunchError;
use crate::launch::words::split;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// A program with its arguments, and the surroundings it runs in.
///
/// ```
/// use perf_core::launch::Command;
/// let command = Command::split("grep -c 'two words' file")?.env("LC_ALL", "C");
/// assert_eq!(command.to_string(), "grep -c 'two words' file");
/// # Ok::<(), perf_core::launch::LaunchError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(any(unix, windows), derive(serde::Serialize, serde::Deserialize))]
pub struct Command {
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(OsString, Option<OsString>)>, // over what is inherited; none: taken away
    pub(super) folder: Option<OsString>,
    pub(super) stdin: Option<OsString>,
    pub(super) time_limit: Option<Duration>,
    pub(super) handicap: Duration,
}

impl Command {
    /// A program, looked up in `PATH` unless it holds a slash, without arguments.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            stdin: None,
            time_limit: None,
            handicap: Duration::ZERO,
        }
    }

    /// A command line split into words by the quoting rules of POSIX, without a shell: quotes and backslashes, but no variables,
    /// globs, pipes or redirections.
    ///
    /// # Errors
    /// [`LaunchError::Quoting`] for a quote that does not close; [`LaunchError::Empty`] without a word.
    pub fn split(line: &str) -> Result<Self, LaunchError> {
        let mut words = split(line)?.into_iter();
        let program = words.next().ok_or(LaunchError::Empty)?;
        Ok(Self::new(program).args(words))
    }

    /// A command line for `/bin/sh -c`: its start-up counts in, and so does every program it starts and waits for.
    pub fn shell(line: &str) -> Self {
        Self::new("/bin/sh").args(["-c", line])
    }

    /// Further arguments.
    #[must_use]
    pub fn args<T: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// One more variable of the environment; the rest is inherited.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), Some(value.into())));
        self
    }

    /// One variable of the environment less.
    #[must_use]
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), None));
        self
    }

    /// The working directory; the parent's if not given.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.as_os_str().to_owned());
        self
    }

    /// Standard input from this file, opened anew for each run; empty if not given.
    #[must_use]
    pub fn stdin(mut self, file: &Path) -> Self {
        self.stdin = Some(file.as_os_str().to_owned());
        self
    }

    /// After this time the process group is killed, and the run counts as failed.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Makes the run slower by this much, to learn whether an experiment would notice: before the program starts, its process computes
    /// for as long, so that wall time, CPU time and user time all grow by it.
    #[must_use]
    pub fn handicap(mut self, time: Duration) -> Self {
        self.handicap = time;
        self
    }

    /// The program as it was given.
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    /// The arguments in order.
    pub fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    /// Another program with everything else as it is.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    /// Other arguments with everything else as it is.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Vec<OsString>) -> Self {
        self.arguments = arguments;
        self
    }
}

/// As one would type it, quoted where a word needs it, on one line.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, word) in std::iter::once(&self.program)
            .chain(&self.arguments)
            .enumerate()
        {
            let word = word.to_string_lossy();
            let word = crate::escape::terminal(&word);
            let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
            if number > 0 {
                f.write_str(" ")?;
            }
            if !word.is_empty() && word.chars().all(plain) {
                f.write_str(&word)?;
            } else {
                write!(f, "'{}'", word.replace('\'', "'\\''"))?;
            }
        }
        Ok(())
    }
}
