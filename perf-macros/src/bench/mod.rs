//! In: a function marked `#[bench]`. Out: the same function, and an entry beside it that the harness finds.

mod call;
mod list;
mod options;
mod text;

use crate::function::Function;
use crate::krate;
use call::Call;
use options::Options;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Error, Result};

pub(crate) use list::bench_main;

/// What `#[bench]` makes of an item; on an error the item as it was, beside the error.
pub(crate) fn bench(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item.clone()).unwrap_or_else(|error| {
        let mut tokens = error.into_compile_error();
        tokens.extend(item);
        tokens
    })
}

fn expand(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let mut options: Options = syn::parse2(options)?;
    let mut item = match syn::parse2::<Function>(item.clone()) {
        Ok(function) if function.body.is_some() => function,
        Ok(function) => {
            return Err(Error::new_spanned(
                &function.sig,
                "there is no body to measure here",
            ));
        }
        Err(error) if syn::parse2::<syn::Item>(item.clone()).is_err() => return Err(error),
        Err(_) => return Err(Error::new_spanned(item, "`#[bench]` goes on a function")),
    };
    take_ignore(&mut item, &mut options);
    let call = Call::of(&item, &options)?;
    let entry = entry(&item, &options, &call);
    Ok(quote!(#item #entry))
}

/// `#[ignore]`, as tests have it, means the same here.
fn take_ignore(item: &mut Function, options: &mut Options) {
    let before = item.attrs.len();
    item.attrs.retain(|attr| !attr.path().is_ident("ignore"));
    options.ignore |= item.attrs.len() != before;
}

/// The name under which `bench_main!(name)` finds the entry of the function `name`.
pub(crate) fn entry_name(function: &Ident) -> Ident {
    format_ident!(
        "__perf_bench_{}",
        text::bare(function),
        span = Span::call_site()
    )
}

fn entry(item: &Function, options: &Options, call: &Call) -> TokenStream {
    let span = Span::mixed_site();
    let private = krate::private();
    let visibility = item.visibility();
    let conditions = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let conditions: Vec<_> = conditions.collect();
    let name = entry_name(&item.sig.ident);
    let shown = options.name.as_ref().map_or_else(
        || text::bare(&item.sig.ident).to_token_stream(),
        ToTokens::to_token_stream,
    );
    let text = |value: &Option<syn::LitStr>| {
        if let Some(value) = value {
            quote_spanned!(span=> ::core::option::Option::Some(#value))
        } else {
            quote_spanned!(span=> ::core::option::Option::None)
        }
    };
    let (group, baseline, compare) = (
        text(&options.group),
        text(&options.baseline),
        text(&options.compare),
    );
    let ignore = options.ignore;
    let cases = call.cases(&private);
    quote_spanned! {span=>
        #(#conditions)*
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        #visibility static #name: #private::bench::Entry = #private::bench::Entry {
            name: #shown,
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            group: #group,
            baseline: #baseline,
            compare: #compare,
            ignore: #ignore,
            cases: #cases,
        };
        #(#conditions)*
        const _: () = {
            #private::bench::submit! { #private::bench::Listed(&#name) }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::bench;
    use quote::quote;

    #[test]
    fn an_error_leaves_the_function_beside_it() {
        for (options, item) in [
            (
                quote!(what = 3),
                quote!(
                    fn f() {}
                ),
            ),
            (
                quote!(args = [1]),
                quote!(
                    fn f() {}
                ),
            ),
            (
                quote!(types = [u8]),
                quote!(
                    fn f() {}
                ),
            ),
            (
                quote!(),
                quote!(
                    const fn f(x: u8) {}
                ),
            ),
            (
                quote!(),
                quote!(
                    fn f(&self) {}
                ),
            ),
            (
                quote!(),
                quote!(
                    struct S;
                ),
            ),
        ] {
            let out = bench(options, item.clone()).to_string();
            assert!(
                out.contains("compile_error") && out.ends_with(&item.to_string()),
                "{out}"
            );
        }
    }

    #[test]
    fn a_raw_name_is_shown_bare() {
        let out = bench(
            quote!(),
            quote!(
                fn r#match() {}
            ),
        )
        .to_string();
        assert!(
            out.contains("__perf_bench_match") && out.contains("\"match\""),
            "{out}"
        );
    }
}
