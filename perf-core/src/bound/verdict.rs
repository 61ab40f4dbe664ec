//! In: nothing. Out: the words of a bound: [`Verdict`] and [`Reason`].

use crate::units;
use std::fmt;
use std::path::PathBuf;

/// What may be said of a bound.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The promise is kept; wrongly said in at most 5 % of the checks of code that breaks it.
    Holds,
    /// The promise is broken; wrongly said in at most 1 of 10,000 checks of code that keeps it.
    Broken,
    /// Neither can be claimed, for this reason.
    Inconclusive(Reason),
}

/// Why a bound was neither shown to hold nor shown to be broken.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The budget was spent while the evidence still allowed both.
    Undecided,
    /// The budget was spent before there were as many calls as a proof takes.
    TooFewCalls {
        /// Calls made.
        got: u64,
        /// Calls that a proof takes at least, none of them beyond the limit.
        need: u64,
    },
    /// The calls depend on each other: as evidence they are worth too few.
    Dependent {
        /// Calls made.
        got: u64,
        /// Independent calls that they are worth.
        worth: u64,
    },
    /// It looked broken, but not once what the machine did meanwhile is allowed for.
    BusyMachine {
        /// What the machine did, as a sentence.
        what: String,
    },
    /// It looked broken, and fresh calls, spread over time, did not confirm it.
    NotConfirmed {
        /// Fresh calls, or batches, or rounds of a comparison.
        fresh: u64,
    },
    /// What looks broken lies within so few time slices of a drive that one disturbance may have filled them.
    Brief {
        /// Slices in which calls ended, of 10 ms or more.
        slices: u64,
    },
    /// Times are known to their bin only, and the calls in the limit's own bin would decide.
    OwnBin {
        /// Shortest time of that bin, in nanoseconds.
        low_ns: u64,
        /// Longest time of that bin, in nanoseconds.
        high_ns: u64,
    },
    /// The truth lies where the baseline's own uncertainty decides.
    WithinBaseline,
    /// Nothing was judged: the baseline was measured and written, as `PERF_BOUND_STORE=1` asks.
    Stored {
        /// The file.
        path: PathBuf,
        /// Calls in it.
        calls: u64,
    },
    /// The build is not optimised: its times say nothing about the one that ships.
    Unoptimised,
    /// The question cannot be answered as it was put; the sentence says why and what to do.
    Unanswerable {
        /// Cause and remedy.
        why: String,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("holds"),
            Self::Broken => f.write_str("broken"),
            Self::Inconclusive(reason) => write!(f, "inconclusive: {reason}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecided => f.write_str(
                "the budget was spent while the evidence allowed both; the truth is near the limit: raise `budget`, or move the limit",
            ),
            Self::TooFewCalls { got, need } => write!(
                f,
                "{} calls fit into the budget, and a proof takes at least {}: raise `budget`, or bound a lower quantile",
                units::count(*got),
                units::count(*need)
            ),
            Self::Dependent { got, worth } => write!(
                f,
                "{} calls depend on each other so much that they count as {}: raise `budget`",
                units::count(*got),
                units::count(*worth)
            ),
            Self::BusyMachine { what } => write!(f, "the machine was busy: {what}"),
            Self::NotConfirmed { fresh } => write!(
                f,
                "it looked broken, but {} fresh measurements, spread over time, did not confirm it: what made it slow has passed, or the truth is near the limit; raise `budget` to tell",
                units::count(*fresh)
            ),
            Self::Brief { slices } => write!(
                f,
                "calls ended in {} time slice{}, and without the worst two, which one disturbance may fill, it does not look broken: drive the program for longer",
                units::count(*slices),
                if *slices == 1 { "" } else { "s" }
            ),
            Self::OwnBin { low_ns, high_ns } => write!(
                f,
                "the calls in the limit's own bin ({}) decide: bound the live site, record with PERF_PRECISION=fine, or move the limit to an edge",
                units::duration_range(*low_ns as f64, (*high_ns + 1) as f64)
            ),
            Self::WithinBaseline => f.write_str(
                "it is beyond the lower end of what the baseline allows and below the upper one: store it anew with a larger `budget`, or leave more room",
            ),
            Self::Stored { path, calls } => write!(
                f,
                "the baseline {path:?} was written, {} calls",
                units::count(*calls)
            ),
            Self::Unoptimised => f.write_str("unoptimised build"),
            Self::Unanswerable { why } => f.write_str(why),
        }
    }
}
