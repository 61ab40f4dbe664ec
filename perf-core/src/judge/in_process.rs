//! In: two closures. Out: [`compare`], [`Alternatives`]: the same engine on batches of calls in this process.

use super::arm::{Arm, ArmError, Measurement};
use super::batch::{self, Batch};
use super::comparison::{Comparison, Replicate};
use super::experiment::{Experiment, ExperimentError, Progress};
use super::metric::Metric;
use super::policy::Policy;
use super::tail;
use perf_stats::decision::Margin;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

/// Time of each side unless told otherwise.
const TIME: Duration = Duration::from_millis(500);
/// Rounds that even very slow calls get.
const ROUNDS: usize = 10;

/// Whether `candidate` is slower than `baseline`, both in this process: half a second a side, margin 1 %.
///
/// Calls run in batches of 20 to 50 µs, in rounds of one batch a side in random order; the claim reaches as far as this build in
/// this memory layout. [`Alternatives`] has the choices. Where it cannot be judged (no clock), the comparison is inconclusive and says why.
///
/// ```
/// let data: Vec<u32> = (0..1_000).collect();
/// let found = perf_core::compare(
///     || data.iter().filter(|x| **x == 999).count(),
///     || data.iter().filter(|x| **x == 999).count() + data.iter().filter(|x| **x == 998).count(),
/// );
/// assert_eq!(found.results[0].metric, "wall");
/// println!("{}", found.verdict); // regressed, on a machine that lets it be seen
/// ```
pub fn compare<A, B>(baseline: impl FnMut() -> A, candidate: impl FnMut() -> B) -> Comparison {
    Alternatives::new("candidate").compare(baseline, candidate)
}

/// Two closures to be compared, with choices.
///
/// ```
/// use perf_core::judge::Alternatives;
/// use std::time::Duration;
/// let text = "a,b,c".repeat(20);
/// let found = Alternatives::new("split")
///     .margin(0.02)
///     .time(Duration::from_millis(20))
///     .seed(7)
///     .compare_with(&text, |text| text.split(',').count(), |text| text.matches(',').count() + 1);
/// assert_eq!(found.results[0].id, "split");
/// ```
#[derive(Debug)]
pub struct Alternatives<'a> {
    pub(super) experiment: Experiment<'a>,
    pub(super) time: Duration, // of each side
}

impl<'a> Alternatives<'a> {
    /// A comparison under this name.
    pub fn new(id: &str) -> Self {
        let experiment = Experiment::new(id)
            .unit(Replicate::Round)
            .own_time(true)
            .at_least(ROUNDS)
            .warm_up(0)
            .margin(Margin::IN_PROCESS)
            .confirm(true);
        Self {
            experiment,
            time: TIME,
        }
    }

    fn with(self, choose: impl FnOnce(Experiment<'a>) -> Experiment<'a>) -> Self {
        Self {
            experiment: choose(self.experiment),
            ..self
        }
    }

    /// The margin as a fraction: 0.01 unless told otherwise. One outside [0, 10] leaves it as it is.
    #[must_use]
    pub fn margin(self, fraction: f64) -> Self {
        let margin = Margin::relative(fraction).unwrap_or(self.experiment.default_margin);
        self.with(|experiment| experiment.margin(margin))
    }

    /// Time for each side, without warm-up and confirmation; half a second unless told otherwise. Time in which this thread waits for a
    /// processor is given back, up to three times as much in all.
    #[must_use]
    pub fn time(mut self, each: Duration) -> Self {
        self.time = each;
        self
    }

    /// The seed of the plan.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.with(|experiment| experiment.seed(seed))
    }

    /// Margins by name, as in `perf.toml`; they go before [`Alternatives::margin`].
    #[must_use]
    pub fn policy(self, policy: &Policy) -> Self {
        self.with(|experiment| experiment.policy(policy))
    }

    /// Whether a claimed change is measured a second time, with another seed, before it stands; it is unless told otherwise. What
    /// favours a side for a moment does not do so twice. Memory stays where it is: a layout that favours one side favours it again.
    #[must_use]
    pub fn confirm(self, confirm: bool) -> Self {
        self.with(|experiment| experiment.confirm(confirm))
    }

    /// As [`Experiment::on_progress`].
    #[must_use]
    pub fn on_progress(self, call: impl FnMut(&Progress) -> ControlFlow<()> + 'a) -> Self {
        self.with(|experiment| experiment.on_progress(call))
    }

    /// Measures and judges two closures. What they return is kept from the optimiser and dropped within the measured time.
    pub fn compare<A, B>(
        self,
        baseline: impl FnMut() -> A,
        candidate: impl FnMut() -> B,
    ) -> Comparison {
        self.run(repeated(baseline), repeated(candidate))
    }

    /// The same on an input that both see, kept from the optimiser before each call.
    pub fn compare_with<I: ?Sized, A, B>(
        self,
        input: &I,
        mut baseline: impl FnMut(&I) -> A,
        mut candidate: impl FnMut(&I) -> B,
    ) -> Comparison {
        self.compare(
            || baseline(black_box(input)),
            || candidate(black_box(input)),
        )
    }

    /// The same for loops that the caller writes: each is told how many calls to make. For work on fresh inputs, prepare them outside.
    pub fn compare_loops(
        self,
        baseline: impl FnMut(u64),
        candidate: impl FnMut(u64),
    ) -> Comparison {
        self.run(baseline, candidate)
    }

    /// Compares a quantile of single calls, 0.5 to below 1: 0.99 for the p99. Every call is timed by itself, in up to 80 blocks of up to
    /// 250 calls a side in random order.
    ///
    /// A claim needs two agreeing procedures over whole blocks (labels flipped, blocks resampled), since calls in a row are no
    /// replicates, and ten calls beyond the quantile on either side; with fewer the answer says so. Tails vary: give it the margin that
    /// matters, 5 or 10 %. For calls of a microsecond or more; beyond a fifth of the margin the clock's step forbids a claim.
    ///
    /// ```
    /// use perf_core::judge::Alternatives;
    /// use std::time::Duration;
    /// let text = "key=value;".repeat(200);
    /// let found = Alternatives::new("split").margin(0.1).time(Duration::from_millis(20)).compare_quantile(
    ///     0.99,
    ///     || text.split(';').count(),
    ///     || text.split(';').count(),
    /// );
    /// assert_eq!((found.results[0].id.as_str(), found.results[0].metric.as_str()), ("split", "p99"));
    /// ```
    pub fn compare_quantile<A, B>(
        mut self,
        p: f64,
        baseline: impl FnMut() -> A,
        candidate: impl FnMut() -> B,
    ) -> Comparison {
        let found = tail::compare(&mut self, p, repeated(baseline), repeated(candidate));
        or_nothing(&self.experiment.id, found)
    }

    fn run(self, baseline: impl FnMut(u64), candidate: impl FnMut(u64)) -> Comparison {
        let id = self.experiment.id.clone();
        or_nothing(&id, self.try_run(baseline, candidate))
    }

    fn try_run(
        self,
        baseline: impl FnMut(u64),
        candidate: impl FnMut(u64),
    ) -> Result<Comparison, ExperimentError> {
        let margin = self.experiment.margin_of(&Metric::WALL);
        let clock = batch::Timer::of_the_process().ok_or(ExperimentError::NoClock)?;
        let (mut a, mut b) = (Loop(baseline), Loop(candidate));
        let sizing = batch::size(&clock, &mut a.0, &mut b.0, margin, self.time);
        let mut arms = (
            Batched::new(a, sizing.calls[0], clock),
            Batched::new(b, sizing.calls[1], clock),
        );
        let experiment = self.experiment.time(self.time * 2);
        let experiment = experiment.clock_step(sizing.clock_step);
        let mut found = experiment.run(&mut arms.0, &mut arms.1)?;
        if let Some(warning) = sizing.warning {
            found.warnings.push(warning);
        }
        Ok(found)
    }
}

/// What could not be judged is inconclusive, and says why.
fn or_nothing(id: &str, found: Result<Comparison, ExperimentError>) -> Comparison {
    found.unwrap_or_else(|error| {
        let mut nothing = Comparison::new(Vec::new(), super::Circumstances::here());
        nothing
            .warnings
            .push(format!("{id} could not be judged: {error}"));
        nothing
    })
}

/// A loop of calls: of two closures of one type there is one loop in the machine code, and its place favours neither.
fn repeated<T>(mut call: impl FnMut() -> T) -> impl FnMut(u64) {
    move |calls| {
        for _ in 0..calls {
            black_box(call());
        }
    }
}

/// A loop of calls, to be timed.
struct Loop<F>(F);

/// Batches of one side, timed.
struct Batched<F> {
    work: Loop<F>,
    calls: u64,
    clock: batch::Timer,
}

impl<F: FnMut(u64)> Batched<F> {
    fn new(work: Loop<F>, calls: u64, clock: batch::Timer) -> Self {
        Self { work, calls, clock }
    }
}

impl<F: FnMut(u64)> Arm for Batched<F> {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let Batch { nanoseconds } = self.clock.time(&mut self.work.0, self.calls);
        into.set(Metric::WALL, nanoseconds / self.calls as f64);
        Ok(())
    }
}
