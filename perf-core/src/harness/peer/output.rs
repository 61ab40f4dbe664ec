//! In: a process's standard output. Out: the same to read, at its end once the process has ended: programs that it started may hold the
//! pipe open, and print, for as long as they live.

use crate::harness::os;
use std::io::Read;
use std::process::{Child, ChildStdout};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long to wait for something to read before the process is looked after, and how often it is while there is something.
const PERIOD: Duration = Duration::from_millis(50);

/// What an ended process may have left in the pipe; more than that is not its own.
const REST: usize = 1 << 20;

/// Reads what a process prints.
pub(super) struct Output {
    pipe: ChildStdout,
    child: Arc<Mutex<Child>>,
    looked: Instant,
    rest: Option<usize>, // once it has ended, bytes that may still be its own
}

impl Output {
    pub(super) fn new(pipe: ChildStdout, child: Arc<Mutex<Child>>) -> Self {
        Self {
            pipe,
            child,
            looked: Instant::now(),
            rest: None,
        }
    }

    fn look(&mut self) {
        self.looked = Instant::now();
        let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
        if self.rest.is_none() && self.child.lock().is_ok_and(|mut child| ended(&mut child)) {
            self.rest = Some(REST);
        }
    }
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if self.looked.elapsed() >= PERIOD {
                self.look();
            }
            let within = if self.rest.is_some() {
                Duration::ZERO
            } else {
                PERIOD
            };
            if !os::readable(&self.pipe, within.as_millis() as i32) {
                if self.rest.is_some() {
                    return Ok(0);
                }
                continue;
            }
            let most = self.rest.unwrap_or(usize::MAX).min(buffer.len());
            let read = self.pipe.read(&mut buffer[..most])?;
            self.rest = self.rest.map(|rest| rest - read);
            return Ok(read);
        }
    }
}
