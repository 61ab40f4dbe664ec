//! In: the kernel's files and calls about this process. Out: [`Process`], what it has taken and holds.

use super::absence::{Absence, Reading, Why};
use super::file::{Buffer, Source, own_input};
use super::kept::Kept;
use super::{system, text};
use std::path::Path;

/// What this process has taken since it started, and what it holds now. Each number is there or says why not.
///
/// CPU times, faults, switches and input and output count all threads, ended ones too. Memory is in whole pages, and may lag behind by
/// up to 64 pages a CPU, because the kernel keeps it in parts for each.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Process {
    /// Time since it started, in nanoseconds, to 10 ms.
    pub age_ns: Reading<u64>,
    /// CPU time in its own code, in nanoseconds, to 1 µs.
    pub cpu_user_ns: Reading<u64>,
    /// CPU time in the kernel, in nanoseconds, to 1 µs.
    pub cpu_system_ns: Reading<u64>,
    /// Resident memory, in bytes.
    pub rss: Reading<u64>,
    /// The most that was ever resident, in bytes.
    pub peak_rss: Reading<u64>,
    /// Resident memory that is no file's: heap and stacks, in bytes.
    pub anonymous: Reading<u64>,
    /// Resident pages of files: code, maps, in bytes.
    pub file: Reading<u64>,
    /// Resident memory shared with other processes, in bytes.
    pub shared: Reading<u64>,
    /// What was moved out to swap, in bytes.
    pub swap: Reading<u64>,
    /// Page faults that needed no input.
    pub minor_faults: Reading<u64>,
    /// Page faults that waited for storage.
    pub major_faults: Reading<u64>,
    /// Times that a thread gave up its CPU to wait.
    pub voluntary_switches: Reading<u64>,
    /// Times that a thread was put off its CPU.
    pub involuntary_switches: Reading<u64>,
    /// Threads.
    pub threads: Reading<u64>,
    /// Open file descriptors.
    pub descriptors: Reading<u64>,
    /// How many descriptors may be open; `None` is no limit.
    pub descriptor_limit: Reading<Option<u64>>,
    /// Bytes read by any means: files, pipes, sockets read as files, cached or not; without what probes read.
    pub read_bytes: Reading<u64>,
    /// Bytes written by any means.
    pub written_bytes: Reading<u64>,
    /// Calls that read.
    pub read_calls: Reading<u64>,
    /// Calls that wrote.
    pub write_calls: Reading<u64>,
    /// Bytes fetched from storage.
    pub storage_read_bytes: Reading<u64>,
    /// Bytes sent to storage, or to be sent.
    pub storage_written_bytes: Reading<u64>,
}

/// Where all this is read.
#[derive(Debug)]
pub(super) struct Sources {
    status: Source,
    pages: Kept,       // of a sampler
    held_status: Kept, // of a sampler
    io: Source,
    descriptors: Source,
    started_ns: Reading<u64>, // after boot
    kernel: bool,             // the root is the machine's own
}

const STATUS: &str = "/proc/self/status";
const PAGES: &str = "/proc/self/statm";
const IO: &str = "/proc/self/io";
const STAT: &str = "/proc/self/stat";

/// Bytes of a block as `getrusage` counts them.
const BLOCK: u64 = 512;

/// The field of `/proc/self/stat` with the start, counted from the first after the name.
const START_TIME: usize = 19;

impl Sources {
    pub(super) fn new(root: &Path, buffer: &mut Buffer) -> Self {
        Self {
            status: Source::new(root, STATUS),
            pages: Kept::new(Source::new(root, PAGES)),
            held_status: Kept::new(Source::new(root, STATUS)),
            io: Source::new(root, IO),
            descriptors: Source::new(root, "/proc/self/fd"),
            started_ns: buffer.read(&Source::new(root, STAT)).and_then(started_ns),
            kernel: root == Path::new("/"),
        }
    }

    pub(super) fn read(&self, buffer: &mut Buffer) -> Process {
        let usage = system::usage();
        let mut process = Process::nothing();
        match buffer.read(&self.status) {
            Ok(text) => process.take_status(text),
            Err(absence) => process.no_status(absence),
        }
        process.descriptors = self.count_descriptors();
        process.age_ns = self.age_ns();
        let own = if self.kernel { own_input() } else { (0, 0) };
        match buffer.read(&self.io) {
            Ok(text) => process.take_io(text, own),
            Err(absence) => process.no_io(absence),
        }
        process.descriptor_limit = system::descriptor_limit();
        process.take_usage(usage);
        process
    }

    /// Memory, threads, descriptors, CPU time and what else `getrusage` knows, for a sampler: its file stays open.
    pub(super) fn held(&mut self, buffer: &mut Buffer) -> Process {
        let usage = system::usage();
        let status = self.held_status.read(buffer, |text| {
            let mut process = Process::nothing();
            process.take_status(text);
            process.rss.map(|_| process)
        });
        let mut process = status.unwrap_or_else(|absence| {
            let mut process = Process::nothing();
            process.no_status(absence);
            process
        });
        process.descriptors = self.count_descriptors();
        process.take_usage(usage);
        process
    }

    /// Resident memory and what `getrusage` knows: what can be had for a few microseconds, by a file that stays open.
    pub(super) fn least(&mut self, buffer: &mut Buffer) -> Process {
        let usage = system::usage();
        let mut process = Process::nothing();
        process.rss = self.pages.read(buffer, resident);
        process.take_usage(usage);
        process
    }

    /// Resident memory alone.
    pub(super) fn rss(&self, buffer: &mut Buffer) -> Reading<u64> {
        let text = buffer.read(&self.status)?;
        let rest = text::after(text, b"VmRSS").ok_or(Absence::new(STATUS, Why::Unsaid))?;
        text::kilobytes(rest, STATUS)
    }

    fn age_ns(&self) -> Reading<u64> {
        Ok(system::since_boot_ns()?.saturating_sub(self.started_ns?))
    }

    /// Since Linux 6.2 the folder's size is the answer; before that its entries are counted.
    fn count_descriptors(&self) -> Reading<u64> {
        let absent = |error: &std::io::Error| Absence::of_error(self.descriptors.name(), error);
        if self.kernel
            && let Ok(folder) = std::fs::metadata(self.descriptors.path())
            && folder.len() > 0
        {
            return Ok(folder.len());
        }
        let listed = std::fs::read_dir(self.descriptors.path()).map_err(|error| absent(&error))?;
        let own = u64::from(self.kernel); // what lists the folder
        Ok((listed.count() as u64).saturating_sub(own))
    }
}

/// The second number of `statm`: pages in memory, the same count as `VmRSS`.
fn resident(text: &[u8]) -> Reading<u64> {
    let pages = text::words(text).nth(1).and_then(text::number);
    let bytes = pages.and_then(|pages| pages.checked_mul(system::page_bytes()));
    bytes.ok_or(Absence::new(PAGES, Why::Garbled))
}

/// When a process started, from the text of its `stat`.
fn started_ns(text: &[u8]) -> Reading<u64> {
    let field = fields_after_name(text)
        .and_then(|mut fields| fields.nth(START_TIME))
        .and_then(text::number);
    let ticks = field.ok_or(Absence::new(STAT, Why::Garbled))?;
    Ok(ticks.saturating_mul(system::tick_ns()))
}

/// The fields of a `stat` after the name, which is in brackets and may hold anything.
pub(super) fn fields_after_name(text: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let end = text.iter().rposition(|&byte| byte == b')')?;
    Some(text::words(&text[end + 1..]))
}

impl Process {
    fn nothing() -> Self {
        let (status, io) = (
            Err(Absence::new(STATUS, Why::Unsaid)),
            Err(Absence::new(IO, Why::Unsaid)),
        );
        let unknown = Err(Absence::new("getrusage", Why::Unsaid));
        Self {
            age_ns: Err(Absence::new(STAT, Why::Unsaid)),
            cpu_user_ns: unknown,
            cpu_system_ns: unknown,
            rss: status,
            peak_rss: status,
            anonymous: status,
            file: status,
            shared: status,
            swap: status,
            minor_faults: unknown,
            major_faults: unknown,
            voluntary_switches: unknown,
            involuntary_switches: unknown,
            threads: status,
            descriptors: status,
            descriptor_limit: Err(Absence::new("getrlimit", Why::Unsaid)),
            read_bytes: io,
            written_bytes: io,
            read_calls: io,
            write_calls: io,
            storage_read_bytes: io,
            storage_written_bytes: io,
        }
    }

    fn take_status(&mut self, text: &[u8]) {
        for line in text::lines(text) {
            let Some(colon) = line.iter().position(|&byte| byte == b':') else {
                continue;
            };
            let (key, rest) = (&line[..colon], &line[colon + 1..]);
            let amount = || text::kilobytes(rest, STATUS);
            match key {
                b"VmRSS" => self.rss = amount(),
                b"VmHWM" => self.peak_rss = amount(),
                b"RssAnon" => self.anonymous = amount(),
                b"RssFile" => self.file = amount(),
                b"RssShmem" => self.shared = amount(),
                b"VmSwap" => self.swap = amount(),
                b"Threads" => self.threads = text::first_number(rest, STATUS),
                _ => {}
            }
        }
    }

    fn no_status(&mut self, absence: Absence) {
        let all = [
            &mut self.rss,
            &mut self.peak_rss,
            &mut self.anonymous,
            &mut self.file,
            &mut self.shared,
            &mut self.swap,
            &mut self.threads,
        ];
        all.into_iter().for_each(|reading| *reading = Err(absence));
    }

    /// Without what probes have read themselves.
    fn take_io(&mut self, text: &[u8], own: (u64, u64)) {
        let number = |key: &[u8]| text::number_after(text, key, IO);
        self.read_bytes = number(b"rchar").map(|bytes| bytes.saturating_sub(own.0));
        self.written_bytes = number(b"wchar");
        self.read_calls = number(b"syscr").map(|calls| calls.saturating_sub(own.1));
        self.write_calls = number(b"syscw");
        self.storage_read_bytes = number(b"read_bytes");
        self.storage_written_bytes = number(b"write_bytes");
    }

    fn no_io(&mut self, absence: Absence) {
        let all = [
            &mut self.read_bytes,
            &mut self.written_bytes,
            &mut self.read_calls,
            &mut self.write_calls,
            &mut self.storage_read_bytes,
            &mut self.storage_written_bytes,
        ];
        all.into_iter().for_each(|reading| *reading = Err(absence));
    }

    /// What `getrusage` knows, and what it can stand in for where files are missing.
    fn take_usage(&mut self, usage: Reading<system::Usage>) {
        self.cpu_user_ns = usage.map(|u| u.user_ns);
        self.cpu_system_ns = usage.map(|u| u.system_ns);
        self.minor_faults = usage.map(|u| u.minor_faults);
        self.major_faults = usage.map(|u| u.major_faults);
        self.voluntary_switches = usage.map(|u| u.voluntary);
        self.involuntary_switches = usage.map(|u| u.involuntary);
        if let Ok(usage) = usage {
            self.peak_rss = self.peak_rss.or(Ok(usage.peak_rss));
            let stored = |blocks: u64| Ok(blocks.saturating_mul(BLOCK));
            self.storage_read_bytes = self.storage_read_bytes.or_else(|_| stored(usage.blocks_in));
            self.storage_written_bytes = self
                .storage_written_bytes
                .or_else(|_| stored(usage.blocks_out));
        }
    }

    /// CPU time in all, in nanoseconds.
    ///
    /// # Errors
    /// [`Absence`], where either part is missing.
    pub fn cpu_ns(&self) -> Reading<u64> {
        Ok(self.cpu_user_ns?.saturating_add(self.cpu_system_ns?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_the_second_number_of_its_pages() {
        let page = system::page_bytes();
        assert_eq!(resident(b"100 7 3 1 0 20 0\n"), Ok(7 * page));
        for bad in [&b""[..], b"100", b"100 x", b"1 18446744073709551615"] {
            assert_eq!(
                resident(bad).map_err(|absence| absence.why()),
                Err(Why::Garbled)
            );
        }
    }
}
