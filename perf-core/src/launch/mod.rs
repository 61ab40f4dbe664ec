//! In: a command. Out: [`Finished`], what one run of it took, as the kernel counted it.
//!
//! A process inherits its parent's peak of memory across `exec`, so a large parent would be a floor under every child. Children are
//! therefore started by a small *helper* process: the own executable again, with a hidden first argument. Each child has a process
//! group of its own; when its time is up, when the helper is asked to stop, or when the process that asked dies (Ctrl-C, `kill -9`),
//! the whole group is killed. On Linux a child dies with its helper too.
//!
//! ```no_run
//! use perf_core::launch::{Command, Launcher};
//! perf_core::launch::serve(); // first in `main`: returns at once unless this process is the helper
//! let mut launcher = Launcher::start()?;
//! let finished = launcher.run(&Command::split("sleep 0.1")?)?;
//! assert!(finished.end.is_success() && finished.usage.wall_ns > 100e6);
//! # Ok::<(), perf_core::launch::LaunchError>(())
//! ```
//!
//! The child's standard input is empty or a file; its standard output is read and thrown away through a pipe (some programs stop early
//! when they see `/dev/null`); of its standard error the last 4 KiB are kept. What it leaves running in its group when it ends is
//! killed. On platforms without `wait4` a launcher refuses to start, with a sentence.

mod command;
mod finished;
mod floor;
#[cfg(unix)]
mod helper;
mod launcher;
mod problem;
#[cfg(unix)]
mod sys;
#[cfg(not(any(unix, windows)))]
mod unsent;
#[cfg(unix)]
mod watch;
mod wire;
mod words;

pub use command::Command;
pub use finished::{End, Finished};
pub use floor::Floor;
pub use launcher::Launcher;
pub use problem::LaunchError;
#[cfg(feature = "bench")]
pub(crate) use words::split as split_words;

/// The hidden first argument that makes a process the helper; the second is the folder that it removes at its end.
const HELPER: &str = "__perf-launch-helper";

/// Call it first in `main` of a program that uses a [`Launcher`]: it returns at once, unless this process was started as the
/// helper; then it serves until its parent is gone, and ends the process.
pub fn serve() {
    #[cfg(unix)]
    {
        let mut arguments = std::env::args_os().skip(1);
        if arguments.next().is_some_and(|first| first == HELPER) {
            helper::serve(arguments.next().map(std::path::PathBuf::from));
        }
    }
}
