//! In: what one site recorded under one chain of callers. Out: [`Context`], a node of the call tree.

use serde::{Deserialize, Serialize};

/// A site under its chain of measured callers. Times in nanoseconds; direct recursion is folded into one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Context {
    /// Ids from the outermost caller to the site itself.
    pub path: Vec<String>,
    /// Calls that ended here.
    pub calls: u64,
    /// Inclusive time.
    pub total_ns: f64,
    /// Time without measured callees.
    pub self_ns: f64,
}

impl Context {
    pub(super) fn subtract(&mut self, before: &Self) {
        self.calls = self.calls.saturating_sub(before.calls);
        self.total_ns -= before.total_ns;
        self.self_ns -= before.self_ns;
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.total_ns += other.total_ns;
        self.self_ns += other.self_ns;
    }
}
