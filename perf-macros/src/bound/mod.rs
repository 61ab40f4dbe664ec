//! In: `bound!(...)` and `#[bounded(...)]` as tokens. Out: calls of perf-core's builder.

mod attribute;
mod clause;
mod invocation;
mod law;
mod quantity;
mod subject;

use crate::krate;
use clause::Clause;
use invocation::{Call, Invocation};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
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
        let code = &call.code;
        if let Some((clause, sizes)) = self.growth()? {
            let bound = self.bound(clause);
            let same = quote_spanned!(span=> |__perf_size| __perf_size);
            let setup = self.setup.as_ref().map_or(same, ToTokens::to_token_stream);
            return Ok(quote_spanned!(span=> #bound.check_sizes(#sizes, #setup, #code)));
        }
        let (comparing, plain): (Vec<&Clause>, Vec<&Clause>) = self
            .clauses
            .iter()
            .partition(|clause| clause.baseline().is_some());
        if comparing.is_empty() {
            let bounds = self.bounds(&plain);
            return self.check_plainly(&bounds, call);
        }
        if self.setup.is_some() || call.is_async {
            let message =
                "`faster_than` compares two closures that take nothing and are not `async`";
            return Err(Error::new_spanned(code, message));
        }
        let bounds = self.bounds(&plain);
        let comparisons = comparing.into_iter().map(|clause| self.comparison(clause));
        Ok(quote_spanned! {span=> {
            let mut __perf_call = #code;
            #bounds.check(&mut __perf_call);
            #(#comparisons.check(&mut __perf_call);)*
        }})
    }

    /// The bound on growth, which stands alone: its closure takes a size.
    fn growth(&self) -> Result<Option<(&Clause, &TokenStream)>> {
        let growth = |clause| Some((clause, Clause::sizes(clause)?));
        let found = self.clauses.iter().find_map(growth);
        match found {
            Some((_, sizes)) if self.clauses.len() > 1 => {
                let message = "`grows` stands alone: its closure takes a size";
                Err(Error::new_spanned(sizes, message))
            }
            found => Ok(found),
        }
    }

    fn check_plainly(&self, bounds: &TokenStream, call: &Call) -> Result<TokenStream> {
        let span = Span::mixed_site();
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
    fn bounds(&self, clauses: &[&Clause]) -> TokenStream {
        let private = krate::private();
        let all = clauses.iter().map(|clause| self.bound(clause));
        quote_spanned!(Span::mixed_site()=> #private::Bounds::of([#(#all),*]))
    }

    /// An expression of type `Bound`.
    fn bound(&self, clause: &Clause) -> TokenStream {
        let bound = clause.builder(&krate::private());
        let options = &self.options;
        quote_spanned! {Span::mixed_site()=>
            #bound.built_unoptimised(::core::cfg!(debug_assertions)) #options
        }
    }

    /// An expression of type `Against`.
    fn comparison(&self, clause: &Clause) -> TokenStream {
        let bound = self.bound(clause);
        let baseline = clause.baseline();
        quote_spanned!(Span::mixed_site()=> #bound.against(#baseline))
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
