//! In: what stands in the parentheses of `#[bench(...)]`. Out: [`Options`], or an error at the option's own place.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitStr, Result, Token, Type, bracketed};

/// The options of one `#[bench(...)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) group: Option<LitStr>,
    pub(crate) baseline: Option<LitStr>,
    pub(crate) compare: Option<LitStr>,
    pub(crate) args: Option<Expr>,
    pub(crate) types: Vec<Type>,
    pub(crate) consts: Vec<Expr>,
    pub(crate) threads: Option<Threads>,
    pub(crate) bytes: Option<Expr>,
    pub(crate) items: Option<Expr>,
    pub(crate) block_on: Option<Expr>,
    pub(crate) ignore: bool,
    seen: Vec<Ident>,
}

/// How many threads: all the machine has, or so many.
pub(crate) enum Threads {
    All,
    Numbers(Expr),
}

const KNOWN: &str = "`args`, `types`, `consts`, `threads`, `name`, `group`, `compare`, `baseline`, `bytes`, `items`, `block_on` \
                     and `ignore`";

impl Options {
    /// Where an option stands, for an error that is found later.
    pub(crate) fn place(&self, option: &str) -> proc_macro2::Span {
        let seen = self.seen.iter().find(|seen| *seen == option);
        seen.map_or_else(proc_macro2::Span::call_site, Ident::span)
    }

    fn read(&mut self, option: &Ident, input: ParseStream) -> Result<()> {
        match option.to_string().as_str() {
            "name" => self.name = Some(text(option, input)?),
            "group" => self.group = Some(text(option, input)?),
            "baseline" => self.baseline = Some(text(option, input)?),
            "compare" => self.compare = Some(text(option, input)?),
            "args" => self.args = Some(value(option, "args = [1, 2, 3]", input)?),
            "types" => self.types = list(option, "types = [A, B]", input)?,
            "consts" => self.consts = list(option, "consts = [1, 2]", input)?,
            "threads" if input.is_empty() || input.peek(Token![,]) => {
                self.threads = Some(Threads::All);
            }
            "threads" => {
                self.threads = Some(Threads::Numbers(value(option, "threads = [1, 2]", input)?));
            }
            "bytes" => self.bytes = Some(value(option, "bytes = expr", input)?),
            "items" => self.items = Some(value(option, "items = expr", input)?),
            "block_on" => self.block_on = Some(value(option, "block_on = function", input)?),
            "ignore" if input.is_empty() || input.peek(Token![,]) => self.ignore = true,
            "ignore" => {
                return Err(Error::new(
                    option.span(),
                    "`ignore` stands alone: it takes no value",
                ));
            }
            unknown => {
                let message = format!("unknown option `{unknown}`; `bench` knows {KNOWN}");
                return Err(Error::new(option.span(), message));
            }
        }
        if self.seen.contains(option) {
            return Err(Error::new(
                option.span(),
                format!("`{option}` is given twice"),
            ));
        }
        self.seen.push(option.clone());
        Ok(())
    }

    fn agree(&self) -> Result<()> {
        if self.compare.is_some() && self.baseline.is_some() {
            let message = "`baseline` and `compare` exclude each other: in a compare group the first function is the baseline";
            return Err(Error::new(self.place("baseline"), message));
        }
        if self.bytes.is_some() && self.items.is_some() {
            let message = "`bytes` and `items` exclude each other: one throughput a function";
            return Err(Error::new(self.place("items"), message));
        }
        Ok(())
    }
}

impl Parse for Options {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let option = input.call(Ident::parse_any).map_err(|error| {
                Error::new(
                    error.span(),
                    format!("expected an option: `bench` knows {KNOWN}"),
                )
            })?;
            options.read(&option, input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        options.agree()?;
        Ok(options)
    }
}

/// `= value`.
fn value<T: Parse>(option: &Ident, form: &str, input: ParseStream) -> Result<T> {
    let missing = || Error::new(option.span(), format!("`{option}` needs a value: `{form}`"));
    if !input.peek(Token![=]) {
        return Err(missing());
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing());
    }
    input.parse()
}

/// `= "..."`, not empty.
fn text(option: &Ident, input: ParseStream) -> Result<LitStr> {
    let form = format!("{option} = \"...\"");
    let expr: Expr = value(option, &form, input)?;
    let Expr::Lit(syn::ExprLit {
        lit: syn::Lit::Str(text),
        ..
    }) = expr
    else {
        return Err(Error::new_spanned(
            expr,
            format!("`{option}` takes a string: `{form}`"),
        ));
    };
    if text.value().trim().is_empty() {
        return Err(Error::new(
            text.span(),
            format!("`{option}` must not be empty"),
        ));
    }
    Ok(text)
}

/// `= [a, b]`, not empty.
fn list<T: Parse>(option: &Ident, form: &str, input: ParseStream) -> Result<Vec<T>> {
    let missing = || Error::new(option.span(), format!("`{option}` needs a list: `{form}`"));
    if !input.peek(Token![=]) {
        return Err(missing());
    }
    input.parse::<Token![=]>()?;
    if !input.peek(syn::token::Bracket) {
        return Err(missing());
    }
    let within;
    bracketed!(within in input);
    let items = Punctuated::<T, Token![,]>::parse_terminated(&within)?;
    if items.is_empty() {
        return Err(missing());
    }
    Ok(items.into_iter().collect())
}
