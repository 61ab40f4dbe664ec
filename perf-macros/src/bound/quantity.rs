//! In: `50us`, `4 KiB`, `1 %` or an expression. Out: the limit as code.

use crate::krate;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, Lit, Result, Token, parenthesized};

const TIMES: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("\u{3bc}s", 1e3), // the Greek letter
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 6e10),
    ("h", 3.6e12),
];

/// A number and what stands after it.
struct Measure {
    number: f64,
    unit: String, // empty: none
    span: Span,
}

impl Measure {
    fn is_next(input: ParseStream) -> bool {
        input.peek(syn::LitInt) || input.peek(syn::LitFloat)
    }

    fn read(input: ParseStream) -> Result<Self> {
        let literal: Lit = input.parse()?;
        let (digits, suffix) = match &literal {
            Lit::Int(int) => (int.base10_digits().to_owned(), int.suffix().to_owned()),
            Lit::Float(float) => (float.base10_digits().to_owned(), float.suffix().to_owned()),
            _ => return Err(Error::new(literal.span(), "expected a number")),
        };
        let number = digits
            .parse()
            .map_err(|_| Error::new(literal.span(), "this number is too large"))?;
        let mut unit = suffix;
        if unit.is_empty() && input.peek(Ident) && !input.peek2(syn::token::Paren) {
            let ahead = input.fork();
            let word: Ident = ahead.parse()?;
            if word != "at" && word != "over" && word != "x" {
                unit = input.parse::<Ident>()?.to_string();
            }
        }
        Ok(Self {
            number,
            unit,
            span: literal.span(),
        })
    }

    fn scaled(&self, units: &[(&str, f64)], example: &str) -> Result<f64> {
        let known = units.iter().find(|(name, _)| *name == self.unit);
        known
            .map(|(_, factor)| self.number * factor)
            .ok_or_else(|| {
                let names: Vec<&str> = units
                    .iter()
                    .map(|(name, _)| *name)
                    .filter(|name| name.is_ascii() && !name.is_empty())
                    .collect();
                let what = if self.unit.is_empty() {
                    "a unit is missing".to_owned()
                } else {
                    format!("unknown unit `{}`", self.unit)
                };
                let message = format!("{what}: write {example}, with one of {}", names.join(", "));
                Error::new(self.span, message)
            })
    }
}

/// A `Limit`: a literal with its unit, or any expression that becomes one.
pub(super) fn limit(input: ParseStream) -> Result<TokenStream> {
    let private = krate::private();
    let span = Span::mixed_site();
    if Measure::is_next(input) {
        let measure = Measure::read(input)?;
        if let Some(multiple) = multiple(&measure, input)? {
            return Ok(multiple);
        }
        let nanoseconds = measure.scaled(&TIMES, "`50us`")?;
        return Ok(quote_spanned!(span=> #private::Limit::nanoseconds(#nanoseconds)));
    }
    let value: Expr = input.parse()?;
    Ok(quote_spanned!(span=> #value))
}

const BYTES: [(&str, f64); 8] = [
    ("", 1.0),
    ("B", 1.0),
    ("kB", 1e3),
    ("KiB", 1024.0),
    ("MB", 1e6),
    ("MiB", 1_048_576.0),
    ("GB", 1e9),
    ("GiB", 1_073_741_824.0),
];

/// `40 x memcpy(4 KiB)`: so many times what a reference kernel takes or a baseline has; none where no `x` follows the number.
fn multiple(measure: &Measure, input: ParseStream) -> Result<Option<TokenStream>> {
    if input.peek(Token![*]) {
        input.parse::<Token![*]>()?;
    } else if input.peek(Ident) && input.fork().parse::<Ident>()? == "x" {
        input.parse::<Ident>()?;
    } else {
        return Ok(None);
    }
    let known =
        "the units are `memcpy(4 KiB)`, `multiply(1000)` and `baseline(\"tests/parse.json\")`";
    let name: Ident = input
        .parse()
        .map_err(|error| Error::new(error.span(), known))?;
    let unit = match name.to_string().as_str() {
        "memcpy" | "multiply" => kernel(&name, input)?,
        "baseline" => baseline(input)?,
        _ => {
            let message = format!("`{name}` is no unit; {known}");
            return Err(Error::new(name.span(), message));
        }
    };
    let (span, factor) = (Span::mixed_site(), measure.number);
    Ok(Some(quote_spanned!(span=> #unit * #factor)))
}

fn kernel(name: &Ident, input: ParseStream) -> Result<TokenStream> {
    let content;
    parenthesized!(content in input);
    let size = Measure::read(&content)?.scaled(&BYTES, "`4 KiB`")? as usize;
    let private = krate::private();
    Ok(quote_spanned!(Span::mixed_site()=> #private::Kernel::#name(#size)))
}

/// A path, and the id of a site where the file has several.
fn baseline(input: ParseStream) -> Result<TokenStream> {
    let content;
    parenthesized!(content in input);
    let (span, private) = (Span::mixed_site(), krate::private());
    let all = content.parse_terminated(Expr::parse, Token![,])?;
    let mut all = all.iter();
    match (all.next(), all.next(), all.next()) {
        (Some(path), None, _) => Ok(quote_spanned!(span=> #private::Baseline::file(#path))),
        (Some(path), Some(site), None) => {
            Ok(quote_spanned!(span=> #private::Baseline::file(#path).site(#site)))
        }
        _ => Err(content.error(
            "a baseline is a run file, and a site where it has several: `baseline(\"tests/parse.json\", \"parse\")`",
        )),
    }
}

/// A whole number of things or bytes: `3`, `4 KiB`, or an expression.
pub(super) fn amount(input: ParseStream) -> Result<TokenStream> {
    let span = Span::mixed_site();
    if Measure::is_next(input) {
        let number = Measure::read(input)?.scaled(&BYTES, "`3` or `4 KiB`")? as u64;
        return Ok(quote_spanned!(span=> #number));
    }
    let value: Expr = input.parse()?;
    Ok(quote_spanned!(span=> #value))
}

/// A `Duration`.
pub(super) fn duration(input: ParseStream) -> Result<TokenStream> {
    let span = Span::mixed_site();
    if Measure::is_next(input) {
        let nanoseconds = Measure::read(input)?.scaled(&TIMES, "`3s`")? as u64;
        return Ok(quote_spanned!(span=> ::core::time::Duration::from_nanos(#nanoseconds)));
    }
    let value: Expr = input.parse()?;
    Ok(quote_spanned!(span=> #value))
}

const RATES: [(&str, f64); 4] = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9)];

/// Calls a second as a number: `1_000_000/s`, `2M/s`, or an expression.
pub(super) fn rate(input: ParseStream) -> Result<TokenStream> {
    let span = Span::mixed_site();
    if !Measure::is_next(input) {
        let value: Expr = input.parse()?;
        return Ok(quote_spanned!(span=> #value));
    }
    let measure = Measure::read(input)?;
    let bad = || {
        Error::new(
            measure.span,
            "a rate is a number a second: write `1_000_000/s` or `2M/s`",
        )
    };
    let known = RATES.iter().find(|(name, _)| *name == measure.unit);
    let (_, factor) = known.ok_or_else(bad)?;
    if !input.peek(Token![/]) {
        return Err(bad());
    }
    input.parse::<Token![/]>()?;
    let second: Ident = input.parse().map_err(|_| bad())?;
    if second != "s" {
        return Err(bad());
    }
    let rate = measure.number * factor;
    Ok(quote_spanned!(span=> #rate))
}

/// A share as a fraction of one: `1%`, `0.5 %`, or an expression.
pub(super) fn share(input: ParseStream) -> Result<TokenStream> {
    let span = Span::mixed_site();
    if !Measure::is_next(input) {
        let value: Expr = input.parse()?;
        return Ok(quote_spanned!(span=> #value));
    }
    let measure = Measure::read(input)?;
    if measure.unit.is_empty() && input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        let share = measure.number / 100.0;
        return Ok(quote_spanned!(span=> #share));
    }
    let message = "a share is a percentage: write `1%`";
    Err(Error::new(measure.span, message))
}
