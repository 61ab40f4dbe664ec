//! In: `#[bounded(...)]` and a test function. Out: the function, its body judged instead of run once.

use super::invocation::Invocation;
use crate::function::Function;
use crate::krate;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Error, Result, ReturnType};

/// What `#[bounded]` makes of a function; on an error the function as it was, beside the error.
pub(crate) fn bounded(bounds: TokenStream, item: TokenStream) -> TokenStream {
    expand(bounds, item.clone()).unwrap_or_else(|error| {
        let mut tokens = error.into_compile_error();
        tokens.extend(item);
        tokens
    })
}

fn expand(bounds: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut item: Function = syn::parse2(item).map_err(|error| {
        Error::new(
            error.span(),
            "`bounded` stands on a function: its body is what is measured",
        )
    })?;
    let invocation: Invocation = syn::parse2(bounds)?;
    if let Some(call) = &invocation.call {
        let message =
            "`bounded` measures the function's own body: only bounds and options stand here";
        return Err(Error::new_spanned(call, message));
    }
    if let Some(setup) = &invocation.setup {
        let message = "`setup` makes a closure's argument: use `bound!` within the function";
        return Err(Error::new_spanned(setup, message));
    }
    let inputs = std::mem::take(&mut item.sig.inputs);
    let of_size = invocation.of_size();
    if !of_size && !inputs.is_empty() {
        let message =
            "a bounded function takes no arguments: it is called as often as the proof needs";
        return Err(Error::new_spanned(inputs, message));
    }
    if of_size && inputs.len() != 1 {
        let message = "a function whose growth is bounded takes its size, a `u64`; put `bounded` above `test`, which knows no arguments";
        return Err(Error::new_spanned(&item.sig.ident, message));
    }
    let Some(body) = item.take_body()? else {
        return Err(Error::new_spanned(&item.sig, "there is no body to measure"));
    };
    let (span, private) = (Span::mixed_site(), krate::private());
    let is_async = item.sig.asyncness.take().is_some();
    let driven = if of_size {
        quote_spanned!(span=> driven_with)
    } else {
        quote_spanned!(span=> driven)
    };
    let code = match (&item.sig.output, is_async) {
        (ReturnType::Default, false) => quote_spanned!(span=> |#inputs| #body),
        (ReturnType::Type(_, ty), _) if invocation.counted => {
            quote_spanned!(span=> |#inputs| -> #ty #body)
        }
        (ReturnType::Default, true) => {
            quote_spanned!(span=> #private::#driven(async |#inputs| #body))
        }
        (ReturnType::Type(_, ty), false) => {
            quote_spanned!(span=> |#inputs| #private::demand((|| -> #ty #body)()))
        }
        (ReturnType::Type(_, ty), true) => {
            quote_spanned!(span=> #private::#driven(async |#inputs| #private::demand((async || -> #ty #body)().await)))
        }
    };
    item.sig.output = ReturnType::Default;
    let check = invocation.check(&code)?;
    item.set_body(quote_spanned!(span=> #check;), body.span());
    Ok(item.into_token_stream())
}

#[cfg(test)]
mod tests {
    use super::bounded;
    use quote::quote;

    #[test]
    fn the_body_is_judged_and_attributes_stay() {
        let out = bounded(
            quote!(p99 < 50us),
            quote!(
                #[test]
                fn fast() {
                    work();
                }
            ),
        )
        .to_string();
        assert!(out.starts_with("# [test] fn fast () {"), "{out}");
        assert!(out.contains("= | | { work () ; } ;"), "{out}");
    }

    #[test]
    fn on_an_error_the_function_stays() {
        let item = quote!(
            fn fast(x: u8) {}
        );
        let out = bounded(quote!(p99 < 50us), item.clone()).to_string();
        assert!(
            out.contains("compile_error") && out.ends_with(&item.to_string()),
            "{out}"
        );
    }
}
