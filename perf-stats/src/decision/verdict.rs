//! In: nothing. Out: the words of a decision: [`Verdict`], [`Reason`], [`Scope`], [`Warning`].

use std::fmt;

/// What may be said about candidate against baseline. Lower is better.
///
/// The first three are positive claims, each backed by one confidence interval of the relative change.
///
/// ```
/// use perf_stats::decision::{Reason, Verdict};
/// let verdict = Verdict::Inconclusive(Reason::TooFew { need: 10, got: 4 });
/// assert_eq!(verdict.word(), "inconclusive");
/// assert_eq!(verdict.reason().map(Reason::word), Some("too_few"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Verdict {
    /// Worse by more than the margin.
    Regressed,
    /// Better by more than the margin.
    Improved,
    /// Different by less than the margin.
    Equivalent,
    /// None of the three can be claimed, and why.
    Inconclusive(Reason),
}

impl Verdict {
    /// The verdict in one lower-case word, as in JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Improved => "improved",
            Self::Equivalent => "equivalent",
            Self::Inconclusive(_) => "inconclusive",
        }
    }

    /// Why nothing could be claimed; none for the positive claims.
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Inconclusive(reason) => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inconclusive(reason) => write!(f, "inconclusive: {reason}"),
            claim => f.write_str(claim.word()),
        }
    }
}

/// To which side an undecided estimate leans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Leaning {
    /// The estimate is beyond the margin on the slow side.
    Worse,
    /// The estimate is beyond the margin on the fast side.
    Better,
    /// The estimate is within the margin.
    Equal,
}

/// Why a verdict is [`Verdict::Inconclusive`]. Sizes are fractions.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", tag = "kind"))]
#[non_exhaustive]
pub enum Reason {
    /// Fewer units (blocks, runs) than the first look needs.
    TooFew {
        /// Units needed.
        need: usize,
        /// Units there are.
        got: usize,
    },
    /// Fewer processes than a claim about processes needs.
    TooFewProcesses {
        /// Processes needed.
        need: usize,
        /// Processes there are.
        got: usize,
    },
    /// Fewer samples beyond the quantile, on the poorer side, than a tail metric needs.
    TooFewTailSamples {
        /// Samples beyond the quantile needed.
        need: usize,
        /// Samples there are.
        got: usize,
    },
    /// The interval reaches across the margin: more blocks, or less noise, would decide.
    Undecided {
        /// Where the estimate lies.
        leaning: Leaning,
    },
    /// The change itself moves with time.
    Trend {
        /// p-value of the trend test.
        p: f64,
        /// Change of the second half of the blocks against the first.
        drift: f64,
    },
    /// What ran before a batch changes it, and differently for the two arms.
    CarryOver {
        /// p-value of the comparison of batches after their own kind with batches after the other.
        p: f64,
        /// The bias of the estimate that this makes possible.
        bias: f64,
    },
    /// The change has two values, and they lie on different sides of the margin.
    Bimodal {
        /// The change in the lower mode.
        low: f64,
        /// The change in the upper mode.
        high: f64,
    },
    /// The clock's step is coarse against the margin.
    Resolution {
        /// One step of the clock as a fraction of a batch.
        step: f64,
    },
    /// Warm-up had not ended when measuring began.
    NotSteady,
    /// A witness of the machine's state moved, or it is another machine.
    EnvironmentChanged {
        /// How far the witness moved; none where the machine is another one.
        shift: Option<f64>,
    },
    /// A repetition in fresh circumstances did not agree.
    NotConfirmed,
    /// Two procedures that both must agree do not.
    Disagreement,
}

impl Reason {
    /// The reason in one lower-case word, as in JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::TooFew { .. } => "too_few",
            Self::TooFewProcesses { .. } => "too_few_processes",
            Self::TooFewTailSamples { .. } => "too_few_tail_samples",
            Self::Undecided { .. } => "undecided",
            Self::Trend { .. } => "trend",
            Self::CarryOver { .. } => "carry_over",
            Self::Bimodal { .. } => "bimodal",
            Self::Resolution { .. } => "resolution",
            Self::NotSteady => "not_steady",
            Self::EnvironmentChanged { .. } => "environment_changed",
            Self::NotConfirmed => "not_confirmed",
            Self::Disagreement => "disagreement",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |x: f64| format!("{:+.2} %", 100.0 * x);
        match *self {
            Self::TooFew { need, got } => write!(f, "{got} of the {need} blocks or runs needed"),
            Self::TooFewProcesses { need, got } => {
                write!(f, "{got} of the {need} processes needed")
            }
            Self::TooFewTailSamples { need, got } => {
                write!(f, "{got} of the {need} samples needed beyond the quantile")
            }
            Self::Undecided { leaning } => {
                let lean = match leaning {
                    Leaning::Worse => "worse",
                    Leaning::Better => "better",
                    Leaning::Equal => "equal",
                };
                write!(
                    f,
                    "the interval reaches across the margin (leaning to {lean})"
                )
            }
            Self::Trend { drift, .. } => {
                write!(f, "the change drifts by {} over the blocks", percent(drift))
            }
            Self::CarryOver { bias, .. } => {
                write!(
                    f,
                    "one arm slows what runs after it; bias up to {}",
                    percent(bias)
                )
            }
            Self::Bimodal { low, high } => {
                write!(
                    f,
                    "the change is {} or {}, as it happens",
                    percent(low),
                    percent(high)
                )
            }
            Self::Resolution { step } => {
                write!(
                    f,
                    "one step of the clock is {} of a batch; make batches longer",
                    percent(step)
                )
            }
            Self::NotSteady => write!(f, "warm-up had not ended"),
            Self::EnvironmentChanged { shift: Some(s) } => {
                write!(f, "the machine's own speed moved by {}", percent(s))
            }
            Self::EnvironmentChanged { shift: None } => write!(f, "measured on another machine"),
            Self::NotConfirmed => write!(f, "a repetition did not confirm it"),
            Self::Disagreement => write!(f, "the procedures that must agree do not"),
        }
    }
}

/// The unit a claim rests on: what was repeated, and therefore how far the claim reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Scope {
    /// Interleaved blocks within one process: a claim about this build in this memory layout.
    #[default]
    Block,
    /// Fresh pairs of processes: a claim about the build. Needs at least five.
    Process,
    /// Stored runs that were not interleaved: a claim that the machine's state between them may spoil.
    Run,
}

impl Scope {
    /// The scope in one lower-case word, as in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Process => "process",
            Self::Run => "run",
        }
    }
}

/// What a reader of the decision should know beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Warning {
    /// The two differ for certain, but by less than the margin.
    BelowMargin,
    /// Too many units for the exact law: the interval's ranks are normal approximations.
    Approximate,
    /// All block ratios are equal: a counter, or a clock too coarse to see noise.
    Constant,
    /// The stored runs carry no canary, so a change of the machine would pass for a change of the code.
    NoCanary,
    /// Counts came as one lump: calls are taken to be independent.
    IndependenceAssumed,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BelowMargin => "a change is certain, but smaller than the margin",
            Self::Approximate => "many units: ranks of the interval by the normal law",
            Self::Constant => "all block ratios are equal: a counter, or a clock too coarse",
            Self::NoCanary => "no canary: a change of the machine would look the same",
            Self::IndependenceAssumed => "calls taken to be independent: feed counts in pieces",
        })
    }
}
