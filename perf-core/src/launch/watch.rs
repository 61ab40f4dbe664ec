//! In: a running child. Out: its output read, its time kept and its group killed where that is due, on a thread of the helper.

use crate::launch::sys::{self, Wait};
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::process::{ChildStderr, ChildStdout};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of standard error that are kept.
const TAIL: usize = 4096;

/// The child's group as long as it may be signalled: taken away before the child is reaped.
#[derive(Debug)]
pub(super) struct Group(Mutex<Option<u32>>);

impl Group {
    pub(super) fn of(pid: u32) -> Self {
        Self(Mutex::new(Some(pid)))
    }

    /// Sends a signal, unless the group is no longer ours.
    pub(super) fn signal(&self, signal: i32) {
        let pid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = *pid {
            sys::signal_group(pid, signal);
        }
    }

    /// Kills what is left, and lets go of it.
    pub(super) fn close(&self) {
        let mut pid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = pid.take() {
            sys::signal_group(pid, libc::SIGKILL);
        }
    }
}

/// What the watch saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) stdout_bytes: u64,
    pub(super) stderr_tail: Vec<u8>,
    pub(super) timed_out: bool,
}

/// Watches one child until `over` is closed.
pub(super) struct Watch<'a> {
    pub(super) group: &'a Group,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
    pub(super) over: PipeReader,
    pub(super) started: Instant,
    pub(super) time_limit: Option<Duration>,
}

impl Watch<'_> {
    pub(super) fn keep(mut self) -> Seen {
        let mut seen = Seen::default();
        let mut parent_gone = false;
        loop {
            let deadline = self.deadline(&seen);
            let limit = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            let stdin = io::stdin();
            let ready = sys::poll(
                [
                    self.stdout.as_ref().map(|fd| (fd.as_fd(), Wait::Data)),
                    self.stderr.as_ref().map(|fd| (fd.as_fd(), Wait::Data)),
                    Some((self.over.as_fd(), Wait::End)),
                    (!parent_gone).then(|| (stdin.as_fd(), Wait::End)),
                ],
                limit,
            );
            if ready[0] {
                self.read_stdout(&mut seen);
            }
            if ready[1] {
                self.read_stderr(&mut seen);
            }
            if ready[2] {
                break;
            }
            if ready[3] {
                parent_gone = true;
                self.group.signal(libc::SIGKILL);
            }
            if deadline.is_some_and(|at| Instant::now() >= at) {
                seen.timed_out = true;
                self.group.signal(libc::SIGKILL);
            }
        }
        self.read_stdout(&mut seen);
        self.read_stderr(&mut seen);
        seen
    }

    /// When the child's time is up, unless that was acted upon.
    fn deadline(&self, seen: &Seen) -> Option<Instant> {
        let limit = self.time_limit.filter(|_| !seen.timed_out)?;
        self.started.checked_add(limit)
    }

    fn read_stdout(&mut self, seen: &mut Seen) {
        let ended = drain(self.stdout.as_mut(), |bytes| {
            seen.stdout_bytes += bytes.len() as u64;
        });
        if ended {
            self.stdout = None;
        }
    }

    fn read_stderr(&mut self, seen: &mut Seen) {
        let tail = &mut seen.stderr_tail;
        let ended = drain(self.stderr.as_mut(), |bytes| {
            tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
            tail.drain(..tail.len().saturating_sub(TAIL));
        });
        if ended {
            self.stderr = None;
        }
    }
}

/// Reads what is there; whether that was the end.
fn drain(from: Option<&mut impl Read>, mut take: impl FnMut(&[u8])) -> bool {
    let Some(from) = from else {
        return false;
    };
    let mut buffer = [0; 16 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return true,
            Ok(n) => take(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
        }
    }
}

/// The file that a child reads, or nothing to read.
pub(super) fn input(file: Option<&std::ffi::OsStr>) -> io::Result<std::process::Stdio> {
    let Some(file) = file else {
        return Ok(std::process::Stdio::null());
    };
    let opened = File::open(file)
        .map_err(|error| io::Error::new(error.kind(), format!("standard input {file:?}: {error}")));
    Ok(opened?.into())
}
