//! In: requests on standard input. Out: each command run as a child with a group of its own, and what it took on standard output.

use crate::launch::command::Command;
use crate::launch::finished::{End, Finished};
use crate::launch::sys::{self, Reaped};
use crate::launch::watch::{Group, Seen, Watch, input};
use crate::launch::wire::{Answer, receive, send};
use crate::run::Usage;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Serves until the parent closes its end or dies, removes the folder, and ends the process.
pub(super) fn serve(scratch: Option<PathBuf>) -> ! {
    // Not locked: the watch asks standard input for its end while a child runs.
    let mut requests = io::BufReader::new(io::stdin());
    let mut answers = io::stdout().lock();
    while let Ok(Some(command)) = receive::<Command>(&mut requests) {
        let answer = match run(&command) {
            Ok(finished) => Answer::Finished(Box::new(finished)),
            Err(error) => Answer::NotStarted(error.to_string()),
        };
        if send(&mut answers, &answer).is_err() {
            break;
        }
    }
    if let Some(scratch) = scratch {
        let _ = std::fs::remove_dir_all(scratch);
    }
    std::process::exit(0)
}

/// Runs one command from before its fork to its end.
fn run(command: &Command) -> io::Result<Finished> {
    let mut start = prepare(command)?;
    let (over, running) = io::pipe()?;
    let started = Instant::now();
    let mut child = start.spawn()?;
    let group = Group::of(child.id());
    let watch = watch(&mut child, &group, command, started, over)?;
    let (ended, seen) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch.keep());
        let waited = sys::wait_for_end(child.id());
        let ended = Instant::now();
        group.close();
        drop(running);
        let seen = watching.join().unwrap_or_default();
        (waited.map(|()| ended), seen)
    });
    let reaped = sys::reap(child.id())?;
    Ok(finished(ended? - started, reaped, &seen))
}

fn prepare(command: &Command) -> io::Result<std::process::Command> {
    let mut start = std::process::Command::new(&command.program);
    start.args(&command.arguments);
    for (name, value) in &command.environment {
        match value {
            Some(value) => start.env(name, value),
            None => start.env_remove(name),
        };
    }
    if let Some(folder) = &command.folder {
        start.current_dir(folder);
    }
    start.stdin(input(command.stdin.as_deref())?);
    start.stdout(Stdio::piped()).stderr(Stdio::piped());
    start.process_group(0);
    sys::set_up_child(&mut start, command.handicap);
    Ok(start)
}

fn watch<'a>(
    child: &mut Child,
    group: &'a Group,
    command: &Command,
    started: Instant,
    over: io::PipeReader,
) -> io::Result<Watch<'a>> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let loosened = [
        stdout.as_ref().map(AsFd::as_fd),
        stderr.as_ref().map(AsFd::as_fd),
    ]
    .into_iter()
    .flatten()
    .try_for_each(sys::loosen);
    if let Err(error) = loosened {
        group.close();
        let _ = sys::reap(child.id());
        return Err(error);
    }
    Ok(Watch {
        group,
        stdout,
        stderr,
        over,
        started,
        time_limit: command.time_limit,
    })
}

fn finished(wall: Duration, reaped: Reaped, seen: &Seen) -> Finished {
    let Reaped { status, usage } = reaped;
    let status = ExitStatus::from_raw(status);
    let end = match (status.code(), status.signal()) {
        _ if seen.timed_out => End::TimedOut,
        (Some(code), _) => End::Exit(code),
        (None, signal) => End::Signal(signal.unwrap_or(0)),
    };
    let ns = |t: libc::timeval| t.tv_sec as f64 * 1e9 + t.tv_usec as f64 * 1e3;
    let usage = Usage {
        wall_ns: wall.as_secs_f64() * 1e9,
        user_ns: ns(usage.ru_utime),
        sys_ns: ns(usage.ru_stime),
        peak_rss_bytes: usage.ru_maxrss as u64 * RSS_UNIT,
        minor_faults: usage.ru_minflt as u64,
        major_faults: usage.ru_majflt as u64,
        voluntary_switches: usage.ru_nvcsw as u64,
        involuntary_switches: usage.ru_nivcsw as u64,
    };
    Finished {
        end,
        usage,
        stdout_bytes: seen.stdout_bytes,
        stderr_tail: String::from_utf8_lossy(&seen.stderr_tail).into_owned(),
    }
}

/// Bytes of one unit of `ru_maxrss`.
const RSS_UNIT: u64 = if cfg!(target_vendor = "apple") {
    1
} else {
    1024
};
