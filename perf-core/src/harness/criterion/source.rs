//! In: criterion's group functions. Out: [`Criterion`], which lists their benchmarks in one pass and runs a single one in another.

use super::bencher::Bencher;
use super::group::{BenchmarkGroup, Throughput};
use super::id::{BenchmarkId, IntoBenchmarkId};
use super::measurement::WallTime;
use crate::harness::child::stage::Stage;
use std::marker::PhantomData;
use std::time::Duration;

/// What the functions of a bench file are given.
pub struct Criterion<M = WallTime> {
    pass: Pass,
    measurement: PhantomData<M>,
}

enum Pass {
    /// Notes the ids.
    List(Vec<String>),
    /// Runs the benchmark of this id, once: a function may use an id twice.
    Run {
        id: String,
        stage: Option<Box<dyn Stage>>,
    },
}

/// The ids of all benchmarks, in the order in which they are run.
pub(in crate::harness) fn collect(groups: &[fn(&mut Criterion)]) -> Vec<String> {
    let mut criterion = Criterion::with(Pass::List(Vec::new()));
    groups.iter().for_each(|group| group(&mut criterion));
    match criterion.pass {
        Pass::List(ids) => ids,
        Pass::Run { .. } => Vec::new(), // never: passes do not change
    }
}

/// Runs one benchmark.
pub(in crate::harness) fn run(groups: &[fn(&mut Criterion)], id: &str, stage: Box<dyn Stage>) {
    let mut criterion = Criterion::with(Pass::Run {
        id: id.to_owned(),
        stage: Some(stage),
    });
    for group in groups {
        if matches!(criterion.pass, Pass::Run { stage: Some(_), .. }) {
            group(&mut criterion);
        }
    }
}

impl Default for Criterion {
    fn default() -> Self {
        Self::with(Pass::List(Vec::new()))
    }
}

impl Criterion {
    fn with(pass: Pass) -> Self {
        Self {
            pass,
            measurement: PhantomData,
        }
    }
}

impl<M> Criterion<M> {
    /// A benchmark of its own.
    pub fn bench_function<F: FnMut(&mut Bencher<'_, M>)>(
        &mut self,
        id: &str,
        mut body: F,
    ) -> &mut Self {
        self.meet(id, None, &mut body);
        self
    }

    /// The same with an input.
    pub fn bench_with_input<F, I: ?Sized>(
        &mut self,
        id: BenchmarkId,
        input: &I,
        mut body: F,
    ) -> &mut Self
    where
        F: FnMut(&mut Bencher<'_, M>, &I),
    {
        self.meet(&id.into_id(), None, &mut |bencher| body(bencher, input));
        self
    }

    /// Several benchmarks under one name.
    pub fn benchmark_group<S: Into<String>>(&mut self, name: S) -> BenchmarkGroup<'_, M> {
        BenchmarkGroup::new(self, name.into())
    }

    /// A benchmark that the code comes to: noted, run or passed over.
    pub(super) fn meet(
        &mut self,
        id: &str,
        throughput: Option<&Throughput>,
        body: &mut dyn FnMut(&mut Bencher<'_, M>),
    ) {
        match &mut self.pass {
            Pass::List(ids) => ids.push(id.to_owned()),
            Pass::Run { id: wanted, stage } if wanted == id => {
                if let Some(mut stage) = stage.take() {
                    body(&mut Bencher::on(&mut *stage, throughput));
                }
            }
            Pass::Run { .. } => {}
        }
    }

    /// Without effect: see the module.
    #[must_use]
    pub fn configure_from_args(self) -> Self {
        self
    }

    /// Without effect.
    pub fn final_summary(&self) {}
}

macro_rules! without_effect {
    ($($name:ident($kind:ty)),* $(,)?) => {
        impl<M> Criterion<M> {
            $(
                /// Without effect: see the module.
                #[must_use]
                pub fn $name(self, _: $kind) -> Self {
                    self
                }
            )*
        }
    };
}

without_effect! {
    sample_size(usize), warm_up_time(Duration), measurement_time(Duration), nresamples(usize), noise_threshold(f64),
    confidence_level(f64), significance_level(f64), with_filter(&str), save_baseline(String),
}

impl<M> Criterion<M> {
    /// Without effect.
    #[must_use]
    pub fn with_plots(self) -> Self {
        self
    }

    /// Without effect.
    #[must_use]
    pub fn without_plots(self) -> Self {
        self
    }
}

impl<M> std::fmt::Debug for Criterion<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Criterion").finish_non_exhaustive()
    }
}
