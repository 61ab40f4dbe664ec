//! In: bytes. Out: a file that has no name until it is whole, so that a killed writer leaves nothing behind. Linux only.
//!
//! Invariant 1: `linkat` reads two paths that end in zero, and keeps neither. The file must stay open through the call, because the
//! first path leads to it by its descriptor.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes all bytes to a file without a name, and names it `path`, by way of `temporary` where that name is taken. `None` where
/// the file system has no such files.
pub(super) fn write(
    path: &Path,
    temporary: &Path,
    bytes: &[u8],
    mode: u32,
) -> Option<io::Result<()>> {
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let unnamed = OpenOptions::new()
        .write(true)
        .mode(mode)
        .custom_flags(libc::O_TMPFILE)
        .open(folder);
    let mut file = unnamed.ok()?; // what else is wrong shows where a name is used
    if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        return Some(Err(error));
    }
    match link(&file, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None, // there is no /proc
        done => return Some(done),
    }
    let replaced = link(&file, temporary).and_then(|()| fs::rename(temporary, path));
    Some(replaced.inspect_err(|_| {
        let _ = fs::remove_file(temporary);
    }))
}

fn link(file: &File, path: &Path) -> io::Result<()> {
    let open = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let named = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: invariant 1; both strings and the file outlive the call.
    let answer = unsafe {
        libc::linkat(
            libc::AT_FDCWD,
            open.as_ptr(),
            libc::AT_FDCWD,
            named.as_ptr(),
            libc::AT_SYMLINK_FOLLOW,
        )
    };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
