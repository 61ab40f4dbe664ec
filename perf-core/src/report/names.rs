//! In: an id. Out: the id in as many columns as there are, its crate and its function still to be read.

use crate::escape::{char_width, terminal, width};

const CUT: char = '…';

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

/// First part and end of a path, cut between parts where that does not lose much.
fn shortened(name: &str, room: usize) -> String {
    if width(name) <= room {
        return name.to_owned();
    }
    let Some(room) = room.checked_sub(1) else {
        return String::new();
    };
    let first = name
        .find("::")
        .map_or(usize::MAX, |at| width(&name[..at + 2]));
    let head = start(name, if first <= room / 2 { first } else { room / 3 });
    let tail = end(name, room - width(head));
    // Part boundary within the first half of the tail: `…::module::function`.
    let boundary = tail.find("::").filter(|&at| at <= tail.len() / 2);
    let tail = boundary.map_or(tail, |at| &tail[at..]);
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
            "shop::pay{car…long kind}"
        );
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
