//! In: this process. Out: its code and constants in memory of its own, as far as the system can.
//!
//! Else they lie where the system keeps the executable's file, for all its processes alike: of two copies of one file one was called faster
//! by up to 2.6 % in 40 fresh pairs, and the twin, which runs the same file, saw nothing of it.
//!
//! Invariant 1: what is replaced is one whole mapping of the program that runs here, as the system lists it, private, to which nobody may
//! write; the program's own mappings stay as long as it runs.
#![allow(unsafe_code)]

use super::os;

/// Puts copies in the place of what is mapped of the executable. What was copied is of no file any more, so a second time finds nothing.
pub(super) fn copy() -> u64 {
    let Ok(executable) = std::fs::read_link("/proc/self/exe") else {
        return 0;
    };
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let here = copy as *const () as usize;
    let mut copied = 0;
    for constant in constants(&maps, &executable.to_string_lossy(), here) {
        // SAFETY: invariant 1.
        let done = unsafe { os::copy_in_place(constant.start, constant.bytes, constant.executed) };
        copied += if done { constant.bytes as u64 } else { 0 };
    }
    copied
}

/// What is mapped of the executable and not written to.
#[derive(Debug, PartialEq)]
struct Constant {
    start: usize,
    bytes: usize,
    executed: bool,
}

/// Those of the program that runs `here`: its parts lie one after the other. Who else maps the file, to read it, may end that at any time.
fn constants(maps: &str, file: &str, here: usize) -> Vec<Constant> {
    let (mut found, mut end, mut is_here) = (Vec::new(), 0, false);
    for (mapping, next, rights) in maps.lines().filter_map(|line| part(line, file)) {
        if mapping.start != end {
            if is_here {
                break;
            }
            found.clear();
        }
        end = next;
        is_here |= (mapping.start..next).contains(&here);
        if matches!(rights, "r-xp" | "r--p") {
            found.push(mapping);
        }
    }
    if is_here { found } else { Vec::new() }
}

/// A mapping of this file, its end and its rights.
fn part<'a>(line: &'a str, file: &str) -> Option<(Constant, usize, &'a str)> {
    let mut words = line.split_ascii_whitespace();
    let (range, rights) = (words.next()?, words.next()?);
    let (start, end) = range.split_once('-')?;
    let number = |digits| usize::from_str_radix(digits, 16).ok();
    let (start, end) = (number(start)?, number(end)?);
    let mapping = Constant {
        start,
        bytes: end.checked_sub(start)?,
        executed: rights == "r-xp",
    };
    (line.find('/').map(|at| &line[at..]) == Some(file)).then_some((mapping, end, rights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_executable_what_nobody_writes_to_is_copied() {
        let maps = "\
55b5dbc29000-55b5dbc2b000 r--p 00000000 fe:00 247030                     /a b/c
55b5dbc2b000-55b5dbc30000 r-xp 00002000 fe:00 247030                     /a b/c
55b5dbc30000-55b5dbc31000 rw-p 0000a000 fe:00 247030                     /a b/c
55b5dbc31000-55b5dbc32000 r--p 0000a000 fe:00 247030                     /a b/c
55b5dbc32000-55b5dbc33000 r--p 0000a000 fe:00 247031                     /a b/cd
7f58f0d00000-7f58f0d93000 r--p 00000000 fe:00 247030                     /a b/c
7f58f0d93000-7f58f0dea000 r--s 00000000 fe:00 316534                     /a b/c
7f58f0dea000-7f58f0deb000 r-xp 00000000 00:00 0                          [vdso]
";
        let constant = |start, bytes, executed| Constant {
            start,
            bytes,
            executed,
        };
        let read = constant(0x7f58_f0d0_0000, 0x9_3000, false);
        assert_eq!(
            constants(maps, "/a b/c", 0x55b5_dbc2_b001),
            [
                constant(0x55b5_dbc2_9000, 0x2000, false),
                constant(0x55b5_dbc2_b000, 0x5000, true),
                constant(0x55b5_dbc3_1000, 0x1000, false),
            ]
        );
        assert_eq!(constants(maps, "/a b/c", read.start), [read]); // were it the program
        assert_eq!(constants(maps, "/a b/c", 0x55b5_dbc3_2001), []);
        assert_eq!(constants(maps, "/a b", 0x55b5_dbc2_b001), []);
    }
}
