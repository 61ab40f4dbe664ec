//! In: evidence. Out: [`Taking`]s, what sites take beside time in a run: allocations, page faults; the most first.

use super::evidence::Evidence;
use super::share::{Share, ties};
use crate::escape::terminal;
use crate::judge::{Metric, SiteMetric, Unit};
use std::fmt;

/// A site and what it takes in a run, callees included.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Taking {
    /// The site.
    pub name: String,
    /// How much of it a run.
    pub count: Share,
    /// Of what.
    pub what: Taken,
    per_run: Vec<f64>,
}

/// What is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Taken {
    /// Memory of the allocator, in allocations.
    Allocations,
    /// Pages touched for the first time, or again after they were taken away: faults of both kinds.
    PageFaults,
}

impl Taken {
    /// The metrics that are added up.
    const fn metrics(self) -> &'static [SiteMetric] {
        match self {
            Self::Allocations => &[SiteMetric::Allocations],
            Self::PageFaults => &[SiteMetric::MinorFaults, SiteMetric::MajorFaults],
        }
    }

    /// The word, in the plural.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allocations => "allocations",
            Self::PageFaults => "page faults",
        }
    }
}

impl fmt::Display for Taking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let print = |value| Unit::Count.print(value);
        let (name, count) = (terminal(&self.name), print(self.count.estimate));
        let brackets = self.count.brackets(print);
        match self.what {
            Taken::Allocations => write!(f, "`{name}` allocates {count}{brackets} times a run"),
            Taken::PageFaults => write!(f, "`{name}` meets {count}{brackets} page faults a run"),
        }?;
        f.write_str(", callees included")
    }
}

/// The sites that take any, the most first.
pub(super) fn takings(evidence: &Evidence, what: Taken) -> Vec<Taking> {
    let of = |name: String| {
        let mut per_run = vec![0.0; evidence.runs];
        for &metric in what.metrics() {
            let more = evidence.of(&Metric::site(&name, metric))?;
            per_run.iter_mut().zip(more).for_each(|(sum, x)| *sum += x);
        }
        Some(Taking {
            count: Share::of(&per_run)?,
            name,
            what,
            per_run,
        })
    };
    let mut all: Vec<Taking> = evidence.sites().into_iter().filter_map(of).collect();
    all.retain(|one| one.count.most() > 0.0);
    all.sort_by(|a, b| b.count.estimate.total_cmp(&a.count.estimate));
    all
}

/// Neighbours that cannot be ranked.
pub(super) fn ties_of(all: &[Taking], what: Taken) -> Vec<String> {
    let pairs = all
        .iter()
        .map(|one| (one.name.as_str(), one.per_run.as_slice()));
    ties(pairs, &format!(" by {}", what.word()))
}
