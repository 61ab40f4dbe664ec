//! In: `bound!(...)` and `#[bounded(...)]` as tokens. Out: calls of perf-core's builder.

mod attribute;
mod call;
mod clause;
mod invocation;
mod law;
mod quantity;
mod subject;

use crate::krate;
use call::no_future;
use clause::Clause;
use invocation::Invocation;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Error, Ident, Result};

pub(crate) use attribute::bounded;

/// What `bound!(...)` becomes.
pub(crate) fn bound(input: TokenStream) -> TokenStream {
    expand(input).unwrap_or_else(Error::into_compile_error)
}

fn expand(input: TokenStream) -> Result<TokenStream> {
    let invocation: Invocation = syn::parse2(input)?;
    if let Some(call) = &invocation.call {
        return invocation.check(call);
    }
    match invocation.live()?.as_deref() {
        Some([live]) => Ok(live.clone()),
        Some(_) => {
            let message = "one bound on a site is a value to be checked later; several need what drives the program: `bound!(site \"a\" p99 < 5ms, site \"b\" p99 < 1ms, || drive())`";
            Err(Error::new(Span::call_site(), message))
        }
        None => {
            let message = "`bound!` needs what it measures: `bound!(p99 < 50us, || work())`";
            Err(Error::new(Span::call_site(), message))
        }
    }
}

impl Invocation {
    /// The statement that judges the call.
    fn check(&self, code: &TokenStream) -> Result<TokenStream> {
        let span = Span::mixed_site();
        if let Some(live) = self.live()? {
            return self.drive(&live, code);
        }
        if let Some((clause, sizes)) = self.growth()? {
            return self.check_growth(clause, sizes, code);
        }
        if self.counted {
            let message = "`counted` belongs to a bound on growth: `grows <= n log n over sizes, counted, |n| comparisons(n)`";
            return Err(Error::new_spanned(code, message));
        }
        let (comparing, single): (Vec<&Clause>, Vec<&Clause>) = self
            .clauses
            .iter()
            .partition(|clause| clause.baseline().is_some());
        let bounds = self.bounds(&single);
        match (&self.setup, comparing.is_empty()) {
            (None, true) => {
                let call = Ident::new("__perf_call", span);
                let no_future = no_future(&call, code);
                Ok(quote_spanned! {span=> {
                    let #call = #code;
                    #no_future
                    #bounds.check(#call);
                }})
            }
            (Some(setup), true) => Ok(quote_spanned!(span=> #bounds.check_with(#setup, #code))),
            (Some(setup), false) => {
                let message = "`faster_than` compares two closures that take nothing: prepare within them, or compare what is prepared";
                Err(Error::new_spanned(setup, message))
            }
            (None, false) => {
                let call = Ident::new("__perf_call", span);
                let no_future = no_future(&call, code);
                let comparisons = comparing.into_iter().map(|clause| self.comparison(clause));
                Ok(quote_spanned! {span=> {
                    let mut #call = #code;
                    #no_future
                    #bounds.check(&mut #call);
                    #(#comparisons.check(&mut #call);)*
                }})
            }
        }
    }

    /// The bounds on sites of the running program, as expressions of type `Live`; none where the closure itself is bounded.
    fn live(&self) -> Result<Option<Vec<TokenStream>>> {
        let mut live = Vec::new();
        for clause in &self.clauses {
            if let Some(site) = clause.site() {
                let bound = self.bound(clause);
                live.push(quote_spanned!(Span::mixed_site()=> #bound.on_site(#site)));
            }
        }
        if live.is_empty() {
            return Ok(None);
        }
        if live.len() < self.clauses.len() {
            let message = "bounds on sites stand apart from bounds on the closure: what drives the program runs once";
            return Err(Error::new(Span::call_site(), message));
        }
        Ok(Some(live))
    }

    /// Registers the limits, drives the program once, and judges.
    fn drive(&self, live: &[TokenStream], code: &TokenStream) -> Result<TokenStream> {
        let span = Span::mixed_site();
        if let Some(setup) = &self.setup {
            let message = "what drives the program runs once: prepare before it";
            return Err(Error::new_spanned(setup, message));
        }
        let names: Vec<Ident> = (0..live.len())
            .map(|at| Ident::new(&format!("__perf_live_{at}"), span))
            .collect();
        let call = Ident::new("__perf_call", span);
        let no_future = no_future(&call, code);
        Ok(quote_spanned! {span=> {
            #(let #names = #live;)*
            #[allow(unused_mut)]
            let mut #call = #code;
            #no_future
            ::core::mem::drop(#call());
            #(#names.check();)*
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

    /// Whether what is measured takes a size.
    fn of_size(&self) -> bool {
        self.clauses.iter().any(|clause| clause.sizes().is_some())
    }

    fn check_growth(
        &self,
        clause: &Clause,
        sizes: &TokenStream,
        code: &TokenStream,
    ) -> Result<TokenStream> {
        let (span, bound) = (Span::mixed_site(), self.bound(clause));
        match (&self.setup, self.counted) {
            (None, true) => Ok(quote_spanned!(span=> #bound.check_counts(#sizes, #code))),
            (Some(setup), true) => {
                let message =
                    "a `counted` closure takes the size and gives its cost: prepare within it";
                Err(Error::new_spanned(setup, message))
            }
            (setup, false) => {
                let same = quote_spanned!(span=> |__perf_size| __perf_size);
                let setup = setup.as_ref().map_or(same, ToTokens::to_token_stream);
                Ok(quote_spanned!(span=> #bound.check_sizes(#sizes, #setup, #code)))
            }
        }
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
            #bound.built_unoptimised(::core::cfg!(debug_assertions)).within(&{ fn __perf_here() {} __perf_here }) #options
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
        assert!(out.contains("__perf_call = | | work () ;"), "{out}");
        assert!(out.contains(". check (__perf_call)"), "{out}");
        assert!(!out.contains("compile_error"), "{out}");
    }

    #[test]
    fn asynchronous_closures_are_driven() {
        for call in [
            quote!(async || work().await),
            quote!(|| async { work().await }),
        ] {
            let out = bound(quote!(p50 < 1.5ms, #call)).to_string();
            assert!(out.contains("driven"), "{out}");
        }
    }
}
