//! In: one bound, `p99 < 50us`. Out: [`Clause`], and the builder's calls that say the same.

use super::call::plain;
use super::subject::{LOCK_WAIT, Subject};
use super::{law, quantity};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, Result, Token, parenthesized, token};

/// One bound.
pub(super) struct Clause {
    /// The id of a site of the running program, where that is what is bounded.
    site: Option<TokenStream>,
    subject: Subject,
    argument: Option<TokenStream>,
    limit: TokenStream,
}

impl Clause {
    /// A word and a comparison, or a word and its argument before a comparison.
    pub(super) fn is_next(input: ParseStream) -> bool {
        let ahead = input.fork();
        if names_site(input) {
            return true;
        }
        if ahead.call(Ident::parse_any).is_err() {
            return false;
        }
        if ahead.peek(Ident)
            && ahead
                .fork()
                .parse::<Ident>()
                .is_ok_and(|word| word == LOCK_WAIT)
        {
            return true;
        }
        if ahead.peek(token::Paren) && ahead.parse::<proc_macro2::TokenTree>().is_err() {
            return false;
        }
        let by = ahead.fork().call(Ident::parse_any);
        if by.is_ok_and(|word| word == "by") {
            return true;
        }
        ahead.peek(Token![<]) || ahead.peek(Token![>]) || ahead.peek(Token![==])
    }

    /// The other closure, of a bound that compares two.
    pub(super) fn baseline(&self) -> Option<&TokenStream> {
        self.argument
            .as_ref()
            .filter(|_| self.subject == Subject::Faster)
    }

    /// The sizes, of a bound on growth.
    pub(super) fn sizes(&self) -> Option<&TokenStream> {
        self.argument
            .as_ref()
            .filter(|_| self.subject == Subject::Growth)
    }

    /// The site of the running program that is bounded.
    pub(super) fn site(&self) -> Option<&TokenStream> {
        self.site.as_ref()
    }

    /// The bound as an expression.
    pub(super) fn builder(&self, private: &TokenStream) -> TokenStream {
        let span = Span::mixed_site();
        let limit = &self.limit;
        match self.subject {
            Subject::Quantile(p) => {
                quote_spanned!(span=> #private::Bound::quantile(#p).below(#limit))
            }
            Subject::LockWait(p) => {
                quote_spanned!(span=> #private::Bound::lock_wait(#p).below(#limit))
            }
            Subject::Resident => quote_spanned!(span=> #private::Bound::rss_growth(#limit)),
            Subject::Mean => quote_spanned!(span=> #private::Bound::mean().below(#limit)),
            Subject::Cpu => quote_spanned!(span=> #private::Bound::cpu().below(#limit)),
            Subject::Throughput => {
                quote_spanned!(span=> #private::Bound::throughput().above(#limit))
            }
            Subject::Faster => quote_spanned!(span=> #private::Bound::faster(#limit)),
            Subject::Amount(word) => {
                let word = Ident::new(word, span);
                quote_spanned!(span=> #private::Bound::#word() #limit)
            }
            Subject::Growth => quote_spanned!(span=> #private::Bound::growth(#limit)),
            Subject::Beyond => {
                let beyond = &self.argument;
                quote_spanned!(span=> #private::Bound::share_beyond(#beyond).below(#limit))
            }
        }
    }
}

impl Parse for Clause {
    fn parse(input: ParseStream) -> Result<Self> {
        let site = site(input)?;
        let (subject, word) = Subject::read(input)?;
        if site.is_some() && !subject.is_of_calls() {
            let message = "of a site, quantiles and `beyond(50us)` can be bounded";
            return Err(Error::new(word.span(), message));
        }
        let mut argument = argument(subject, &word, input)?;
        if !matches!(subject, Subject::Amount(_)) {
            comparison(subject, input)?;
        }
        let limit = match subject {
            Subject::Quantile(_) | Subject::LockWait(_) | Subject::Mean | Subject::Cpu => {
                quantity::limit(input)?
            }
            Subject::Resident => quantity::amount(input)?,
            Subject::Throughput => quantity::rate(input)?,
            Subject::Faster => input.parse::<Expr>()?.into_token_stream(),
            Subject::Amount(_) => amount(input)?,
            Subject::Growth => {
                let (law, sizes) = law::law_and_sizes(input)?;
                argument = Some(sizes);
                law
            }
            Subject::Beyond => quantity::share(input)?,
        };
        Ok(Self {
            site,
            subject,
            argument,
            limit,
        })
    }
}

/// `site "checkout"` or `site(NAME)`.
fn names_site(input: ParseStream) -> bool {
    let word = input.fork().parse::<Ident>();
    let argument = input.peek2(syn::LitStr) || input.peek2(token::Paren);
    word.is_ok_and(|word| word == "site") && argument
}

fn site(input: ParseStream) -> Result<Option<TokenStream>> {
    if !names_site(input) {
        return Ok(None);
    }
    input.parse::<Ident>()?;
    match input.parse()? {
        TokenTree::Group(group) => Ok(Some(group.stream())),
        literal => Ok(Some(literal.into_token_stream())),
    }
}

/// What stands in the subject's own parentheses.
fn argument(subject: Subject, word: &Ident, input: ParseStream) -> Result<Option<TokenStream>> {
    let example = match subject {
        Subject::Beyond => "`beyond` needs its time: `beyond(50us) < 1%`",
        Subject::Faster => {
            "`faster_than` needs the other closure: `faster_than(|| other()) by 2.0`"
        }
        _ => return Ok(None),
    };
    if !input.peek(token::Paren) {
        return Err(Error::new(word.span(), example));
    }
    let content;
    parenthesized!(content in input);
    if content.is_empty() {
        return Err(Error::new(word.span(), example));
    }
    if subject == Subject::Faster {
        return Ok(Some(plain(&content.parse()?)));
    }
    quantity::limit(&content).map(Some)
}

/// Measured numbers have no last digit, so `<` and `<=` are one.
fn comparison(subject: Subject, input: ParseStream) -> Result<()> {
    if subject == Subject::Faster {
        let by = input.call(Ident::parse_any);
        return match by {
            Ok(word) if word == "by" => Ok(()),
            _ => Err(input.error("expected `by` and a factor: `faster_than(|| other()) by 2.0`")),
        };
    }
    if subject == Subject::Throughput {
        if input.peek(Token![>=]) {
            return input.parse::<Token![>=]>().map(drop);
        }
        if input.peek(Token![>]) {
            return input.parse::<Token![>]>().map(drop);
        }
        return Err(input.error("expected `>`: this is bounded from below"));
    }
    if input.peek(Token![<=]) {
        return input.parse::<Token![<=]>().map(drop);
    }
    if input.peek(Token![<]) {
        return input.parse::<Token![<]>().map(drop);
    }
    Err(input.error("expected `<`: this is bounded from above"))
}

/// `== 0`, `<= 4 KiB` or `< 10`: a call of the builder.
fn amount(input: ParseStream) -> Result<TokenStream> {
    let span = Span::mixed_site();
    if input.peek(Token![==]) {
        input.parse::<Token![==]>()?;
        let number = quantity::amount(input)?;
        return Ok(quote_spanned!(span=> .exactly(#number)));
    }
    if input.peek(Token![<=]) {
        input.parse::<Token![<=]>()?;
        let number = quantity::amount(input)?;
        return Ok(quote_spanned!(span=> .at_most(#number)));
    }
    if input.peek(Token![<]) {
        input.parse::<Token![<]>()?;
        let number = quantity::amount(input)?;
        return Ok(
            quote_spanned!(span=> .at_most(::core::primitive::u64::saturating_sub(#number, 1))),
        );
    }
    Err(input.error("expected `==`, `<=` or `<`"))
}
