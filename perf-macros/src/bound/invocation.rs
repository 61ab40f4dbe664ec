//! In: what stands in the parentheses. Out: [`Invocation`]: bounds, options and the closure, told apart.

use super::clause::Clause;
use super::quantity;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ExprClosure, Ident, Result, Token};

/// Bounds, then options, then what is measured, all separated by commas.
pub(super) struct Invocation {
    pub(super) clauses: Vec<Clause>,
    /// Calls of the builder.
    pub(super) options: TokenStream,
    pub(super) setup: Option<Expr>,
    pub(super) call: Option<Call>,
}

/// What is measured.
pub(super) struct Call {
    pub(super) code: TokenStream,
    pub(super) is_async: bool,
}

const OPTIONS: &str = "`budget = 3s`, `batch = 100`, `warm_up = 0`, `seed = 7`, `setup = || ...` and `even_unoptimised`";

impl Parse for Invocation {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut all = Self {
            clauses: Vec::new(),
            options: TokenStream::new(),
            setup: None,
            call: None,
        };
        while !input.is_empty() {
            if let Some(call) = &all.call {
                let message =
                    "nothing may follow what is measured: bounds and options come before it";
                return Err(Error::new_spanned(&call.code, message));
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
        self.call = Some(Call::of(input.parse()?));
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

impl Call {
    /// A closure that is `async`, or whose body is nothing but an `async` block, gives futures.
    fn of(code: Expr) -> Self {
        let is_async = match &code {
            Expr::Closure(closure) => closure.asyncness.is_some() || gives_future(closure),
            _ => false,
        };
        Self {
            code: code.into_token_stream(),
            is_async,
        }
    }
}

fn gives_future(closure: &ExprClosure) -> bool {
    matches!(&*closure.body, Expr::Async(_))
}

/// `name = value`, or the one that stands alone.
fn is_option(input: ParseStream) -> bool {
    let assigns = input.peek2(Token![=]) && !input.peek2(Token![==]);
    let alone = input.fork().call(Ident::parse_any);
    alone.is_ok_and(|name| assigns || name == "even_unoptimised")
}
