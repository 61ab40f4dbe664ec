//! In: nothing. Out: [`StatsError`], every reason for which a procedure may refuse to answer.

use std::fmt;

/// Why a procedure gave no answer. Each variant is one reason; none of them is ever replaced by a made-up number.
///
/// ```
/// use perf_stats::StatsError;
/// let error = StatsError::TooFew { need: 6, got: 3 };
/// assert_eq!(error.to_string(), "too few observations: 6 needed, 3 given");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum StatsError {
    /// No observations at all.
    Empty,
    /// Fewer observations (or pairs, blocks, groups) than the procedure needs.
    TooFew {
        /// The smallest number that would do.
        need: usize,
        /// The number given.
        got: usize,
    },
    /// A NaN or an infinity among the observations.
    NonFinite {
        /// Position of the first one, counted from 0 (over the concatenated inputs where there are several).
        index: usize,
    },
    /// Paired inputs of different length.
    LengthMismatch {
        /// Length of the first input.
        left: usize,
        /// Length of the second input.
        right: usize,
    },
    /// The observations do not vary, so nothing can be scaled by their spread.
    ZeroVariance,
    /// Every paired difference is exactly zero.
    AllDifferencesZero,
    /// One sample lies wholly above the other, where the procedure's variance estimate vanishes; a permutation test answers.
    CompleteSeparation,
    /// An argument outside its range.
    BadParameter {
        /// The argument's name.
        name: &'static str,
        /// What is accepted, in words.
        expected: &'static str,
    },
    /// The data do not determine the answer (collinear columns, too few distinct values of x).
    Degenerate,
    /// A time series whose values are all equal.
    ConstantSeries,
    /// A queue whose load is not below its capacity has no steady state.
    Unstable,
    /// The wanted value cannot be reached by any choice of the free parameter.
    Unreachable,
    /// An iteration ended at its cap without meeting its tolerance.
    DidNotConverge,
    /// The answer exceeds the range of `f64`.
    Overflow,
}

impl fmt::Display for StatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => write!(f, "no observations"),
            Self::TooFew { need, got } => {
                write!(f, "too few observations: {need} needed, {got} given")
            }
            Self::NonFinite { index } => {
                write!(
                    f,
                    "observation {index} is not finite; remove NaN and infinities first"
                )
            }
            Self::LengthMismatch { left, right } => {
                write!(f, "paired inputs differ in length: {left} and {right}")
            }
            Self::ZeroVariance => write!(f, "the observations do not vary; compare them exactly"),
            Self::AllDifferencesZero => write!(f, "all paired differences are exactly zero"),
            Self::CompleteSeparation => write!(
                f,
                "one sample lies wholly above the other; use a permutation test"
            ),
            Self::BadParameter { name, expected } => write!(f, "`{name}` must be {expected}"),
            Self::Degenerate => write!(f, "the data do not determine the answer"),
            Self::ConstantSeries => write!(f, "the series is constant"),
            Self::Unstable => write!(f, "the load is not below the capacity: no steady state"),
            Self::Unreachable => write!(f, "no choice of the free parameter reaches the goal"),
            Self::DidNotConverge => write!(f, "the iteration did not converge"),
            Self::Overflow => write!(f, "the answer exceeds the range of a 64-bit float"),
        }
    }
}

impl std::error::Error for StatsError {}
