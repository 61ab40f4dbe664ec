//! In: a path below a root. Out: the file's first bytes in a buffer that is used again and again and stays small.

use super::absence::{Absence, Reading};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What all probes of this process have read themselves: it is no work of the program, and is taken out of its input.
static OWN_BYTES: AtomicU64 = AtomicU64::new(0);
static OWN_CALLS: AtomicU64 = AtomicU64::new(0);

/// More than this is not read of any file: `Groups:` in a process's status is the longest line there is, 65,536 numbers.
const LONGEST: usize = 1 << 20;

/// What a reading usually needs.
const USUAL: usize = 8 << 10;

/// A file to be read again and again, and the name that absences give it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    path: PathBuf,
    name: &'static str,
}

/// The buffer that all files of a probe are read into.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
}

impl Source {
    /// The file `name` (an absolute path) below `root`.
    pub(super) fn new(root: &Path, name: &'static str) -> Self {
        Self {
            path: below(root, Path::new(name)),
            name,
        }
    }

    /// A file whose name in sentences is shorter than its path.
    pub(super) fn named(path: PathBuf, name: &'static str) -> Self {
        Self { path, name }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Buffer {
    /// The file's text, at most its first MiB.
    pub(super) fn read(&mut self, source: &Source) -> Reading<&[u8]> {
        self.read_up_to(source, LONGEST)
    }

    /// The text of a file that is open, from its beginning; `None` where it is longer than a small buffer.
    #[cfg(unix)]
    pub(super) fn read_again(&mut self, file: &File) -> std::io::Result<Option<&[u8]>> {
        use std::os::unix::fs::FileExt;
        if self.bytes.len() < USUAL {
            self.bytes = vec![0; USUAL];
        }
        let filled = file.read_at(&mut self.bytes, 0)?;
        OWN_CALLS.fetch_add(1, Relaxed);
        OWN_BYTES.fetch_add(filled as u64, Relaxed);
        Ok((filled < self.bytes.len()).then_some(&self.bytes[..filled]))
    }

    /// Elsewhere nothing stays open.
    #[cfg(not(unix))]
    pub(super) fn read_again(&mut self, _: &File) -> std::io::Result<Option<&[u8]>> {
        Ok(None)
    }

    /// The file's text, at most so many bytes of it.
    pub(super) fn read_up_to(&mut self, source: &Source, most: usize) -> Reading<&[u8]> {
        let absent = |error: &std::io::Error| Absence::of_error(source.name, error);
        let mut file = File::open(&source.path).map_err(|error| absent(&error))?;
        if self.bytes.len() < USUAL || self.bytes.len() > 16 * USUAL {
            self.bytes = vec![0; USUAL];
        }
        let mut filled = 0;
        while filled < most {
            if filled == self.bytes.len() {
                self.bytes.resize((2 * filled).min(LONGEST), 0);
            }
            let end = self.bytes.len().min(most);
            let answer = file.read(&mut self.bytes[filled..end]);
            OWN_CALLS.fetch_add(1, Relaxed);
            match answer {
                Ok(0) => break,
                Ok(more) => {
                    OWN_BYTES.fetch_add(more as u64, Relaxed);
                    filled += more;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(absent(&error)),
            }
        }
        Ok(&self.bytes[..filled])
    }
}

/// Bytes and calls that probes have read so far.
pub(super) fn own_input() -> (u64, u64) {
    (OWN_BYTES.load(Relaxed), OWN_CALLS.load(Relaxed))
}

/// An absolute path taken below another root.
pub(super) fn below(root: &Path, absolute: &Path) -> PathBuf {
    root.join(absolute.strip_prefix("/").unwrap_or(absolute))
}
