//! In: a name pattern with `*`. Out: [`Pattern`], whether a name matches.

use serde::{Deserialize, Serialize};

/// A name pattern: `*` stands for any text, every other character for itself.
///
/// ```
/// use perf_core::judge::Pattern;
/// assert!(Pattern::new("parse*").matches("parse::header"));
/// assert!(Pattern::new("*::decode").matches("json::decode"));
/// assert!(!Pattern::new("parse").matches("parse::header"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern as written.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The pattern that every name matches.
    pub fn any() -> Self {
        Self::new("*")
    }

    /// The pattern's text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether the whole name matches. Linear in the name for one `*`, at worst the product of both lengths.
    pub fn matches(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or("");
        let Some(mut rest) = name.strip_prefix(first) else {
            return false;
        };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}

impl Default for Pattern {
    fn default() -> Self {
        Self::any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_anywhere() {
        for (pattern, name, want) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acb", false),
            ("a*b*c", "a1b2b3c", true),
            ("a*bc", "abcbc", true),
            ("ab*ba", "aba", false),
            ("*größe*", "die größe!", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(name),
                want,
                "{pattern} {name}"
            );
        }
    }
}
