//! In: what is to be bounded. Out: a [`Bound`] once its limit is named.

use crate::bound::promise::Promise;
use crate::bound::{Bound, Limit};

/// A time a call takes, still without its limit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a bound needs its limit: `.below(micros(50))`"]
pub struct Latency {
    /// The quantile; none: the mean.
    pub(super) quantile: Option<f64>,
}

impl Latency {
    /// It stays below this: a [`Duration`](std::time::Duration), or a [`Limit`].
    pub fn below(self, limit: impl Into<Limit>) -> Bound {
        let limit = limit.into();
        Bound::new(match self.quantile {
            Some(p) => Promise::Quantile { p, limit },
            None => Promise::Mean { limit },
        })
    }
}

/// The share of calls beyond a limit, still without the share that is allowed.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a bound needs its limit: `.below(0.001)`"]
pub struct Share {
    pub(super) limit: Limit,
}

impl Share {
    /// At most this share of the calls, a fraction of one.
    pub fn below(self, share: f64) -> Bound {
        Bound::new(Promise::Share {
            limit: self.limit,
            share,
        })
    }
}
