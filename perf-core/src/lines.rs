//! In: records, a file. Out: one JSON line a record with its checksum, only ever appended; whole lines read back, damage reported.
//!
//! A line is `{"xxh3":"16 hexadecimal digits","record":...}`: JSON by itself, and the checksum is of the record's bytes as they stand
//! there. A writer holds the file's advisory lock and appends its line with one write, so that two writers never mix; where the file
//! system has no locks, the one write to a file opened for appending is what there is. A line that a killed writer left torn is closed
//! by the next one, stays where it is, and is reported by every reader.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

const BEFORE_SUM: &str = "{\"xxh3\":\"";
const BEFORE_RECORD: &str = "\",\"record\":";
const DIGITS: usize = 16;

/// A file of records that only grows.
///
/// ```
/// use perf_core::lines::Lines;
/// let path = std::env::temp_dir().join(format!("perf-core-doc-lines-{}.jsonl", std::process::id()));
/// let lines = Lines::at(&path);
/// lines.append(&("first", 1))?;
/// lines.append(&("second", 2))?;
/// let read = lines.read::<(String, u32)>()?;
/// assert_eq!(read.records[1], ("second".to_owned(), 2));
/// assert!(read.damaged.is_empty());
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lines {
    path: PathBuf,
}

/// What a file of lines holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Records<T> {
    /// The whole ones, oldest first.
    pub records: Vec<T>,
    /// The others, which were left out.
    pub damaged: Vec<Damage>,
}

/// A line that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// Why a file of lines could not be written or read.
#[derive(Debug)]
#[non_exhaustive]
pub struct LinesError {
    /// The file.
    pub path: PathBuf,
    /// What was attempted.
    pub doing: &'static str,
    /// The system's words.
    pub source: io::Error,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what } = self;
        write!(f, "{path:?}, line {line}, is left out: {what}")
    }
}

impl fmt::Display for LinesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            doing,
            source,
        } = self;
        write!(f, "cannot {doing} {path:?}: {source}")
    }
}

impl std::error::Error for LinesError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl Lines {
    /// The file of this name, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a record and flushes it to the device. What cannot be written whole is taken back.
    ///
    /// # Errors
    /// [`LinesError`]; the lines before are as they were.
    pub fn append<T: Serialize + ?Sized>(&self, record: &T) -> Result<(), LinesError> {
        let failed = |doing| {
            move |source| LinesError {
                path: self.path.clone(),
                doing,
                source,
            }
        };
        let record = serde_json::to_string(record)
            .map_err(io::Error::from)
            .map_err(failed("encode a record for"))?;
        let sum = xxh3_64(record.as_bytes());
        let line = format!("{BEFORE_SUM}{sum:016x}{BEFORE_RECORD}{record}}}\n");
        let mut options = File::options();
        let options = options.read(true).append(true).create(true);
        let mut file = options.open(&self.path).map_err(failed("open"))?;
        lock(&file).map_err(failed("lock"))?; // until the file is closed
        append(&mut file, line.into_bytes()).map_err(failed("append to"))
    }

    /// Reads all records; a file that does not exist has none.
    ///
    /// # Errors
    /// [`LinesError`]; damaged lines are no error but in [`Records::damaged`].
    pub fn read<T: DeserializeOwned>(&self) -> Result<Records<T>, LinesError> {
        let mut bytes = Vec::new();
        let read = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            // A writer at work is waited for, where that is possible: its line would look torn.
            opened => opened.and_then(|mut file| {
                let _ = file.lock_shared();
                file.read_to_end(&mut bytes)
            }),
        };
        read.map_err(|source| LinesError {
            path: self.path.clone(),
            doing: "read",
            source,
        })?;
        let mut found = Records {
            records: Vec::new(),
            damaged: Vec::new(),
        };
        let ends_well = bytes.is_empty() || bytes.ends_with(b"\n");
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        for (at, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
        {
            let is_last = at + 1 == lines.len();
            match record(line) {
                Ok(record) => found.records.push(record),
                Err(what) => found.damaged.push(Damage {
                    path: self.path.clone(),
                    line: at + 1,
                    what: if is_last && !ends_well {
                        "it is torn, its writer was stopped".to_owned()
                    } else {
                        what
                    },
                }),
            }
        }
        Ok(found)
    }
}

/// Waits for the other writers; a file system without locks is no reason to fail.
fn lock(file: &File) -> io::Result<()> {
    match file.lock() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        done => done,
    }
}

fn append(file: &mut File, mut line: Vec<u8>) -> io::Result<()> {
    let before = file.seek(SeekFrom::End(0))?;
    if before > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(before - 1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            line.insert(0, b'\n'); // so that a torn line spoils no other
        }
    }
    file.write_all(&line)
        .and_then(|()| file.sync_data())
        .inspect_err(|_| {
            let _ = file.set_len(before);
        })
}

fn record<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    let foreign = || "it is not of this format".to_owned();
    let text = std::str::from_utf8(line).map_err(|_| foreign())?;
    let rest = text.strip_prefix(BEFORE_SUM).ok_or_else(foreign)?;
    let (sum, rest) = rest.split_at_checked(DIGITS).ok_or_else(foreign)?;
    let record = rest.strip_prefix(BEFORE_RECORD).ok_or_else(foreign)?;
    let record = record.strip_suffix('}').ok_or_else(foreign)?;
    if sum != format!("{:016x}", xxh3_64(record.as_bytes())) {
        return Err("its checksum is wrong: it was changed, or two writers mixed".to_owned());
    }
    serde_json::from_str(record).map_err(|error| format!("its record is not understood: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn three() -> (tempfile::TempDir, Lines) {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = Lines::at(folder.path().join("lines"));
        for number in 1..=3 {
            lines.append(&number).expect("appended");
        }
        (folder, lines)
    }

    #[test]
    fn a_file_torn_anywhere_loses_its_last_line_and_no_other_to_come() {
        let (_folder, lines) = three();
        let whole = fs::read(lines.path()).expect("readable");
        let second = whole.len() / 3 * 2;
        for end in second..whole.len() {
            fs::write(lines.path(), &whole[..end]).expect("written");
            let torn = lines.read::<u32>().expect("readable");
            let all_but_the_line_end = end + 1 == whole.len();
            let expected: &[u32] = if all_but_the_line_end {
                &[1, 2, 3]
            } else {
                &[1, 2]
            };
            assert_eq!(torn.records, expected, "{end}");
            let reported = usize::from(end > second && !all_but_the_line_end);
            assert_eq!(torn.damaged.len(), reported, "{end}");
            assert!(
                torn.damaged
                    .iter()
                    .all(|d| d.line == 3 && d.what.contains("torn"))
            );
            lines.append(&4).expect("appended");
            let after = lines.read::<u32>().expect("readable");
            assert_eq!(after.records.last(), Some(&4), "{end}");
            assert_eq!(after.damaged.len(), reported, "{end}");
        }
    }

    #[test]
    fn a_changed_byte_is_found_wherever_it_is() {
        let (_folder, lines) = three();
        let whole = fs::read(lines.path()).expect("readable");
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(lines.path(), &changed).expect("written");
            let read = lines.read::<u32>().expect("readable");
            assert!(!read.damaged.is_empty(), "{at}");
            assert!(read.records.iter().all(|number| (1..=3).contains(number)));
        }
    }

    #[test]
    fn writers_at_once_lose_nothing() {
        let (_folder, lines) = three();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let lines = &lines;
                scope.spawn(move || {
                    for number in 0..50 {
                        lines.append(&(100 * writer + number)).expect("appended");
                    }
                });
            }
        });
        let read = lines.read::<u32>().expect("readable");
        assert_eq!((read.records.len(), read.damaged.len()), (203, 0));
    }

    #[test]
    fn what_is_not_there_is_empty_and_what_cannot_be_is_named() {
        let nowhere = Lines::at("/no/such/folder/lines");
        assert!(nowhere.read::<u32>().expect("no file").records.is_empty());
        let told = nowhere.append(&1).expect_err("no folder").to_string();
        assert!(told.contains("/no/such/folder/lines"), "{told}");
        let (_folder, lines) = three();
        let strange = lines.read::<String>().expect("readable");
        assert_eq!((strange.records.len(), strange.damaged.len()), (0, 3));
    }
}
