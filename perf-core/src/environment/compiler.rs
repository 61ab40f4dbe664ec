//! In: the running executable. Out: the compiler that it names in its section `.comment`, where it is an ELF file of 64 bits.
//!
//! Read from the file, because the compiler that matters is the one of the whole program, and a build script would cost every
//! user's build.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

const MAGIC: [u8; 6] = [0x7f, b'E', b'L', b'F', 2, 1]; // 64 bits, little end first
const SECTION_HEADER: usize = 64; // bytes
/// Sections and bytes beyond which a file is not ours to understand.
const MOST_SECTIONS: u16 = 4_096;
const MOST_BYTES: u64 = 1 << 20;

/// `rustc 1.95.0 (59807616e 2026-04-14)`, or why it is unknown.
pub(super) fn of_this_executable() -> Result<String, String> {
    let path = if cfg!(target_os = "linux") {
        "/proc/self/exe".into() // the running file, even if another has taken its name
    } else {
        std::env::current_exe().map_err(|error| format!("the executable is unknown: {error}"))?
    };
    let mut file = File::open(path).map_err(|error| format!("cannot open it: {error}"))?;
    let comment = section(&mut file, b".comment")
        .map_err(|error| format!("cannot read the executable: {error}"))?
        .ok_or("the executable names no compiler")?;
    compiler(&comment).ok_or_else(|| "the executable names no Rust compiler".to_owned())
}

/// The compiler among zero-terminated strings.
fn compiler(comment: &[u8]) -> Option<String> {
    let mut strings = comment.split(|byte| *byte == 0);
    let named = strings.find(|text| text.starts_with(b"rustc version "))?;
    let version = String::from_utf8_lossy(named.get(14..)?);
    Some(format!("rustc {version}"))
}

/// The bytes of a section of an ELF file; `None` where there is no such section or it is another kind of file.
fn section(file: &mut (impl Read + Seek), name: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 64];
    if file.read_exact(&mut header).is_err() || header[..6] != MAGIC {
        return Ok(None);
    }
    let (count, names_at) = (u16_at(&header, 60), u16_at(&header, 62));
    if count > MOST_SECTIONS || usize::from(u16_at(&header, 58)) != SECTION_HEADER {
        return Ok(None);
    }
    let table = part(
        file,
        u64_at(&header, 40),
        u64::from(count) * SECTION_HEADER as u64,
    )?;
    let sections: Vec<&[u8]> = table.chunks_exact(SECTION_HEADER).collect();
    let Some(names) = sections.get(usize::from(names_at)) else {
        return Ok(None);
    };
    let names = part(file, u64_at(names, 24), u64_at(names, 32))?;
    let is_it = |header: &&&[u8]| {
        let start = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let rest = names.get(start..).unwrap_or_default();
        rest.split(|byte| *byte == 0).next() == Some(name)
    };
    match sections.iter().find(is_it) {
        Some(found) => part(file, u64_at(found, 24), u64_at(found, 32)).map(Some),
        None => Ok(None),
    }
}

fn part(file: &mut (impl Read + Seek), start: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length.min(MOST_BYTES)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    #[test]
    #[cfg(all(target_os = "linux", target_pointer_width = "64", not(miri)))]
    fn this_test_was_compiled_by_some_rustc() {
        let named = of_this_executable();
        assert!(
            named
                .as_ref()
                .is_ok_and(|name| name.starts_with("rustc 1.")),
            "{named:?}"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400), ours in any::<bool>()) {
            if ours && bytes.len() >= 64 {
                bytes[..6].copy_from_slice(&MAGIC);
                bytes[58..60].copy_from_slice(&64u16.to_le_bytes());
                bytes[60..62].copy_from_slice(&3u16.to_le_bytes());
                bytes[62..64].copy_from_slice(&1u16.to_le_bytes());
                bytes[40..48].copy_from_slice(&64u64.to_le_bytes());
            }
            let _ = section(&mut Cursor::new(bytes), b".comment");
        }
    }
}
