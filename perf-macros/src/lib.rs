//! `#[measure]`: in goes an annotated item, out comes the same item with a site and a span in each of its functions.
//!
//! Used through `perf-core`, which documents and re-exports it; the generated code names nothing but `perf_core::private`.
#![forbid(unsafe_code)]

mod arguments;
mod attribute;
mod container;
mod expand;
mod expand_async;
mod expand_fn;
mod expand_future;
mod function;
mod item;
mod krate;
mod leaves;
mod options;
mod returns;
mod site;

use proc_macro::TokenStream;

/// Measures every call of a function, or of all functions of an `impl`, a `trait` or an inline `mod { }`.
///
/// | on | measured |
/// |---|---|
/// | a function or method, also `unsafe`, `extern "C"` or generic | from its entry to its end: return, `?` or panic |
/// | an `async fn`, a function that returns `impl Future`, `Pin<Box<dyn Future>>` or `BoxFuture` | the future, from its first poll to ready |
/// | an `impl`, a `trait`, an inline `mod { }` | each function with a body within, except those marked `#[measure(skip)]` |
///
/// | option | meaning |
/// |---|---|
/// | `name = "..."` | the row's id; without it the function's path, which holds no line number |
/// | `label = expr` | a row per value of `expr` (anything that implements `Display`), which may use the arguments; asked for only while recording |
/// | `err` | results that are `Err` are counted |
/// | `full` | never sampled, whatever the overhead budget says |
/// | `skip` | not measured; the function is left as it is |
///
/// On an `impl`, a `trait` or a `mod` the options `full` and `skip` may stand; a `const fn` within is left as it is. What a
/// function does with its arguments after its body, which is to drop those still owned, is outside of its span; with `err` and
/// in futures it is inside.
///
/// A `const fn` and an out-of-line `mod x;` are refused, as is whatever is neither function nor container.
#[proc_macro_attribute]
pub fn measure(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::measure(options.into(), item.into()).into()
}
