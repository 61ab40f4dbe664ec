//! In: paired differences, or one sample and its hypothetical centre. Out: the signed-rank test, the sign test, and the
//! pseudomedian with its exact interval.
//!
//! | question | function |
//! |---|---|
//! | do the differences lean to one side? | [`wilcoxon`] |
//! | the same, when nothing but the signs can be trusted | [`sign_test`] |
//! | where is their centre, and how surely? | [`pseudomedian`] |

mod law;
mod sign;
mod test;
mod walsh;

pub use law::{EXACT_LIMIT, lower_critical};
pub use sign::{SignTest, sign_test};
pub use test::{SignedRank, ZeroMethod, wilcoxon, wilcoxon_paired};
pub use walsh::{Pseudomedian, pseudomedian};

pub(crate) use walsh::Walsh;
