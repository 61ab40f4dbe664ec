//! The guide: one page a task, in the order in which a program meets them.
//!
//! Each page is a file of Markdown beside this one; its examples are compiled and run by the tests.

#[doc = include_str!("controlled_experiment.md")]
pub mod controlled_experiment {}

#[cfg(feature = "bench")]
#[doc = include_str!("benchmarks.md")]
pub mod benchmarks {}

#[doc = include_str!("gate.md")]
pub mod gate {}

#[cfg(feature = "tracing")]
#[doc = include_str!("tracing.md")]
pub mod tracing {}

#[doc = include_str!("resources.md")]
pub mod resources {}

#[doc = include_str!("run_files.md")]
pub mod run_files {}

#[doc = include_str!("bounds_in_tests.md")]
pub mod bounds_in_tests {}

#[doc = include_str!("allocations_and_waiting.md")]
pub mod allocations_and_waiting {}

#[cfg(feature = "html")]
#[doc = include_str!("reading_a_report.md")]
pub mod reading_a_report {}

#[doc = include_str!("studies.md")]
pub mod studies {}
