//! In: values and their times. Out: whether and how fast they grow, without assuming normal noise.
//!
//! | question | item |
//! |---|---|
//! | how fast does it grow, outliers or not? | [`theil_sen`], [`siegel`] |
//! | does it grow at all? | [`mann_kendall`]; where neighbours are alike, [`hamed_rao`] |
//! | does it leak? | [`leak`] |

mod inversions;
mod leak;
mod mann_kendall;
mod siegel;
mod slopes;
mod theil_sen;

pub use leak::{Leak, LeakVerdict, leak};
pub use mann_kendall::{MannKendall, hamed_rao, mann_kendall};
pub use siegel::siegel;
pub use theil_sen::{TheilSen, theil_sen};
