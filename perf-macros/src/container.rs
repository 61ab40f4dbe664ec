//! In: an `impl`, a `trait` or an inline `mod`. Out: the same with each of its functions measured, save those marked `skip`.

use crate::item::Item;
use crate::options::Options;
use crate::{attribute, expand};
use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Error, Result, Token};

/// Braces full of items.
pub(crate) struct Container {
    pub(crate) attrs: Vec<Attribute>,
    kind: Kind,
    head: TokenStream, // everything between the attributes and the brace
    body: Group,
}

#[derive(Clone, Copy)]
enum Kind {
    Impl,
    Trait,
    Module,
}

/// The container with its functions measured.
pub(crate) fn expand(mut container: Container, options: &Options) -> Result<TokenStream> {
    options.fit_container()?;
    if let Some(second) = attribute::find(&container.attrs) {
        let message = "measured twice: join the options in one `#[measure(...)]`";
        return Err(Error::new_spanned(second, message));
    }
    let kind = container.kind;
    let members = |input: ParseStream| {
        let mut tokens = TokenStream::new();
        tokens.append_all(input.call(Attribute::parse_inner)?);
        let mut errors: Option<Error> = None;
        while !input.is_empty() {
            match Item::parse_one(input, kind.boundary()).map(|item| member(item, options))? {
                Ok(item) => tokens.extend(item),
                Err(error) => match &mut errors {
                    Some(errors) => errors.combine(error),
                    None => errors = Some(error),
                },
            }
        }
        errors.map_or(Ok(tokens), Err)
    };
    let mut body = Group::new(Delimiter::Brace, members.parse2(container.body.stream())?);
    body.set_span(container.body.span());
    container.body = body;
    Ok(container.into_token_stream())
}

/// One item of a container: what bears its own `#[measure]` is left to it, what is marked `skip` is left alone.
fn member(mut item: Item, options: &Options) -> Result<TokenStream> {
    let attrs = match &mut item {
        Item::Function(item) => &mut item.attrs,
        Item::Container(item) => &mut item.attrs,
        Item::Unmeasurable(item) => &mut item.attrs,
    };
    if attribute::find(attrs).is_some() {
        attribute::remove_skip(attrs);
        return Ok(item.into_token_stream());
    }
    match item {
        Item::Function(item) => expand::member(*item, options),
        Item::Container(item) => expand(item, options),
        Item::Unmeasurable(item) if item.is_module => Err(item.refusal()),
        Item::Unmeasurable(_) => Ok(item.into_token_stream()),
    }
}

impl Kind {
    /// Reads one item of such a container.
    fn boundary(self) -> fn(ParseStream) -> Result<()> {
        match self {
            Self::Impl => |input| input.parse::<syn::ImplItem>().map(drop),
            Self::Trait => |input| input.parse::<syn::TraitItem>().map(drop),
            Self::Module => |input| input.parse::<syn::Item>().map(drop),
        }
    }
}

impl Parse for Container {
    fn parse(input: ParseStream) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let mut kind = None;
        let mut head = TokenStream::new();
        let mut depth = 0usize; // of angle brackets, within which a brace holds a constant
        let mut arrow = false;
        loop {
            if depth == 0 && input.peek(syn::token::Brace) {
                break;
            }
            if kind.is_none() {
                kind = Kind::at(input);
            }
            let token: TokenTree = input.parse()?;
            if let TokenTree::Punct(punct) = &token {
                match punct.as_char() {
                    '<' => depth += 1,
                    '>' if !arrow => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            arrow = matches!(&token, TokenTree::Punct(punct) if starts_arrow(punct));
            head.append(token);
        }
        let kind = kind.ok_or_else(|| input.error("expected `impl`, `trait` or `mod`"))?;
        Ok(Self {
            attrs,
            kind,
            head,
            body: input.parse()?,
        })
    }
}

impl Kind {
    fn at(input: ParseStream) -> Option<Self> {
        if input.peek(Token![impl]) {
            Some(Self::Impl)
        } else if input.peek(Token![trait]) {
            Some(Self::Trait)
        } else if input.peek(Token![mod]) {
            Some(Self::Module)
        } else {
            None
        }
    }
}

/// Whether a `>` right after this closes no bracket: `->`, `=>`.
fn starts_arrow(punct: &Punct) -> bool {
    matches!(punct.as_char(), '-' | '=') && punct.spacing() == Spacing::Joint
}

impl ToTokens for Container {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attrs);
        tokens.extend(self.head.clone());
        self.body.to_tokens(tokens);
    }
}
