//! In: what difference matters, and how the data vary. Out: how many observations show it, or what a given number can show.

mod noncentral_t;
mod pilot;
mod t;

pub use noncentral_t::noncentral_t_tails;
pub use pilot::{
    DetectableChange, PowerEstimate, minimum_detectable_change, n_by_resampling, n_for_ranks,
    power_by_resampling,
};
pub use t::{Design, TPower};
