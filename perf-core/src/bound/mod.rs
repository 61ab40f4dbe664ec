//! In: a closure and a limit. Out: Holds, Broken or Inconclusive, as soon as it is known: assertions on performance that do not flake.
//!
//! ```
//! use perf_core::bound::{Bound, micros};
//! use std::hint::black_box;
//! let table: Vec<u32> = (0..1_000).collect();
//! Bound::p99().below(micros(50)).check(|| table.binary_search(black_box(&7)));
//! perf_core::bound!(p99 < 50us, || table.binary_search(black_box(&7))); // the same
//! ```
//!
//! # How it decides
//! Every call is timed by itself; what counts is how many of them are beyond the limit. The evidence is looked at all the time and
//! the check stops as soon as it suffices: a p99 that is kept well takes some 400 to 1,000 calls. The error rates hold for all
//! those looks together ([`perf_stats::decision::Bound`]): code that keeps the promise is called broken in at most 1 of 10,000
//! checks, code that breaks it is said to keep it in at most 5 %. Calls that depend on each other count less. When the budget
//! ([`Bound::budget`], 1 s) is spent first, the answer is [`Verdict::Inconclusive`] with its [`Reason`].
//!
//! Timed bounds take turns within the process. A busy machine makes `Inconclusive` of `Broken`, never `Broken` of `Holds`.
//!
//! # From the environment
//! | variable | meaning |
//! |---|---|
//! | `PERF_INCONCLUSIVE=pass` / `fail` / `skip` | what an inconclusive answer does to a test: pass and print a warning line (the default), fail, pass and say so in the test's own output |
//! | `PERF_UNOPTIMISED=1` | judge times in unoptimised builds too |
//! | `PERF_BOUND_LOCK=1`, a path, or `0` | take turns with other processes; under nextest that is the default |
//! | `PERF_BOUND_SEED=7` | the seed of what is drawn at random; a failure prints its own |

mod exceeding;
mod limit;
mod machine;
mod many;
mod mean;
mod options;
mod outcome;
mod pace;
mod policy;
mod promise;
mod quantile;
mod relative;
mod samples;
mod subject;
mod timing;
mod turn;
mod verdict;

pub use limit::{Limit, micros, millis, nanos, secs};
#[doc(hidden)]
pub use many::{Bounds, Demanded, demand};
pub use outcome::Outcome;
pub use relative::Against;
pub use subject::{Latency, Share, Throughput};
pub use verdict::{Reason, Verdict};

use crate::clock::Clock;
use options::Options;
use promise::Promise;
use quantile::Question;
use std::time::Duration;
use subject::Statistic;
use timing::{Ask, TimedCall, block_on, timed, timed_with};
use turn::Turn;

/// A limit that code must keep, asserted by [`Bound::check`] or looked at by [`Bound::judge`].
///
/// ```
/// use perf_core::bound::{Bound, Verdict, millis};
/// let outcome = Bound::p99().below(millis(500)).even_unoptimised().judge(|| 2 + 2);
/// assert_ne!(outcome.verdict, Verdict::Broken);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a bound judges nothing until `check` or `judge` is called"]
pub struct Bound {
    promise: Promise,
    options: Options,
}

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

    fn new(promise: Promise) -> Self {
        Self {
            promise,
            options: Options::new(),
        }
    }

    /// The time after which an undecided bound is inconclusive; 1 s unless told otherwise.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.options.budget = budget;
        self
    }

    /// Calls that are made but not judged before the first that is; up to 100 within 5 ms unless told otherwise. 0 judges the cold start.
    pub fn warm_up(mut self, calls: u64) -> Self {
        self.options.warm_up = Some(calls);
        self
    }

    /// Times so many calls as one, where a single call is too short for the clock. A quantile is then that of the batches' *means*: the
    /// slow calls of a tail disappear among their neighbours, so ask for it only where that is what you want to bound.
    pub fn batch(mut self, calls: u32) -> Self {
        self.options.batch = Some(calls);
        self
    }

    /// Judges times in an unoptimised build too, as does `PERF_UNOPTIMISED=1`.
    pub fn even_unoptimised(mut self) -> Self {
        self.options.anyway = true;
        self
    }

    /// The seed of what is drawn at random.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Whether the caller was built without optimisation, which the macros know better than this crate.
    #[doc(hidden)]
    pub fn built_unoptimised(mut self, unoptimised: bool) -> Self {
        self.options.unoptimised = unoptimised;
        self
    }

    /// Asserts that the closure keeps the bound. Its value is dropped outside of the measured time.
    ///
    /// # Panics
    /// Where the bound is broken, with the evidence; where it is inconclusive, if `PERF_INCONCLUSIVE=fail`.
    #[track_caller]
    pub fn check<R>(&self, f: impl FnMut() -> R) {
        self.judge(f).accept();
    }

    /// Asserts the bound on a closure that is given what `setup` makes for each call, outside of the measured time.
    ///
    /// ```
    /// use perf_core::bound::{Bound, millis};
    /// let shuffled = vec![3, 1, 2];
    /// Bound::p99().below(millis(500)).check_with(|| shuffled.clone(), |mut numbers| {
    ///     numbers.sort();
    ///     numbers
    /// });
    /// ```
    ///
    /// # Panics
    /// As [`Bound::check`].
    #[track_caller]
    pub fn check_with<I, R>(&self, setup: impl FnMut() -> I, f: impl FnMut(I) -> R) {
        self.judge_with(setup, f).accept();
    }

    /// Asserts the bound on an asynchronous closure, driven on this thread: `check_async(async || fetch().await)`.
    ///
    /// # Panics
    /// As [`Bound::check`].
    #[track_caller]
    pub fn check_async<R>(&self, f: impl AsyncFnMut() -> R) {
        self.judge_async(f).accept();
    }

    /// What may be said of the closure, as a value.
    pub fn judge<R>(&self, f: impl FnMut() -> R) -> Outcome {
        self.run(&mut timed(f))
    }

    /// [`Bound::judge`] for [`Bound::check_with`].
    pub fn judge_with<I, R>(&self, setup: impl FnMut() -> I, f: impl FnMut(I) -> R) -> Outcome {
        self.run(&mut timed_with(setup, f))
    }

    /// [`Bound::judge`] for [`Bound::check_async`].
    pub fn judge_async<R>(&self, mut f: impl AsyncFnMut() -> R) -> Outcome {
        self.judge(move || block_on(f()))
    }

    /// Judges times that were measured elsewhere, in the order in which the calls came; stops at the first that decides.
    ///
    /// ```
    /// use perf_core::bound::{Bound, Verdict, millis};
    /// let seen = (0..500).map(|_| millis(7)); // a load generator's
    /// assert_eq!(Bound::p99().below(millis(5)).judge_times(seen).verdict, Verdict::Broken);
    /// ```
    pub fn judge_times(&self, times: impl IntoIterator<Item = Duration>) -> Outcome {
        let times = times.into_iter().map(|time| time.as_secs_f64() * 1e9);
        let question = match &self.promise {
            Promise::Quantile { p, limit } => Some((*p, limit)),
            Promise::Share { limit, share } => Some((1.0 - share, limit)),
            _ => None,
        };
        match question {
            Some((p, limit)) => {
                let question = Question::new(&self.promise, p, limit);
                quantile::judge_times(&question, &self.options, times)
            }
            None => Outcome::unanswerable(
                &self.promise,
                "only bounds on quantiles and shares are judged on stored times",
            ),
        }
    }

    fn run(&self, call: &mut TimedCall<'_>) -> Outcome {
        let (promise, options) = (&self.promise, &self.options);
        if !Clock::global().exists() {
            return Outcome::unanswerable(promise, "this platform has no clock");
        }
        if options.not_judged() {
            call(Ask::wall(1));
            return Outcome::inconclusive(promise, Reason::Unoptimised);
        }
        let _turn = Turn::wait();
        match promise {
            Promise::Quantile { p, limit } => {
                quantile::judge(&Question::new(promise, *p, limit), options, call)
            }
            Promise::Share { limit, share } => {
                quantile::judge(&Question::new(promise, 1.0 - share, limit), options, call)
            }
            Promise::Mean { limit } => {
                mean::judge(promise, mean::Gauge::Wall, limit.settle(), options, call)
            }
            Promise::Throughput { per_second } => {
                mean::judge(promise, mean::Gauge::Wall, 1e9 / per_second, options, call)
            }
            Promise::Cpu { limit } => {
                mean::judge(promise, mean::Gauge::Cpu, limit.settle(), options, call)
            }
            Promise::Faster { .. } => {
                let why = "it is compared with nothing: name the other closure with `against`";
                Outcome::unanswerable(promise, why)
            }
        }
    }
}
