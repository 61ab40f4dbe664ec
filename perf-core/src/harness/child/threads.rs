//! In: a closure that may be shared. Out: [`Threads`], which times it on several threads at once.

use super::body::{Body, plain};
use super::gauge::Gauge;
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
            body: &|iterations, gauge: &mut Gauge<'_>| plain(iterations, gauge, &mut || body()),
            threads: self.facts.threads,
        };
        self.stage.serve(&mut body, self.facts);
    }

    #[doc(hidden)]
    pub fn bench_clones<T: Clone + Sync, O>(self, item: &T, body: impl Fn(T) -> O + Sync) {
        self.bench(|| body(black_box(item).clone()));
    }
}

/// So many iterations on one thread.
struct Shared<'a> {
    body: &'a (dyn Fn(u64, &mut Gauge<'_>) + Sync),
    threads: usize,
}

impl Shared<'_> {
    /// Every thread with a gauge of its own: what each of them read.
    fn together(
        &self,
        iterations: u64,
        gauge: fn() -> Gauge<'static>,
        body: &(dyn Fn(u64, &mut Gauge<'_>) + Sync),
    ) -> Vec<f64> {
        let start = Barrier::new(self.threads);
        let one = || {
            let mut gauge = gauge();
            start.wait();
            body(iterations, &mut gauge);
            gauge.value()
        };
        std::thread::scope(|scope| {
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
        })
    }

    /// A thread's share of what all of them take, their starting included.
    fn around(
        &self,
        iterations: u64,
        gauge: &mut Gauge<'_>,
        body: &(dyn Fn(u64, &mut Gauge<'_>) + Sync),
    ) {
        let before = gauge.value();
        gauge.begin();
        self.together(iterations, Gauge::nothing, body);
        gauge.end();
        let all = gauge.value() - before;
        gauge.add(all / self.threads as f64 - all);
    }
}

impl Body for Shared<'_> {
    fn run(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        if !gauge.is_clock() {
            return self.around(iterations, gauge, self.body);
        }
        let times = self.together(iterations, Gauge::clock, self.body);
        gauge.add(times.iter().sum::<f64>() / times.len() as f64);
    }

    fn empty(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        let nothing = |iterations: u64, gauge: &mut Gauge<'_>| plain(iterations, gauge, &mut || ());
        if gauge.is_clock() {
            nothing(iterations, gauge);
        } else {
            self.around(iterations, gauge, &nothing);
        }
    }
}

impl std::fmt::Debug for Threads<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Threads")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn the_time_is_a_threads_own_and_not_that_of_all_together() {
        let nap = Duration::from_millis(5);
        let body = |iterations: u64, gauge: &mut Gauge<'_>| {
            plain(iterations, gauge, &mut || std::thread::sleep(nap));
        };
        let mut shared = Shared {
            body: &body,
            threads: 4,
        };
        let (mut gauge, begun) = (Gauge::clock(), Instant::now());
        shared.run(1, &mut gauge);
        let wall = begun.elapsed().as_nanos() as f64;
        let own = gauge.value();
        assert!(
            0.99 * nap.as_nanos() as f64 <= own && own <= 1.01 * wall,
            "{own} {wall}"
        );
    }
}
