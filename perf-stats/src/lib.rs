//! What may honestly be said about performance data.
#![forbid(unsafe_code)]

pub mod block_length;
pub mod decision;
pub mod describe;
mod error;
mod interval;
mod moments;
mod rank_sum;
pub mod proportion;
pub mod quantile;
pub mod quantile_interval;
mod rng;
mod sample;
pub mod signed_rank;
mod special;
pub mod tests;
mod ties;

pub mod change;
pub mod sequential;
pub mod series;
pub mod trend;

pub use error::StatsError;
pub use interval::{Alternative, Interval};
pub use rng::Rng;
pub use sample::Weighted;
