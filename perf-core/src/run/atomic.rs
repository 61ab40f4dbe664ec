//! In: a path and bytes. Out: the file with exactly these bytes, or the file as it was.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes beside the target, flushes to the device, renames over it. What is no file (a pipe, a device) is written to directly.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            return File::options().write(true).open(path)?.write_all(bytes);
        }
        // The file that a link leads to is replaced, not the link.
        Ok(_) if path.is_symlink() => return replace(&fs::canonicalize(path)?, bytes, DATA),
        _ => {}
    }
    replace(path, bytes, DATA)
}

/// The same of a program, which may be run.
#[cfg(feature = "bench")]
pub(crate) fn write_program(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, PROGRAM)
}

/// Who may do what with a new file, on Unix, less what the process takes from all its files.
const DATA: u32 = 0o666;
#[cfg(feature = "bench")]
const PROGRAM: u32 = 0o777;

fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let process = super::provenance::process_id().unwrap_or(0);
    let mut temporary = name.to_owned();
    temporary.push(format!(".{process}-{number}.tmp"));
    let temporary = path.with_file_name(temporary);
    #[cfg(target_os = "linux")]
    if let Some(written) = super::unnamed::write(path, &temporary, bytes, mode) {
        return written;
    }
    let mut new = File::options();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let written = new.open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&temporary, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("run.json");
        write(&path, b"old").expect("first write");
        write(&path, b"new").expect("second write");
        assert_eq!(fs::read(&path).expect("readable"), b"new");
        assert!(write(&folder.path().join("no/such/folder/run.json"), b"x").is_err());
        assert!(write(Path::new("/"), b"x").is_err());
        let occupied = folder.path().join("folder.json");
        fs::create_dir(&occupied).expect("a folder in the way");
        assert!(write(&occupied, b"x").is_err());
        let names = fs::read_dir(folder.path()).expect("listable").count();
        assert_eq!(names, 2, "a temporary file was left behind");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (path, link) = (folder.path().join("run.json"), folder.path().join("latest"));
        fs::write(&path, b"old").expect("written");
        std::os::unix::fs::symlink("run.json", &link).expect("a link");
        write(&link, b"new").expect("written through the link");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&path).expect("readable"), b"new");
        write(Path::new("/dev/null"), b"x").expect("taken by the device");
        assert!(!Path::new("/dev/null").is_file());
        if Path::new("/dev/full").exists() {
            assert!(write(Path::new("/dev/full"), b"x").is_err());
            assert!(!Path::new("/dev/full").is_file());
        }
    }
}
