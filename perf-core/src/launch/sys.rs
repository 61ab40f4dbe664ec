//! In: a child process and a few descriptors. Out: the system calls that the standard library lacks, as safe functions.
//!
//! 1. `prctl(PR_SET_PDEATHSIG)`, `getppid` and `clock_gettime` are async-signal-safe: allowed between fork and exec. The first two take
//!    numbers, the third writes one `timespec` to the address given.
//! 2. `waitid`, `wait4` and `poll` write only into the structures whose addresses they are given, all of them plain numbers for which
//!    zero bytes are a value.
//! 3. A child that has not been reaped keeps its process id and group id; signals go only to such a group.
//! 4. `fcntl` on a descriptor that is borrowed for the call changes flags or the size of the pipe behind it, no memory.

#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::time::Duration;

/// What `wait4` tells of a child.
#[derive(Clone, Copy)]
pub(super) struct Reaped {
    pub(super) status: i32,
    pub(super) usage: libc::rusage,
}

/// Before its program starts, the child asks to be killed when the thread that starts it dies, where the system can do that, and
/// computes for the time given.
pub(super) fn set_up_child(command: &mut std::process::Command, handicap: Duration) {
    let parent = std::process::id();
    let set_up = move || {
        die_with(parent)?;
        compute(handicap);
        Ok(())
    };
    // SAFETY: invariant 1; the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(set_up) };
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn die_with(parent: u32) -> io::Result<()> {
    // SAFETY: invariant 1.
    let (set, now) = unsafe {
        (
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL),
            libc::getppid(),
        )
    };
    if set != 0 || u32::try_from(now) != Ok(parent) {
        return Err(io::Error::from_raw_os_error(libc::ESRCH)); // the parent died in between
    }
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn die_with(_parent: u32) -> io::Result<()> {
    Ok(()) // the helper kills the group when it ends in good order
}

/// Uses this much CPU time, nearly all of it in user mode.
fn compute(time: Duration) {
    if time.is_zero() {
        return;
    }
    let end = cpu_time().saturating_add(time);
    while cpu_time() < end {
        (0..2_000).for_each(|_| std::hint::spin_loop());
    }
}

/// CPU time that this process has used.
fn cpu_time() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: invariant 1; `now` lives through the call.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut now) };
    if answer != 0 {
        return Duration::MAX; // no such clock: the wait for it is over
    }
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Waits until the child has ended, and leaves it to be reaped.
pub(super) fn wait_for_end(pid: u32) -> io::Result<()> {
    loop {
        // SAFETY: invariant 2: zero bytes are a siginfo_t.
        let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
        let options = libc::WEXITED | libc::WNOWAIT;
        // SAFETY: invariant 2; `info` lives through the call.
        if unsafe { libc::waitid(libc::P_PID, pid as libc::id_t, &raw mut info, options) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Reaps a child that has ended.
pub(super) fn reap(pid: u32) -> io::Result<Reaped> {
    loop {
        let mut status = 0;
        // SAFETY: invariant 2: zero bytes are a rusage.
        let mut usage: libc::rusage = unsafe { mem::zeroed() };
        // SAFETY: invariant 2; both live through the call.
        let got = unsafe { libc::wait4(pid as libc::pid_t, &raw mut status, 0, &raw mut usage) };
        if got == pid as libc::pid_t {
            return Ok(Reaped { status, usage });
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Sends a signal to the whole group of a child that has not been reaped.
pub(super) fn signal_group(pid: u32, signal: i32) {
    // SAFETY: invariant 3; a group that is gone already is no harm.
    unsafe { libc::kill(-(pid as libc::pid_t), signal) };
}

/// Waits until one of the descriptors can be read or is closed at its other end; tells which. `None` waits without end. A descriptor
/// that is `None`, or asked for its end alone, is not waited for to be readable.
pub(super) fn poll<const N: usize>(
    from: [Option<(BorrowedFd<'_>, Wait)>; N],
    limit: Option<Duration>,
) -> [bool; N] {
    let mut fds = from.map(|fd| libc::pollfd {
        fd: fd.map_or(-1, |(fd, _)| fd.as_raw_fd()),
        events: match fd {
            Some((_, Wait::Data)) => libc::POLLIN,
            _ => 0,
        },
        revents: 0,
    });
    let milliseconds = limit.map_or(-1, |limit| {
        let rounded_up = limit.as_micros().div_ceil(1000);
        i32::try_from(rounded_up).unwrap_or(i32::MAX)
    });
    // SAFETY: invariant 2; `fds` holds N entries and lives through the call. A failure (a signal) tells nothing ready: the caller
    // asks again.
    let ready = unsafe { libc::poll(fds.as_mut_ptr(), N as libc::nfds_t, milliseconds) };
    fds.map(|fd| ready > 0 && fd.revents != 0)
}

/// What is waited for.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    /// Something to read, or its end.
    Data,
    /// Its end.
    End,
}

/// Reads on this descriptor return at once; the pipe behind it holds 1 MiB where the system allows that, so that a child seldom waits.
pub(super) fn loosen(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: invariant 4.
    let set = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: invariant 4; a refusal leaves the usual 64 KiB.
    unsafe {
        libc::fcntl(fd.as_raw_fd(), libc::F_SETPIPE_SZ, 1 << 20);
    }
    if set == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
