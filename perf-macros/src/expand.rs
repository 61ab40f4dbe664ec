//! In: the attribute's options and its item as tokens. Out: the item's measured form; on an error the item as it was, beside the error.

use crate::container;
use crate::function::Function;
use crate::item::Item;
use crate::options::Options;
use crate::returns::Returns;
use crate::{attribute, expand_async, expand_fn, expand_future, krate};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Error, Result};

/// What `#[measure]` makes of an item.
pub(crate) fn measure(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item.clone()).unwrap_or_else(|error| {
        let mut tokens = error.into_compile_error();
        tokens.extend(item);
        tokens
    })
}

fn expand(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let options: Options = syn::parse2(options)?;
    let item: Item = syn::parse2(item)?;
    if options.skip() {
        return Ok(item.into_token_stream());
    }
    match item {
        Item::Function(item) => {
            if let Some(second) = attribute::find(&item.attrs) {
                let message = "measured twice: join the options in one `#[measure(...)]`";
                return Err(Error::new_spanned(second, message));
            }
            if let Some(token) = item.sig.constness {
                let message = "a `const fn` cannot be measured: it may run in the compiler, where there is no clock; \
                               measure its callers, or take `const` away";
                return Err(Error::new_spanned(token, message));
            }
            function(*item, &options)
        }
        Item::Container(container) => container::expand(container, &options),
        Item::Unmeasurable(item) => Err(item.refusal()),
    }
}

/// A function's measured form.
pub(crate) fn function(mut item: Function, options: &Options) -> Result<TokenStream> {
    let bare = item.to_token_stream();
    let Some(body) = item.take_body()? else {
        let message =
            "there is no body to measure here: measure the functions that implement this one";
        return Err(Error::new_spanned(&item.sig, message));
    };
    let returns = Returns::of(&item.sig.output);
    options.agree_with(&item, &returns)?;
    let block = match &returns {
        _ if item.sig.asyncness.is_some() => {
            expand_async::block(&mut item, &body, options, &returns)
        }
        Returns::Future(_) | Returns::Boxed => {
            expand_future::block(&item, &body, options, &returns)
        }
        Returns::Value | Returns::Opaque | Returns::Never => {
            expand_fn::block(&mut item, &body, options, &returns)
        }
    };
    item.set_body(block, body.span());
    if options.err
        && matches!(returns, Returns::Value | Returns::Opaque)
        && item.sig.asyncness.is_none()
    {
        // A closure that takes the arguments leaves moves behind even where nothing is recorded: perf-core chooses.
        let private = krate::private();
        return Ok(
            quote_spanned!(Span::mixed_site()=> #private::recorded! { { #item } { #bare } }),
        );
    }
    Ok(item.into_token_stream())
}

/// The measured form of a function in a container; those that cannot be measured stay as they are.
pub(crate) fn member(item: Function, options: &Options) -> Result<TokenStream> {
    if item.sig.constness.is_some() || item.body.is_none() {
        return Ok(item.into_token_stream());
    }
    function(item, options)
}

#[cfg(test)]
mod tests {
    use super::measure;
    use quote::quote;

    /// The item is there unchanged, after nothing but the error.
    fn is_refused_unchanged(item: &proc_macro2::TokenStream) {
        let out = measure(quote!(), item.clone()).to_string();
        let error = out.strip_suffix(&item.to_string());
        let error = error.unwrap_or_else(|| panic!("changed: {out}"));
        assert!(
            error.trim().starts_with(":: core :: compile_error !"),
            "{error}"
        );
        assert_eq!(error.matches("compile_error").count(), 1, "{error}");
    }

    #[test]
    fn on_a_syntax_error_the_item_stays_beside_the_error() {
        is_refused_unchanged(&quote!(fn unfinished(x: u32, y) -> { x }));
        is_refused_unchanged(&quote!(fn no_body() -> u32));
        is_refused_unchanged(&quote!(impl Data { fn one(&self) {} fn two(&self, -) {} }));
        is_refused_unchanged(&quote!(impl Data { fn one(&self) {} what }));
        is_refused_unchanged(&quote!(impl Data));
        is_refused_unchanged(&quote!());
    }

    #[test]
    fn what_the_parser_does_not_know_in_a_body_does_no_harm() {
        for item in [
            quote!(fn f() -> u32 { become @ unknown; let syntax = # 3 }),
            quote!(fn f() -> Pin<Box<dyn Future<Output = u32>>> { become @ unknown # 3 }),
            quote!(fn f() -> impl Future<Output = u32> { become @ unknown # 3 }),
            quote!(impl Data { fn f() { become @ unknown # 3 } }),
        ] {
            let out = measure(quote!(), item).to_string();
            assert!(
                !out.contains("compile_error") && out.contains("become @ unknown"),
                "{out}"
            );
        }
    }

    #[test]
    fn a_constant_in_braces_is_not_the_body_of_a_container() {
        let out = measure(
            quote!(),
            quote!(impl Tr<{ 1 + 2 }> for fn(u8) -> Data<{ 3 }> { fn f() {} }),
        );
        let out = out.to_string();
        assert!(
            !out.contains("compile_error") && out.contains("Span :: enter"),
            "{out}"
        );
    }
}
