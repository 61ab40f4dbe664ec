//! In: commands, one after the other. Out: [`Launcher`], which has its helper run them and hands back what they took.

use crate::launch::HELPER;
use crate::launch::command::Command;
use crate::launch::finished::Finished;
use crate::launch::floor::Floor;
use crate::launch::problem::LaunchError;
use crate::launch::wire::{Answer, receive, send};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Starts commands through a small helper process, one at a time.
///
/// The helper has a folder of its own for files that runs leave ([`Launcher::scratch`]); it removes it at its end, however the launcher
/// ends. Asking for a run costs two messages through pipes, outside of the time that is measured.
#[derive(Debug)]
pub struct Launcher {
    helper: Child,
    requests: Option<ChildStdin>, // none only while it is dropped
    answers: BufReader<ChildStdout>,
    scratch: PathBuf,
    floor: Floor,
}

impl Launcher {
    /// Starts the helper: this executable again, whose `main` must call [`serve`](super::serve) first. Measures the floor.
    ///
    /// # Errors
    /// [`LaunchError::Helper`], [`LaunchError::Unsupported`].
    pub fn start() -> Result<Self, LaunchError> {
        let executable = std::env::current_exe().map_err(LaunchError::Helper)?;
        Self::start_from(&executable)
    }

    /// The same with another executable as the helper, whose `main` calls [`serve`](super::serve) first.
    ///
    /// # Errors
    /// [`LaunchError::Helper`], [`LaunchError::Unsupported`].
    pub fn start_from(executable: &Path) -> Result<Self, LaunchError> {
        if !cfg!(unix) {
            return Err(LaunchError::Unsupported);
        }
        let scratch = scratch_folder().map_err(LaunchError::Helper)?;
        let mut command = std::process::Command::new(executable);
        command.arg(HELPER).arg(&scratch);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        own_group(&mut command);
        let spawned = command.spawn().inspect_err(|_| {
            let _ = std::fs::remove_dir(&scratch);
        });
        let mut helper = spawned.map_err(LaunchError::Helper)?;
        let pipes = helper.stdin.take().zip(helper.stdout.take());
        let no_pipe = || LaunchError::Helper(io::ErrorKind::BrokenPipe.into());
        let (requests, answers) = pipes.ok_or_else(no_pipe)?;
        let mut launcher = Self {
            helper,
            requests: Some(requests),
            answers: BufReader::new(answers),
            scratch,
            floor: Floor::of_bytes(0),
        };
        launcher.floor = launcher.measure_floor()?;
        Ok(launcher)
    }

    /// Runs a command and waits for its end.
    ///
    /// # Errors
    /// [`LaunchError::Start`] for a program that cannot be started; [`LaunchError::Lost`] when the helper is gone.
    pub fn run(&mut self, command: &Command) -> Result<Finished, LaunchError> {
        let gone = || LaunchError::Lost(io::ErrorKind::UnexpectedEof.into());
        let requests = self.requests.as_mut().ok_or_else(gone)?;
        send(requests, command).map_err(LaunchError::Lost)?;
        match receive(&mut self.answers).map_err(LaunchError::Lost)? {
            Some(Answer::Finished(finished)) => Ok(*finished),
            Some(Answer::NotStarted(cause)) => Err(LaunchError::Start {
                command: command.to_string(),
                cause,
            }),
            None => Err(gone()),
        }
    }

    /// The peak of memory that an empty program shows here.
    pub fn floor(&self) -> Floor {
        self.floor
    }

    /// A folder that lives as long as the helper.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Runs of `true`: the smallest program there is.
    fn measure_floor(&mut self) -> Result<Floor, LaunchError> {
        let runs: Result<Vec<Finished>, _> =
            (0..3).map(|_| self.run(&Command::new("true"))).collect();
        match runs {
            Ok(runs) => Ok(Floor::of_runs(&runs)),
            Err(LaunchError::Start { .. }) => Ok(Floor::of_bytes(0)), // a system without `true`: the floor is not known
            Err(lost) => Err(lost),
        }
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        drop(self.requests.take()); // the helper sees it, clears up and ends
        let _ = self.helper.wait();
    }
}

/// A new, empty folder for this user alone.
fn scratch_folder() -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let process = std::process::id();
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("perf-launch-{process}-{number}"));
        match private_folder(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|()| folder),
        }
    }
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir(folder)
}

/// A group of its own, so that Ctrl-C in a terminal ends the launcher alone, and the helper can clear up after it.
fn own_group(command: &mut std::process::Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}
