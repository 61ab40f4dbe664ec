//! In: functions marked `#[bench]`. Out: answers to `cargo bench`: times with their intervals, comparisons with their verdicts.
//!
//! The guide's page [`benchmarks`](crate::guide::benchmarks) tells how to write and run them. Each benchmark runs in fresh processes of
//! the same executable, which the parent asks for times (by `harness::protocol`); so one that panics, hangs or exits takes no other with it,
//! and all decisions are the parent's.

mod alternatives;
mod arguments;
mod baselines;
mod blocks;
mod by_metric;
mod catalogue;
mod check;
mod child;
mod code;
mod compare;
mod count;
mod counters;
mod course;
pub mod criterion;
mod ending;
mod entry;
mod layout;
mod main;
mod measure;
mod measurement;
mod metric;
mod os;
mod output;
mod pages;
mod peer;
mod progress;
mod protocol;
mod select;
mod side_by_side;
mod store;
mod stored;

pub use child::bencher::{Bencher, Inputs};
pub use child::threads::Threads;
pub use metric::Metric;

/// What generated code names.
#[doc(hidden)]
pub mod generated {
    pub use super::child::block_on::block_on;
    pub use super::entry::{Case, Cases, Entry, Listed, ThreadNumbers, all_threads, no_threads};
    pub use super::main::{Target, criterion_main, main};
    pub use super::metric::{MakeMetric, Metric};
    pub use inventory::submit;
    pub use std::hint::black_box;
}
