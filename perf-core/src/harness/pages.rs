//! In: this process. Out: its memory on huge pages, as far as the system can, and its code in memory of its own; [`Pages`], what that was for
//! pairs.
//!
//! Which small pages a process gets moves what it does in memory: measured on loads from all over 32 MiB, processes of one executable
//! differed by 7 % where free memory lay in pieces, and by 1 % on huge pages.

use super::{code, os};
use crate::units;

/// What a huge page holds.
const HUGE: u64 = 2 << 20;

/// So much memory is moved at most: moving is copying.
const MOST: u64 = 1 << 30;

/// Less memory than this is not spoken of.
const WORTH: u64 = 4 << 20;

/// Processes of which one has so much less on huge pages than another are unlike.
const UNLIKE: f64 = 0.1;

/// Where the memory of sides lies while they are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PageSize {
    #[default]
    Huge,
    /// As the system gives it.
    AsGiven,
}

/// Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Gathered {
    pub(super) code: u64, // of the executable's mappings, in memory of its own
    pub(super) huge: u64, // on huge pages
    pub(super) all: u64,  // that have room for some
}

/// Moves the code of this process to memory of its own, and its memory to huge pages if so said.
pub(super) fn gather(memory: bool) -> Gathered {
    let code = code::copy();
    if !memory {
        return Gathered {
            code,
            ..Gathered::default()
        };
    }
    let mut left = MOST;
    for mapping in mappings() {
        let bytes = mapping.bytes.min(left);
        left -= bytes;
        if bytes > 0 {
            os::collapse(mapping.start as usize, bytes as usize);
        }
    }
    let moved = mappings(); // read once: other threads may map and unmap
    let sum = |of: fn(&Mapping) -> u64| moved.iter().map(of).sum();
    Gathered {
        code,
        huge: sum(|mapping| mapping.huge),
        all: sum(|mapping| mapping.bytes),
    }
}

/// Private memory of no file, most of it in use: to move what is hardly used would use more of it.
#[derive(Clone, Debug, PartialEq)]
struct Mapping {
    start: u64, // of the first huge page that it has room for
    bytes: u64, // of all that it has room for
    huge: u64,
}

/// Those of this process; none where the system does not say.
fn mappings() -> Vec<Mapping> {
    let text = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    read(&text)
}

/// Each mapping is a line of its range, and lines of what it holds.
fn read(smaps: &str) -> Vec<Mapping> {
    let (mut found, mut now, mut resident) = (Vec::new(), None, 0);
    for line in smaps.lines() {
        let first = line.split_ascii_whitespace().next().unwrap_or_default();
        match first {
            "Rss:" => resident = kib(line),
            "AnonHugePages:" => {
                let used = |m: &Mapping| 2 * resident >= m.bytes;
                let huge = kib(line);
                found.extend(now.take().filter(used).map(|m| Mapping { huge, ..m }));
            }
            range if !range.ends_with(':') => now = anonymous(line),
            _ => {}
        }
    }
    found
}

fn anonymous(line: &str) -> Option<Mapping> {
    let mut words = line.split_ascii_whitespace();
    let (range, permissions) = (words.next()?, words.next()?);
    let (_offset, _device, file) = (words.next()?, words.next()?, words.next()?);
    let nobodys = matches!(words.next(), None | Some("[heap]"));
    if permissions != "rw-p" || file != "0" || !nobodys {
        return None;
    }
    let (start, end) = range.split_once('-')?;
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    let start = number(start)?.checked_next_multiple_of(HUGE)?;
    let end = number(end)? / HUGE * HUGE;
    (end > start).then(|| Mapping {
        start,
        bytes: end - start,
        huge: 0,
    })
}

/// The bytes of a line such as `Rss:  4 kB`; 0 where it says none.
fn kib(line: &str) -> u64 {
    let number = line.split_ascii_whitespace().nth(1);
    number.and_then(|n| n.parse().ok()).unwrap_or(0) << 10
}

/// What the processes of pairs had.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    pairs: usize,
    unlike: usize, // pairs whose processes had not all the same
    most: Gathered,
    in_place: bool, // the code of some process was left where its file lies
    too_old: bool,
}

impl Pages {
    /// One pair.
    pub(super) fn take(&mut self, processes: [Gathered; 3]) {
        let huge = processes.map(|one| one.huge);
        let least = huge.into_iter().min().unwrap_or(0);
        let most = huge.into_iter().max().unwrap_or(0);
        self.pairs += 1;
        self.unlike += usize::from((least as f64) < (1.0 - UNLIKE) * most as f64);
        self.in_place |= processes.iter().any(|one| one.code == 0);
        for one in processes {
            self.most.huge = self.most.huge.max(one.huge);
            self.most.all = self.most.all.max(one.all);
        }
    }

    /// One process cannot be asked, so none was.
    pub(super) fn too_old(&mut self) {
        self.too_old = true;
    }

    /// What a reader of the times should know.
    pub(super) fn sentences(&self) -> Vec<String> {
        if self.too_old {
            let words = "code and memory were left where they lay, which may move times: the kept executable is too old to be asked to move them";
            return vec![words.to_owned()];
        }
        let code = self.in_place.then(|| {
            "code was left where its file lies in memory, which moves times by up to some 2 %: this system does not let a process move it".to_owned()
        });
        code.into_iter().chain(self.of_memory()).collect()
    }

    fn of_memory(&self) -> Option<String> {
        if self.most.all < WORTH {
            return None;
        }
        if self.most.huge < WORTH {
            return Some("memory could not be moved to huge pages here, and which small ones a process gets may move its times".to_owned());
        }
        let amount = |bytes: u64| units::bytes(bytes as f64);
        let (huge, all) = (self.most.huge, self.most.all);
        let of = if (huge as f64) < (1.0 - UNLIKE) * all as f64 {
            format!("{} of {}", amount(huge), amount(all))
        } else {
            amount(huge)
        };
        let but = if self.unlike > 0 {
            let (unlike, pairs) = (self.unlike, self.pairs);
            format!("; not all of it in {unlike} of {pairs} pairs")
        } else {
            String::new()
        };
        Some(format!(
            "measured with {of} of memory on huge pages, on both sides (--small-pages: without){but}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
5600000ff000-560000900000 rw-p 00000000 00:00 0                          [heap]
Size:               8196 kB
Rss:                8000 kB
AnonHugePages:      2048 kB
VmFlags: rd wr mr mw me ac
7f0000000000-7f0000800000 rw-p 00000000 00:00 0 \n\
Rss:                  12 kB
AnonHugePages:         0 kB
7f0001000000-7f0001800000 rw-p 00000000 08:01 4711   /tmp/a file
Rss:                8192 kB
AnonHugePages:         0 kB
7f0002000000-7f0002800000 r--p 00000000 00:00 0 \n\
Rss:                8192 kB
AnonHugePages:         0 kB
7f0003001000-7f0003100000 rw-p 00000000 00:00 0 \n\
Rss:                1020 kB
AnonHugePages:         0 kB
7ff000000000-7ff000800000 rw-p 00000000 00:00 0                          [stack]
Rss:                8192 kB
AnonHugePages:         0 kB
7ff100000000-7ff100400000 rw-p 00000000 00:00 0 \n\
Rss:                4096 kB
AnonHugePages:      4096 kB
";

    #[test]
    fn only_used_private_memory_with_room_is_moved() {
        let mapping = |start, bytes, huge| Mapping { start, bytes, huge };
        assert_eq!(
            read(SMAPS),
            [
                mapping(0x5600_0020_0000, 6 << 20, 2 << 20),
                mapping(0x7ff1_0000_0000, 4 << 20, 4 << 20),
            ]
        );
        assert_eq!(read("no such text\nRss: x kB\nAnonHugePages:\n"), []);
    }

    #[test]
    #[cfg(not(miri))] // nothing is moved there
    fn code_and_memory_keep_what_they_hold() {
        static WORDS: [&str; 3] = ["one", "two", "three"];
        fn squares(upto: u64) -> u64 {
            (0..std::hint::black_box(upto)).map(|i| i * i).sum()
        }
        let numbers: Vec<u64> = (0..1 << 20).collect();
        // Threads run and read while it is moved beneath them.
        let done = std::sync::atomic::AtomicBool::new(false);
        let gathered = std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        assert_eq!(squares(1_000), 332_833_500);
                        assert_eq!(std::hint::black_box(WORDS).concat(), "onetwothree");
                    }
                });
            }
            let gathered = gather(true);
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            gathered
        });
        assert!(gathered.huge <= gathered.all, "{gathered:?}");
        assert_eq!(
            (squares(4), numbers.iter().sum::<u64>()),
            (14, ((1 << 20) - 1) << 19)
        );
        let again = gather(false); // what is of no file any more is not moved again
        assert_eq!((again.code, again.all), (0, 0), "{gathered:?}");
    }

    #[test]
    fn what_pairs_had_is_said() {
        let process = |huge: u64, all: u64| Gathered {
            code: 1,
            huge: huge << 20,
            all: all << 20,
        };
        let said = |pairs: &[[Gathered; 3]]| {
            let mut pages = Pages::default();
            pairs.iter().for_each(|&pair| pages.take(pair));
            pages.sentences().join(" ")
        };
        assert_eq!(said(&[[process(0, 2); 3]]), "");
        assert!(said(&[[process(0, 32); 3]]).contains("could not be moved"));
        let alike = [process(30, 32); 3];
        assert!(said(&[alike]).ends_with("without)"));
        let some = said(&[[process(10, 32); 3]]);
        assert!(
            some.contains("with 10.0 MiB of 32.0 MiB of memory"),
            "{some}"
        );
        let unlike = [process(30, 32), process(30, 32), process(2, 32)];
        assert!(said(&[alike, unlike]).ends_with("in 1 of 2 pairs"));
        let mut left = [process(0, 2); 3];
        left[1].code = 0;
        assert!(said(&[left]).starts_with("code was left"));
        let mut old = Pages::default();
        old.too_old();
        assert!(old.sentences().concat().contains("too old"));
    }
}
