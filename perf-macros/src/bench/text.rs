//! In: tokens. Out: the text that a reader would have written for them.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;

/// A name without `r#`.
pub(crate) fn bare(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

/// Tokens with spaces only where two words would run together, and after commas.
pub(crate) fn compact(tokens: &impl ToTokens) -> String {
    let stream: TokenStream = tokens.to_token_stream();
    let spaced = stream.to_string();
    let mut text = String::with_capacity(spaced.len());
    let mut rest = spaced.chars().peekable();
    while let Some(c) = rest.next() {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\'');
        let between_words =
            text.chars().next_back().is_some_and(word) && rest.peek().copied().is_some_and(word);
        if !c.is_whitespace() || between_words {
            text.push(c);
        }
        if c == ',' && rest.peek().is_some() {
            text.push(' ');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::compact;
    use quote::quote;

    #[test]
    fn types_read_as_written() {
        assert_eq!(compact(&quote!(Vec<i32>)), "Vec<i32>");
        assert_eq!(
            compact(&quote!(HashMap<u8, &'static str>)),
            "HashMap<u8, &'static str>"
        );
        assert_eq!(compact(&quote!(Box<dyn Fn(u8)>)), "Box<dyn Fn(u8)>");
        assert_eq!(compact(&quote!([u8; 4])), "[u8;4]");
    }
}
