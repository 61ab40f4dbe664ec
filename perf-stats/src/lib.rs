//! What may honestly be said about performance data.
#![forbid(unsafe_code)]

pub mod adjust;
mod arrangement;
pub mod block_length;
pub mod decision;
pub mod bootstrap;
pub mod describe;
mod contrast;
pub mod effect;
mod error;
pub mod hodges_lehmann;
mod interval;
pub mod mean_interval;
mod moments;
mod p_values;
pub mod permutation;
pub mod power;
mod rank_sum;
mod pair_order;
pub mod proportion;
pub mod quantile;
pub mod quantile_interval;
mod resample;
mod rng;
mod sample;
pub mod shift_function;
pub mod signed_rank;
mod special;
pub mod tests;
mod ties;

pub mod change;
pub mod model;
pub mod sequential;
pub mod series;
pub mod trend;

pub use error::StatsError;
pub use interval::{Alternative, Interval};
pub use p_values::PValues;
pub use rng::Rng;
pub use sample::Weighted;
