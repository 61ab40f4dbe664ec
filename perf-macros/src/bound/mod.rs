//! In: `bound!(...)` and `#[bounded(...)]` as tokens. Out: calls of perf-core's builder.

mod attribute;
mod clause;
mod invocation;
mod quantity;
mod subject;

use crate::krate;
use invocation::{Call, Invocation};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Error, Result};

pub(crate) use attribute::bounded;

/// What `bound!(...)` becomes.
pub(crate) fn bound(input: TokenStream) -> TokenStream {
    expand(input).unwrap_or_else(Error::into_compile_error)
}

fn expand(input: TokenStream) -> Result<TokenStream> {
    let invocation: Invocation = syn::parse2(input)?;
    let Some(call) = &invocation.call else {
        let message = "`bound!` needs what it measures: `bound!(p99 < 50us, || work())`";
        return Err(Error::new(Span::call_site(), message));
    };
    invocation.check(call)
}

impl Invocation {
    /// The statement that judges the call.
    fn check(&self, call: &Call) -> Result<TokenStream> {
        let span = Span::mixed_site();
        let bounds = self.bounds();
        let code = &call.code;
        Ok(match (&self.setup, call.is_async) {
            (None, false) => quote_spanned!(span=> #bounds.check(#code)),
            (None, true) => quote_spanned!(span=> #bounds.check_async(#code)),
            (Some(setup), false) => quote_spanned!(span=> #bounds.check_with(#setup, #code)),
            (Some(setup), true) => {
                let message = "`setup` is for closures that are not `async`: prepare within the closure, or measure it in its runtime";
                return Err(Error::new_spanned(setup, message));
            }
        })
    }

    /// An expression of type `Bounds`.
    fn bounds(&self) -> TokenStream {
        let span = Span::mixed_site();
        let private = krate::private();
        let options = &self.options;
        let built = quote_spanned!(span=> .built_unoptimised(::core::cfg!(debug_assertions)));
        let mut all = Vec::new();
        for clause in &self.clauses {
            let bound = clause.builder(&private);
            all.push(quote_spanned!(span=> #bound #built #options));
        }
        quote_spanned!(span=> #private::Bounds::of([#(#all),*]))
    }
}

#[cfg(test)]
mod tests {
    use super::bound;
    use quote::quote;

    #[test]
    fn a_bound_is_a_call_of_the_builder() {
        let out = bound(quote!(p99 < 50us, || work())).to_string();
        assert!(out.contains("quantile (0.99f64) . below"), "{out}");
        assert!(out.contains("nanoseconds (50000"), "{out}");
        assert!(out.contains(". check (| | work ())"), "{out}");
        assert!(!out.contains("compile_error"), "{out}");
    }

    #[test]
    fn asynchronous_closures_are_driven() {
        for call in [
            quote!(async || work().await),
            quote!(|| async { work().await }),
        ] {
            let out = bound(quote!(p50 < 1.5ms, #call)).to_string();
            assert!(out.contains("check_async"), "{out}");
        }
    }
}
