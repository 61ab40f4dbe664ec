//! In: how fast work comes and how fast it is done. Out: how long it waits, and how much of it can be borne.
//!
//! | question | item |
//! |---|---|
//! | wait and response time at exponential service, one or many servers | [`Mmc`] |
//! | the same for measured service times, one server | [`Mg1`] |
//! | any arrivals, any service, many servers (approximate) | [`Ggc`] |
//! | which load keeps p99 below X? | [`Mmc::largest_rate`], [`largest_rate`] |
//! | do my three live numbers fit together? | [`littles_law`] |

mod capacity;
mod general;
mod little;
mod mmc;

pub use capacity::{Capacity, largest_rate};
pub use general::{Ggc, Mg1};
pub use little::{LittlesLaw, littles_law};
pub use mmc::Mmc;

use crate::error::StatsError;

/// Rates and times beyond these limits would overflow in products.
fn check_positive(value: f64, name: &'static str) -> Result<f64, StatsError> {
    if (1e-100..=1e100).contains(&value) {
        Ok(value)
    } else {
        Err(StatsError::BadParameter {
            name,
            expected: "within 1e-100 and 1e100",
        })
    }
}

/// A probability below which a quantile lies: within [0, 1).
fn check_share(p: f64) -> Result<f64, StatsError> {
    if (0.0..1.0).contains(&p) {
        Ok(p)
    } else {
        Err(StatsError::BadParameter {
            name: "p",
            expected: "at least 0 and below 1",
        })
    }
}
