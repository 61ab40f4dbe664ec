//! In: the closure that is measured. Out: a plain one; futures are driven to their end.

use crate::krate;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Ident};

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

/// A statement that does not compile where this variable is a closure that gives a future; `code` is where the closure stands.
pub(super) fn no_future(name: &Ident, code: &impl ToTokens) -> TokenStream {
    let private = krate::private();
    let at = code
        .to_token_stream()
        .into_iter()
        .next()
        .map(|token| token.span());
    let span = Span::mixed_site().located_at(at.unwrap_or_else(Span::call_site));
    quote_spanned!(span=> {
        #[allow(unused_imports)]
        use #private::{GivesFuture as _, GivesValue as _};
        #private::measurable((&&#private::Returned(&#name)).what());
    })
}
