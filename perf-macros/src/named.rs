//! In: `option, option = value, ...` in an attribute's parentheses. Out: each option given to its reader, or an error at its own place.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ExprLit, Ident, Lit, LitStr, Result, Token};

/// The options that were given, in source order.
#[derive(Default)]
pub(crate) struct Given(Vec<Ident>);

impl Given {
    /// Reads options until the parentheses end. `read` takes what follows an option's name; false where it knows no such option.
    pub(crate) fn read(
        attribute: &str,
        known: &str,
        input: ParseStream,
        mut read: impl FnMut(&Ident, ParseStream) -> Result<bool>,
    ) -> Result<Self> {
        let mut given = Self::default();
        while !input.is_empty() {
            let option = input.call(Ident::parse_any).map_err(|error| {
                let message = format!("expected an option: `{attribute}` knows {known}");
                Error::new(error.span(), message)
            })?;
            if !read(&option, input)? {
                let message = format!("unknown option `{option}`; `{attribute}` knows {known}");
                return Err(Error::new(option.span(), message));
            }
            if given.0.contains(&option) {
                let message = format!("`{option}` is given twice");
                return Err(Error::new(option.span(), message));
            }
            given.0.push(option);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(given)
    }

    pub(crate) fn has(&self, option: &str) -> bool {
        self.0.iter().any(|given| given == option)
    }

    /// Where an option stands, for an error that is found later.
    pub(crate) fn place(&self, option: &str) -> Span {
        let given = self.0.iter().find(|given| *given == option);
        given.map_or_else(Span::call_site, Ident::span)
    }

    /// The first one of these, or of all but these.
    pub(crate) fn first(&self, wanted: bool, options: &[&str]) -> Option<&Ident> {
        let among = |given: &Ident| options.iter().any(|option| given == option);
        self.0.iter().find(|given| among(given) == wanted)
    }
}

/// Whether an option has no value.
pub(crate) fn is_alone(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Nothing: an option that has no value.
pub(crate) fn flag(option: &Ident, input: ParseStream) -> Result<bool> {
    if is_alone(input) {
        return Ok(true);
    }
    let message = format!("`{option}` stands alone: it takes no value");
    Err(Error::new(option.span(), message))
}

/// `= value`.
pub(crate) fn value<T: Parse>(option: &Ident, form: &str, input: ParseStream) -> Result<T> {
    let missing = || Error::new(option.span(), format!("`{option}` needs a value: `{form}`"));
    if !input.peek(Token![=]) {
        return Err(missing());
    }
    input.parse::<Token![=]>()?;
    if is_alone(input) {
        return Err(missing());
    }
    input.parse()
}

/// `= "..."`, not empty.
pub(crate) fn text(option: &Ident, input: ParseStream) -> Result<LitStr> {
    let form = format!("{option} = \"...\"");
    let expr: Expr = value(option, &form, input)?;
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = expr
    else {
        let message = format!("`{option}` takes a string: `{form}`");
        return Err(Error::new_spanned(expr, message));
    };
    if text.value().trim().is_empty() {
        let message = format!("`{option}` must not be empty");
        return Err(Error::new(text.span(), message));
    }
    Ok(text)
}
