//! In: how many blocks there may be. Out: [`Looks`], the numbers of blocks at which the data are looked at.

use crate::error::StatsError;

/// The block counts at which a decision may fall. The error rate is split evenly over them.
///
/// The split is a union bound: it holds under any dependence between looks and needs no estimate of information. Looking at
/// any other time would spend error that nobody has set aside, so [`Trial`](super::Trial) offers no such look.
///
/// ```
/// use perf_stats::decision::Looks;
/// assert_eq!(Looks::standard().counts(), [10, 20, 40, 80]);
/// assert_eq!(Looks::up_to(55)?.counts(), [10, 20, 40, 55]);
/// assert!(Looks::at(&[20, 10]).is_err());
/// # Ok::<(), perf_stats::StatsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Looks {
    counts: Vec<usize>, // not empty, strictly ascending, first > 0
}

/// The first look of the doubling schedule: with 10 blocks the smallest attainable p, 2^-10, is below 0.01 / 4.
pub(crate) const FIRST_LOOK: usize = 10;

impl Looks {
    /// 10, 20, 40 and 80 blocks.
    pub fn standard() -> Self {
        Self {
            counts: vec![10, 20, 40, 80],
        }
    }

    /// 10, 20, 40, ... as far as they stay below `last`, and `last` itself.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] under 10 blocks.
    pub fn up_to(last: usize) -> Result<Self, StatsError> {
        if last < FIRST_LOOK {
            return Err(StatsError::TooFew {
                need: FIRST_LOOK,
                got: last,
            });
        }
        let doubling = std::iter::successors(Some(FIRST_LOOK), |n| n.checked_mul(2));
        let mut counts: Vec<usize> = doubling.take_while(|&n| n < last).collect();
        counts.push(last);
        Ok(Self { counts })
    }

    /// At exactly these counts. A single look at `n` blocks can decide from n = 7 on at the default error rate (2^-7 < 0.01).
    ///
    /// # Errors
    /// [`StatsError::BadParameter`] unless the counts ascend from 1 or more; [`StatsError::Empty`] without any.
    pub fn at(counts: &[usize]) -> Result<Self, StatsError> {
        if counts.is_empty() {
            return Err(StatsError::Empty);
        }
        if counts[0] == 0 || counts.windows(2).any(|w| w[0] >= w[1]) {
            return Err(StatsError::BadParameter {
                name: "looks",
                expected: "ascending from 1 on",
            });
        }
        Ok(Self {
            counts: counts.to_vec(),
        })
    }

    /// The block counts, ascending.
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// How many looks there are, at least 1.
    pub fn number(&self) -> usize {
        self.counts.len()
    }

    pub(crate) fn first(&self) -> usize {
        self.counts[0]
    }

    pub(crate) fn last(&self) -> usize {
        self.counts[self.counts.len() - 1]
    }
}
