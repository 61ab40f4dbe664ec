//! In: the process's standard streams. Out: the width of the terminal that one of them is. The one unsafe line of the report.
//!
//! Invariant 1: `TIOCGWINSZ` writes one `winsize` to the address given and fails on what is no terminal.

#![cfg_attr(unix, allow(unsafe_code))]

/// Columns of the first of standard output, error and input that is a terminal and knows.
#[cfg(unix)]
pub(crate) fn columns() -> Option<usize> {
    let ask = |stream: libc::c_int| {
        let mut size = libc::winsize {
            ws_row: 0,
            ws_col: 0,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: invariant 1; `size` is a winsize that lives through the call.
        let answer = unsafe { libc::ioctl(stream, libc::TIOCGWINSZ, &raw mut size) };
        (answer == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
    };
    [libc::STDOUT_FILENO, libc::STDERR_FILENO, libc::STDIN_FILENO]
        .into_iter()
        .find_map(ask)
}

/// Not asked on this platform.
#[cfg(not(unix))]
pub(crate) fn columns() -> Option<usize> {
    None
}
