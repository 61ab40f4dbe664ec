//! In: sentences. Out: lines of at most so many columns, and colours where they are wanted.

use crate::escape::{char_width, width};

/// ANSI styles, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    pub(crate) colour: bool,
}

impl Paint {
    pub(crate) fn bold(self, text: &str) -> String {
        self.styled("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.styled("2", text)
    }

    pub(crate) fn warning(self, text: &str) -> String {
        self.styled("33", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.styled("31", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.styled("32", text)
    }

    fn styled(self, style: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Units as they stand after a number.
const UNITS: [&str; 16] = [
    "%", "ns", "µs", "ms", "s", "min", "h", "d", "y", "k", "M", "G", "B", "KiB", "MiB", "GiB",
];

/// What names the number after it.
const NAMES: [&str; 8] = ["mean", "p50", "p90", "p99", "min", "max", "self", "total"];

/// Broken between words, but neither between a number and its unit, nor, where there is room for both, between a name and its
/// number; a word that is too long is broken within.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2); // the widest character
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in named(text, words(text), room) {
        let size = width(word);
        if used > 0 && used + 1 + size <= room {
            push(&mut lines, " ");
            used += 1;
        } else if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        if used + size <= room {
            push(&mut lines, word);
            used += size;
            continue;
        }
        for c in word.chars() {
            if used + char_width(c) > room {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, c.encode_utf8(&mut [0; 4]));
            used += char_width(c);
        }
    }
    lines
}

/// Words, a number and its unit as one.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let mut from = 0; // where the last of them starts
    let mut at = 0;
    for word in text.split(' ') {
        let unit = word.split('–').next().unwrap_or(word); // of `980 ns–1.02 µs`
        let unit = unit.trim_end_matches(['.', ',', ':', ';', ')']);
        let is_unit = UNITS.contains(&unit.strip_suffix("/s").unwrap_or(unit));
        let after_number = words
            .last()
            .is_some_and(|last| last.ends_with(|c: char| c.is_ascii_digit()));
        if is_unit && after_number {
            words.pop();
        } else {
            from = at;
        }
        at += word.len();
        words.push(&text[from..at]);
        at += 1;
    }
    words
}

/// The words of a text, a name and its number as one where they fit.
fn named<'a>(text: &'a str, words: Vec<&'a str>, room: usize) -> Vec<&'a str> {
    let mut joined: Vec<&str> = Vec::new();
    let mut at = 0;
    for word in words {
        let end = at + word.len();
        let name = joined.last().filter(|last| NAMES.contains(last));
        let from = name.map_or(at, |name| at - 1 - name.len());
        let number = word.starts_with(|c: char| c.is_ascii_digit() || c == '±');
        if number && from < at && width(&text[from..end]) <= room {
            joined.pop();
            joined.push(&text[from..end]);
        } else {
            joined.push(word);
        }
        at = end + 1;
    }
    joined
}

fn push(lines: &mut [String], text: &str) {
    if let Some(last) = lines.last_mut() {
        last.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_long_words() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("a abcdefgh b", 4), ["a", "abcd", "efgh", "b"]);
        assert_eq!(wrapped("", 8), [""]);
        assert_eq!(wrapped("takes 5.00 ns, 3 s", 12), ["takes", "5.00 ns, 3 s"]);
        assert_eq!(wrapped("p99 270 µs–13.0 ms", 16), ["p99", "270 µs–13.0 ms"]);
        assert_eq!(
            wrapped("mean 1–2 s, p90 1–2 s", 17),
            ["mean 1–2 s,", "p90 1–2 s"]
        );
        assert_eq!(wrapped("up to 14.2 KiB/s", 11), ["up to", "14.2 KiB/s"]);
    }
}
