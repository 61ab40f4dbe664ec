//! In: SIGINT and SIGTERM, where a session asked to end on them, or a task to say what becomes of its work. Out: the sessions ended and
//! the sentence said by a thread of ours, then the signal again, with the meaning that it had.
//!
//! Invariants. 1: `handle` calls only what a signal handler may: loads and swaps of atomics, `getpid`, `write`, `sigaction`, `kill`;
//! and it leaves `errno` as it was. 2: a pointer in `BEFORE` is null or to a `sigaction` that is never freed, and is set before the
//! handler is installed. 3: `sigaction` reads and writes the structures that it is given and keeps neither.

#![allow(unsafe_code)]

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
use libc::__errno as errno;
#[cfg(any(target_os = "linux", target_os = "emscripten"))]
use libc::__errno_location as errno;
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
use libc::__error as errno;

use crate::run::Ending;
use crate::session::{Live, process};
use parking_lot::Mutex;
use std::io::{IsTerminal, PipeReader, Read, Write};
use std::os::fd::IntoRawFd;
use std::ptr::null_mut;
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering::SeqCst};

const SIGNALS: [libc::c_int; 2] = [libc::SIGINT, libc::SIGTERM];

/// What each signal meant before.
static BEFORE: [AtomicPtr<libc::sigaction>; 2] = [const { AtomicPtr::new(null_mut()) }; 2];

/// A signal is being dealt with: a second one is not waited for.
static RECEIVED: AtomicBool = AtomicBool::new(false);

/// The pipe to the thread, and the process that the thread is in.
static PIPE: AtomicI32 = AtomicI32::new(-1);
static PROCESS: AtomicI32 = AtomicI32::new(0);

static SESSIONS: Mutex<Vec<Weak<Live>>> = Mutex::new(Vec::new());

/// What is said at a signal, by the task that is at work.
static SENTENCE: Mutex<Option<String>> = Mutex::new(None);

/// Has the session ended on SIGINT and SIGTERM. A signal that is ignored stays so.
pub(super) fn end_on_them(session: Weak<Live>) -> std::io::Result<()> {
    let mut sessions = SESSIONS.lock();
    sessions.retain(|session| session.strong_count() > 0);
    sessions.push(session);
    drop(sessions);
    listen()
}

/// Has the signals say this sentence from now on, or none.
pub(crate) fn say_on_them(sentence: Option<String>) -> std::io::Result<()> {
    let listens = sentence.is_some();
    *SENTENCE.lock() = sentence;
    if listens { listen() } else { Ok(()) }
}

/// Starts the thread, unless this process has it, and installs the handlers.
fn listen() -> std::io::Result<()> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    // SAFETY: it takes nothing and cannot fail.
    let here = unsafe { libc::getpid() };
    if PROCESS.load(SeqCst) != here {
        let (reader, writer) = std::io::pipe()?;
        let thread = std::thread::Builder::new().name("perf-signals".to_owned());
        thread.spawn(move || serve(reader))?;
        PIPE.store(writer.into_raw_fd(), SeqCst); // open as long as the process lives
        PROCESS.store(here, SeqCst);
    }
    (0..SIGNALS.len()).try_for_each(install)
}

/// The thread: ends the sessions at each signal, the newest first.
fn serve(mut pipe: PipeReader) {
    let mut received = [0];
    while pipe.read_exact(&mut received).is_ok() {
        let sessions = std::mem::take(&mut *SESSIONS.lock());
        for session in sessions.iter().rev().filter_map(Weak::upgrade) {
            session.end(Ending::Signal);
        }
        process::process_ends(Ending::Signal);
        if let Some(sentence) = SENTENCE.lock().take() {
            let mut to = std::io::stderr();
            if to.is_terminal() {
                let _ = to.write_all(b"\r\x1b[K"); // the task's progress may stand there
            }
            crate::error::warn(&sentence);
        }
        raise_again(received[0].into());
        RECEIVED.store(false, SeqCst); // the program's own handler lets it live
    }
}

fn install(at: usize) -> std::io::Result<()> {
    let now = action(SIGNALS[at])?;
    if now.sa_sigaction == libc::SIG_IGN || now.sa_sigaction == handle as *const () as usize {
        return Ok(());
    }
    BEFORE[at].store(Box::into_raw(Box::new(now)), SeqCst);
    let mut ours = now;
    ours.sa_sigaction = handle as *const () as usize;
    ours.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: invariants 1 and 3; the mask is the one that the signal had.
    match unsafe { libc::sigaction(SIGNALS[at], &raw const ours, null_mut()) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// What the signal does now.
fn action(signal: libc::c_int) -> std::io::Result<libc::sigaction> {
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: invariant 3; `now` is written where the call succeeds, and all zeros are a value of it anyway.
    unsafe {
        match libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) {
            0 => Ok(now.assume_init()),
            _ => Err(std::io::Error::last_os_error()),
        }
    }
}

extern "C" fn handle(signal: libc::c_int) {
    // SAFETY: the address is that of a variable of this thread.
    let (errno, of_the_call) = unsafe { (errno(), *errno()) };
    // SAFETY: invariant 1.
    let of_the_thread = unsafe { libc::getpid() } == PROCESS.load(SeqCst);
    if of_the_thread && !RECEIVED.swap(true, SeqCst) {
        let byte = signal as u8; // 2 or 15
        // SAFETY: invariant 1; the pipe takes one byte without waiting, and the byte outlives the call.
        unsafe { libc::write(PIPE.load(SeqCst), (&raw const byte).cast(), 1) };
    } else {
        raise_again(signal); // impatience, or a fork's child that has no such thread
    }
    // SAFETY: as above.
    unsafe { *errno = of_the_call };
}

/// Gives the signal back the meaning that it had, and sends it to the process. Where a later handler of the program called ours,
/// the signal is already being dealt with.
fn raise_again(signal: libc::c_int) {
    let at = usize::from(signal == libc::SIGTERM);
    let before = BEFORE[at].load(SeqCst);
    let is_ours = action(signal).is_ok_and(|now| now.sa_sigaction == handle as *const () as usize);
    if !is_ours || before.is_null() {
        return;
    }
    // SAFETY: invariants 1, 2 and 3.
    unsafe {
        libc::sigaction(signal, before, null_mut());
        libc::kill(libc::getpid(), signal);
    }
}
