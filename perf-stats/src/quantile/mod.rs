//! In: numbers, or values with counts, and probabilities. Out: quantiles by every common definition, and smooth ones.

mod definition;
mod harrell_davis;

pub use definition::{Definition, quantile, quantile_in_place, quantiles, quantiles_weighted};
pub(crate) use harrell_davis::weights;
pub use harrell_davis::{
    Smooth, harrell_davis, harrell_davis_trimmed, harrell_davis_weighted, harrell_davis_with_se,
};

use crate::error::StatsError;

/// `p` if it is a probability, ends included.
pub(crate) fn check_probability(p: f64) -> Result<f64, StatsError> {
    if (0.0..=1.0).contains(&p) {
        Ok(p)
    } else {
        Err(StatsError::BadParameter {
            name: "p",
            expected: "from 0 to 1",
        })
    }
}
