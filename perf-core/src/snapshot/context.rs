//! In: what one site recorded under one chain of callers. Out: [`Context`], a node of the call tree.

use super::Row;
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
    /// What it took from the allocator itself, where its site counts that (`#[measure(alloc)]`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocations: Option<OwnAllocations>,
}

/// Allocations without those of callees whose own are counted; other callees' are in it. Exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OwnAllocations {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl OwnAllocations {
    pub(super) fn new(count: u64, bytes: u64) -> Self {
        Self { count, bytes }
    }
}

impl Context {
    /// A site by itself, whoever called it.
    pub(crate) fn of_row(row: &Row) -> Self {
        Self {
            path: vec![row.id.clone()],
            calls: row.calls,
            total_ns: row.total_ns,
            self_ns: row.self_ns,
            allocations: (row.allocations)
                .map(|taken| OwnAllocations::new(taken.own_count, taken.own_bytes)),
        }
    }

    pub(super) fn subtract(&mut self, before: &Self) {
        self.calls = self.calls.saturating_sub(before.calls);
        self.total_ns -= before.total_ns;
        self.self_ns -= before.self_ns;
        if let (Some(now), Some(less)) = (&mut self.allocations, &before.allocations) {
            now.count = now.count.saturating_sub(less.count);
            now.bytes = now.bytes.saturating_sub(less.bytes);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.total_ns += other.total_ns;
        self.self_ns += other.self_ns;
        if let Some(more) = &other.allocations {
            let sum = self.allocations.get_or_insert_default();
            sum.count = sum.count.saturating_add(more.count);
            sum.bytes = sum.bytes.saturating_add(more.bytes);
        }
    }
}
