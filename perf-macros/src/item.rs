//! In: tokens. Out: the next [`Item`]: a function, a container of functions, or something else.

use crate::container::Container;
use crate::function::Function;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Result, Token, Visibility};

/// What `#[measure]` may stand on.
pub(crate) enum Item {
    Function(Box<Function>),
    Container(Container),
    Unmeasurable(Other),
}

/// An item in which nothing can be measured.
pub(crate) struct Other {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) is_module: bool, // `mod x;`
    tokens: TokenStream,        // without the attributes
}

impl Other {
    /// Why it cannot be measured.
    pub(crate) fn refusal(&self) -> Error {
        let message = if self.is_module {
            "an out-of-line module cannot be measured as a whole, since its file is not seen from here: \
             measure the items in it, or mark it `#[measure(skip)]`"
        } else {
            "`#[measure]` goes on a function, an `impl`, a `trait` or an inline `mod { }`; \
             within functions there are `span!` and `measure_block!`"
        };
        Error::new_spanned(&self.tokens, message)
    }
}

/// Whether an `impl`, `trait` or inline `mod` comes next, or an out-of-line `mod`.
enum Next {
    Container,
    Module,
    Other,
}

fn next(input: ParseStream) -> Next {
    let ahead = input.fork();
    if ahead.call(Attribute::parse_outer).is_err() || ahead.parse::<Visibility>().is_err() {
        return Next::Other;
    }
    while ahead.peek(Token![unsafe]) || ahead.peek(Token![auto]) || ahead.peek(Token![default]) {
        if ahead.parse::<TokenTree>().is_err() {
            return Next::Other;
        }
    }
    if ahead.peek(Token![mod]) && ahead.peek3(Token![;]) {
        Next::Module
    } else if ahead.peek(Token![impl]) || ahead.peek(Token![trait]) || ahead.peek(Token![mod]) {
        Next::Container
    } else {
        Next::Other
    }
}

impl Parse for Item {
    /// Reads a whole stream that is one item.
    fn parse(input: ParseStream) -> Result<Self> {
        if Function::is_next(input) {
            return input.parse().map(Box::new).map(Self::Function);
        }
        if let Next::Container = next(input) {
            return input.parse().map(Self::Container);
        }
        let is_module = matches!(next(input), Next::Module);
        let attrs = input.call(Attribute::parse_outer)?;
        Ok(Self::Unmeasurable(Other {
            attrs,
            is_module,
            tokens: input.parse()?,
        }))
    }
}

impl Item {
    /// Reads the next of several items; `boundary` reads one item of the place's own kind, to find where it ends.
    pub(crate) fn parse_one(
        input: ParseStream,
        boundary: fn(ParseStream) -> Result<()>,
    ) -> Result<Self> {
        if Function::is_next(input) {
            return input.parse().map(Box::new).map(Self::Function);
        }
        let is_module = match next(input) {
            Next::Container => return input.parse().map(Self::Container),
            Next::Module => true,
            Next::Other => false,
        };
        let ahead = input.fork();
        boundary(&ahead)?;
        let attrs = input.call(Attribute::parse_outer)?;
        let mut tokens = TokenStream::new();
        while !input.is_empty() && input.cursor() != ahead.cursor() {
            tokens.append(input.parse::<TokenTree>()?);
        }
        input.advance_to(&ahead);
        Ok(Self::Unmeasurable(Other {
            attrs,
            is_module,
            tokens,
        }))
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Function(item) => item.to_tokens(tokens),
            Self::Container(item) => item.to_tokens(tokens),
            Self::Unmeasurable(item) => {
                tokens.append_all(&item.attrs);
                tokens.extend(item.tokens.clone());
            }
        }
    }
}
