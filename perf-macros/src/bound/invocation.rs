//! In: what stands in the parentheses. Out: [`Invocation`]: bounds, options and the closure, told apart.

use super::call::plain;
use super::clause::Clause;
use super::quantity;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, Result, Token};

/// Bounds, then options, then what is measured, all separated by commas.
pub(super) struct Invocation {
    pub(super) clauses: Vec<Clause>,
    /// Calls of the builder.
    pub(super) options: TokenStream,
    pub(super) setup: Option<Expr>,
    /// Whether the closure of a growth gives its cost, instead of being timed.
    pub(super) counted: bool,
    /// What is measured.
    pub(super) call: Option<TokenStream>,
}

const OPTIONS: &str = "`budget = 3s`, `batch = 100`, `warm_up = 0`, `seed = 7`, `setup = || ...`, `counted` and `even_unoptimised`";

impl Parse for Invocation {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut all = Self {
            clauses: Vec::new(),
            options: TokenStream::new(),
            setup: None,
            counted: false,
            call: None,
        };
        while !input.is_empty() {
            if let Some(call) = &all.call {
                let message =
                    "nothing may follow what is measured: bounds and options come before it";
                return Err(Error::new_spanned(call, message));
            }
            all.next(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| {
                    Error::new(
                        error.span(),
                        "expected `,` and the next bound, option or closure",
                    )
                })?;
            }
        }
        if all.clauses.is_empty() {
            let message = format!(
                "expected a bound, such as `p99 < 50us`: {}",
                super::subject::KNOWN
            );
            return Err(Error::new(Span::call_site(), message));
        }
        Ok(all)
    }
}

impl Invocation {
    fn next(&mut self, input: ParseStream) -> Result<()> {
        if is_option(input) {
            return self.option(input);
        }
        if Clause::is_next(input) {
            self.clauses.push(input.parse()?);
            return Ok(());
        }
        self.call = Some(plain(&input.parse()?));
        Ok(())
    }

    fn option(&mut self, input: ParseStream) -> Result<()> {
        let name = input.call(Ident::parse_any)?;
        let span = Span::mixed_site().located_at(name.span());
        if name == "even_unoptimised" {
            self.options
                .extend(quote_spanned!(span=> .even_unoptimised()));
            return Ok(());
        }
        if name == "counted" {
            self.counted = true;
            return Ok(());
        }
        input.parse::<Token![=]>()?;
        match name.to_string().as_str() {
            "budget" => {
                let budget = quantity::duration(input)?;
                self.options.extend(quote_spanned!(span=> .budget(#budget)));
            }
            "batch" | "warm_up" | "seed" => {
                let value: Expr = input.parse()?;
                self.options.extend(quote_spanned!(span=> .#name(#value)));
            }
            "setup" => self.setup = Some(input.parse()?),
            unknown => {
                let message = format!("unknown option `{unknown}`; a bound knows {OPTIONS}");
                return Err(Error::new(name.span(), message));
            }
        }
        Ok(())
    }
}

/// `name = value`, or one that stands alone.
fn is_option(input: ParseStream) -> bool {
    let assigns = input.peek2(Token![=]) && !input.peek2(Token![==]);
    let word = input.fork().call(Ident::parse_any);
    let alone = |name: &Ident| name == "even_unoptimised" || name == "counted";
    word.is_ok_and(|name| assigns || alone(&name))
}
