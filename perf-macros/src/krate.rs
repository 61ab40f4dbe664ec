//! In: the manifest of the crate that is compiled. Out: the path under which it knows `perf-core`, renamed or not.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

/// `::perf_core::private`, or the same under the name that the manifest gives `perf-core`.
///
/// Where no manifest tells (another build system, a re-export by a third crate), the crate's own name is taken.
pub(crate) fn private() -> TokenStream {
    private_at(Span::mixed_site())
}

/// The same, for code that answers for what stands at a place of the user's.
pub(crate) fn private_at(span: Span) -> TokenStream {
    let name = match crate_name("perf-core") {
        Ok(FoundCrate::Name(name)) => name,
        Ok(FoundCrate::Itself) | Err(_) => "perf_core".to_owned(),
    };
    let name = Ident::new(&name, span);
    quote_spanned!(span=> ::#name::private)
}
