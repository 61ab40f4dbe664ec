//! In: the closure that is measured. Out: a plain one; futures are driven to their end.

use crate::krate;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

/// The closure as one that is called and done: one that is `async`, or whose body is nothing but an `async` block, is driven.
pub(super) fn plain(code: &Expr) -> TokenStream {
    let Expr::Closure(closure) = code else {
        return code.to_token_stream();
    };
    if closure.asyncness.is_none() && !matches!(&*closure.body, Expr::Async(_)) {
        return code.to_token_stream();
    }
    let (span, private) = (Span::mixed_site(), krate::private());
    if closure.inputs.is_empty() {
        quote_spanned!(span=> #private::driven(#code))
    } else {
        quote_spanned!(span=> #private::driven_with(#code))
    }
}
