//! In: a bench file written for the crate `criterion`. Out: the same benchmarks, measured and judged here: change
//! `use criterion::{...}` to `use perf_core::criterion::{...}`, and nothing else.
//!
//! The names are those of criterion 0.8. What tunes its sampling and its plots (`sample_size`, `measurement_time`, `nresamples`, ...) is
//! accepted and has no effect: how much is measured is said on the command line (`--time`, `--processes`).
//!
//! ```
//! use perf_core::criterion::{BenchmarkId, Criterion, Throughput, black_box, criterion_group, criterion_main};
//!
//! fn sums(c: &mut Criterion) {
//!     let mut group = c.benchmark_group("sums");
//!     for n in [10u64, 1_000] {
//!         group.throughput(Throughput::Elements(n));
//!         group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, &n| {
//!             b.iter(|| (0..black_box(n)).sum::<u64>());
//!         });
//!     }
//!     group.finish();
//! }
//!
//! criterion_group!(benches, sums);
//! criterion_main!(benches);
//! ```

mod bencher;
mod group;
mod id;
mod source;

pub use crate::{__criterion_group as criterion_group, __criterion_main as criterion_main};
pub use bencher::{BatchSize, Bencher};
pub use group::{AxisScale, BenchmarkGroup, PlotConfiguration, SamplingMode, Throughput};
pub use id::{BenchmarkId, IntoBenchmarkId};
pub use source::Criterion;
pub use std::hint::black_box;

pub(super) use source::{collect, run};

/// What is measured; here for the sake of the names.
pub mod measurement {
    /// What a type parameter of criterion's names.
    pub trait Measurement {}

    /// Time on the wall.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct WallTime;

    impl Measurement for WallTime {}
}

/// As criterion's: a function `name` that runs the targets.
#[doc(hidden)]
#[macro_export]
macro_rules! __criterion_group {
    (name = $name:ident; config = $config:expr; targets = $($target:path),+ $(,)*) => {
        pub fn $name(criterion: &mut $crate::criterion::Criterion) {
            let _: $crate::criterion::Criterion = $config;
            $($target(criterion);)+
        }
    };
    ($name:ident, $($target:path),+ $(,)*) => {
        pub fn $name(criterion: &mut $crate::criterion::Criterion) {
            $($target(criterion);)+
        }
    };
}

/// As criterion's: the `main` of the bench target.
#[doc(hidden)]
#[macro_export]
macro_rules! __criterion_main {
    ($($group:path),+ $(,)*) => {
        fn main() -> ::std::process::ExitCode {
            $crate::private::bench::criterion_main(
                $crate::private::bench::Target {
                    package: ::core::env!("CARGO_PKG_NAME"),
                    target: ::core::env!("CARGO_CRATE_NAME"),
                    folder: ::core::env!("CARGO_MANIFEST_DIR"),
                },
                &[$($group),+],
            )
        }
    };
}
