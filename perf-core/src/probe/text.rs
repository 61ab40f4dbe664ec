//! In: bytes of a kernel's text file, or whatever is in its place. Out: the numbers in it; never a panic, nothing copied.

use super::absence::{Absence, Reading, Why};

/// Lines without their ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n')
}

/// Words between blanks.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

/// A word that is a whole number and nothing else.
pub(super) fn number(word: &[u8]) -> Option<u64> {
    let digit = |sum: Option<u64>, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum?.checked_mul(10)?.checked_add(digit)
    };
    if word.is_empty() {
        return None;
    }
    word.iter().fold(Some(0), digit)
}

/// A word such as `0.91`, not negative.
pub(super) fn decimal(word: &[u8]) -> Option<f64> {
    if !word.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return None;
    }
    let value: f64 = std::str::from_utf8(word).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

/// The first number in what follows a key.
pub(super) fn first_number(rest: &[u8], source: &'static str) -> Reading<u64> {
    words(rest)
        .next()
        .and_then(number)
        .ok_or(Absence::new(source, Why::Garbled))
}

/// The first number in kilobytes (`123 kB`), in bytes.
pub(super) fn kilobytes(rest: &[u8], source: &'static str) -> Reading<u64> {
    first_number(rest, source)?
        .checked_mul(1024)
        .ok_or(Absence::new(source, Why::Garbled))
}

/// What follows `key` and a blank or colon at a line's start.
pub(super) fn after<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    lines(text).find_map(|line| {
        let rest = line.strip_prefix(key)?;
        matches!(rest.first(), Some(b' ' | b'\t' | b':')).then(|| &rest[1..])
    })
}

/// The number after a key.
pub(super) fn number_after(text: &[u8], key: &[u8], source: &'static str) -> Reading<u64> {
    let rest = after(text, key).ok_or(Absence::new(source, Why::Unsaid))?;
    first_number(rest, source)
}

/// A whole file that is one number.
pub(super) fn only_number(text: &[u8], source: &'static str) -> Reading<u64> {
    let mut all = words(text);
    match (all.next().and_then(number), all.next()) {
        (Some(number), None) => Ok(number),
        _ => Err(Absence::new(source, Why::Garbled)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_words() {
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        for bad in [&b"18446744073709551616"[..], b"", b"-1", b"1x", b"max"] {
            assert_eq!(number(bad), None, "{bad:?}");
        }
        assert_eq!(decimal(b"0.91"), Some(0.91));
        assert_eq!(decimal(b"inf"), None);
        assert_eq!(decimal(b"1.2.3"), None);
    }

    #[test]
    fn keys_are_whole_words_too() {
        assert_eq!(number_after(b"ab 1\na: 7 kB\n", b"a", "f"), Ok(7));
        assert_eq!(
            number_after(b"ab 1", b"a", "f").map_err(|a| a.why()),
            Err(Why::Unsaid)
        );
        assert!(kilobytes(b" 18446744073709551615 kB", "f").is_err());
    }
}
