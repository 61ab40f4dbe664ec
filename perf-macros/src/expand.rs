//! In: the attribute's options and its item as tokens. Out: the item's measured form; on an error the item as it was, beside the error.

use crate::container;
use crate::function::Function;
use crate::item::Item;
use crate::options::Options;
use crate::returns::Returns;
use crate::{attribute, expand_async, expand_fn, expand_future};
use proc_macro2::TokenStream;
use quote::ToTokens;
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
    let Some(body) = item.take_body()? else {
        let message = "there is no body to measure here: measure the functions that implement this one";
        return Err(Error::new_spanned(&item.sig, message));
    };
    let returns = Returns::of(&item.sig.output);
    options.agree_with(&item, &returns)?;
    let block = match &returns {
        _ if item.sig.asyncness.is_some() => expand_async::block(&mut item, &body, options, &returns),
        Returns::Future(_) | Returns::Boxed => expand_future::block(&item, &body, options, &returns),
        Returns::Value | Returns::Opaque | Returns::Never => {
            expand_fn::block(&mut item, &body, options, &returns)
        }
    };
    item.set_body(block, body.span());
    Ok(item.into_token_stream())
}

/// The measured form of a function in a container; those that cannot be measured stay as they are.
pub(crate) fn member(item: Function, options: &Options) -> Result<TokenStream> {
    if item.sig.constness.is_some() || item.body.is_none() {
        return Ok(item.into_token_stream());
    }
    function(item, options)
}
