//! In: what is to be bounded. Out: a [`Bound`] once its limit is named.

use crate::bound::promise::Promise;
use crate::bound::{Bound, Limit};

/// A time a call takes, still without its limit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a bound needs its limit: `.below(micros(50))`"]
pub struct Latency {
    statistic: Statistic,
}

/// Which number of the calls' times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    Quantile(f64),
    Mean,
    Cpu,
}

impl Latency {
    pub(super) const fn of(statistic: Statistic) -> Self {
        Self { statistic }
    }

    /// It stays below this: a [`Duration`](std::time::Duration), or a [`Limit`].
    pub fn below(self, limit: impl Into<Limit>) -> Bound {
        let limit = limit.into();
        Bound::new(match self.statistic {
            Statistic::Quantile(p) => Promise::Quantile { p, limit },
            Statistic::Mean => Promise::Mean { limit },
            Statistic::Cpu => Promise::Cpu { limit },
        })
    }
}

/// Calls a second, still without the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a bound needs its limit: `.above(1e6)`"]
pub struct Throughput(pub(super) ());

impl Throughput {
    /// At least so many calls a second.
    pub fn above(self, per_second: f64) -> Bound {
        Bound::new(Promise::Throughput { per_second })
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
