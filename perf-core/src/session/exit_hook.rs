//! In: the process's `exit`. Out: its run file, where sessions are still alive.
//!
//! Invariant 1: what is given to `atexit` is a function of this program that takes nothing, gives nothing and never unwinds.

#![cfg_attr(unix, allow(unsafe_code))]

/// Installs the hook once.
#[cfg(unix)]
pub(super) fn install() {
    use std::sync::Once;
    static ONCE: Once = Once::new();
    // SAFETY: invariant 1; `at_exit` catches what might unwind.
    ONCE.call_once(|| match unsafe { libc::atexit(at_exit) } {
        0 => {}
        _ => super::process::warn_once(
            &"no exit hook could be installed: a session that is alive at `exit` stores no run file",
        ),
    });
}

#[cfg(unix)]
extern "C" fn at_exit() {
    let _ = std::panic::catch_unwind(|| super::process::process_ends(crate::run::Ending::Exit));
}

/// Not on this platform: a session that is alive at `exit` stores nothing. The function that would be called is named all the same.
#[cfg(not(unix))]
pub(super) fn install() {
    let _ = super::process::process_ends;
}
