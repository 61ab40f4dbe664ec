//! In: a measured function with the option `span`. Out: the static its tracing span is known by, beside its site.

use crate::krate;
use crate::options::Options;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// Statements that leave `__PERF_TRACED` and `__perf_site` behind; an error at the option where perf-core cannot open spans.
pub(crate) fn place(site: &TokenStream, options: &Options) -> TokenStream {
    let private = krate::private();
    let at = options.span_span();
    let needs = {
        let private = krate::private_at(at);
        quote_spanned!(at=> #private::needs_tracing!();)
    };
    quote_spanned! {Span::mixed_site()=>
        #needs
        static __PERF_TRACED: #private::SpanSite = #private::SpanSite::new(::core::module_path!());
        let __perf_site = #site;
    }
}
