//! In: the word before the comparison. Out: [`Subject`]: what is bounded.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, Result};

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Subject {
    /// A quantile of the calls' times.
    Quantile(f64),
    /// The share of calls beyond a time.
    Beyond,
    /// The mean of the calls' times.
    Mean,
    /// The mean of their CPU times.
    Cpu,
    /// Calls a second.
    Throughput,
    /// How many times as fast as another closure.
    Faster,
    /// What a call takes from the allocator: the builder's own word.
    Amount(&'static str),
    /// How costs grow with the size.
    Growth,
    /// A quantile of what the calls wait for locks.
    LockWait(f64),
    /// How much resident memory grows over many calls.
    Resident,
}

pub(super) const KNOWN: &str = "the subjects are `p50`, `p90`, `p95`, `p99`, `p999` (99.9 %) and other quantiles so written, `mean`, `beyond(50us)`, `throughput`, `cpu`, `allocations`, `bytes`, `peak`, `leak`, `rss_growth`, `p99 lock_wait`, `faster_than(|| other())` and `grows`; `site \"checkout\"` before a quantile or `beyond` bounds a site of the running program";

impl Subject {
    /// The word, and the one that may follow it.
    pub(super) fn read(input: ParseStream) -> Result<(Self, Ident)> {
        let word = input.call(Ident::parse_any)?;
        let subject = Self::of(&word)?;
        let waits = input.peek(Ident) && input.fork().parse::<Ident>()? == LOCK_WAIT;
        match subject {
            Self::Quantile(p) if waits => {
                input.parse::<Ident>()?;
                Ok((Self::LockWait(p), word))
            }
            _ => Ok((subject, word)),
        }
    }

    /// Whether it is a question on single calls, as a site counts them.
    pub(super) fn is_of_calls(self) -> bool {
        matches!(self, Self::Quantile(_) | Self::Beyond)
    }

    fn of(word: &Ident) -> Result<Self> {
        let text = word.to_string();
        if let Some(digits) = text.strip_prefix('p')
            && let Some(p) = quantile(digits)
        {
            return Ok(Self::Quantile(p));
        }
        if text == LOCK_WAIT {
            let message = "`lock_wait` is bounded at a quantile: write `p99 lock_wait < 5us`";
            return Err(Error::new(word.span(), message));
        }
        Ok(match text.as_str() {
            "beyond" => Self::Beyond,
            "mean" => Self::Mean,
            "cpu" => Self::Cpu,
            "throughput" => Self::Throughput,
            "faster_than" => Self::Faster,
            "grows" => Self::Growth,
            "allocations" => Self::Amount("allocations"),
            "bytes" => Self::Amount("bytes"),
            "peak" => Self::Amount("peak"),
            "leak" => Self::Amount("leak"),
            "rss_growth" => Self::Resident,
            _ => {
                let message = format!("`{text}` cannot be bounded; {KNOWN}");
                return Err(Error::new(word.span(), message));
            }
        })
    }
}

/// What follows a quantile where it is of waits.
pub(super) const LOCK_WAIT: &str = "lock_wait";

/// `99` is 0.99, `999` is 0.999, `99_9` as well.
fn quantile(digits: &str) -> Option<f64> {
    let plain = digits.replace('_', "");
    let usable = plain.len() >= 2 && plain.len() <= 6 && plain.bytes().all(|b| b.is_ascii_digit());
    let p: f64 = format!("0.{plain}").parse().ok()?;
    (usable && p > 0.0).then_some(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_after_the_point() {
        assert_eq!(quantile("99"), Some(0.99));
        assert_eq!(quantile("999"), Some(0.999));
        assert_eq!(quantile("99_9"), Some(0.999));
        assert_eq!(quantile("05"), Some(0.05));
        assert_eq!(quantile("9"), None);
        assert_eq!(quantile("00"), None);
        assert_eq!(quantile("arse"), None);
    }
}
