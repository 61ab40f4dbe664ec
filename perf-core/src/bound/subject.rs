//! In: what is to be bounded. Out: a [`Bound`] once its limit is named.

use crate::bound::exact::{Allowed, Amount};
use crate::bound::promise::Promise;
use crate::bound::{Against, Bound, Limit};
use perf_stats::model::ComplexityClass;

/// What can be bounded.
impl Bound {
    /// Half of the calls.
    pub const fn p50() -> Latency {
        Self::quantile(0.5)
    }

    /// Nine calls of ten.
    pub const fn p90() -> Latency {
        Self::quantile(0.9)
    }

    /// Nineteen calls of twenty.
    pub const fn p95() -> Latency {
        Self::quantile(0.95)
    }

    /// 99 calls of 100. A proof takes 367 calls at least.
    pub const fn p99() -> Latency {
        Self::quantile(0.99)
    }

    /// 999 calls of 1,000. A proof takes some 3,700 calls at least.
    pub const fn p999() -> Latency {
        Self::quantile(0.999)
    }

    /// This share of the calls, within 1e-6 and 1 - 1e-6.
    pub const fn quantile(p: f64) -> Latency {
        Latency::of(Statistic::Quantile(p))
    }

    /// The mean of the calls' times, on batches of calls; stays silent about the tail.
    pub const fn mean() -> Latency {
        Latency::of(Statistic::Mean)
    }

    /// The mean CPU time of a call, in its own code and in the kernel, on this thread.
    pub const fn cpu() -> Latency {
        Latency::of(Statistic::Cpu)
    }

    /// Calls a second, one after the other on this thread.
    ///
    /// ```
    /// use perf_core::bound::Bound;
    /// Bound::throughput().above(1_000.0).check(|| 2 + 2);
    /// ```
    pub const fn throughput() -> Throughput {
        Throughput(())
    }

    /// The share of calls that take longer than `limit`.
    pub fn share_beyond(limit: impl Into<Limit>) -> Share {
        Share {
            limit: limit.into(),
        }
    }

    /// At least so many times as fast as another closure, which [`Bound::against`] names: it holds on any machine.
    ///
    /// The two are interleaved in random order ([`crate::judge`]); `Broken` and `Holds` are both confirmed by a second experiment.
    ///
    /// ```
    /// use perf_core::bound::Bound;
    /// use std::hint::black_box;
    /// let sorted: Vec<u32> = (0..10_000).collect();
    /// Bound::faster(2.0)
    ///     .against(|| sorted.iter().position(|x| *x == black_box(9_000)))
    ///     .check(|| sorted.binary_search(&black_box(9_000)));
    /// ```
    pub fn faster(factor: f64) -> Self {
        Self::new(Promise::Faster { factor })
    }

    /// The closure that a [`Bound::faster`] is faster than.
    pub fn against<A, F: FnMut() -> A>(self, baseline: F) -> Against<F> {
        Against {
            bound: self,
            baseline,
        }
    }

    /// Allocations of one call on its thread, a `realloc` being one. Exact, in any build, whatever other threads do.
    ///
    /// Needs [`Counting`](crate::alloc::Counting) as the program's allocator. 100 calls are judged after 3 to warm up; all must keep it.
    ///
    /// ```
    /// #[global_allocator]
    /// static ALLOCATOR: perf_core::alloc::Counting = perf_core::alloc::Counting::system();
    ///
    /// use perf_core::bound::Bound;
    /// let table = [3, 1, 2];
    /// Bound::allocations().exactly(0).check(|| table.iter().max());
    /// Bound::bytes().at_most(64).check(|| format!("{}", table[0]));
    /// Bound::leak().exactly(0).check(|| table.to_vec());
    /// ```
    pub const fn allocations() -> Amounts {
        Amounts(Amount::Allocations)
    }

    /// Bytes that one call asks for on its thread, in all.
    pub const fn bytes() -> Amounts {
        Amounts(Amount::Bytes)
    }

    /// The most bytes that are live at one moment of a call beyond what was live before it, on its thread.
    pub const fn peak() -> Amounts {
        Amounts(Amount::Peak)
    }

    /// Bytes of a call that are still live once its value is dropped; what it keeps on purpose, in a cache, is one too.
    pub const fn leak() -> Amounts {
        Amounts(Amount::Leak)
    }

    /// Costs grow no faster with the size than this law; see [`Bound::check_sizes`] and [`Bound::check_counts`].
    ///
    /// The laws that fit the costs are found by [`perf_stats::model::complexity`]; all of them must be within the law (`Holds`) or beyond it,
    /// twice, with their exponent's 95 % interval (`Broken`). Working sets that outgrow a cache look like a steeper law.
    pub fn growth(at_most: ComplexityClass) -> Self {
        Self::new(Promise::Growth { at_most })
    }
}

/// What a call takes from the allocator, still without its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a bound needs its limit: `.at_most(3)`"]
pub struct Amounts(Amount);

impl Amounts {
    /// At most so many: allocations, or bytes.
    pub fn at_most(self, number: u64) -> Bound {
        self.allowed(Allowed::AtMost(number))
    }

    /// So many, neither more nor less.
    pub fn exactly(self, number: u64) -> Bound {
        self.allowed(Allowed::Exactly(number))
    }

    fn allowed(self, allowed: Allowed) -> Bound {
        let amount = self.0;
        Bound::new(Promise::Amount { amount, allowed })
    }
}

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
    LockWait(f64),
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
            Statistic::LockWait(p) => Promise::LockWait { p, limit },
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
