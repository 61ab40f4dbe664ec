//! In: a function and its options. Out: the expression that gives its site, in a block of its own that no code of the user sees.

use crate::krate;
use crate::options::Options;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

/// What kind of passage the site measures.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Function,
    Future,
}

/// An expression of type `&'static Site`.
///
/// It names the line and column of the function, not of the attribute, since one attribute may stand for many functions.
pub(crate) fn expression(function: &Ident, kind: Kind, options: &Options) -> TokenStream {
    let span = Span::mixed_site();
    let private = krate::private();
    let at = function.span();
    let place = quote_spanned!(at=> ::core::file!(), ::core::line!(), ::core::column!());
    let kind = match kind {
        Kind::Function => quote_spanned!(span=> #private::Kind::Function),
        Kind::Future => quote_spanned!(span=> #private::Kind::Future),
    };
    let mut further = TokenStream::new();
    if options.full {
        further.extend(quote_spanned!(span=> .full()));
    }
    if options.alloc() {
        further.extend(quote_spanned!(span=> .alloc()));
    }
    if options.cpu() {
        further.extend(quote_spanned!(span=> .cpu()));
    }
    if options.faults() {
        further.extend(quote_spanned!(span=> .faults()));
    }
    let site = if let Some(name) = &options.name {
        quote_spanned! {span=>
            static SITE: #private::Site = #private::Site::named(#name, #kind, #place) #further;
        }
    } else {
        quote_spanned! {span=>
            fn here() -> &'static ::core::primitive::str { #private::path_of(&here) }
            static SITE: #private::Site = #private::Site::at(here, #kind, #place) #further;
        }
    };
    let site = quote_spanned!(span=> { #site &SITE });
    match &options.label {
        Some(label) => {
            let label = quote!(#label);
            quote_spanned!(span=> #private::labelled(#site, || #label))
        }
        None => site,
    }
}
