//! In: `n log n over [100, 200]`. Out: the growth law and the sizes as code.

use crate::krate;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::ParseStream;
use syn::{Error, Expr, Ident, Result};

/// As they are written, and as perf-stats calls them.
const LAWS: [(&str, &str); 9] = [
    ("1", "Constant"),
    ("log n", "Logarithmic"),
    ("sqrt n", "SquareRoot"),
    ("n", "Linear"),
    ("n log n", "Linearithmic"),
    ("n ^ 2", "Quadratic"),
    ("n ^ 2 log n", "QuadraticLog"),
    ("n ^ 3", "Cubic"),
    ("2 ^ n", "Exponential"),
];

/// The law as an expression of type `ComplexityClass`, and the sizes.
pub(super) fn law_and_sizes(input: ParseStream) -> Result<(TokenStream, TokenStream)> {
    let start = input.span();
    let mut words = Vec::new();
    loop {
        if input.peek(Ident) && input.fork().parse::<Ident>()? == "over" {
            input.parse::<Ident>()?;
            break;
        }
        if input.is_empty() || input.peek(syn::Token![,]) {
            let message = "the sizes are missing: `grows <= n log n over [100, 1_000, ...]`, six of them or more";
            return Err(Error::new(start, message));
        }
        words.push(input.parse::<TokenTree>()?.to_string());
    }
    let text = words.join(" ");
    let known = LAWS.iter().find(|(written, _)| *written == text);
    let (_, name) = known.ok_or_else(|| {
        let all: Vec<String> = LAWS
            .iter()
            .map(|(law, _)| format!("`{}`", law.replace(" ^ ", "^")))
            .collect();
        Error::new(
            start,
            format!("unknown law `{text}`: write one of {}", all.join(", ")),
        )
    })?;
    let (private, span) = (krate::private(), Span::mixed_site());
    let name = Ident::new(name, span);
    let law = quote_spanned!(span=> #private::ComplexityClass::#name);
    Ok((law, input.parse::<Expr>()?.into_token_stream()))
}
