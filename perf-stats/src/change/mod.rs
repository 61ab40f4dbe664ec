//! In: a series in time order. Out: when it changed, whether it settled, and alarms while it runs.
//!
//! | question | item |
//! |---|---|
//! | when did the level change, how often? | [`Pelt`] (L2, or biweight against outliers) |
//! | when did the distribution change in any way? | [`EdPelt`], [`EDivisive`] (with p-values) |
//! | was there one change, and where? | [`pettitt`] |
//! | has this run warmed up, and when? | [`steady_state`], [`steady_start`] |
//! | did something just change, while it runs? | [`Cusum`], [`Ewma`], [`RateDetector`] |

mod control;
mod detector;
mod e_divisive;
mod ed_pelt;
mod energy;
mod envelope;
mod partition;
mod pelt;
mod pettitt;
mod steady;

pub use control::{Baseline, Cusum, Ewma, Side};
pub use detector::RateDetector;
pub use e_divisive::{EDivisive, EnergyChange};
pub use ed_pelt::EdPelt;
pub use energy::{EnergySplit, energy_split};
pub use pelt::{Pelt, Segmentation};
pub use pettitt::{Pettitt, pettitt};
pub use steady::{RunShape, SteadyState, agree_on_shape, steady_start, steady_state};
