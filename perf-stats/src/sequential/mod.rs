//! In: data as they come, or counts of them. Out: bounds and evidence that stay valid however often one looks.
//!
//! A fixed-sample interval is valid at one sample size chosen beforehand; looking after every batch and stopping at a
//! good moment breaks it. The procedures here may be read at every observation and stopped at will.
//!
//! | question | item |
//! |---|---|
//! | is the share of slow calls above its budget? | [`BetaBinomial`] |
//! | where is p99, while calls still come in? | [`quantile_sequence`] |
//! | is the mean shifted, for noise of known size? | [`MixtureSprt`], [`NormalMixture`] |
//! | is the mean shifted, for symmetric noise of any size and tail? | [`SelfNormalised`] |
//! | where is the mean of values within known limits? | [`betting_interval`] |
//! | a few looks at planned moments: how strict at each? | [`Spending`] |
//! | several attempts at the same question: what do they say together? | [`average_log_e`], [`p_from_log_e`] |

mod beta_binomial;
mod betting;
mod evidence;
mod normal_mixture;
mod quantile;
mod self_normalised;
mod spending;

pub use beta_binomial::BetaBinomial;
pub use betting::betting_interval;
pub use evidence::{average_log_e, p_from_log_e};
pub use normal_mixture::{MixtureSprt, NormalMixture};
pub use quantile::quantile_sequence;
pub use self_normalised::SelfNormalised;
pub use spending::Spending;
