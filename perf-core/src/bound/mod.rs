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
//! **`Broken` is confirmed before it stands.** A claim can be had from half a millisecond of calls, and one disturbance can fill half a
//! millisecond. So what looks broken is measured again: after a pause of 20 ms, fresh calls, a few at the beginning of each period of
//! 5 ms, over ten periods at least, are judged by a second test of their own (error rate 1 of 1,000). Beside each a fixed piece of work as
//! long as a call is done: where that is too slow by as much, so would the call have been, and it is excused. Both tests must say
//! `Broken`. Each keeps its error rate whenever one stops, and the second can only take a `Broken` away, so the error rate of both is at most
//! that of the first. Not confirmed is [`Reason::NotConfirmed`]. It costs a healthy check nothing, and a broken one some 100 ms of its budget.
//!
//! | bound | its second test |
//! |---|---|
//! | quantiles, shares, lock waits; on futures too | so; calls of a first test that took 200 ms or more and came no denser are spread already |
//! | limits in units of a kernel | so; the kernel is timed anew, and the longer time counts |
//! | means, throughput, CPU time | so, of batches |
//! | against other code | a third experiment, after the two of every claim, two rounds a period |
//! | growth by times | the second round of measurements, its passes 5 ms apart |
//! | sites of the running program | the same counts without their worst 20 ms: [`Reason::Brief`] where nothing remains |
//! | times from elsewhere | the times that follow |
//!
//! Timed bounds take turns within the process. A busy machine makes `Inconclusive` of `Broken`, never `Broken` of `Holds`.
//!
//! # How often it errs
//! `cargo bench -p perf-benches --bench bounds -- simulated --seconds 150`, and `-- real --seconds 150`, with `--busy` or `--commands`, in pieces that
//! add up; the limit is 1, the spread of the logarithm 0.5, the budget 1 s. Checks of closures, since `Broken` is confirmed; *busy* is beside
//! two busy processes, *commands* beside short commands that come and go:
//!
//! | true p99 | quiet: checks | holds | broken | neither | busy: checks | holds | broken | neither |
//! |---|---|---|---|---|---|---|---|---|
//! | 0.5, a function of 1 µs | 8,973 | 8,970 | 0 | 3 | 9,787 | all | 0 | 0 |
//! | 0.8, 1 µs | 4,307 | all | 0 | 0 | 4,559 | all | 0 | 0 |
//! | 0.8, 5 µs | 1,093 | all | 0 | 0 | 1,146 | all | 0 | 0 |
//! | 0.8, 10 µs | 720 | 718 | 0 | 2 | 646 | 644 | 0 | 2 |
//! | 0.8, Pareto(2.5), 5 µs | 303 | 301 | 0 | 2 | 370 | 369 | 0 | 1 |
//! | 1.0, 5 µs, 200 ms | 44 | 2 | 0 | 42 | 64 | 2 | 0 | 62 |
//! | 1.3, 1 µs | 102 | 0 | all | 0 | 112 | 0 | 110 | 2 |
//! | 1.3, 5 µs | 82 | 0 | all | 0 | 96 | 0 | all | 0 |
//! | 1.3, 10 µs | 78 | 0 | all | 0 | 81 | 0 | 80 | 1 |
//! | 1.3, Pareto(2.5), 5 µs | 22 | 0 | 21 | 1 | 24 | 0 | 20 | 4 |
//! | 0.8, 1 ms | 17 | all | 0 | 0 | 20 | 0 | 0 | all |
//! | 1.3, 1 ms | 12 | 0 | 9 | 3 | 13 | 0 | 2 | 11 |
//!
//! Beside commands none of 58,470 healthy checks (0.5 and 0.8; 1 and 5 µs) was broken; before `Broken` was confirmed it was 3 of 4,562.
//!
//! | true p99, simulated | checks | holds | broken | neither |
//! |---|---|---|---|---|
//! | 0.8 | 1,452 | all | 0 | 0 |
//! | 1.3 | 1,034 | 0 | all | 0 |
//! | 1.3, 1,050 calls without their times | 1,487 | 0 | 55 % | 45 % |
//! | 1.0, AR(1) 0.9 | 288 | 0 | 0 | all |
//! | 1.3, AR(1) 0.9 | 788 | 0 | 5 % | 95 % |
//! | 0.8, Pareto(2.5) | 4,398 | all but 1 | 0 | 1 |
//!
//! Before `Broken` was confirmed, which can only take it away: simulated 0.8 and AR(1) 0.9 at 0.8 none broken of 10,000 each, simulated 1.0
//! decided in 3.2 % of 2,000, AR(1) 0.9 at 1.0 broken in 4 of 10,000.
//!
//! A function of 1 µs is shown to keep p99 < 2 µs in 0.77 ms (median of 8,973 checks; p99 1.7 ms, longest 104 ms). What is broken takes 72 to
//! 97 ms (medians, closures of 1 to 10 µs), at most 260 ms; beside busy processes 99 to 132 ms, at most 534 ms.
//!
//! # From the environment
//! | variable | meaning |
//! |---|---|
//! | `PERF_INCONCLUSIVE=pass` / `fail` / `skip` | what an inconclusive answer does to a test: pass and print a warning line (the default), fail, pass and say so in the test's own output |
//! | `PERF_UNOPTIMISED=1` | judge times in unoptimised builds too |
//! | `PERF_BOUND_LOCK=1`, a path, or `0` | take turns with other processes; under nextest that is the default |
//! | `PERF_BOUND_STORE=1` | measure and write the baselines that limits name, in place of judging |
//! | `PERF_BOUND_SEED=7` | the seed of what is drawn at random; a failure prints its own |

mod baseline;
mod between;
mod confirm;
mod exact;
mod exceeding;
mod fresh;
mod growth;
mod kernel;
mod limit;
mod live;
mod lock_wait;
mod machine;
mod many;
mod mean;
mod means;
mod options;
mod outcome;
mod pace;
mod policy;
mod promise;
mod quantile;
mod relative;
mod resident;
mod returned;
mod samples;
mod stored;
mod subject;
mod timing;
mod trial;
mod turn;
mod verdict;

pub use baseline::Baseline;
pub use kernel::Kernel;
pub use limit::{Limit, micros, millis, nanos, secs};
pub use live::Live;
#[doc(hidden)]
pub use many::{Bounds, Demanded, demand};
pub use outcome::Outcome;
pub use relative::Against;
#[doc(hidden)]
pub use returned::{GivesFuture, GivesValue, Returned, measurable};
pub use subject::{Amounts, Latency, Share, Throughput};
pub use timing::{driven, driven_with};
pub use verdict::{Reason, Verdict};

use crate::clock::Clock;
use baseline::storing;
use mean::MeanQuestion;
use options::Options;
use promise::Promise;
use quantile::Question;
use std::time::Duration;
use timing::{Ask, TimedCall, timed, timed_with};
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

    /// The place of a macro, by a function that was written there.
    #[doc(hidden)]
    pub fn within<F>(mut self, _: &F) -> Self {
        self.options.place = Some(std::any::type_name::<F>());
        self
    }

    /// Asserts that the closure keeps the bound. Its value is dropped outside of the measured time.
    ///
    /// # Panics
    /// Where the bound is broken, with the evidence; where it is inconclusive, if `PERF_INCONCLUSIVE=fail`.
    #[track_caller]
    pub fn check<R>(&self, f: impl FnMut() -> R) {
        self.accept(&self.judge(f));
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
        self.accept(&self.judge_with(setup, f));
    }

    /// Asserts the bound on an asynchronous closure, driven on this thread: `check_async(async || fetch().await)`.
    ///
    /// # Panics
    /// As [`Bound::check`].
    #[track_caller]
    pub fn check_async<R>(&self, f: impl AsyncFnMut() -> R) {
        self.accept(&self.judge_async(f));
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
    pub fn judge_async<R>(&self, f: impl AsyncFnMut() -> R) -> Outcome {
        self.judge(driven(f))
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
        match self.question("stored times") {
            Ok(question) => quantile::judge_times(&question, &self.options, times),
            Err(outcome) => *outcome,
        }
    }

    /// The question on single calls that this bound asks; or that it is of another kind, which is not judged on `what`.
    fn question(&self, what: &str) -> Result<Question<'_>, Box<Outcome>> {
        let refused = |why: String| Box::new(Outcome::unanswerable(&self.promise, why));
        match Question::of(&self.promise) {
            Some(Ok(question)) if !question.of_waits => Ok(question),
            Some(Err(why)) => Err(refused(why)),
            _ => Err(refused(format!(
                "only bounds on quantiles and shares are judged on {what}"
            ))),
        }
    }

    /// The same, where the limit must be one number.
    fn exact_question(&self, what: &str) -> Result<Question<'_>, Box<Outcome>> {
        let question = self.question(what)?;
        if question.is_exact() {
            return Ok(question);
        }
        let why = format!("a baseline's interval is no limit for {what}: name a time");
        Err(Box::new(Outcome::unanswerable(&self.promise, why)))
    }

    #[track_caller]
    fn accept(&self, outcome: &Outcome) {
        outcome.accept_within(self.options.place);
    }

    fn run(&self, call: &mut TimedCall<'_>) -> Outcome {
        let (promise, options) = (&self.promise, &self.options);
        if let Promise::Amount { amount, allowed } = promise {
            return exact::judge(promise, *amount, *allowed, options, call); // in any build, beside any other
        }
        if let Promise::Resident { at_most } = promise {
            let _turn = Turn::wait();
            return resident::judge(promise, *at_most, options, call); // in any build too
        }
        if !Clock::global().exists() {
            return Outcome::unanswerable(promise, "this platform has no clock");
        }
        if options.not_judged() {
            call(Ask::wall(1));
            return Outcome::inconclusive(promise, Reason::Unoptimised);
        }
        if storing()
            && let Some(baseline) = promise.limit().and_then(Limit::baseline)
        {
            return baseline.store(promise, options, call);
        }
        let _turn = Turn::wait();
        if let Some(question) = Question::of(promise) {
            return match question {
                Ok(question) => quantile::judge(&question, options, call),
                Err(why) => Outcome::unanswerable(promise, why),
            };
        }
        if let Some(mean) = MeanQuestion::of(promise) {
            return match mean {
                Ok(question) => mean::judge(&question, options, call),
                Err(why) => Outcome::unanswerable(promise, why),
            };
        }
        let why = match promise {
            Promise::Faster { .. } => {
                "it is compared with nothing: name the other closure with `against`"
            }
            _ => "it needs sizes: use `check_sizes` or `check_counts`",
        };
        Outcome::unanswerable(promise, why)
    }
}
