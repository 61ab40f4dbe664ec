//! In: evidence. Out: [`Ranking`], what could be won at most and where, with intervals; what cannot be ranked is said.

use super::evidence::Evidence;
use crate::escape::terminal;
use crate::judge::{Metric, Resource, SiteMetric};
use perf_stats::describe::median;
use perf_stats::quantile_interval::{Side, needed, quantile_interval};
use std::fmt;

/// Confidence of the intervals.
const LEVEL: f64 = 0.95;
/// Shares below this are not worth a line.
const SMALL: f64 = 0.005;

/// Where the time goes, the largest first.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ranking {
    /// The sites' own time.
    pub sites: Vec<Opportunity>,
    /// The whole: on processors in the program, in the kernel, waiting.
    pub whole: Vec<Opportunity>,
    /// Pairs of neighbours that the evidence cannot rank, and what else a reader should know.
    pub notes: Vec<String>,
    /// What sites take from the allocator in one run, callees included, the most first; where the program counts it.
    pub allocations: Vec<Allocating>,
    /// Numbers of the whole, with intervals: memory, faults.
    pub resources: Vec<(Metric, Share)>,
    /// Runs that it rests on.
    pub runs: usize,
}

/// A part of the wall time.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Opportunity {
    /// The site, or what the time went to.
    pub name: String,
    /// Its share of the wall time.
    pub share: Share,
    per_run: Vec<f64>,
}

/// A site that allocates.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Allocating {
    /// The site.
    pub name: String,
    /// Allocations a run.
    pub count: Share,
    per_run: Vec<f64>,
}

/// A median over runs with its 95 % interval; no ends where there were too few runs.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Share {
    /// The median.
    pub estimate: f64,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Ranking {
    /// Ranks what the evidence holds.
    pub fn of(evidence: &Evidence) -> Self {
        let wall = evidence.of(&Metric::WALL).unwrap_or_default();
        let share = |name: &str, time: &[f64]| {
            let per_run: Vec<f64> = time
                .iter()
                .zip(wall)
                .filter(|(_, wall)| **wall > 0.0)
                .map(|(time, wall)| time / wall)
                .collect();
            Share::of(&per_run).map(|share| Opportunity {
                name: name.to_owned(),
                share,
                per_run,
            })
        };
        let of = |resource| evidence.of(&Metric::Resource(resource)).unwrap_or_default();
        let waiting: Vec<f64> = wall
            .iter()
            .zip(of(Resource::Cpu))
            .map(|(wall, cpu)| (wall - cpu).max(0.0))
            .collect();
        let parts = [
            ("on processors, in the program", of(Resource::User)),
            ("on processors, in the kernel", of(Resource::Sys)),
            ("waiting", waiting.as_slice()),
        ];
        let sites = evidence.sites().into_iter().filter_map(|site| {
            share(
                &site,
                evidence.of(&Metric::site(&site, SiteMetric::SelfTime))?,
            )
        });
        let sites = ranked(sites.collect());
        let whole = ranked(
            parts
                .into_iter()
                .filter_map(|(name, time)| share(name, time))
                .collect(),
        );
        let resources = [
            Resource::Wall,
            Resource::Cpu,
            Resource::PeakRss,
            Resource::MinorFaults,
            Resource::MajorFaults,
        ];
        let resources = resources.into_iter().filter_map(|resource| {
            let metric = Metric::Resource(resource);
            Some((metric.clone(), Share::of(evidence.of(&metric)?)?))
        });
        let allocations = allocating(evidence);
        let mut notes = notes(&sites, evidence.runs);
        notes.extend(ties_of(
            allocations
                .iter()
                .map(|one| (one.name.as_str(), one.per_run.as_slice())),
            " by allocations",
        ));
        Self {
            notes,
            allocations,
            resources: resources.collect(),
            runs: evidence.runs,
            sites,
            whole,
        }
    }
}

impl Opportunity {
    /// The largest share of the wall time that can be saved here if it becomes `times` as fast: Amdahl's law at the upper end of the
    /// interval.
    pub fn saves_at_most(&self, times: f64) -> f64 {
        let most = self.share.high.unwrap_or(self.share.estimate).min(1.0);
        most * (1.0 - 1.0 / times.max(1.0))
    }
}

impl Share {
    fn of(values: &[f64]) -> Option<Self> {
        let found = quantile_interval(values, 0.5, LEVEL, Side::Both).ok();
        Some(Self {
            estimate: median(values).ok()?,
            low: found.as_ref().and_then(|found| found.low),
            high: found.as_ref().and_then(|found| found.high),
        })
    }
}

impl fmt::Display for Opportunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |x: f64| 100.0 * x;
        let Share {
            estimate,
            low,
            high,
        } = self.share;
        let digits = usize::from(high.unwrap_or(estimate) < 0.1);
        write!(
            f,
            "`{}` is {:.digits$} %",
            terminal(&self.name),
            percent(estimate)
        )?;
        if let (Some(low), Some(high)) = (low, high) {
            write!(
                f,
                " [{:.digits$}, {:.digits$}]",
                percent(low),
                percent(high)
            )?;
        }
        write!(
            f,
            " of wall; making it twice as fast saves at most {:.digits$} %",
            percent(self.saves_at_most(2.0))
        )
    }
}

impl fmt::Display for Allocating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Share {
            estimate,
            low,
            high,
        } = self.count;
        let print = |value| crate::judge::Unit::Count.print(value);
        write!(
            f,
            "`{}` allocates {}",
            terminal(&self.name),
            print(estimate)
        )?;
        if let (Some(low), Some(high)) = (low, high) {
            write!(f, " [{}, {}]", print(low), print(high))?;
        }
        write!(f, " times a run, callees included")
    }
}

impl fmt::Display for Ranking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in self.sites.iter().chain(&self.whole) {
            writeln!(f, "  {one}")?;
        }
        for one in &self.allocations {
            writeln!(f, "  {one}")?;
        }
        for (metric, share) in &self.resources {
            let print = |value| metric.unit().print(value);
            write!(f, "  {metric} {}", print(share.estimate))?;
            match (share.low, share.high) {
                (Some(low), Some(high)) => writeln!(f, " [{}, {}]", print(low), print(high))?,
                _ => writeln!(f)?,
            }
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        writeln!(
            f,
            "  {} runs; in brackets 95 % intervals of the median over runs; \"at most\" is taken at the upper end",
            self.runs
        )
    }
}

fn ranked(mut all: Vec<Opportunity>) -> Vec<Opportunity> {
    all.retain(|one| one.share.high.unwrap_or(one.share.estimate) >= SMALL);
    all.sort_by(|a, b| b.share.estimate.total_cmp(&a.share.estimate));
    all
}

/// What sites take from the allocator, those that do at all.
fn allocating(evidence: &Evidence) -> Vec<Allocating> {
    let of = |name: String| {
        let per_run = evidence
            .of(&Metric::site(&name, SiteMetric::Allocations))?
            .to_vec();
        let count = Share::of(&per_run)?;
        Some(Allocating {
            name,
            count,
            per_run,
        })
    };
    let mut all: Vec<Allocating> = evidence.sites().into_iter().filter_map(of).collect();
    all.retain(|one| one.count.high.unwrap_or(one.count.estimate) > 0.0);
    all.sort_by(|a, b| b.count.estimate.total_cmp(&a.count.estimate));
    all
}

/// Neighbours whose difference, run by run, may be nothing.
fn ties_of<'a>(sites: impl Iterator<Item = (&'a str, &'a [f64])>, by: &str) -> Vec<String> {
    let sites: Vec<_> = sites.collect();
    let tied = |pair: &&[(&str, &[f64])]| {
        let differences = pair[0].1.iter().zip(pair[1].1).map(|(a, b)| a - b);
        let found = Share::of(&differences.collect::<Vec<f64>>());
        !found.is_some_and(|found| found.low.is_some_and(|low| low > 0.0))
    };
    let sentence = |pair: &[(&str, &[f64])]| {
        format!(
            "the evidence cannot rank `{}` and `{}`{by}: measure more runs to tell them apart",
            terminal(pair[0].0),
            terminal(pair[1].0)
        )
    };
    sites.windows(2).filter(tied).map(sentence).collect()
}

/// What a reader should know beside the ranking.
fn notes(sites: &[Opportunity], runs: usize) -> Vec<String> {
    let own = sites
        .iter()
        .map(|site| (site.name.as_str(), site.per_run.as_slice()));
    let mut notes = ties_of(own, "");
    let together: f64 = sites.iter().map(|site| site.share.estimate).sum();
    if together > 1.05 {
        notes.push(
                "the sites' times add up to more than the wall time: threads run at once, and what one of them saves may not shorten \
                 the whole"
                    .to_owned(),
            );
    }
    if sites.is_empty() {
        notes.push(
                "no site was seen: annotate functions with `#[measure]` and open a session to see where within the program the time goes"
                    .to_owned(),
            );
    }
    let need = needed(0.5, LEVEL, Side::Both).unwrap_or(0);
    if (runs as u64) < need {
        notes.push(format!("no intervals: they need {need} runs (-n {need})"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    /// Ten runs of 100, of which sites and CPU took so much each time.
    fn ranking(parts: &[(&str, f64)]) -> Ranking {
        let series = |value: f64| {
            (0..10)
                .map(|run| value * (1.0 + 0.001 * f64::from(run)))
                .collect()
        };
        let values = [("wall", 100.0)].iter().chain(parts);
        Ranking::of(&Evidence {
            unix_ms: 1,
            commit: None,
            dirty: None,
            source: None,
            environment: Environment::default(),
            runs: 10,
            values: values
                .map(|(name, value)| ((*name).to_owned(), series(*value)))
                .collect(),
            notes: vec![],
        })
    }

    fn told(all: &[Opportunity]) -> Vec<(&str, i64)> {
        let percent = |one: &Opportunity| (100.0 * one.share.estimate).round() as i64;
        all.iter()
            .map(|one| (one.name.as_str(), percent(one)))
            .collect()
    }

    #[test]
    fn the_greatest_comes_first_and_crumbs_are_left_out() {
        let found = ranking(&[
            ("m::b:self", 20.0),
            ("m::a:self", 50.0),
            ("m::crumb:self", 0.3),
            ("cpu", 60.0),
            ("user", 55.0),
            ("sys", 5.0),
        ]);
        assert_eq!(told(&found.sites), [("m::a", 50), ("m::b", 20)]);
        let whole = [
            ("on processors, in the program", 55),
            ("waiting", 40),
            ("on processors, in the kernel", 5),
        ];
        assert_eq!(told(&found.whole), whole);
        assert!(found.notes.is_empty(), "{:?}", found.notes);
        // Twice as fast saves half of it, ever so fast all of it.
        let most = found.sites[0]
            .share
            .high
            .expect("ten runs have an interval");
        assert_eq!(found.sites[0].saves_at_most(2.0), most / 2.0);
        assert_eq!(found.sites[0].saves_at_most(1.0), 0.0);
        assert!(found.sites[0].saves_at_most(f64::INFINITY) <= 1.0);
    }

    #[test]
    fn what_cannot_be_ranked_or_added_is_said() {
        let found = ranking(&[("a:self", 60.0), ("b:self", 60.0)]);
        assert!(
            found.notes[0].contains("cannot rank `a` and `b`"),
            "{:?}",
            found.notes
        );
        assert!(
            found.notes[1].contains("threads run at once"),
            "{:?}",
            found.notes
        );
        assert!(ranking(&[]).notes[0].contains("no site was seen"));
    }
}
