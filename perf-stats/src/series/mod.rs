//! In: observations in the order in which they were made. Out: how much they depend on one another, and what that costs.
//!
//! | question | function |
//! |---|---|
//! | how alike are neighbours? | [`autocorrelation`] |
//! | is there any dependence up to lag m? | [`ljung_box`] |
//! | how many independent observations are these worth? | [`effective_size`], [`autocorrelation_time`] |

mod correlation;
mod effective;
mod fourier;

pub use correlation::{LjungBox, autocorrelation, ljung_box};
pub use effective::{EffectiveSize, autocorrelation_time, effective_size};
