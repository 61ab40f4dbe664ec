//! In: a statistic of the data as observed and of their rearrangements. Out: [`PermutationResult`], what share is as far out.

use crate::error::StatsError;
use crate::p_values::PValues;
use crate::rng::Rng;
use std::fmt;

/// Up to this many arrangements all are counted.
pub const MAX_ARRANGEMENTS: usize = 50_000;

/// Statistics this close, relative to the largest, count as equal: sums in another order differ by rounding.
const SLACK: f64 = 1e-12;

/// How many random arrangements, from which seed, where there are too many to count all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MonteCarlo {
    /// Number of random arrangements.
    pub arrangements: usize,
    /// The seed; the same seed gives the same answer on any number of threads.
    pub seed: u64,
}

impl Default for MonteCarlo {
    /// 9,999 arrangements from [`Rng::DEFAULT_SEED`].
    fn default() -> Self {
        Self {
            arrangements: 9_999,
            seed: Rng::DEFAULT_SEED,
        }
    }
}

/// Whether all arrangements were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Enumeration {
    /// Every arrangement, the observed one among them.
    Complete,
    /// Random arrangements from this seed.
    Random {
        /// The seed used.
        seed: u64,
    },
}

/// The answer of a permutation test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PermutationResult {
    /// The statistic of the data as observed.
    pub observed: f64,
    /// Arrangements compared; all of them, or the random ones (without the observed).
    pub arrangements: usize,
    /// Arrangements with a statistic at least the observed.
    pub at_least: usize,
    /// Arrangements with a statistic at most the observed.
    pub at_most: usize,
    /// Arrangements with an absolute value at least that of the observed.
    pub as_extreme: usize,
    /// Share of arrangements; with random ones (count + 1) / (arrangements + 1). Two-sided counts absolute values.
    pub p: PValues,
    /// Whether all arrangements were counted.
    pub enumeration: Enumeration,
}

impl PermutationResult {
    pub(crate) fn new(
        observed: f64,
        drawn: &[f64],
        enumeration: Enumeration,
    ) -> Result<Self, StatsError> {
        if !observed.is_finite() || drawn.iter().any(|t| !t.is_finite()) {
            return Err(StatsError::Degenerate);
        }
        let largest = drawn.iter().fold(observed.abs(), |m, t| m.max(t.abs()));
        let slack = SLACK * largest;
        let count = |as_far: &dyn Fn(f64) -> bool| drawn.iter().filter(|&&t| as_far(t)).count();
        let at_least = count(&|t| t >= observed - slack);
        let at_most = count(&|t| t <= observed + slack);
        let as_extreme = count(&|t| t.abs() >= observed.abs() - slack);
        let added = usize::from(enumeration != Enumeration::Complete);
        let share = |c: usize| (c + added) as f64 / (drawn.len() + added) as f64;
        Ok(Self {
            observed,
            arrangements: drawn.len(),
            at_least,
            at_most,
            as_extreme,
            p: PValues {
                two_sided: share(as_extreme),
                less: share(at_most),
                greater: share(at_least),
            },
            enumeration,
        })
    }
}

impl fmt::Display for PermutationResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.enumeration {
            Enumeration::Complete => "all",
            Enumeration::Random { .. } => "random",
        };
        let (t, p, m) = (self.observed, self.p.two_sided, self.arrangements);
        write!(
            f,
            "permutation: statistic {t}, p = {p} two-sided, {m} {how} arrangements"
        )
    }
}

impl MonteCarlo {
    /// The number of arrangements, if there is any.
    pub(crate) const fn checked(self) -> Result<usize, StatsError> {
        match self.arrangements {
            0 => Err(StatsError::BadParameter {
                name: "arrangements",
                expected: "at least 1",
            }),
            m => Ok(m),
        }
    }

    /// How its arrangements come about.
    pub(crate) const fn enumeration(self) -> Enumeration {
        Enumeration::Random { seed: self.seed }
    }
}

/// 2^n where it is at most [`MAX_ARRANGEMENTS`].
pub(crate) fn sign_patterns(n: usize) -> Option<usize> {
    (n < 16).then(|| 1 << n).filter(|&t| t <= MAX_ARRANGEMENTS)
}
