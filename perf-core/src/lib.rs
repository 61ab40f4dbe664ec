//! The performance engineer inside a Rust program.
#![deny(unsafe_code)]
#![cfg_attr(not(feature = "record"), allow(dead_code))]

extern crate self as perf_core; // so that `#[measure]` finds its runtime in here too

mod error;
pub mod escape;
mod shim;
pub mod units;
mod site_path;

mod clock;
pub mod site;

mod record;

mod registry;
mod snapshot;

pub mod run;

pub mod report;

mod session;

mod macros;
#[doc(hidden)]
pub mod private;

pub use clock::ClockInfo;
pub use perf_macros::measure;
pub use perf_stats as stats;
pub use record::budget::{BadOverhead, Overhead};
pub use record::future::Measured;
pub use record::layout::Layout;
pub use record::span::Span;
pub use record::switch::{Enabled, enable, enable_paths};
pub use session::{Session, SessionOptions};
#[cfg(feature = "hdr")]
pub use snapshot::HdrError;
pub use snapshot::{
    CombineError, Context, Cost, Estimate, Histogram, Level, Row, SCHEMA, Snapshot,
    snapshot,
};
pub use record::{set_overhead, set_precision};

