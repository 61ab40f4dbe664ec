//! In: a function's tokens. Out: [`Function`]: its signature understood, its body untouched, so that what the parser does not
//! know in a body does no harm.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Result, Signature, Token, Visibility};

/// A function, associated function or method.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) sig: Signature,
    pub(crate) body: Option<Group>,
    vis: Visibility,
    defaultness: Option<Token![default]>,
    inner_attrs: Vec<Attribute>, // those of the body, once it was taken
    semicolon: Option<Token![;]>,
}

impl Function {
    /// Whether a function comes next.
    pub(crate) fn is_next(input: ParseStream) -> bool {
        let ahead = input.fork();
        if ahead.call(Attribute::parse_outer).is_err() || ahead.parse::<Visibility>().is_err() {
            return false;
        }
        while pass_modifier(&ahead) {}
        ahead.peek(Token![fn])
    }

    /// Takes the body out, and its inner attributes into the function.
    pub(crate) fn take_body(&mut self) -> Result<Option<Group>> {
        let Some(body) = self.body.take() else {
            return Ok(None);
        };
        let parts = |input: ParseStream| {
            Ok((
                input.call(Attribute::parse_inner)?,
                input.parse::<TokenStream>()?,
            ))
        };
        let (inner_attrs, statements) = parts.parse2(body.stream())?;
        self.inner_attrs = inner_attrs;
        let mut bare = Group::new(Delimiter::Brace, statements);
        bare.set_span(body.span());
        Ok(Some(bare))
    }

    /// Gives the function a body.
    pub(crate) fn set_body(&mut self, statements: TokenStream, span: Span) {
        let mut body = Group::new(Delimiter::Brace, statements);
        body.set_span(span);
        self.body = Some(body);
    }

    /// What may see it.
    pub(crate) fn visibility(&self) -> &Visibility {
        &self.vis
    }

    /// Whether it bears an attribute of this name.
    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.attrs
            .iter()
            .any(|attr| attr.path().is_ident(attribute))
    }
}

/// Passes one of the words that may stand before `fn`; false where none comes next.
fn pass_modifier(input: ParseStream) -> bool {
    let word = input.peek(Token![const])
        || input.peek(Token![async])
        || input.peek(Token![unsafe])
        || input.peek(Token![safe])
        || input.peek(Token![extern])
        || input.peek(Token![default])
        || input.peek(syn::LitStr); // the ABI
    word && input.parse::<TokenTree>().is_ok()
}

impl Parse for Function {
    fn parse(input: ParseStream) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let defaultness = input.parse()?;
        let sig = input.parse()?;
        let (body, semicolon) = if input.peek(Token![;]) {
            (None, Some(input.parse()?))
        } else if input.peek(syn::token::Brace) {
            (Some(input.parse()?), None)
        } else {
            return Err(input.error("expected a function's body"));
        };
        Ok(Self {
            attrs,
            sig,
            body,
            vis,
            defaultness,
            inner_attrs: Vec::new(),
            semicolon,
        })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attrs);
        self.vis.to_tokens(tokens);
        self.defaultness.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        if let Some(body) = &self.body {
            let mut statements = TokenStream::new();
            statements.append_all(&self.inner_attrs);
            statements.extend(body.stream());
            let mut group = Group::new(Delimiter::Brace, statements);
            group.set_span(body.span());
            tokens.append(group);
        }
        self.semicolon.to_tokens(tokens);
    }
}
