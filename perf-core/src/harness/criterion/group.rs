//! In: a group's name and its benchmarks. Out: [`BenchmarkGroup`], which gives them ids of the form `group/function/parameter`.

use super::bencher::Bencher;
use super::id::IntoBenchmarkId;
use super::measurement::WallTime;
use super::source::Criterion;
use std::time::Duration;

/// Benchmarks under one name.
pub struct BenchmarkGroup<'a, M = WallTime> {
    criterion: &'a mut Criterion<M>,
    name: String,
    throughput: Option<Throughput>,
}

/// What an iteration processes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Throughput {
    /// Bytes.
    Bytes(u64),
    /// Bytes; printed as the others are.
    BytesDecimal(u64),
    /// Items.
    Elements(u64),
}

/// Without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SamplingMode {
    /// Criterion's choice.
    Auto,
    /// Growing batches.
    Linear,
    /// Equal batches.
    Flat,
}

/// Without effect.
#[derive(Clone, Debug, Default)]
pub struct PlotConfiguration;

/// Without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisScale {
    /// Linear.
    Linear,
    /// Logarithmic.
    Logarithmic,
}

impl PlotConfiguration {
    /// Without effect.
    #[must_use]
    pub fn summary_scale(self, _: AxisScale) -> Self {
        self
    }
}

impl<'a, M> BenchmarkGroup<'a, M> {
    pub(super) fn new(criterion: &'a mut Criterion<M>, name: String) -> Self {
        Self {
            criterion,
            name,
            throughput: None,
        }
    }

    /// What an iteration of the benchmarks that follow processes.
    pub fn throughput(&mut self, throughput: Throughput) -> &mut Self {
        self.throughput = Some(throughput);
        self
    }

    /// A benchmark.
    pub fn bench_function<ID: IntoBenchmarkId, F: FnMut(&mut Bencher<'_, M>)>(
        &mut self,
        id: ID,
        mut body: F,
    ) -> &mut Self {
        let id = format!("{}/{}", self.name, id.into_id());
        self.criterion
            .meet(&id, self.throughput.as_ref(), &mut body);
        self
    }

    /// A benchmark with an input.
    pub fn bench_with_input<ID: IntoBenchmarkId, F, I: ?Sized>(
        &mut self,
        id: ID,
        input: &I,
        mut body: F,
    ) -> &mut Self
    where
        F: FnMut(&mut Bencher<'_, M>, &I),
    {
        self.bench_function(id, |bencher| body(bencher, input))
    }

    /// The end of the group.
    pub fn finish(self) {}
}

macro_rules! without_effect {
    ($($name:ident($kind:ty)),* $(,)?) => {
        impl<M> BenchmarkGroup<'_, M> {
            $(
                /// Without effect: see the module.
                pub fn $name(&mut self, _: $kind) -> &mut Self {
                    self
                }
            )*
        }
    };
}

without_effect! {
    sample_size(usize), warm_up_time(Duration), measurement_time(Duration), nresamples(usize), noise_threshold(f64),
    confidence_level(f64), significance_level(f64), sampling_mode(SamplingMode), plot_config(PlotConfiguration),
}

impl<M> std::fmt::Debug for BenchmarkGroup<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BenchmarkGroup")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
