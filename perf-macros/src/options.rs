//! In: what stands in the parentheses of `#[measure(...)]`. Out: [`Options`], or an error at the option's own place.

use crate::function::Function;
use crate::krate;
use crate::returns::Returns;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, LitStr, Result, ReturnType, Token};

/// The options of one `#[measure(...)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) label: Option<Expr>,
    pub(crate) err: bool,
    pub(crate) full: bool,
    skip: bool,
    seen: Vec<Ident>, // in source order
}

const KNOWN: &str =
    "`name = \"...\"`, `label = expr`, `err`, `alloc`, `cpu`, `full`, `span` and `skip`";

impl Options {
    pub(crate) fn skip(&self) -> bool {
        self.skip
    }

    /// The function that tells whether a result is an error; it points at `err` where there is none to tell.
    pub(crate) fn failure_test(&self) -> TokenStream {
        let span = self.err_span();
        let private = krate::private_at(span);
        quote_spanned!(span=> #private::Outcome::is_failure)
    }

    /// Our names at the place of `err`.
    pub(crate) fn err_span(&self) -> Span {
        Span::mixed_site().located_at(self.place("err"))
    }

    /// Whether more than time is measured.
    pub(crate) fn meters(&self) -> bool {
        self.alloc() || self.cpu()
    }

    /// Whether allocations are counted.
    pub(crate) fn alloc(&self) -> bool {
        self.has("alloc")
    }

    /// Whether CPU time is read.
    pub(crate) fn cpu(&self) -> bool {
        self.has("cpu")
    }

    fn has(&self, option: &str) -> bool {
        self.seen.iter().any(|seen| seen == option)
    }

    /// Whether a span of the crate `tracing` is opened too.
    pub(crate) fn span(&self) -> bool {
        self.has("span")
    }

    /// Our names at the place of `span`.
    pub(crate) fn span_span(&self) -> Span {
        Span::mixed_site().located_at(self.place("span"))
    }

    fn place(&self, option: &str) -> Span {
        let seen = self.seen.iter().find(|seen| *seen == option);
        seen.map_or_else(Span::call_site, Ident::span)
    }

    /// Whether the options can be followed on this function.
    pub(crate) fn agree_with(&self, item: &Function, returns: &Returns) -> Result<()> {
        if !self.err {
            return Ok(());
        }
        let place = self.place("err");
        let nothing = matches!(item.sig.output, ReturnType::Default);
        if nothing || matches!(returns, Returns::Never) {
            let message = "`err` counts results that are `Err`: this function returns none";
            return Err(Error::new(place, message));
        }
        if item.has("track_caller") && item.sig.asyncness.is_none() {
            let message = "`err` and `#[track_caller]` exclude each other: to see every result, `err` runs the body in a \
                           closure, which does not know its caller";
            return Err(Error::new(place, message));
        }
        Ok(())
    }

    /// Whether the options can be followed on a container.
    pub(crate) fn fit_container(&self) -> Result<()> {
        let single = self.seen.iter().find(|seen| {
            ["name", "label", "err", "span"]
                .iter()
                .any(|one| *seen == one)
        });
        single.map_or(Ok(()), |option| {
            let message = format!(
                "`{option}` is for one function: put it on that function's own `#[measure]`"
            );
            Err(Error::new(option.span(), message))
        })
    }

    fn read(&mut self, option: &Ident, input: ParseStream) -> Result<()> {
        match option.to_string().as_str() {
            "name" => self.name = Some(name(option, input)?),
            "label" => {
                value(option, "label = expr", input)?;
                self.label = Some(input.parse()?);
            }
            "err" => self.err = flag(option, input)?,
            "full" => self.full = flag(option, input)?,
            "alloc" | "cpu" | "span" => _ = flag(option, input)?,
            "skip" => self.skip = flag(option, input)?,
            unknown => {
                let message = format!("unknown option `{unknown}`; `measure` knows {KNOWN}");
                return Err(Error::new(option.span(), message));
            }
        }
        if self.seen.contains(option) {
            return Err(Error::new(
                option.span(),
                format!("`{option}` is given twice"),
            ));
        }
        self.seen.push(option.clone());
        Ok(())
    }
}

impl Parse for Options {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let option = input.call(Ident::parse_any).map_err(|error| {
                Error::new(
                    error.span(),
                    format!("expected an option: `measure` knows {KNOWN}"),
                )
            })?;
            options.read(&option, input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if options.skip
            && let Some(other) = options.seen.iter().find(|seen| *seen != "skip")
        {
            let message = format!("`{other}` has no meaning beside `skip`");
            return Err(Error::new(other.span(), message));
        }
        Ok(options)
    }
}

/// `= "..."`, not empty.
fn name(option: &Ident, input: ParseStream) -> Result<LitStr> {
    value(option, "name = \"...\"", input)?;
    let name: LitStr = input
        .parse()
        .map_err(|error| Error::new(error.span(), "a name is a string: `name = \"...\"`"))?;
    if name.value().trim().is_empty() {
        return Err(Error::new(name.span(), "a name must not be empty"));
    }
    Ok(name)
}

/// The `=` of an option that has a value.
fn value(option: &Ident, form: &str, input: ParseStream) -> Result<()> {
    if !input.peek(Token![=]) {
        return Err(Error::new(
            option.span(),
            format!("`{option}` needs a value: `{form}`"),
        ));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new(
            option.span(),
            format!("`{option}` needs a value: `{form}`"),
        ));
    }
    Ok(())
}

/// Nothing: an option that has no value.
fn flag(option: &Ident, input: ParseStream) -> Result<bool> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(true);
    }
    Err(Error::new(
        option.span(),
        format!("`{option}` stands alone: it takes no value"),
    ))
}
