//! In: criterion's ways to hand over a closure. Out: [`Bencher`], which measures it as the rest of the harness does.

use super::group::Throughput;
use super::measurement::WallTime;
use crate::harness::child::bencher as ours;
use crate::harness::child::body::Body;
use crate::harness::child::gauge::Gauge;
use crate::harness::child::stage::Stage;
use crate::harness::child::stretch::perf_bench_stretch_custom;
use std::marker::PhantomData;
use std::time::Duration;

/// What a benchmark is given.
pub struct Bencher<'a, M = WallTime> {
    bencher: Option<ours::Bencher<'a>>, // until it is used
    measurement: PhantomData<M>,
}

/// How many inputs are made in advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSize {
    /// As many as the harness finds right.
    SmallInput,
    /// Ten.
    LargeInput,
    /// One.
    PerIteration,
    /// As many as the harness finds right: it chooses the number of batches itself.
    NumBatches(u64),
    /// So many.
    NumIterations(u64),
}

impl BatchSize {
    fn inputs(self) -> Option<usize> {
        match self {
            Self::SmallInput | Self::NumBatches(_) => None,
            Self::LargeInput => Some(10),
            Self::PerIteration => Some(1),
            Self::NumIterations(inputs) => Some(inputs as usize),
        }
    }
}

impl<'a, M> Bencher<'a, M> {
    pub(super) fn on(stage: &'a mut dyn Stage, throughput: Option<&Throughput>) -> Self {
        let bencher = ours::Bencher::on(stage, 0);
        let bencher = match throughput {
            Some(Throughput::Bytes(bytes) | Throughput::BytesDecimal(bytes)) => {
                bencher.bytes(*bytes)
            }
            Some(Throughput::Elements(items)) => bencher.items(*items),
            None => bencher,
        };
        Self {
            bencher: Some(bencher),
            measurement: PhantomData,
        }
    }

    /// Measures a call.
    #[allow(clippy::iter_not_returning_iterator)] // criterion's name
    pub fn iter<O, R: FnMut() -> O>(&mut self, routine: R) {
        if let Some(bencher) = self.bencher.take() {
            bencher.bench(routine);
        }
    }

    /// The same: what a call returns is dropped outside of the measured time anyway.
    pub fn iter_with_large_drop<O, R: FnMut() -> O>(&mut self, routine: R) {
        self.iter(routine);
    }

    /// Measures a call that consumes an input.
    pub fn iter_batched<I, O, S: FnMut() -> I, R: FnMut(I) -> O>(
        &mut self,
        setup: S,
        routine: R,
        size: BatchSize,
    ) {
        if let Some(inputs) = self.with_inputs(setup, size) {
            inputs.bench_values(routine);
        }
    }

    /// Measures a call that is lent an input.
    pub fn iter_batched_ref<I, O, S: FnMut() -> I, R: FnMut(&mut I) -> O>(
        &mut self,
        setup: S,
        routine: R,
        size: BatchSize,
    ) {
        if let Some(inputs) = self.with_inputs(setup, size) {
            inputs.bench_refs(routine);
        }
    }

    /// An input for each call.
    pub fn iter_with_setup<I, O, S: FnMut() -> I, R: FnMut(I) -> O>(
        &mut self,
        setup: S,
        routine: R,
    ) {
        self.iter_batched(setup, routine, BatchSize::PerIteration);
    }

    /// The routine times itself: it is told how many iterations to make, and returns how long they took.
    pub fn iter_custom<R: FnMut(u64) -> Duration>(&mut self, routine: R) {
        if let Some(bencher) = self.bencher.take() {
            bencher.serve(&mut Custom(routine));
        }
    }

    fn with_inputs<I, S: FnMut() -> I>(
        &mut self,
        setup: S,
        size: BatchSize,
    ) -> Option<ours::Inputs<'a, S>> {
        let inputs = self.bencher.take()?.with_inputs(setup);
        Some(match size.inputs() {
            Some(number) => inputs.batch(number),
            None => inputs,
        })
    }
}

/// A routine that times itself: its loop is its own business, and costs nothing of ours.
struct Custom<R>(R);

impl<R: FnMut(u64) -> Duration> Body for Custom<R> {
    fn run(&mut self, iterations: u64, gauge: &mut Gauge<'_>) {
        if gauge.is_clock() {
            let took = perf_bench_stretch_custom(|| (self.0)(iterations));
            return gauge.add(took.as_nanos() as f64);
        }
        gauge.begin();
        perf_bench_stretch_custom(|| (self.0)(iterations));
        gauge.end();
    }

    fn empty(&mut self, _: u64, _: &mut Gauge<'_>) {}
}

impl<M> std::fmt::Debug for Bencher<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bencher").finish_non_exhaustive()
    }
}
