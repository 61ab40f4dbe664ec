//! In: a function that returns a future without being `async`. Out: its measured block: the future under measurement.

use crate::function::Function;
use crate::leaves;
use crate::options::Options;
use crate::returns::{self, Returns};
use crate::{expand_async, krate, site};
use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote_spanned};
use syn::parse::Parser;
use syn::{Block, Expr, Stmt, Type};

/// The block that makes the future and puts it under measurement. What is done before the future exists is not measured.
pub(crate) fn block(
    item: &Function,
    body: &Group,
    options: &Options,
    returns: &Returns,
) -> TokenStream {
    let span = Span::mixed_site();
    let site = site::expression(&item.sig.ident, site::Kind::Future, options);
    let enter = quote_spanned!(span=> let __perf_site = #site;);
    let statements = Block::parse_within.parse2(body.stream()).ok();
    let rest = match returns {
        Returns::Future(output) => opaque(body, statements, options, output.as_deref()),
        _ => statements
            .and_then(|statements| pinned_tail(statements, options))
            .unwrap_or_else(|| boxed(item, body, options)),
    };
    quote_spanned!(span=> #enter #rest)
}

/// `impl Future`: whatever the body gives, measured.
fn opaque(
    body: &Group,
    statements: Option<Vec<Stmt>>,
    options: &Options,
    output: Option<&Type>,
) -> TokenStream {
    let span = Span::mixed_site();
    let future = match statements {
        Some(statements) if !leaves::early(&statements, leaves::Macros::May) => {
            let statements = with_hint(statements, output);
            quote_spanned!(span=> { #statements })
        }
        _ => once(body),
    };
    expand_async::measured(&quote_spanned!(span=> __perf_site), &future, options)
}

/// The body as a function of its own, so that it may return early.
fn once(body: &Group) -> TokenStream {
    let private = krate::private();
    quote_spanned!(Span::mixed_site()=> #private::once(move || #body))
}

/// The statements; an `async` block at their end, about to lose the function's return type, is told its output.
fn with_hint(mut statements: Vec<Stmt>, output: Option<&Type>) -> TokenStream {
    if let (Some(Stmt::Expr(Expr::Async(block), None)), Some(output)) =
        (statements.last_mut(), output)
    {
        let hint = expand_async::output_hint(&output.to_token_stream());
        if let Ok(hint) = Block::parse_within.parse2(hint) {
            block.block.stmts.splice(0..0, hint);
        }
    }
    let mut tokens = TokenStream::new();
    tokens.append_all(statements);
    tokens
}

/// A body that ends in `Box::pin(future)` and nowhere else: the future within the box is measured, no second box is needed.
fn pinned_tail(mut statements: Vec<Stmt>, options: &Options) -> Option<TokenStream> {
    let span = Span::mixed_site();
    if leaves::early(&statements, leaves::Macros::MayNot) {
        return None;
    }
    let Some(Stmt::Expr(Expr::Call(call), None)) = statements.last_mut() else {
        return None;
    };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let mut names = function.path.segments.iter().rev();
    let is_pin = names.next().is_some_and(|segment| segment.ident == "pin")
        && names.next().is_some_and(|segment| segment.ident == "Box");
    if !is_pin || call.args.len() != 1 {
        return None;
    }
    let future = call.args.first_mut()?;
    let site = quote_spanned!(span=> __perf_site);
    *future = Expr::Verbatim(expand_async::measured(
        &site,
        &future.to_token_stream(),
        options,
    ));
    let mut tokens = TokenStream::new();
    tokens.append_all(statements);
    Some(tokens)
}

/// Any other body that gives a boxed future: while somebody looks, the box goes into a measured one.
fn boxed(item: &Function, body: &Group, options: &Options) -> TokenStream {
    let span = Span::mixed_site();
    let private = krate::private();
    let ty = returns::stated(&item.sig.output);
    let site = quote_spanned!(span=> __perf_site);
    let future = quote_spanned!(span=> __perf_future);
    let measured = expand_async::measured(&site, &future, options);
    quote_spanned! {span=>
        let __perf_future: #ty = #private::once(move || -> #ty #body);
        if #private::looking() {
            ::std::boxed::Box::pin(#measured)
        } else {
            __perf_future
        }
    }
}
