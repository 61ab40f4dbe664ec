//! In: the type name of an item inside a measured function, as the compiler prints it. Out: the site's id.

/// The readable, stable form of a compiler path: the marker item cut off, closures left out (the body of an `async fn` is one),
/// `<impl T>` and `<impl Tr for T>` of another module resolved, placeholders for generic arguments dropped.
pub(crate) fn readable(path: &str) -> String {
    let path = strip_last_segment(path).replace("::{{closure}}", "");
    drop_placeholders(&resolve_impl(&path))
}

/// Everything before the last `::` (the marker function's own name).
fn strip_last_segment(path: &str) -> &str {
    path.rfind("::").map_or(path, |at| &path[..at])
}

/// `m::<impl a::T>::f` is `a::T::f`; `m::<impl a::Tr for b::T>::f` is `<b::T as a::Tr>::f`.
fn resolve_impl(path: &str) -> String {
    let Some(start) = path.find("<impl ") else {
        return path.to_owned();
    };
    let Some(end) = matching_bracket(path, start) else {
        return path.to_owned();
    };
    let inner = &path[start + "<impl ".len()..end];
    let rest = &path[end + 1..];
    match split_for(inner) {
        Some((trait_path, type_path)) => format!("<{type_path} as {trait_path}>{rest}"),
        None => format!("{inner}{rest}"),
    }
}

/// The position of the `>` that closes the `<` at `open`.
fn matching_bracket(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut previous = b' ';
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'<' => depth += 1,
            b'>' if previous != b'-' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        previous = byte;
    }
    None
}

/// Splits `Tr<..> for T` at the ` for ` that stands outside all brackets.
fn split_for(inner: &str) -> Option<(&str, &str)> {
    let mut depth = 0i32;
    let bytes = inner.as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' if at == 0 || bytes[at - 1] != b'-' => depth -= 1,
            b')' | b']' => depth -= 1,
            b' ' if depth == 0 && inner[at..].starts_with(" for ") => {
                return Some((&inner[..at], &inner[at + 5..]));
            }
            _ => {}
        }
    }
    None
}

/// Drops argument lists that hold nothing but generic parameters (`_`, `'_`, a constant's name): `G<_, N>` is `G`.
fn drop_placeholders(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('<') {
        let after = &rest[open + 1..];
        let close = after.find(['<', '>']);
        let placeholder = close.is_some_and(|at| {
            after.as_bytes()[at] == b'>'
                && after[..at]
                    .split(',')
                    .all(|argument| is_parameter(argument.trim()))
        });
        match close {
            Some(at) if placeholder => {
                let kept = rest[..open].strip_suffix("::").unwrap_or(&rest[..open]);
                out.push_str(kept);
                rest = &after[at + 1..];
            }
            _ => {
                out.push_str(&rest[..=open]);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether an argument is a parameter of the generic item. Of these a constant goes by its own name; whatever else has no path is
/// a primitive type or a literal.
fn is_parameter(argument: &str) -> bool {
    let mut characters = argument.chars();
    let is_name = characters.next().is_some_and(char::is_alphabetic)
        && characters.all(|character| character.is_alphanumeric() || character == '_');
    matches!(argument, "_" | "'_") || (is_name && !PLAIN_WORDS.contains(&argument))
}

/// Primitive types and literals that are words.
const PLAIN_WORDS: [&str; 21] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
    "i128", "isize", "f16", "f32", "f64", "f128", "true", "false",
];

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn compiler_paths_become_ids() {
        for (path, id) in [
            ("n::free::here", "n::free"),
            ("n::T::m::here", "n::T::m"),
            ("n::G<_>::m::{{closure}}::here", "n::G::m"),
            ("n::G<_, '_>::gm::here", "n::G::gm"),
            ("<n::T as n::Tr>::r::here", "<n::T as n::Tr>::r"),
            ("<n::G<_> as n::Tr>::r::here", "<n::G as n::Tr>::r"),
            ("n::o::<impl n::T>::other::here", "n::T::other"),
            (
                "n::o::<impl n::Tr for alloc::vec::Vec<u8>>::r::here",
                "<alloc::vec::Vec<u8> as n::Tr>::r",
            ),
            (
                "n::<impl n::Tr for fn(u8) -> u8>::r::here",
                "<fn(u8) -> u8 as n::Tr>::r",
            ),
            ("n::a::{{closure}}::{{closure}}::here", "n::a"),
            ("n::a::{{closure}}::inner::{{closure}}::here", "n::a::inner"),
            ("n::G<_, N>::m::here", "n::G::m"),
            ("n::G<u8, 3>::m::here", "n::G<u8, 3>::m"),
            ("n::G<true>::m::here", "n::G<true>::m"),
            (
                "n::o::<impl n::Tr<_> for n::L<'_>>::r::here",
                "<n::L as n::Tr>::r",
            ),
            (
                "n::_::<impl n::Tr<u16> for n::T>::r::here",
                "<n::T as n::Tr<u16>>::r",
            ),
            ("<_ as n::Tr>::r::here", "<_ as n::Tr>::r"),
            ("<[_; 3] as n::Tr>::r::here", "<[_; 3] as n::Tr>::r"),
            (
                "<&n::T as n::Tr<&str>>::r::here",
                "<&n::T as n::Tr<&str>>::r",
            ),
            ("here", "here"),
            ("", ""),
        ] {
            assert_eq!(readable(path), id, "from {path}");
        }
    }
}
