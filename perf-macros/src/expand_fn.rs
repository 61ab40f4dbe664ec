//! In: a function that has its result when it returns. Out: its measured block.

use crate::arguments::{self, Patterns};
use crate::function::Function;
use crate::options::Options;
use crate::returns::{self, Returns};
use crate::{krate, site};
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
    let enter = quote_spanned!(span=> let __perf_span = #private::Span::enter(#site););
    let ty = returns::stated(&item.sig.output);
    if options.err {
        let patterns = if options.label.is_some() { Patterns::Stay } else { Patterns::Move };
        let rebound = arguments::rebind(&mut item.sig, patterns);
        return quote_spanned! {span=>
            #enter
            let __perf_result = #private::once(move || -> #ty {
                #rebound
                let __perf_result: #ty = #body;
                __perf_result
            });
            if #private::Outcome::is_failure(&__perf_result) {
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
            let __perf_result: #ty = #body;
            __perf_span.done();
            __perf_result
        },
    }
}
