//! The performance engineer inside a Rust program: annotate functions, run, read a report that can be trusted.
//!
//! ```
//! use perf_core::{Session, measure};
//!
//! #[measure]
//! fn parse(text: &str) -> usize {
//!     text.split(',').count()
//! }
//!
//! let session = Session::options("demo").report(false).start();
//! assert_eq!(parse("a,b,c"), 3);
//! let seen = session.finish();
//! let row = seen.rows.iter().find(|row| row.id.ends_with("parse")).expect("it was called");
//! assert_eq!(row.calls, 1);
//! ```
//!
//! # Where to begin
//! | you want | read |
//! |---|---|
//! | the first table of where the time goes | [`guide::first_measurement`], [`guide::reading_a_report`] |
//! | to know whether a change is faster | [`compare`], [`guide::controlled_experiment`]; of commands: [`guide::gate`] |
//! | a limit that a test asserts | [`bound!`](macro@bound), [`guide::bounds_in_tests`] |
//! | memory, CPU, locks, leaks | [`guide::resources`], [`guide::allocations_and_waiting`] |
//! | a question answered and remembered | [`guide::studies`] |
//! | to doubt all this | [`guide::how_it_works`], [`guide::limits`], [`guide::peers`] |
//!
//! # The way of the data
//! A *site* is a measured place in the source, a *span* one timed passage through it. Each thread keeps what it records in its own
//! *shard*, with plain loads and stores: no lock, no read-modify-write, no worker thread, bounded memory, nothing lost. A
//! [`Snapshot`] is an immutable picture of all sites, taken from any thread at any time; [`Snapshot::since`] gives the interval
//! between two. A [`Session`] is a stretch of the program's life with a report at its end; a [`run::Run`] is that picture in a file.
//!
//! # What it costs
//! While nobody looks (no session, no [`enable`]), a span is one relaxed load and a branch. A recorded call costs little more than two
//! reads of the clock. Recording is kept under a budget, 1 % of each thread's time unless told otherwise ([`Overhead`]): sites that are
//! called too often for it are sampled at random, their calls stay exact and their totals unbiased. Without the feature `record`, or
//! with `--cfg perf_off`, spans are zero-sized and measured functions compile to what they are without the attribute.
//!
//! # From the environment
//! | variable | meaning |
//! |---|---|
//! | `PERF=1` | record from the first span on, session or not |
//! | `PERF_OVERHEAD=full` / `0.5%` / `off` | the budget for recording |
//! | `PERF_PRECISION=fine` | histograms with a relative error of 0.1 % instead of 0.8 % |
//! | `PERF_REPORT=out.html` | the report as a page for a browser too (feature `html`) |
//! | `PERF_ROWS=20` / `all` | rows that a session's report shows, 40 unless set |
//! | `PERF_RUN_DIR=FOLDER` | one run file a process, at the end of its outermost session ([guide](guide::run_files)) |
//! | `PERF_RUN_EVERY=10s` | and on the way, so that a killed process leaves its last state |
//! | `PERF_SAMPLE=100ms` / `off` | look at memory, CPU and descriptors that often, on one thread while a session is alive |
//! | `PERF_REFERENCE=1` | time a fixed piece of work before the session and store it in run files: what tells the machine from the program |
//! | `PERF_LEAKS=1` | track, by site, what sessions allocate and nobody frees, where the allocator counts ([guide](guide::resources)) |
//! | `PERF_PATHS=1` | keep the calling context: the report shows the call tree |
//!
//! # Into the program it brings
//! No thread, port, file, signal handler or allocator that was not asked for; no panic; no `unsafe` on the recording path but the one
//! instruction that reads the clock.
#![deny(unsafe_code)]
#![cfg_attr(not(feature = "record"), allow(dead_code))]

extern crate self as perf_core; // so that `#[measure]` finds its runtime in here too

mod bad_format;
mod error;
pub mod escape;
pub mod lines;
mod shim;
mod site_path;
pub mod units;

pub mod alloc;
mod clock;
pub mod probe;
pub mod site;

mod record;

mod registry;
mod snapshot;

pub mod counter;
pub mod io;
pub mod sync;

pub mod environment;

pub mod run;

pub mod launch;

pub mod judge;

pub mod history;

pub mod bound;
pub mod resource;

pub mod export;
pub mod report;

mod session;
pub mod study;
#[cfg(feature = "tracing")]
pub mod tracing;

#[cfg(feature = "bench")]
pub mod harness;

pub mod guide;
mod macros;
#[doc(hidden)]
pub mod private;

pub use bound::Bound;
pub use clock::ClockInfo;
#[cfg(feature = "bench")]
pub use harness::{Bencher, Threads, criterion};
pub use judge::compare;
#[cfg(feature = "bench")]
pub use perf_macros::{bench, bench_main};
pub use perf_macros::{bound, bounded, measure};
pub use perf_stats as stats;
pub use record::budget::{BadOverhead, Overhead};
pub use record::by_name::MeasureFuture;
pub use record::future::Measured;
pub use record::layout::Layout;
pub use record::span::Span;
pub use record::switch::{Enabled, enable, enable_paths};
pub use record::{set_overhead, set_precision};
pub use session::{Session, SessionOptions};
#[cfg(feature = "hdr")]
pub use snapshot::HdrError;
pub use snapshot::{
    Allocations, BadWeight, CallsOverTime, CombineError, Context, Cost, Counted, CpuTime, Crossing,
    Estimate, FaultCounts, Faults, GaugeLevel, Histogram, Level, LimitLine, MOST_STEPS, Missing,
    OwnAllocations, ResourceLevel, ResourceTotal, ResourceUnit, Resources, Retained, RetainedBytes,
    Row, SCHEMA, Sampled, Series, SessionMark, SiteCalls, Snapshot, Step, ThreadTime, Weight,
    snapshot,
};
#[cfg(feature = "bench")]
pub use std::hint::black_box;
