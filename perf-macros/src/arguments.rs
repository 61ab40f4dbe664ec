//! In: a signature. Out: statements that take its arguments into an inner body, where they end in the order in which the function
//! itself would have ended them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Attribute, FnArg, Pat, Signature};

/// What becomes of arguments that are patterns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patterns {
    /// They move inside too.
    Move,
    /// They stay, so that their names are known outside of the inner body.
    Stay,
}

/// Statements that bind the arguments anew; `mut` moves with them, out of the signature.
pub(crate) fn rebind(sig: &mut Signature, patterns: Patterns) -> TokenStream {
    let span = Span::mixed_site();
    let quiet = quote_spanned! {span=>
        #[allow(clippy::no_effect_underscore_binding, clippy::used_underscore_binding)]
    };
    let mut rebound = TokenStream::new();
    for (position, argument) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = argument else {
            continue;
        };
        let conditions = conditions(&argument.attrs);
        let pattern = argument.pat.clone();
        if let Some(name) = plain_name(&mut argument.pat) {
            rebound.extend(quote_spanned!(span=> #quiet #(#conditions)* let #pattern = #name;));
        } else if patterns == Patterns::Move {
            let name = Ident::new(&format!("__perf_argument_{position}"), span);
            *argument.pat = Pat::Verbatim(quote_spanned!(span=> #name));
            rebound.extend(quote_spanned! {span=>
                #quiet #(#conditions)* let #name = #name;
                #quiet #(#conditions)* let #pattern = #name;
            });
        }
    }
    rebound
}

/// The name of an argument that is nothing but a name, which loses its `mut`.
fn plain_name(pattern: &mut Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            pattern.mutability = None;
            Some(pattern.ident.clone())
        }
        _ => None,
    }
}

/// The attributes on which the argument's existence and its lints depend.
fn conditions(attrs: &[Attribute]) -> Vec<&Attribute> {
    let kept = ["cfg", "allow", "expect", "warn", "deny", "forbid"];
    attrs
        .iter()
        .filter(|attr| kept.iter().any(|name| attr.path().is_ident(name)))
        .collect()
}
