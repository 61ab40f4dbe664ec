//! In: the functions that `bench_main!(...)` lists, or none, and metrics of the author's. Out: `fn main`.

use super::entry_name;
use crate::krate;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, Path, Result, Token, bracketed};

const FORM: &str = "`bench_main!` lists functions by their paths: `bench_main!(one, module::two)`, or nothing; before them may \
                    stand `metrics = [Mine::new()]`";

/// The `main` function, or the error.
pub(crate) fn bench_main(list: TokenStream) -> TokenStream {
    expand(list).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote_spanned!(Span::mixed_site()=> #error fn main() {}) // one complaint is enough
    })
}

/// What stands in the parentheses.
struct List {
    metrics: Vec<Expr>,
    functions: Vec<Path>,
}

impl Parse for List {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut metrics = Vec::new();
        if input.peek(Ident) && input.peek2(Token![=]) {
            let name: Ident = input.parse()?;
            if name != "metrics" {
                return Err(Error::new(name.span(), FORM));
            }
            input.parse::<Token![=]>()?;
            let within;
            bracketed!(within in input);
            let listed = Punctuated::<Expr, Token![,]>::parse_terminated(&within)?;
            metrics = listed.into_iter().collect();
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let functions = Punctuated::<Path, Token![,]>::parse_terminated(input)
            .map_err(|error| Error::new(error.span(), FORM))?;
        Ok(Self {
            metrics,
            functions: functions.into_iter().collect(),
        })
    }
}

fn expand(list: TokenStream) -> Result<TokenStream> {
    let span = Span::mixed_site();
    let private = krate::private();
    let List { metrics, functions } = syn::parse2(list)?;
    let mut entries = Vec::new();
    for mut path in functions {
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
    // Each is made where it measures: in the process of a benchmark.
    let metrics = metrics.iter().map(|metric| {
        quote_spanned!(span=> || ::std::boxed::Box::new(#metric) as ::std::boxed::Box<dyn #private::bench::Metric>)
    });
    Ok(quote_spanned! {span=>
        fn main() -> ::std::process::ExitCode {
            const METRICS: &[#private::bench::MakeMetric] = &[#(#metrics),*];
            #private::bench::main(
                #private::bench::Target {
                    package: ::core::env!("CARGO_PKG_NAME"),
                    target: ::core::env!("CARGO_CRATE_NAME"),
                    folder: ::core::env!("CARGO_MANIFEST_DIR"),
                },
                #source,
                METRICS,
            )
        }
    })
}
