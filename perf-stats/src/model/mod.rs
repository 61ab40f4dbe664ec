//! In: measurements at several sizes, loads or levels of repetition. Out: the law behind them, and what it predicts.
//!
//! | question | item |
//! |---|---|
//! | how does y depend on x? | [`ols`] |
//! | how far will it scale? | [`Usl`]; [`amdahl`], [`gustafson`], [`karp_flatt`] |
//! | is it linear, n log n, quadratic? | [`complexity`] |
//! | how long is the queue at this load; which load can it take? | [`queue`] |
//! | how many builds, processes and iterations do I need? | [`Hierarchy`] |

mod complexity;
mod complexity_class;
mod fieller;
mod hierarchy;
mod ols;
mod qr;
pub mod queue;
mod speedup;
mod usl;
mod usl_bootstrap;
mod usl_fit;

pub use complexity::{Complexity, Ranked, complexity};
pub use complexity_class::ComplexityClass;
pub use hierarchy::{Hierarchy, Level};
pub use ols::{Coefficient, Ols, ols};
pub use speedup::{amdahl, gustafson, karp_flatt};
pub use usl::{Usl, UslFit, UslIntervals};
