//! In: an id. Out: the id in as many columns as there are, its crate and its function still to be read.

use crate::escape::{char_width, terminal, width};
use std::collections::HashMap;

const CUT: char = '…';

const SEPARATOR: &str = "::";

/// Bytes beyond which an id is not looked at part by part.
const LONGEST: usize = 1_000;

/// Harmless for a terminal and at most `room` columns wide; what is cut is cut from the middle.
pub(crate) fn fitted(id: &str, room: usize) -> String {
    // Of a name far longer than the room neither end changes when its middle goes before it is escaped.
    let name = terminal(&without_middle(id, 4 * room.max(16))).into_owned();
    if width(&name) <= room {
        return name;
    }
    match split_label(&name) {
        Some((stem, label)) => {
            let for_label = width(label).min((room / 3).max(room.saturating_sub(width(stem))));
            let stem = shortened(stem, room - for_label);
            format!("{stem}{}", shortened(label, for_label))
        }
        None => shortened(&name, room),
    }
}

/// `stem{label}` in two.
fn split_label(name: &str) -> Option<(&str, &str)> {
    let at = name.find('{').filter(|&at| at > 0 && name.ends_with('}'))?;
    Some(name.split_at(at))
}

/// The ids in a column of this width, a name each: none where a part of it would be cut within, or where it would read as another's.
/// Such an id has a line of its own.
pub(crate) fn in_column(ids: &[&str], room: usize) -> Vec<Option<String>> {
    let names: Vec<Option<String>> = ids.iter().map(|id| of_whole_parts(id, room)).collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for name in names.iter().flatten() {
        *seen.entry(name).or_default() += 1;
    }
    let alone = |name: &Option<String>| name.clone().filter(|name| seen[name.as_str()] == 1);
    names.iter().map(alone).collect()
}

/// The id without parts from its middle; none where that is not enough.
fn of_whole_parts(id: &str, room: usize) -> Option<String> {
    if id.len() > LONGEST {
        return None;
    }
    let name = terminal(id).into_owned();
    if width(&name) <= room {
        return Some(name);
    }
    let (stem, label) = split_label(&name).unwrap_or((&name, ""));
    let stem = without_parts(stem, room.checked_sub(width(label))?)?;
    Some(format!("{stem}{label}"))
}

/// The first part of a path and as many of its last ones as fit, at least one: `shop::…::Connection::commit`. Where there is no room for
/// the first it goes too. None where there is none for the last.
fn without_parts(name: &str, room: usize) -> Option<String> {
    let first = name.find(SEPARATOR)?;
    let heads = [&name[..first + SEPARATOR.len()], ""];
    heads.iter().find_map(|head| {
        let left = room.checked_sub(width(head) + 1)?; // the mark
        let mut tails = name.match_indices(SEPARATOR).map(|(at, _)| &name[at..]);
        if !head.is_empty() {
            tails.next();
        }
        let tail = tails.find(|tail| width(tail) <= left)?;
        Some(format!("{head}{CUT}{tail}"))
    })
}

/// Whole parts where they fit; or else what stands at both ends of the last one.
fn shortened(name: &str, room: usize) -> String {
    if width(name) <= room {
        return name.to_owned();
    }
    if let Some(short) = without_parts(name, room) {
        return short;
    }
    let Some(room) = room.checked_sub(1) else {
        return String::new();
    };
    let last = name.rfind(SEPARATOR).map_or(0, |at| at + SEPARATOR.len());
    let head = start(&name[last..], room / 2);
    let tail = end(&name[last..], room - width(head));
    format!("{head}{CUT}{tail}")
}

/// As much of the start as fits.
fn start(text: &str, room: usize) -> &str {
    let mut used = 0;
    let fits = |&(_, c): &(usize, char)| {
        used += char_width(c);
        used <= room
    };
    let length = text
        .char_indices()
        .take_while(fits)
        .last()
        .map_or(0, |(at, c)| at + c.len_utf8());
    &text[..length]
}

/// As much of the end as fits.
fn end(text: &str, room: usize) -> &str {
    let mut used = 0;
    let fits = |&(_, c): &(usize, char)| {
        used += char_width(c);
        used <= room
    };
    let from = text
        .char_indices()
        .rev()
        .take_while(fits)
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[from..]
}

/// At most about twice `keep` characters: the start and the end of a very long text.
fn without_middle(text: &str, keep: usize) -> String {
    if text.len() <= 8 * keep {
        return text.to_owned();
    }
    let (head, tail) = (start(text, keep), end(text, keep));
    format!("{head}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crate_and_function_stay() {
        assert_eq!(fitted("shop::parse", 28), "shop::parse");
        let long = "shop::storage::backend::postgres::Connection::commit";
        assert_eq!(fitted(long, 28), "shop::…::Connection::commit");
        assert_eq!(
            fitted("<shop::Json as shop::Codec>::decode_all_of_it", 26),
            "<shop::…::decode_all_of_it"
        );
        assert_eq!(
            fitted("shop::pay{card of a rather long kind}", 24),
            "shop::pay{card o…g kind}"
        );
        assert_eq!(
            fitted("shop::storage::a_rather_long_function", 12),
            "a_rat…nction"
        );
        assert_eq!(fitted("a_rather_long_program::commit", 20), "…::commit");
    }

    #[test]
    fn a_column_has_whole_parts_and_no_two_of_a_name() {
        let ids = [
            "shop::storage::commit",
            "shop::basket::commit",
            "shop::storage::begin",
            "shop::a_rather_long_function",
            "shop::pay{card}",
        ];
        let names = |room| in_column(&ids, room);
        let whole = |room| names(room).iter().flatten().count();
        assert_eq!(whole(28), 5);
        assert_eq!(
            names(19),
            [
                None,
                None,
                Some("shop::…::begin".to_owned()),
                None,
                Some("shop::pay{card}".to_owned())
            ]
        );
        assert_eq!(names(10)[2].as_deref(), Some("…::begin"));
        assert_eq!(whole(3), 0);
    }

    #[test]
    fn never_wider_than_the_room() {
        let names = [
            "a::".repeat(50),
            "解析".repeat(40),
            "\u{202e}".repeat(5000),
            format!("f{{{}}}", "x".repeat(99)),
        ];
        for name in names {
            for room in 0..80 {
                assert!(
                    width(&fitted(&name, room)) <= room,
                    "{room}: {}",
                    fitted(&name, room)
                );
            }
        }
    }
}
