//! In: what stands in the parentheses of `#[measure(...)]`. Out: [`Options`], or an error at the option's own place.

use crate::function::Function;
use crate::krate;
use crate::named::{Given, flag, text, value};
use crate::returns::Returns;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, LitStr, Result, ReturnType};

/// The options of one `#[measure(...)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) label: Option<Expr>,
    pub(crate) err: bool,
    pub(crate) full: bool,
    skip: bool,
    given: Given,
}

const KNOWN: &str =
    "`name = \"...\"`, `label = expr`, `err`, `alloc`, `cpu`, `faults`, `full`, `span` and `skip`";

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
        Span::mixed_site().located_at(self.given.place("err"))
    }

    /// Whether allocations or CPU time are measured.
    pub(crate) fn meters(&self) -> bool {
        self.alloc() || self.cpu()
    }

    /// Whether allocations are counted.
    pub(crate) fn alloc(&self) -> bool {
        self.given.has("alloc")
    }

    /// Whether CPU time is read.
    pub(crate) fn cpu(&self) -> bool {
        self.given.has("cpu")
    }

    /// Whether page faults and switches are counted.
    pub(crate) fn faults(&self) -> bool {
        self.given.has("faults")
    }

    /// Whether a span of the crate `tracing` is opened too.
    pub(crate) fn span(&self) -> bool {
        self.given.has("span")
    }

    /// Our names at the place of `span`.
    pub(crate) fn span_span(&self) -> Span {
        Span::mixed_site().located_at(self.given.place("span"))
    }

    /// Whether the options can be followed on this function.
    pub(crate) fn agree_with(&self, item: &Function, returns: &Returns) -> Result<()> {
        if !self.err {
            return Ok(());
        }
        let place = self.given.place("err");
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
        let single = self.given.first(true, &["name", "label", "err", "span"]);
        single.map_or(Ok(()), |option| {
            let message = format!(
                "`{option}` is for one function: put it on that function's own `#[measure]`"
            );
            Err(Error::new(option.span(), message))
        })
    }

    fn read(&mut self, option: &Ident, input: ParseStream) -> Result<bool> {
        match option.to_string().as_str() {
            "name" => self.name = Some(text(option, input)?),
            "label" => self.label = Some(value(option, "label = expr", input)?),
            "err" => self.err = flag(option, input)?,
            "full" => self.full = flag(option, input)?,
            "alloc" | "cpu" | "faults" | "span" => _ = flag(option, input)?,
            "skip" => self.skip = flag(option, input)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Parse for Options {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut options = Self::default();
        let read = |option: &Ident, input: ParseStream| options.read(option, input);
        options.given = Given::read("measure", KNOWN, input, read)?;
        if options.skip
            && let Some(other) = options.given.first(false, &["skip"])
        {
            let message = format!("`{other}` has no meaning beside `skip`");
            return Err(Error::new(other.span(), message));
        }
        Ok(options)
    }
}
