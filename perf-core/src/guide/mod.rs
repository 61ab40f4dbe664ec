//! The guide: one page a task, in the order in which a program meets them.
//!
//! | page | for |
//! |---|---|
//! | [`first_measurement`] | from a program to a table of where its time goes |
//! | [`reading_a_report`] | the table, and the page for a browser |
//! | [`controlled_experiment`] | is the change faster? |
//! | [`studies`] | from a question to a proven change, remembered |
//! | [`bounds_in_tests`] | a limit that a test asserts without flaking |
//! | [`gate`] | slow commits kept out, in a hook and in CI |
//! | `benchmarks` | (feature `bench`) functions, with baselines that keep their executable |
//! | [`allocations_and_waiting`], [`resources`] | memory, locks, CPU, limits, leaks |
//! | [`run_files`], `tracing` | runs for later; spans of the crate `tracing` (feature `tracing`) |
//! | [`how_it_works`], [`limits`], [`peers`] | for doubters |
//!
//! Each page is a file of Markdown beside this one; its examples are compiled and run by the tests.

#[doc = include_str!("first_measurement.md")]
pub mod first_measurement {}

#[doc = include_str!("reading_a_report.md")]
#[cfg_attr(doc, doc = include_str!("page.md"))]
pub mod reading_a_report {}

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

#[doc = include_str!("studies.md")]
pub mod studies {}

#[doc = include_str!("how_it_works.md")]
pub mod how_it_works {}

#[doc = include_str!("limits.md")]
pub mod limits {}

#[doc = include_str!("peers.md")]
pub mod peers {}
