//! In: the closures of a benchmark. Out: [`Bencher`], which times them and nothing around them.

use super::block_on::block_on;
use super::body::{Body, Plain, WithInputs, WithRefs};
use super::stage::{Facts, Stage, Throughput};
use super::threads::Threads;
use std::hint::black_box;
use std::mem::needs_drop;

/// Measures a closure; what a benchmark does before and after handing it over is not measured.
///
/// ```
/// use perf_core::{Bencher, bench, black_box};
///
/// #[bench(args = [10, 1_000])]
/// fn sort(bencher: Bencher, n: u64) {
///     let numbers: Vec<u64> = (0..n).map(|i| i * 7919 % n).collect(); // not measured
///     bencher
///         .items(n)
///         .with_inputs(|| numbers.clone()) // neither is this
///         .bench_refs(|numbers| numbers.sort_unstable());
/// }
/// # fn main() {}
/// ```
pub struct Bencher<'a> {
    stage: &'a mut dyn Stage,
    facts: Facts,
}

impl<'a> Bencher<'a> {
    pub(crate) fn on(stage: &'a mut dyn Stage, threads: usize) -> Self {
        let facts = Facts {
            throughput: None,
            threads: threads.max(1),
        };
        Self { stage, facts }
    }

    /// Measures what times itself.
    pub(crate) fn serve(self, body: &mut dyn Body) {
        self.stage.serve(body, self.facts);
    }

    /// A stage like its own, to keep.
    pub(crate) fn stage(&self) -> Box<dyn Stage> {
        self.stage.owned()
    }

    /// An iteration processes so many bytes: the answer shows them per second.
    #[must_use]
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.facts.throughput = Some(Throughput::Bytes(bytes));
        self
    }

    /// An iteration processes so many items: the answer shows them per second.
    #[must_use]
    pub fn items(mut self, items: u64) -> Self {
        self.facts.throughput = Some(Throughput::Items(items));
        self
    }

    /// Measures a call. What it returns counts as used, and is dropped outside of the measured time.
    pub fn bench<O>(self, body: impl FnMut() -> O) {
        self.stage.serve(&mut Plain(body), self.facts);
    }

    /// Measures a future from its making to its end, on a small executor of the library. For one of your own:
    /// `bencher.bench(|| runtime.block_on(work()))`.
    pub fn bench_async<F: Future>(self, mut make: impl FnMut() -> F) {
        self.bench(|| block_on(make()));
    }

    /// Each iteration gets an input of its own, made and dropped outside of the measured time.
    pub fn with_inputs<I, M: FnMut() -> I>(self, make: M) -> Inputs<'a, M> {
        Inputs {
            bencher: self,
            make,
            chunk: None,
        }
    }

    /// An argument of `#[bench(args = ...)]` by value: cloned outside of the measured time where a clone owns something.
    #[doc(hidden)]
    pub fn bench_clones<T: Clone, O>(self, item: &T, mut body: impl FnMut(T) -> O) {
        if needs_drop::<T>() {
            self.with_inputs(|| item.clone()).bench_values(body);
        } else {
            self.bench(|| body(black_box(item).clone()));
        }
    }

    #[doc(hidden)]
    pub fn threads(self) -> Threads<'a> {
        Threads::new(self.stage, self.facts)
    }
}

/// A bencher that has learnt how inputs are made.
#[must_use = "nothing is measured before `bench_values` or `bench_refs`"]
pub struct Inputs<'a, M> {
    bencher: Bencher<'a>,
    make: M,
    chunk: Option<usize>,
}

impl<M> Inputs<'_, M> {
    /// So many inputs are made in advance. Without it as many as fit 32 KiB of their own size, 512 at most: say 1 where each
    /// holds much memory, and more where a call takes a few nanoseconds.
    pub fn batch(mut self, inputs: usize) -> Self {
        self.chunk = Some(inputs.max(1));
        self
    }

    /// Measures a call that consumes its input. What it returns is dropped outside of the measured time.
    pub fn bench_values<I, O>(self, body: impl FnMut(I) -> O)
    where
        M: FnMut() -> I,
    {
        let mut body = WithInputs {
            make: self.make,
            body,
            chunk: self.chunk,
        };
        self.bencher.stage.serve(&mut body, self.bencher.facts);
    }

    /// Measures a call that is lent its input; both it and what the call returns are dropped outside of the measured time.
    pub fn bench_refs<I, O>(self, body: impl FnMut(&mut I) -> O)
    where
        M: FnMut() -> I,
    {
        let body = WithInputs {
            make: self.make,
            body,
            chunk: self.chunk,
        };
        self.bencher
            .stage
            .serve(&mut WithRefs(body), self.bencher.facts);
    }
}

impl std::fmt::Debug for Bencher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bencher")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

impl<M> std::fmt::Debug for Inputs<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs")
            .field("chunk", &self.chunk)
            .finish_non_exhaustive()
    }
}
