//! The performance engineer inside a Rust program.
#![deny(unsafe_code)]
#![cfg_attr(not(feature = "record"), allow(dead_code))]

mod error;
mod shim;
mod site_path;

mod clock;
pub mod site;

mod record;

mod macros;
#[doc(hidden)]
pub mod private;

pub use clock::ClockInfo;
pub use perf_stats as stats;
pub use record::budget::{BadOverhead, Overhead};
pub use record::future::Measured;
pub use record::layout::Layout;
pub use record::span::Span;

/// hold
pub struct Enabled(#[allow(dead_code)] record::switch::Hold);
/// on
pub fn enable() -> Enabled { record::cost::measure(); Enabled(record::switch::Hold::new(false)) }
/// over
pub fn set_overhead(o: Overhead) { record::budget::set(o) }
