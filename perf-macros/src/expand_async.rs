//! In: an `async fn`. Out: its measured block: the body as a future of its own, awaited under measurement.

use crate::arguments::{self, Patterns};
use crate::function::Function;
use crate::options::Options;
use crate::returns::{self, Returns};
use crate::{expand_fn, krate, site, traced};
use proc_macro2::{Group, Span, TokenStream};
use quote::quote_spanned;

/// The body within `Measured`, which starts at its first poll and sees it dropped.
pub(crate) fn block(
    item: &mut Function,
    body: &Group,
    options: &Options,
    returns: &Returns,
) -> TokenStream {
    let span = Span::mixed_site();
    let site = site::expression(&item.sig.ident, site::Kind::Future, options);
    let patterns = if options.label.is_some() {
        Patterns::Stay
    } else {
        Patterns::Move
    };
    let rebound = arguments::rebind(&mut item.sig, patterns);
    let ty = returns::stated(&item.sig.output);
    let inner = if let Returns::Never = returns {
        quote_spanned!(span=> #rebound #body)
    } else {
        let hint = output_hint(&ty);
        let result = expand_fn::result(&ty, body);
        quote_spanned!(span=> #hint #rebound #result)
    };
    let measured = measured(
        &site,
        &quote_spanned!(span=> async move { #inner }),
        options,
    );
    quote_spanned!(span=> #measured.await)
}

/// A future under measurement.
pub(crate) fn measured(site: &TokenStream, future: &TokenStream, options: &Options) -> TokenStream {
    let span = Span::mixed_site();
    if !options.span() {
        return measured_at(site, future, options);
    }
    let place = traced::place(site, options);
    let measured = measured_at(&quote_spanned!(span=> __perf_site), future, options);
    quote_spanned!(span=> { #place __PERF_TRACED.follow(__perf_site, #measured) })
}

fn measured_at(site: &TokenStream, future: &TokenStream, options: &Options) -> TokenStream {
    let span = Span::mixed_site();
    let private = krate::private();
    if !options.meters() && !options.faults() {
        return timed_at(site, future, options);
    }
    let place = quote_spanned!(span=> __perf_metered);
    let measured = timed_at(&place, future, options);
    let metered = quote_spanned!(span=> #private::MeteredFuture::new(#place, #measured));
    let whole = if options.faults() {
        quote_spanned!(span=> #private::FaultedFuture::new(#place, #metered))
    } else {
        metered
    };
    quote_spanned!(span=> { let #place = #site; #whole })
}

fn timed_at(site: &TokenStream, future: &TokenStream, options: &Options) -> TokenStream {
    let span = Span::mixed_site();
    let private = krate::private();
    if options.err {
        let is_failure = options.failure_test();
        quote_spanned!(span=> #private::Measured::with_errors(#site, #future, #is_failure))
    } else {
        quote_spanned!(span=> #private::Measured::new(#site, #future))
    }
}

/// A statement that never does anything, and tells an `async` block its output, to which each `return` and `?` in it is then fitted.
pub(crate) fn output_hint(ty: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        if let ::core::option::Option::Some(__perf_result) = ::core::option::Option::None::<#ty> {
            return __perf_result;
        }
    }
}
