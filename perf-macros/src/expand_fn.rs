//! In: a function that has its result when it returns. Out: its measured block.

use crate::arguments::{self, Patterns};
use crate::function::Function;
use crate::options::Options;
use crate::returns::{self, Returns};
use crate::{krate, site, traced};
use proc_macro2::{Group, Span, TokenStream};
use quote::quote_spanned;

/// A span around the body. The normal end is told apart, since it is cheaper than a drop; an early return, `?` or a panic drops it.
pub(crate) fn block(
    item: &mut Function,
    body: &Group,
    options: &Options,
    returns: &Returns,
) -> TokenStream {
    let span = Span::mixed_site();
    let private = krate::private();
    let site = site::expression(&item.sig.ident, site::Kind::Function, options);
    let kind = if options.faults() {
        quote_spanned!(span=> FaultedSpan)
    } else if options.meters() {
        quote_spanned!(span=> MeteredSpan)
    } else {
        quote_spanned!(span=> Span)
    };
    let enter = if options.span() {
        let place = traced::place(&site, options);
        quote_spanned! {span=>
            #place
            let __perf_traced = __PERF_TRACED.enter(__perf_site); // entered before the time begins, left after it ends
            let __perf_span = #private::#kind::enter(__perf_site);
        }
    } else {
        quote_spanned!(span=> let __perf_span = #private::#kind::enter(#site);)
    };
    let ty = returns::stated(&item.sig.output);
    if options.err {
        let patterns = if options.label.is_some() {
            Patterns::Stay
        } else {
            Patterns::Move
        };
        let rebound = arguments::rebind(&mut item.sig, patterns);
        let result = result(&ty, body);
        let is_failure = options.failure_test();
        let seen = quote_spanned!(options.err_span()=> &__perf_result);
        return quote_spanned! {span=>
            #enter
            let __perf_result = #private::once(move || -> #ty {
                #rebound
                #result
            });
            if #is_failure(#seen) {
                __perf_span.error();
            }
            __perf_span.done();
            __perf_result
        };
    }
    match returns {
        // What the body gives is checked against the bounds only where it is the function's own tail.
        Returns::Opaque | Returns::Never => quote_spanned!(span=> #enter #body),
        _ => quote_spanned! {span=>
            #enter
            #[allow(clippy::diverging_sub_expression)] // a body that never ends here
            let __perf_result: #ty = #body;
            #[allow(unreachable_code)] // likewise
            __perf_span.done();
            __perf_result
        },
    }
}

/// A body's value as that of an inner body: what its last expression borrows for a moment ends before the arguments do.
pub(crate) fn result(ty: &TokenStream, body: &Group) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        #[allow(clippy::diverging_sub_expression)] // a body that never ends here
        let __perf_result: #ty = #body;
        #[allow(unreachable_code)] // likewise
        let __perf_result = __perf_result;
        __perf_result
    }
}
