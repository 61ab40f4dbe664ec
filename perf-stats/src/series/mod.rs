//! In: observations in the order in which they were made. Out: how much they depend on one another, and what that costs.
//!
//! | question | function |
//! |---|---|
//! | how alike are neighbours? | [`autocorrelation`] |
//! | is there any dependence up to lag m? | [`ljung_box`] |
//! | does the order matter at all? | [`von_neumann`], [`runs_test`] |
//! | how many independent observations are these worth? | [`effective_size`], [`autocorrelation_time`] |
//! | what is the mean of one long correlated run? | [`batch_means`] |

mod batch_means;
mod correlation;
mod effective;
mod fourier;
mod randomness;
pub(crate) mod scale;

pub use batch_means::batch_means;
pub use correlation::{LjungBox, autocorrelation, ljung_box};
pub use effective::{EffectiveSize, autocorrelation_time, effective_size};
pub use randomness::{RunsTest, VonNeumann, runs_test, von_neumann};

pub(crate) use randomness::doubled_midranks;
