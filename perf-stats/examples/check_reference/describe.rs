//! In: a case. Out: what perf-stats answers, for the procedures of description and intervals.

use crate::case::Adapter;

/// The procedures this family answers.
pub(crate) const PROCEDURES: &[&str] = &[];

/// The computation for a procedure of this family.
pub(crate) fn adapter(_procedure: &str) -> Option<Adapter> {
    None
}
