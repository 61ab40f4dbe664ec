//! In: a reader, writer or file. Out: [`Measured`], the same with its calls, bytes and time recorded.

use crate::alloc;
use crate::record::by_name;
use crate::record::span::Span;
use crate::site::{Kind, Site};
use std::io::{BufRead, IoSlice, IoSliceMut, Read, Result, Seek, SeekFrom, Write};
use std::panic::Location;

/// A reader, writer or file whose calls are rows of the report, each with its bytes: `NAME read`, `NAME write`, `NAME flush`, `NAME seek`.
///
/// Calls that fail are counted as the row's errors. Put it beneath a buffer to measure what the system does, above one to measure what
/// the program asks for. While nobody looks it passes everything on.
///
/// ```
/// use perf_core::io::Measured;
/// use std::io::Read;
/// let _on = perf_core::enable();
/// let mut upload = Measured::new("upload", &b"four"[..]);
/// let mut text = String::new();
/// upload.read_to_string(&mut text)?;
/// let seen = perf_core::snapshot();
/// let row = seen.site("upload read").expect("it was read");
/// assert_eq!((row.bytes, row.calls > 0), (Some(4), true));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Measured<T> {
    inner: T,
    read: &'static Site,
    write: &'static Site,
    flush: &'static Site,
    seek: &'static Site,
}

impl<T> Measured<T> {
    /// Measures under this name; all readers and writers of one name share their rows. At most 1,024 names in all are kept apart.
    #[track_caller]
    pub fn new(name: &str, inner: T) -> Self {
        let place = Location::caller();
        alloc::apart(|| {
            let site = |what: &str| by_name::made(&format!("{name} {what}"), Kind::Io, place);
            Self {
                inner,
                read: site("read"),
                write: site("write"),
                flush: site("flush"),
                seek: site("seek"),
            }
        })
    }

    /// What is measured, to use it unmeasured.
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// What is measured, to use it unmeasured.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// What was measured.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

/// One call; `bytes` tells how many passed.
#[inline]
fn call<R>(
    site: &'static Site,
    work: impl FnOnce() -> Result<R>,
    bytes: impl FnOnce(&R) -> u64,
) -> Result<R> {
    let span = Span::enter(site);
    let result = work();
    match &result {
        Ok(done) => transferred(&span, bytes(done)),
        Err(_) => span.error(),
    }
    span.done();
    result
}

#[inline]
fn transferred(span: &Span, bytes: u64) {
    if let Some(passage) = span.passage()
        && let Some(meter) = passage.cell.shard.meters.of(passage.cell.site)
    {
        meter.transfer(bytes);
    }
}

impl<T: Read> Read for Measured<T> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        call(self.read, || self.inner.read(buffer), |&n| n as u64)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
        call(
            self.read,
            || self.inner.read_vectored(buffers),
            |&n| n as u64,
        )
    }
}

impl<T: Write> Write for Measured<T> {
    fn write(&mut self, buffer: &[u8]) -> Result<usize> {
        call(self.write, || self.inner.write(buffer), |&n| n as u64)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize> {
        call(
            self.write,
            || self.inner.write_vectored(buffers),
            |&n| n as u64,
        )
    }

    fn flush(&mut self) -> Result<()> {
        call(self.flush, || self.inner.flush(), |()| 0)
    }
}

impl<T: Seek> Seek for Measured<T> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        call(self.seek, || self.inner.seek(to), |_| 0)
    }
}

/// Each look into the buffer is a call of `NAME read`; bytes count where they are consumed.
impl<T: BufRead> BufRead for Measured<T> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        call(self.read, || self.inner.fill_buf(), |_| 0)
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        by_name::transfer(self.read, amount as u64);
    }
}
