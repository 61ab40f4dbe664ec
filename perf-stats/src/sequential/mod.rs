//! In: data as they come, or counts of them. Out: bounds and evidence that stay valid however often one looks.
//!
//! A fixed-sample interval is valid at one sample size chosen beforehand; looking after every batch and stopping at a
//! good moment breaks it. The procedures here may be read at every observation and stopped at will.
//!
//! | question | type |
//! |---|---|
//! | is the share of slow calls above its budget? | [`BetaBinomial`] |

mod beta_binomial;
mod incomplete_beta;

pub use beta_binomial::BetaBinomial;
