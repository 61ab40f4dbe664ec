//! In: names, which anybody may have written. Out: the same names, harmless where they are printed, and how wide they are there.

use std::borrow::Cow;
use std::fmt::Write;

/// What a terminal would act on or hide: control characters, line separators, bidirectional marks, zero-width and invisible ones.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// For a terminal or a plain text file: one line, nothing hidden, nothing that steers.
///
/// ```
/// use perf_core::escape::terminal;
/// assert_eq!(terminal("red \u{1b}[31m"), "red \\u{1b}[31m");
/// assert_eq!(terminal("two\nlines"), "two\\nlines");
/// assert_eq!(terminal("parse::größe"), "parse::größe");
/// ```
pub fn terminal(name: &str) -> Cow<'_, str> {
    if !name.chars().any(is_hidden) {
        return Cow::Borrowed(name);
    }
    let mut safe = String::with_capacity(name.len() + 16);
    for c in name.chars() {
        push_visible(&mut safe, c);
    }
    Cow::Owned(safe)
}

/// For a whole page: nothing hidden that steers or reorders the text around it; its own line breaks stay.
#[cfg(feature = "html")]
pub(crate) fn page(html: String) -> String {
    let steers = |c: char| is_hidden(c) && !matches!(c, '\n' | '\t');
    if !html.contains(steers) {
        return html;
    }
    let mut safe = String::with_capacity(html.len() + 64);
    for c in html.chars() {
        if steers(c) {
            push_visible(&mut safe, c);
        } else {
            safe.push(c);
        }
    }
    safe
}

fn push_visible(to: &mut String, c: char) {
    match c {
        '\n' => to.push_str("\\n"),
        '\r' => to.push_str("\\r"),
        '\t' => to.push_str("\\t"),
        c if is_hidden(c) => {
            let _ = write!(to, "\\u{{{:x}}}", u32::from(c));
        }
        c => to.push(c),
    }
}

/// For a cell of a Markdown table, as plain text: no column, tag, link, emphasis or mention of its own.
///
/// ```
/// use perf_core::escape::markdown;
/// assert_eq!(markdown("parse_file"), "parse_file");
/// assert_eq!(markdown("a|b`c"), "a\\|b\\`c");
/// assert_eq!(markdown("<script>"), "&lt;script&gt;");
/// ```
pub fn markdown(name: &str) -> String {
    let visible = terminal(name);
    let mut safe = String::with_capacity(visible.len() + 16);
    let mut before = ' ';
    let mut rest = visible.chars().peekable();
    while let Some(c) = rest.next() {
        let inside_word = |next: Option<&char>| {
            before.is_alphanumeric() && next.is_some_and(|next| next.is_alphanumeric())
        };
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '@' => safe.push_str("&#64;"),
            ':' if rest.peek() == Some(&'/') => safe.push_str("&#58;"),
            '.' if before.eq_ignore_ascii_case(&'w') => safe.push_str("&#46;"),
            '_' if inside_word(rest.peek()) => safe.push('_'),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '#' | '!' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
        before = c;
    }
    safe
}

/// Bytes of a name that [`file_name`] keeps room for: with what is put before and after, 255 are allowed.
const FILE_NAME_BYTES: usize = 120;

/// For a part of a file's name: letters, digits, `_`, `-` and `.` of ASCII, everything else as `%` and its byte; never hidden, an
/// option, empty or long.
///
/// ```
/// use perf_core::escape::file_name;
/// assert_eq!(file_name("my-app"), "my-app");
/// assert_eq!(file_name("../etc/x y"), "%2E.%2Fetc%2Fx%20y");
/// assert_eq!(file_name(""), "unnamed");
/// ```
pub fn file_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len() + 16);
    for byte in name.bytes() {
        let first = safe.is_empty() && matches!(byte, b'.' | b'-');
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if plain && !first {
            safe.push(char::from(byte));
        } else {
            let _ = write!(safe, "%{byte:02X}");
        }
        if safe.len() >= FILE_NAME_BYTES {
            break;
        }
    }
    if safe.is_empty() {
        safe.push_str("unnamed");
    }
    safe
}

/// Columns that text takes in a terminal: two for East Asian wide characters and pictographs, one for every other.
///
/// Combining marks count too, so that text is never wider than this says.
///
/// ```
/// use perf_core::escape::width;
/// assert_eq!(width("größe"), 5);
/// assert_eq!(width("解析"), 4);
/// ```
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Columns of one character.
pub(crate) fn char_width(c: char) -> usize {
    let wide = matches!(u32::from(c),
        0x1100..=0x115f | 0x231a..=0x231b | 0x2329..=0x232a | 0x23e9..=0x23f3 | 0x25fd..=0x25fe
        | 0x2614..=0x2615 | 0x2648..=0x2653 | 0x267f..=0x27bf | 0x2b1b..=0x2b55 | 0x2e80..=0x303e
        | 0x3041..=0xa4cf | 0xa960..=0xa97c | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe10..=0xfe19
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x16fe0..=0x18cff | 0x1aff0..=0x1b2ff
        | 0x1f000..=0x1faff | 0x20000..=0x3fffd);
    1 + usize::from(wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_hidden_character_becomes_visible() {
        for c in [
            '\u{0}',
            '\u{7f}',
            '\u{9b}',
            '\u{202e}',
            '\u{2066}',
            '\u{200b}',
            '\u{200d}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            let name = format!("a{c}b");
            let safe = terminal(&name);
            assert_eq!(safe, format!("a\\u{{{:x}}}b", u32::from(c)));
        }
    }

    #[test]
    fn markdown_keeps_words_and_breaks_marks() {
        assert_eq!(markdown("__init__"), "\\_\\_init\\_\\_");
        assert_eq!(markdown("\\|"), "\\\\\\|");
        assert_eq!(
            markdown("http://x www.x @y"),
            "http&#58;//x www&#46;x &#64;y"
        );
        assert_eq!(markdown("a\n| b"), "a\\\\n\\| b");
    }
}
