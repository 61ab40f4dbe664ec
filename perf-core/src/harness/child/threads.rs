//! In: a closure that may be shared. Out: [`Threads`], which times it on several threads at once.

use super::body::{Body, plain};
use super::stage::{Facts, Stage, Throughput};
use std::hint::black_box;
use std::sync::Barrier;

/// Measures a closure that so many threads run at once, as `#[bench(threads = ...)]` says. The time is a thread's own time for an
/// iteration, the mean over the threads.
///
/// ```
/// use perf_core::{Threads, bench};
/// use std::sync::Mutex;
///
/// #[bench(threads = [1, 2])]
/// fn contended(bencher: Threads) {
///     let counter = Mutex::new(0u64);
///     bencher.bench(|| *counter.lock().unwrap() += 1);
/// }
/// # fn main() {}
/// ```
pub struct Threads<'a> {
    stage: &'a mut dyn Stage,
    facts: Facts,
}

impl<'a> Threads<'a> {
    pub(super) fn new(stage: &'a mut dyn Stage, facts: Facts) -> Self {
        Self { stage, facts }
    }

    /// How many threads will run the closure.
    pub fn number(&self) -> usize {
        self.facts.threads
    }

    /// An iteration processes so many bytes, on each thread.
    #[must_use]
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.facts.throughput = Some(Throughput::Bytes(bytes));
        self
    }

    /// An iteration processes so many items, on each thread.
    #[must_use]
    pub fn items(mut self, items: u64) -> Self {
        self.facts.throughput = Some(Throughput::Items(items));
        self
    }

    /// Measures a call by all threads at once.
    pub fn bench<O>(self, body: impl Fn() -> O + Sync) {
        let mut body = Shared {
            body: &|iterations| plain(iterations, &mut || body()),
            threads: self.facts.threads,
        };
        self.stage.serve(&mut body, self.facts);
    }

    #[doc(hidden)]
    pub fn bench_clones<T: Clone + Sync, O>(self, item: &T, body: impl Fn(T) -> O + Sync) {
        self.bench(|| body(black_box(item).clone()));
    }
}

/// So many iterations on one thread, in nanoseconds.
struct Shared<'a> {
    body: &'a (dyn Fn(u64) -> f64 + Sync),
    threads: usize,
}

impl Body for Shared<'_> {
    fn run(&mut self, iterations: u64) -> f64 {
        let (start, body) = (Barrier::new(self.threads), self.body);
        let one = || {
            start.wait();
            body(iterations)
        };
        let times: Vec<f64> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..self.threads).map(|_| scope.spawn(one)).collect();
            let own = one();
            let join = |other: std::thread::ScopedJoinHandle<'_, f64>| {
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            std::iter::once(own)
                .chain(others.into_iter().map(join))
                .collect()
        });
        times.iter().sum::<f64>() / times.len() as f64
    }

    fn empty(&mut self, iterations: u64) -> f64 {
        plain(iterations, &mut || ())
    }
}

impl std::fmt::Debug for Threads<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Threads")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}
