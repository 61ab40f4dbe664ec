//! In: what stands in the parentheses of `#[bench(...)]`. Out: [`Options`], or an error at the option's own place.

use crate::named::{Given, flag, is_alone, text, value};
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
    given: Given,
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
        self.given.place(option)
    }

    fn read(&mut self, option: &Ident, input: ParseStream) -> Result<bool> {
        match option.to_string().as_str() {
            "name" => self.name = Some(text(option, input)?),
            "group" => self.group = Some(text(option, input)?),
            "baseline" => self.baseline = Some(text(option, input)?),
            "compare" => self.compare = Some(text(option, input)?),
            "args" => self.args = Some(value(option, "args = [1, 2, 3]", input)?),
            "types" => self.types = list(option, "types = [A, B]", input)?,
            "consts" => self.consts = list(option, "consts = [1, 2]", input)?,
            "threads" if is_alone(input) => self.threads = Some(Threads::All),
            "threads" => {
                self.threads = Some(Threads::Numbers(value(option, "threads = [1, 2]", input)?));
            }
            "bytes" => self.bytes = Some(value(option, "bytes = expr", input)?),
            "items" => self.items = Some(value(option, "items = expr", input)?),
            "block_on" => self.block_on = Some(value(option, "block_on = function", input)?),
            "ignore" => self.ignore = flag(option, input)?,
            _ => return Ok(false),
        }
        Ok(true)
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
        let read = |option: &Ident, input: ParseStream| options.read(option, input);
        options.given = Given::read("bench", KNOWN, input, read)?;
        options.agree()?;
        Ok(options)
    }
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
