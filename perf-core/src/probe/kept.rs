//! In: a small file of the kernel that is read many times a second. Out: its text, through a descriptor that stays open between readings:
//! to open it anew takes as long again as a thread's waking.
//!
//! A program may close all descriptors that it does not know. Then another file may have our number: what we read is not understood, and
//! what we do not hold any more must not be closed. So a file is let go, not closed, wherever it is not the one that was opened.

use super::absence::Reading;
use super::file::{Buffer, Source};
use std::fs::File;

/// A file that stays open from its first reading on.
#[derive(Debug)]
pub(super) struct Kept {
    source: Source,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: Option<File>,
    identity: (u64, u64),
}

impl Kept {
    pub(super) fn new(source: Source) -> Self {
        Self { source, open: None }
    }

    /// What `parse` makes of the file's text. Where that is nothing, it may be another's file by now, and is opened anew for once.
    pub(super) fn read<T>(
        &mut self,
        buffer: &mut Buffer,
        parse: impl Fn(&[u8]) -> Reading<T>,
    ) -> Reading<T> {
        if let Some(open) = &self.open {
            let text = open.file.as_ref().map(|file| buffer.read_again(file));
            match text {
                Some(Ok(Some(text))) => {
                    if let Ok(found) = parse(text) {
                        return Ok(found);
                    }
                }
                Some(Ok(None)) => return parse(buffer.read(&self.source)?), // longer than the buffer
                _ => {}
            }
            self.open = None;
        }
        self.open = Open::new(&self.source);
        parse(buffer.read(&self.source)?)
    }
}

impl Open {
    fn new(source: &Source) -> Option<Self> {
        let file = File::open(source.path()).ok()?;
        Some(Self {
            identity: identity(&file)?,
            file: Some(file),
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(file) = self.file.take()
            && identity(&file) != Some(self.identity)
        {
            std::mem::forget(file); // it is somebody else's
        }
    }
}

/// Which file it is.
#[cfg(unix)]
fn identity(file: &File) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let about = file.metadata().ok()?;
    Some((about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn identity(_: &File) -> Option<(u64, u64)> {
    None // it is opened each time
}
