//! In: the type name of an item inside a measured function, as the compiler prints it. Out: the site's id.

/// The readable, stable form of a compiler path: the marker item and closures cut off, `<impl T>` and `<impl Tr for T>`
/// of another module resolved, placeholders for generic arguments dropped.
pub(crate) fn readable(path: &str) -> String {
    let mut path = strip_last_segment(path);
    while let Some(shorter) = path.strip_suffix("::{{closure}}") {
        path = shorter;
    }
    drop_placeholders(&resolve_impl(path))
}

/// Everything before the last `::` (the marker function's own name).
fn strip_last_segment(path: &str) -> &str {
    path.rfind("::").map_or(path, |at| &path[..at])
}

/// `m::<impl a::T>::f` is `a::T::f`; `m::<impl a::Tr for b::T>::f` is `<b::T as a::Tr>::f`.
fn resolve_impl(path: &str) -> String {
    let Some(start) = path.find("<impl ") else { return path.to_owned() };
    let Some(end) = matching_bracket(path, start) else { return path.to_owned() };
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

/// Drops argument lists that hold nothing but `_` and `'_`: `G<_>` is `G`.
fn drop_placeholders(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('<') {
        let after = &rest[open + 1..];
        let close = after.find(['<', '>']);
        let placeholder = close.is_some_and(|at| {
            after.as_bytes()[at] == b'>'
                && after[..at].split(',').all(|arg| matches!(arg.trim(), "_" | "'_"))
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
            ("n::<impl n::Tr for fn(u8) -> u8>::r::here", "<fn(u8) -> u8 as n::Tr>::r"),
            ("n::a::{{closure}}::{{closure}}::here", "n::a"),
            ("here", "here"),
            ("", ""),
        ] {
            assert_eq!(readable(path), id, "from {path}");
        }
    }
}
