//! In: the functions that `bench_main!(...)` lists, or none. Out: `fn main`.

use super::entry_name;
use crate::krate;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Error, Path, Result, Token};

/// The `main` function, or the error.
pub(crate) fn bench_main(list: TokenStream) -> TokenStream {
    expand(list).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote_spanned!(Span::mixed_site()=> #error fn main() {}) // one complaint is enough
    })
}

fn expand(list: TokenStream) -> Result<TokenStream> {
    let span = Span::mixed_site();
    let private = krate::private();
    let parser = Punctuated::<Path, Token![,]>::parse_terminated;
    let paths = parser.parse2(list).map_err(|error| {
        Error::new(error.span(), "`bench_main!` lists functions by their paths: `bench_main!(one, module::two)`, or nothing")
    })?;
    let mut entries = Vec::new();
    for mut path in paths {
        let Some(last) = path.segments.last_mut() else {
            continue;
        };
        last.ident = entry_name(&last.ident).clone();
        entries.push(path);
    }
    let source = if entries.is_empty() {
        quote_spanned!(span=> ::core::option::Option::None)
    } else {
        quote_spanned!(span=> ::core::option::Option::Some(&[#(&#entries),*]))
    };
    Ok(quote_spanned! {span=>
        fn main() -> ::std::process::ExitCode {
            #private::bench::main(
                #private::bench::Target {
                    package: ::core::env!("CARGO_PKG_NAME"),
                    target: ::core::env!("CARGO_CRATE_NAME"),
                    folder: ::core::env!("CARGO_MANIFEST_DIR"),
                },
                #source,
            )
        }
    })
}
