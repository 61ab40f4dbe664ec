//! In: what a bound promises. Out: [`Promise`], and the sentence in which it is told.

use crate::bound::Limit;
use crate::bound::exact::{Allowed, Amount};
use crate::units;
use perf_stats::model::ComplexityClass;
use std::fmt;

/// What a bound promises.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Promise {
    /// The quantile of the calls' times is below the limit.
    Quantile { p: f64, limit: Limit },
    /// The quantile of what calls wait for locks is below the limit.
    LockWait { p: f64, limit: Limit },
    /// At most this share of the calls takes longer than the limit.
    Share { limit: Limit, share: f64 },
    /// The mean of the calls' times is below the limit.
    Mean { limit: Limit },
    /// At least so many calls a second.
    Throughput { per_second: f64 },
    /// The mean of the calls' CPU times is below the limit.
    Cpu { limit: Limit },
    /// The closure is so many times as fast as another one.
    Faster { factor: f64 },
    /// Costs grow no faster than this with the size.
    Growth { at_most: ComplexityClass },
    /// Each call takes this much from the allocator.
    Amount { amount: Amount, allowed: Allowed },
    /// Resident memory grows by at most so many bytes over many calls.
    Resident { at_most: u64 },
}

impl Promise {
    /// The limit on times, if it has one.
    pub(super) fn limit(&self) -> Option<&Limit> {
        match self {
            Self::Quantile { limit, .. }
            | Self::LockWait { limit, .. }
            | Self::Share { limit, .. }
            | Self::Mean { limit }
            | Self::Cpu { limit } => Some(limit),
            Self::Throughput { .. }
            | Self::Faster { .. }
            | Self::Growth { .. }
            | Self::Amount { .. }
            | Self::Resident { .. } => None,
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantile { p, limit } => write!(f, "{} < {limit}", quantile_name(*p)),
            Self::LockWait { p, limit } => {
                write!(f, "{} lock wait < {limit}", quantile_name(*p))
            }
            Self::Share { limit, share } => {
                write!(f, "calls beyond {limit} < {}", units::percent(*share))
            }
            Self::Mean { limit } => write!(f, "mean < {limit}"),
            Self::Throughput { per_second } => {
                write!(f, "throughput > {}", units::rate(*per_second))
            }
            Self::Cpu { limit } => write!(f, "cpu < {limit}"),
            Self::Faster { factor } => write!(f, "faster by {factor}"),
            Self::Growth { at_most } => write!(f, "grows <= {at_most}"),
            Self::Resident { at_most } => {
                write!(f, "rss growth <= {}", units::bytes(*at_most as f64))
            }
            Self::Amount { amount, allowed } => f.write_str(&amount.told(*allowed)),
        }
    }
}

/// `p99` for 0.99, `p99.9` for 0.999.
pub(super) fn quantile_name(p: f64) -> String {
    let percent = (p * 1e8).round() / 1e6; // 0.999 * 100 is not 99.9
    format!("p{percent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throughput_has_its_unit() {
        let told = |per_second| Promise::Throughput { per_second }.to_string();
        assert_eq!(told(1e8), "throughput > 100 M/s");
        assert_eq!(told(0.5), "throughput > 0.500/s");
    }

    #[test]
    fn quantiles_are_named_as_they_are_written() {
        let names = [0.5, 0.9, 0.99, 0.999, 0.9999].map(quantile_name);
        assert_eq!(names, ["p50", "p90", "p99", "p99.9", "p99.99"]);
    }
}
