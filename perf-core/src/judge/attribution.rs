//! In: what both sides' units took, site by site. Out: [`Attribution`], which sites account for the change of the whole.

use super::arm::Measurement;
use super::metric::{Metric, Resource, SiteMetric};
use super::quantity::Unit;
use perf_stats::decision::{Arm as Side, Order};
use perf_stats::tests::{TestResult, paired_t, welch_t};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Confidence of each interval.
const LEVEL: f64 = 0.95;

/// Which sites account for a change: mean changes of self time, which add up to the mean change of the whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attribution {
    /// Change of the wall time of a unit, in nanoseconds.
    pub whole: Shift,
    /// Change of each site's self time, the largest first.
    pub sites: Vec<SiteShift>,
    /// The whole less all sites: time that no site measured, or that several threads spent at once.
    pub unexplained: Shift,
    /// Other numbers of the program that changed: faults, switches, allocations, memory.
    pub moved: Vec<Moved>,
}

/// A change of a mean, in the unit of what changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// Candidate less baseline.
    pub estimate: f64,
    /// Lower end of the interval; none where too few units bound it.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Two-sided confidence of each interval on its own.
    pub level: f64,
}

/// A site's part in the change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SiteShift {
    /// The site.
    pub id: String,
    /// Change of its self time in a unit, in nanoseconds.
    pub self_ns: Shift,
    /// Mean self time in a unit of the baseline, in nanoseconds; 0 where it was not called.
    pub baseline_ns: f64,
    /// Mean self time in a unit of the candidate.
    pub candidate_ns: f64,
    /// What else of the site changed: its calls; its allocations, time on processors and waiting, page faults and switches, where they are known.
    pub moved: Vec<Moved>,
}

/// A number that changed for certain, at the level of each interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Moved {
    /// The metric's word: `calls`, `minor-faults`, ...
    pub metric: String,
    /// Mean of the baseline.
    pub baseline: f64,
    /// Mean of the candidate.
    pub candidate: f64,
}

impl Moved {
    /// What its numbers count.
    pub fn unit(&self) -> Unit {
        let of_site = || SiteMetric::named(&self.metric).map(SiteMetric::unit);
        let of_whole = Resource::named(&self.metric).map(Resource::unit);
        of_whole.or_else(of_site).unwrap_or(Unit::Count)
    }
}

/// Collects the units of an experiment.
#[derive(Default)]
pub(super) struct Ledger {
    units: [Vec<Measurement>; 2],
}

impl Ledger {
    /// Takes a unit, where it holds sites. Of blocks, the first measurement of either side.
    pub(super) fn take(&mut self, order: Order, unit: &[&Measurement]) {
        let has_sites = |m: &Measurement| {
            m.values()
                .any(|(metric, _)| matches!(metric, Metric::Site { .. }))
        };
        if !unit.iter().any(|m| has_sites(m)) {
            return;
        }
        for (side, measurement) in order.round().into_iter().zip(unit) {
            self.units[usize::from(side == Side::Candidate)].push((*measurement).clone());
        }
    }

    pub(super) fn attribution(&self) -> Option<Attribution> {
        let [a, b] = &self.units;
        attribute(a, b, &|new, old| paired_t(new, old, LEVEL).ok())
    }
}

/// Of stored runs, which are no pairs.
pub(super) fn of_runs(baseline: &[Measurement], candidate: &[Measurement]) -> Option<Attribution> {
    attribute(baseline, candidate, &|new, old| {
        welch_t(new, old, LEVEL).ok()
    })
}

type Test<'a> = &'a dyn Fn(&[f64], &[f64]) -> Option<TestResult>;

/// None without sites, or where nothing tells how long the whole took.
fn attribute(a: &[Measurement], b: &[Measurement], test: Test) -> Option<Attribution> {
    let wall = |m: &Measurement| m.get(&Metric::WALL);
    let walls = [a, b].map(|side| side.iter().filter_map(wall).collect::<Vec<f64>>());
    if walls[0].len() != a.len() || walls[1].len() != b.len() || a.is_empty() || b.is_empty() {
        return None;
    }
    let sites = [Sites::of(a), Sites::of(b)];
    let names: BTreeSet<&String> = sites.iter().flat_map(|s| s.rows.keys().copied()).collect();
    if names.is_empty() {
        return None;
    }
    let mut rest = walls.clone();
    let mut shifts = Vec::new();
    for name in names {
        let own = sites
            .each_ref()
            .map(|side| side.or_zero(name, SiteMetric::SelfTime));
        for (rest, own) in rest.iter_mut().zip(&own) {
            rest.iter_mut()
                .zip(own)
                .for_each(|(rest, own)| *rest -= own);
        }
        shifts.push(SiteShift {
            id: name.clone(),
            self_ns: shift(&own[0], &own[1], test),
            baseline_ns: mean(&own[0]),
            candidate_ns: mean(&own[1]),
            moved: moved_of(name, &sites, test),
        });
    }
    shifts.sort_by(|a, b| {
        b.self_ns
            .estimate
            .abs()
            .total_cmp(&a.self_ns.estimate.abs())
    });
    Some(Attribution {
        whole: shift(&walls[0], &walls[1], test),
        sites: shifts,
        unexplained: shift(&rest[0], &rest[1], test),
        moved: resources(a, b, test),
    })
}

/// What else of a site is looked at, where every unit tells it.
const FURTHER: [SiteMetric; 8] = [
    SiteMetric::Allocations,
    SiteMetric::AllocatedBytes,
    SiteMetric::OnCpu,
    SiteMetric::Waiting,
    SiteMetric::MinorFaults,
    SiteMetric::MajorFaults,
    SiteMetric::VoluntarySwitches,
    SiteMetric::InvoluntarySwitches,
];

/// A number of a site, unit by unit.
type Column = (SiteMetric, Vec<Option<f64>>);

/// The numbers of every site, unit by unit; none where a unit does not tell them.
struct Sites<'a> {
    units: usize,
    rows: BTreeMap<&'a String, Vec<Column>>,
}

impl<'a> Sites<'a> {
    fn of(side: &'a [Measurement]) -> Self {
        let mut rows: BTreeMap<&String, Vec<Column>> = BTreeMap::new();
        for (at, unit) in side.iter().enumerate() {
            for (metric, value) in unit.values() {
                let Metric::Site { site, of } = metric else {
                    continue;
                };
                let columns = rows.entry(site).or_default();
                let known = columns.iter().position(|column| column.0 == *of);
                let column = known.unwrap_or_else(|| {
                    columns.push((*of, vec![None; side.len()]));
                    columns.len() - 1
                });
                columns[column].1[at] = Some(value);
            }
        }
        Self {
            units: side.len(),
            rows,
        }
    }

    fn column(&self, name: &String, of: SiteMetric) -> Option<&[Option<f64>]> {
        let columns = self.rows.get(name)?;
        let found = columns.iter().find(|column| column.0 == of)?;
        Some(&found.1)
    }

    /// Zero where it was not called.
    fn or_zero(&self, name: &String, of: SiteMetric) -> Vec<f64> {
        let column = self.column(name, of).unwrap_or_default();
        let value = |at| column.get(at).copied().flatten().unwrap_or(0.0);
        (0..self.units).map(value).collect()
    }

    /// None unless every unit has it.
    fn whole(&self, name: &String, of: SiteMetric) -> Option<Vec<f64>> {
        self.column(name, of)?.iter().copied().collect()
    }
}

/// What of a site changed beside its self time.
fn moved_of(name: &String, sites: &[Sites<'_>; 2], test: Test) -> Vec<Moved> {
    let calls = sites
        .each_ref()
        .map(|side| side.or_zero(name, SiteMetric::Calls));
    let calls = moved(SiteMetric::Calls.word(), &calls[0], &calls[1], test);
    let further = FURTHER.iter().filter_map(|&of| {
        let [old, new] = sites.each_ref().map(|side| side.whole(name, of));
        moved(of.word(), &old?, &new?, test)
    });
    calls.into_iter().chain(further).collect()
}

fn resources(a: &[Measurement], b: &[Measurement], test: Test) -> Vec<Moved> {
    let shown = Resource::ALL.iter().filter(|r| **r != Resource::Wall);
    let of = |side: &[Measurement], resource: Resource| -> Vec<f64> {
        side.iter()
            .filter_map(|m| m.get(&Metric::Resource(resource)))
            .collect()
    };
    shown
        .filter_map(|&resource| {
            let (old, new) = (of(a, resource), of(b, resource));
            (old.len() == a.len() && new.len() == b.len()).then_some(())?;
            moved(resource.word(), &old, &new, test)
        })
        .collect()
}

/// The change of the mean with its interval; a difference that never varies is exact.
fn shift(old: &[f64], new: &[f64], test: Test) -> Shift {
    let estimate = mean(new) - mean(old);
    let constant = |x: &[f64]| x.len() > 1 && x.iter().all(|v| *v == x[0]);
    let bounds = match test(new, old) {
        Some(found) => found.interval.map(|i| (i.low, i.high)),
        None if constant(old) && constant(new) => Some((estimate, estimate)),
        None => None,
    };
    Shift {
        estimate,
        low: bounds.map(|b| b.0).filter(|v| v.is_finite()),
        high: bounds.map(|b| b.1).filter(|v| v.is_finite()),
        level: LEVEL,
    }
}

fn moved(word: &str, old: &[f64], new: &[f64], test: Test) -> Option<Moved> {
    let shift = shift(old, new, test);
    let certain =
        shift.low.is_some_and(|low| low > 0.0) || shift.high.is_some_and(|high| high < 0.0);
    certain.then(|| Moved {
        metric: word.to_owned(),
        baseline: mean(old),
        candidate: mean(new),
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
