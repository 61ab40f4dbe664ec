//! In: what one site recorded. Out: [`Row`], the site's line in every report, file and comparison.

use crate::record::dependence::{Dependence, FIRST_BLOCK, LevelSums};
use crate::record::layout::Layout;
use crate::site::Kind;
use crate::snapshot::doubt::Random;
use crate::snapshot::{Allocations, CombineError, CpuTime, Faults, Histogram, used};
use serde::{Deserialize, Serialize};

/// One site, or one label of a site. All times are in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// Stable across builds; `#2`, `#3` mark further sites of the same id in source order.
    pub id: String,
    /// Source file.
    pub file: String,
    /// Line in it, from 1.
    pub line: u32,
    /// Column in it, from 1.
    pub column: u32,
    /// What is measured.
    pub kind: Kind,
    /// Target of a span of the crate `tracing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Level of a span of the crate `tracing`, such as `INFO`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The label's value, for a label's row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Calls that ended, recorded or only counted. Exact.
    pub calls: u64,
    /// Calls whose times were recorded; fewer than `calls` where the site was sampled.
    pub recorded: u64,
    /// Calls left by a panic. Exact, among `calls`.
    pub panicked: u64,
    /// Calls that failed, where `err` asks for it. Exact, among `calls`.
    pub errors: u64,
    /// Futures dropped before they were ready. Exact, not among `calls`.
    pub cancelled: u64,
    /// Polls of the futures, or entries of the spans of the crate `tracing`, among `calls`; estimated where sampled.
    pub polls: u64,
    /// Time within those polls or entries; the rest of `durations_ns` is idle.
    pub busy_ns: f64,
    /// Inclusive time: a call within a call of the same site counts once, with the outer one. Where sampled, the cost of recording
    /// that lies within a recorded call is taken off, for the calls it stands for did not pay it.
    pub total_ns: f64,
    /// Time without what measured callees took. May be slightly negative where callees were sampled.
    pub self_ns: f64,
    /// The sum of all calls' durations; beyond `total_ns` where calls are nested in calls of the same site.
    pub durations_ns: f64,
    /// Standard deviation that sampling adds to `total_ns`, `cost_doubt_ns` included; 0 where every call was recorded.
    pub total_sampling_sd_ns: f64,
    /// Standard deviation that sampling adds to `self_ns`: of this site's calls, and of the callees whose times are taken off.
    pub self_sampling_sd_ns: f64,
    /// By how much the time of each sampled call may be wrong, either way, as the cost of recording within it depends on what the
    /// processor does beside; 0 where every call was recorded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cost_doubt_ns: f64,
    /// The step of the clock that timed the calls: quantiles are known to it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub clock_step_ns: f64,
    /// Shortest recorded call; in an interval, the lower edge of the lowest bin.
    pub min_ns: f64,
    /// Longest recorded call; in an interval, the upper edge of the highest bin.
    pub max_ns: f64,
    /// Distribution of the durations; its count is `calls` where every call was recorded, an estimate of it where sampled.
    pub histogram: Histogram,
    /// Sum of the squares of the recorded calls' weights.
    pub weighted_squares: u64,
    /// Block sums from which dependence between calls is judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependence: Vec<Level>,
    /// What measuring this site cost.
    pub cost_ns: f64,
    /// What its calls took from the allocator, where it was asked for (`#[measure(alloc)]`) and the counting allocator is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocations: Option<Allocations>,
    /// CPU time and waiting, where it was asked for (`#[measure(cpu)]`) and the platform tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<CpuTime>,
    /// Page faults and switches, where it was asked for (`#[measure(faults)]`) and the platform tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<Faults>,
    /// Bytes that passed through, of a reader or writer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Sums over finished blocks of consecutive calls of a thread, on the scale of bin numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Level {
    /// Calls a block.
    pub length: u32,
    /// Finished blocks.
    pub blocks: u64,
    /// Sum of the blocks' sums.
    pub sum: f64,
    /// Sum of their squares.
    pub squares: f64,
}

impl Row {
    /// The share of calls that were recorded, when some were not.
    pub fn sampled(&self) -> Option<f64> {
        (self.recorded < self.calls).then(|| self.recorded as f64 / self.calls as f64)
    }

    /// The row of calls that were timed one by one elsewhere, in nanoseconds and in their order.
    pub(crate) fn of_calls(id: String, layout: Layout, times: &[f64]) -> Self {
        let dependence = Dependence::new();
        let mut open = dependence.open();
        let whole = |ns: &f64| ns.max(0.0).round() as u64;
        times.iter().for_each(|ns| open.call(layout.bin(whole(ns))));
        open.keep();
        let (calls, sum) = (times.len() as u64, times.iter().sum());
        Self {
            id,
            file: String::new(),
            line: 0,
            column: 0,
            kind: Kind::Block,
            target: None,
            level: None,
            label: None,
            calls,
            recorded: calls,
            panicked: 0,
            errors: 0,
            cancelled: 0,
            polls: 0,
            busy_ns: 0.0,
            total_ns: sum,
            self_ns: sum,
            durations_ns: sum,
            total_sampling_sd_ns: 0.0,
            self_sampling_sd_ns: 0.0,
            cost_doubt_ns: 0.0,
            clock_step_ns: 0.0,
            min_ns: times.iter().copied().reduce(f64::min).unwrap_or(0.0),
            max_ns: times.iter().copied().fold(0.0, f64::max),
            histogram: Histogram::of(layout, times.iter().map(whole)),
            weighted_squares: calls,
            dependence: levels(&dependence.read()),
            cost_ns: 0.0,
            allocations: None,
            cpu: None,
            faults: None,
            bytes: None,
        }
    }

    /// Whether both rows are of the same place in the same process.
    pub(crate) fn is_same_site(&self, other: &Self) -> bool {
        (self.line, self.column, &self.file, &self.label)
            == (other.line, other.column, &other.file, &other.label)
            && self.kind == other.kind
            && self.stem() == other.stem()
    }

    /// The id without its label and without the number that tells equal ids apart.
    fn stem(&self) -> &str {
        let label = self.label.as_ref().map_or(0, |label| label.len() + 2);
        let id = self
            .id
            .len()
            .checked_sub(label)
            .and_then(|end| self.id.get(..end))
            .unwrap_or(&self.id);
        match id.rsplit_once('#') {
            Some((stem, number)) if number.parse::<u32>().is_ok() => stem,
            _ => id,
        }
    }

    pub(super) fn subtract(&mut self, before: &Self) -> Result<(), CombineError> {
        let random = Random::of(self).subtract(Random::of(before));
        let counters = [
            (&mut self.calls, before.calls),
            (&mut self.recorded, before.recorded),
            (&mut self.panicked, before.panicked),
            (&mut self.errors, before.errors),
            (&mut self.cancelled, before.cancelled),
            (&mut self.polls, before.polls),
            (&mut self.weighted_squares, before.weighted_squares),
        ];
        for (counter, less) in counters {
            let Some(rest) = counter.checked_sub(less) else {
                return Err(CombineError::NotEarlier {
                    id: before.id.clone(),
                });
            };
            *counter = rest;
        }
        self.busy_ns -= before.busy_ns;
        self.total_ns -= before.total_ns;
        self.self_ns -= before.self_ns;
        self.durations_ns -= before.durations_ns;
        self.cost_ns -= before.cost_ns;
        random.put(self);
        used::subtract(self, before);
        self.histogram.subtract(&before.histogram);
        if before.recorded > 0 {
            let (low, high) = (
                self.histogram.bins().next(),
                self.histogram.bins().next_back(),
            );
            self.min_ns = low.map_or(0.0, |bin| bin.0 as f64);
            self.max_ns = high.map_or(0.0, |bin| bin.1 as f64);
        }
        for level in &mut self.dependence {
            if let Some(less) = before.dependence.iter().find(|l| l.length == level.length) {
                level.blocks = level.blocks.saturating_sub(less.blocks);
                level.sum -= less.sum;
                level.squares -= less.squares;
            }
        }
        self.dependence.retain(|level| level.blocks > 0);
        Ok(())
    }

    pub(super) fn add(&mut self, other: &Self) {
        let random = Random::of(self).add(Random::of(other));
        let empty = self.recorded == 0;
        self.min_ns = match (empty, other.recorded) {
            (_, 0) => self.min_ns,
            (true, _) => other.min_ns,
            (false, _) => self.min_ns.min(other.min_ns),
        };
        self.max_ns = self.max_ns.max(other.max_ns);
        let counters = [
            (&mut self.calls, other.calls),
            (&mut self.recorded, other.recorded),
            (&mut self.panicked, other.panicked),
            (&mut self.errors, other.errors),
            (&mut self.cancelled, other.cancelled),
            (&mut self.polls, other.polls),
            (&mut self.weighted_squares, other.weighted_squares),
        ];
        for (counter, more) in counters {
            *counter = counter.saturating_add(more);
        }
        self.busy_ns += other.busy_ns;
        self.total_ns += other.total_ns;
        self.self_ns += other.self_ns;
        self.durations_ns += other.durations_ns;
        self.cost_ns += other.cost_ns;
        self.cost_doubt_ns = self.cost_doubt_ns.max(other.cost_doubt_ns);
        self.clock_step_ns = self.clock_step_ns.max(other.clock_step_ns);
        random.put(self);
        used::add(self, other);
        self.histogram.add(&other.histogram);
        for more in &other.dependence {
            match self
                .dependence
                .iter_mut()
                .find(|level| level.length == more.length)
            {
                Some(level) => {
                    level.blocks = level.blocks.saturating_add(more.blocks);
                    level.sum += more.sum;
                    level.squares += more.squares;
                }
                None => self.dependence.push(*more),
            }
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde hands it over so
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// The levels that hold a finished block.
pub(super) fn levels(sums: &[LevelSums]) -> Vec<Level> {
    let level = |(at, sums): (usize, &LevelSums)| Level {
        length: FIRST_BLOCK << at,
        blocks: sums.blocks,
        sum: sums.sum,
        squares: sums.squares,
    };
    sums.iter()
        .enumerate()
        .filter(|(_, sums)| sums.blocks > 0)
        .map(level)
        .collect()
}
