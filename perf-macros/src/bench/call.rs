//! In: a function and its options. Out: [`Call`], which writes the cases that the harness can run, one by one.

use super::options::{Options, Threads};
use super::text::{bare, compact};
use crate::function::Function;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Error, FnArg, GenericParam, Ident, PatType, Result, Type};

/// How the function is called.
pub(crate) struct Call<'a> {
    function: &'a Ident,
    options: &'a Options,
    bencher: Option<Bencher>,
    argument: Option<&'a PatType>,
    is_async: bool,
}

/// The parameter through which a function measures a part of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bencher {
    One,
    Threads,
}

impl<'a> Call<'a> {
    pub(crate) fn of(item: &'a Function, options: &'a Options) -> Result<Self> {
        let sig = &item.sig;
        if let Some(token) = sig.safety.to_token_stream().into_iter().next() {
            return Err(Error::new_spanned(
                token,
                "an unsafe function cannot be called by the harness: wrap it in a safe one",
            ));
        }
        check_generics(item, options)?;
        let mut inputs = sig.inputs.iter().peekable();
        if let Some(FnArg::Receiver(receiver)) = inputs.peek() {
            return Err(Error::new_spanned(
                receiver,
                "a method cannot be a benchmark: the harness has no `self` to call it on",
            ));
        }
        let mut typed = inputs.filter_map(|input| match input {
            FnArg::Typed(input) => Some(input),
            FnArg::Receiver(_) => None,
        });
        let mut next = typed.next();
        let bencher = next.and_then(bencher_kind);
        if bencher.is_some() {
            next = typed.next();
        }
        let call = Self {
            function: &sig.ident,
            options,
            bencher,
            argument: next,
            is_async: sig.asyncness.is_some(),
        };
        if let Some(more) = typed.next() {
            return Err(Error::new_spanned(
                more,
                "a benchmark takes a `Bencher` and one argument at most: put several values into a tuple",
            ));
        }
        call.agree()?;
        Ok(call)
    }

    fn agree(&self) -> Result<()> {
        let at = |option: &str, message: &str| Err(Error::new(self.options.place(option), message));
        match (&self.options.args, self.argument) {
            (Some(_), None) => {
                return at(
                    "args",
                    "`args` are given, but the function takes no argument",
                );
            }
            (None, Some(argument)) => {
                return Err(Error::new_spanned(
                    argument,
                    "where does this argument come from? Give values: `#[bench(args = [...])]`",
                ));
            }
            _ => {}
        }
        if self.is_async && self.bencher.is_some() {
            return Err(Error::new_spanned(
                self.function,
                "an `async fn` is measured as a whole: take `async` away and call `bencher.bench_async`",
            ));
        }
        if !self.is_async && self.options.block_on.is_some() {
            return at("block_on", "`block_on` is for an `async fn`");
        }
        match (self.bencher, &self.options.threads) {
            (Some(Bencher::One), Some(_)) => at(
                "threads",
                "with `threads` the parameter is `bencher: Threads`, whose closures are `Sync`",
            ),
            (Some(Bencher::Threads), None) => Err(Error::new_spanned(
                self.function,
                "`Threads` needs to know how many: `#[bench(threads = [1, 2])]`",
            )),
            _ if self.is_async && self.options.threads.is_some() => {
                at("threads", "`threads` and `async` exclude each other")
            }
            _ => Ok(()),
        }
    }

    /// `fn() -> Vec<Case>`.
    pub(crate) fn cases(&self, private: &TokenStream) -> TokenStream {
        let span = Span::mixed_site();
        let mut pushes = TokenStream::new();
        let none = [None];
        let types: Vec<Option<&Type>> = if self.options.types.is_empty() {
            none.to_vec()
        } else {
            self.options.types.iter().map(Some).collect()
        };
        let consts: Vec<Option<&syn::Expr>> = if self.options.consts.is_empty() {
            vec![None]
        } else {
            self.options.consts.iter().map(Some).collect()
        };
        for ty in &types {
            for constant in &consts {
                pushes.extend(self.push(private, *ty, *constant));
            }
        }
        quote_spanned! {span=> || {
            let mut cases = #private::bench::Cases::new();
            #pushes
            cases.done()
        }}
    }

    fn push(
        &self,
        private: &TokenStream,
        ty: Option<&Type>,
        constant: Option<&syn::Expr>,
    ) -> TokenStream {
        let span = Span::mixed_site();
        let names: Vec<String> = ty
            .map(compact)
            .into_iter()
            .chain(constant.map(compact))
            .collect();
        let name = names.join("/");
        let constant = constant.map(|c| match c {
            syn::Expr::Lit(_) => c.to_token_stream(),
            c => quote_spanned!(span=> { #c }),
        });
        let generics: Vec<TokenStream> = ty
            .map(ToTokens::to_token_stream)
            .into_iter()
            .chain(constant)
            .collect();
        let function = self.function;
        let path = if generics.is_empty() {
            quote!(#function)
        } else {
            quote!(#function::<#(#generics),*>)
        };
        let threads = match &self.options.threads {
            None => quote_spanned!(span=> #private::bench::no_threads()),
            Some(Threads::All) => quote_spanned!(span=> #private::bench::all_threads()),
            Some(Threads::Numbers(numbers)) => {
                quote_spanned!(span=> #private::bench::ThreadNumbers::numbers(#numbers))
            }
        };
        if let (Some(args), Some(argument)) = (&self.options.args, self.argument) {
            let body = self.with_argument(private, &path, argument);
            quote_spanned! {span=> cases.each(#name, &#threads, #args, |bencher, item| #body); }
        } else {
            let body = self.without_argument(private, &path);
            let throughput = self.throughput(private, None);
            quote_spanned! {span=> cases.one(#name, &#threads, |bencher| { #throughput #body }); }
        }
    }

    fn without_argument(&self, private: &TokenStream, path: &TokenStream) -> TokenStream {
        let span = Span::mixed_site();
        match self.bencher {
            Some(Bencher::One) => quote_spanned!(span=> { #path(bencher); }),
            Some(Bencher::Threads) => quote_spanned!(span=> { #path(bencher.threads()); }),
            None if self.is_async => {
                let block_on = self.block_on(private);
                quote_spanned!(span=> bencher.bench(|| #block_on(#path())))
            }
            None if self.options.threads.is_some() => {
                quote_spanned!(span=> bencher.threads().bench(|| #path()))
            }
            None => quote_spanned!(span=> bencher.bench(|| #path())),
        }
    }

    fn with_argument(
        &self,
        private: &TokenStream,
        path: &TokenStream,
        argument: &PatType,
    ) -> TokenStream {
        let span = Span::mixed_site();
        let by_reference = matches!(&*argument.ty, Type::Reference(_));
        let throughput = self.throughput(private, Some(argument));
        let give = if by_reference {
            quote_spanned!(span=> item)
        } else {
            quote_spanned!(span=> ::core::clone::Clone::clone(item))
        };
        let block_on = self.is_async.then(|| self.block_on(private));
        let called = |argument: TokenStream| {
            if let Some(block_on) = &block_on {
                quote_spanned!(span=> #block_on(#path(#argument)))
            } else {
                quote_spanned!(span=> #path(#argument))
            }
        };
        let body = match self.bencher {
            Some(Bencher::One) => quote_spanned!(span=> { #path(bencher, #give); }),
            Some(Bencher::Threads) => quote_spanned!(span=> { #path(bencher.threads(), #give); }),
            None => {
                let call = called(quote_spanned!(span=> value));
                match (self.options.threads.is_some(), by_reference) {
                    (true, true) => {
                        quote_spanned!(span=> bencher.threads().bench(|| { let value = #private::bench::black_box(item); #call }))
                    }
                    (false, true) => {
                        quote_spanned!(span=> bencher.bench(|| { let value = #private::bench::black_box(item); #call }))
                    }
                    (true, false) => {
                        quote_spanned!(span=> bencher.threads().bench_clones(item, |value| #call))
                    }
                    (false, false) => {
                        quote_spanned!(span=> bencher.bench_clones(item, |value| #call))
                    }
                }
            }
        };
        quote_spanned!(span=> { #throughput #body })
    }

    fn block_on(&self, private: &TokenStream) -> TokenStream {
        let span = Span::mixed_site();
        if let Some(block_on) = &self.options.block_on {
            quote_spanned!(span=> (#block_on))
        } else {
            quote_spanned!(span=> #private::bench::block_on)
        }
    }

    /// A shadowing `bencher` that knows how much an iteration processes; the argument's name is known there.
    fn throughput(&self, _private: &TokenStream, argument: Option<&PatType>) -> TokenStream {
        let span = Span::mixed_site();
        let (method, amount) = match (&self.options.bytes, &self.options.items) {
            (Some(bytes), _) => (quote!(bytes), bytes),
            (_, Some(items)) => (quote!(items), items),
            _ => return TokenStream::new(),
        };
        let bind = argument.map(|argument| {
            let (pat, ty) = (&argument.pat, &argument.ty);
            if let Type::Reference(_) = &**ty { quote_spanned!(span=> #[allow(unused_variables)] let #pat: #ty = item;) } else { quote_spanned!(span=> #[allow(unused_variables, unused_mut)] let #pat: #ty = ::core::clone::Clone::clone(item);) }
        });
        quote_spanned! {span=>
            let amount = { #bind #amount };
            let bencher = bencher.#method(amount as u64);
        }
    }
}

/// By the last name of the parameter's type.
fn bencher_kind(input: &PatType) -> Option<Bencher> {
    let Type::Path(path) = &*input.ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    match last.ident.to_string().as_str() {
        "Bencher" => Some(Bencher::One),
        "Threads" => Some(Bencher::Threads),
        _ => None,
    }
}

fn check_generics(item: &Function, options: &Options) -> Result<()> {
    let generics = &item.sig.generics.params;
    let types = generics
        .iter()
        .filter(|p| matches!(p, GenericParam::Type(_)))
        .count();
    let consts = generics
        .iter()
        .filter(|p| matches!(p, GenericParam::Const(_)))
        .count();
    let expect = |option: &str, given: bool, found: usize, form: &str| {
        if given == (found == 1) && found <= 1 {
            return Ok(());
        }
        if given {
            let message = format!(
                "`{option}` needs a function with exactly one such parameter: `{form}`; this one has {found}"
            );
            return Err(Error::new(options.place(option), message));
        }
        let name = bare(&item.sig.ident);
        let message = format!(
            "which ones shall `{name}` be measured with? Say `#[bench({option} = [...])]`, for one parameter of the kind"
        );
        Err(Error::new_spanned(&item.sig.generics, message))
    };
    expect("types", !options.types.is_empty(), types, "fn f<T>()")?;
    expect(
        "consts",
        !options.consts.is_empty(),
        consts,
        "fn f<const N: usize>()",
    )
}
