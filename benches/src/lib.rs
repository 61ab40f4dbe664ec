//! What measuring costs: ours and our peers', side by side. `cargo bench -p perf-benches --bench peers [--features peers]`.
//!
//! Every contender lives in its own process, so that no worker thread of one disturbs another; the processes take turns in random
//! order, and each times two raw clock reads beside itself, to which everything is related within the round.

pub mod arguments;
mod asked;
pub mod built;
mod child;
mod contender;
pub mod experiments;
mod memory;
mod off;
mod ours;
mod process;
#[cfg(feature = "peers")]
mod rivals;
mod rounds;
#[cfg(feature = "peers")]
mod span_layers;
mod span_table;
mod summary;
mod sustained;
mod table;
pub mod tally;
#[cfg(feature = "peers")]
mod timing_layer;
mod work;

pub use asked::run;
