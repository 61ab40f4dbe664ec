//! In: evidence. Out: [`Ranking`], what could be won at most and where, with intervals; what cannot be ranked is said.

use super::evidence::Evidence;
use super::share::{Share, runs_needed, ties};
use super::taking::{self, Taken, Taking, takings};
use crate::escape::terminal;
use crate::judge::{Metric, Resource, SiteMetric};
use std::fmt;

/// Shares below this are not worth a line.
const SMALL: f64 = 0.005;

/// Where the time goes, the largest first.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ranking {
    /// The sites' own time.
    pub sites: Vec<Opportunity>,
    /// The time that sites wait, callees included; where the program reads their CPU time (`#[measure(cpu)]`).
    pub waiting: Vec<Opportunity>,
    /// The whole: on processors in the program, in the kernel, waiting.
    pub whole: Vec<Opportunity>,
    /// Pairs of neighbours that the evidence cannot rank, and what else a reader should know.
    pub notes: Vec<String>,
    /// What sites take from the allocator in one run, the most first; where the program counts it (`#[measure(alloc)]`).
    pub allocations: Vec<Taking>,
    /// The page faults that sites meet in one run; where the program counts them (`#[measure(faults)]`).
    pub faults: Vec<Taking>,
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
    waits: bool, // of the site's time the part in which it waits
    per_run: Vec<f64>,
}

impl Ranking {
    /// Ranks what the evidence holds.
    pub fn of(evidence: &Evidence) -> Self {
        let sites = of_sites(evidence, SiteMetric::SelfTime);
        let waiting = of_sites(evidence, SiteMetric::Waiting);
        let allocations = takings(evidence, Taken::Allocations);
        let faults = takings(evidence, Taken::PageFaults);
        let mut notes = notes(&sites, evidence);
        notes.extend(ties_of(&waiting, " by waiting"));
        notes.extend(taking::ties_of(&allocations, Taken::Allocations));
        notes.extend(taking::ties_of(&faults, Taken::PageFaults));
        Self {
            notes,
            allocations,
            faults,
            resources: resources(evidence),
            runs: evidence.runs,
            sites,
            waiting,
            whole: whole(evidence),
        }
    }
}

impl Opportunity {
    fn of(name: &str, time: &[f64], evidence: &Evidence, waits: bool) -> Option<Self> {
        let wall = evidence.of(&Metric::WALL)?;
        let both = time.iter().zip(wall).filter(|(_, wall)| **wall > 0.0);
        let per_run: Vec<f64> = both.map(|(time, wall)| time / wall).collect();
        Some(Self {
            name: name.to_owned(),
            share: Share::of(&per_run)?,
            waits,
            per_run,
        })
    }

    /// Whether it is the time in which a site waits.
    #[cfg(feature = "html")]
    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// The largest share of the wall time that can be saved here if it becomes `times` as fast: Amdahl's law at the upper end of the
    /// interval.
    pub fn saves_at_most(&self, times: f64) -> f64 {
        let most = self.share.most().min(1.0);
        most * (1.0 - 1.0 / times.max(1.0))
    }
}

impl fmt::Display for Opportunity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.share.most() < 0.1);
        let percent = |x: f64| format!("{:.digits$}", 100.0 * x);
        let (name, share) = (terminal(&self.name), percent(self.share.estimate));
        let brackets = self.share.brackets(percent);
        let half = percent(self.saves_at_most(2.0));
        if self.waits {
            return write!(
                f,
                "`{name}` waits {share} %{brackets} of wall, callees included; waiting half as long saves at most {half} %"
            );
        }
        write!(
            f,
            "`{name}` is {share} %{brackets} of wall; making it twice as fast saves at most {half} %"
        )
    }
}

impl fmt::Display for Ranking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = self.sites.iter().chain(&self.waiting).chain(&self.whole);
        for one in times {
            writeln!(f, "  {one}")?;
        }
        for one in self.allocations.iter().chain(&self.faults) {
            writeln!(f, "  {one}")?;
        }
        for (metric, share) in &self.resources {
            let print = |value| metric.unit().print(value);
            let brackets = share.brackets(print);
            writeln!(f, "  {metric} {}{brackets}", print(share.estimate))?;
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        let rests = if self.runs as u64 >= runs_needed() {
            "in brackets 95 % intervals of the median over runs; \"at most\" is taken at the upper end, and removing a part entirely saves at \
             most that end of its share"
        } else {
            "\"at most\" is taken at the median alone"
        };
        writeln!(f, "  {} runs; {rests}", self.runs)
    }
}

fn ranked(all: impl Iterator<Item = Opportunity>) -> Vec<Opportunity> {
    let mut all: Vec<Opportunity> = all.filter(|one| one.share.most() >= SMALL).collect();
    all.sort_by(|a, b| b.share.estimate.total_cmp(&a.share.estimate));
    all
}

/// A time of every site.
fn of_sites(evidence: &Evidence, of: SiteMetric) -> Vec<Opportunity> {
    let site = |site: String| {
        let time = evidence.of(&Metric::site(&site, of))?;
        Opportunity::of(&site, time, evidence, of == SiteMetric::Waiting)
    };
    ranked(evidence.sites().into_iter().filter_map(site))
}

/// The parts of the whole process.
fn whole(evidence: &Evidence) -> Vec<Opportunity> {
    let of = |resource| evidence.of(&Metric::Resource(resource)).unwrap_or_default();
    let both = of(Resource::Wall).iter().zip(of(Resource::Cpu));
    let waiting: Vec<f64> = both.map(|(wall, cpu)| (wall - cpu).max(0.0)).collect();
    let parts = [
        ("on processors, in the program", of(Resource::User)),
        ("on processors, in the kernel", of(Resource::Sys)),
        ("waiting", waiting.as_slice()),
    ];
    let part = |(name, time): (&str, &[f64])| Opportunity::of(name, time, evidence, false);
    ranked(parts.into_iter().filter_map(part))
}

fn resources(evidence: &Evidence) -> Vec<(Metric, Share)> {
    let shown = [
        Resource::Wall,
        Resource::Cpu,
        Resource::PeakRss,
        Resource::MinorFaults,
        Resource::MajorFaults,
    ];
    let share = |resource| {
        let metric = Metric::Resource(resource);
        let share = Share::of(evidence.of(&metric)?)?;
        Some((metric, share))
    };
    shown.into_iter().filter_map(share).collect()
}

fn ties_of(ranked: &[Opportunity], by: &str) -> Vec<String> {
    let pairs = ranked
        .iter()
        .map(|one| (one.name.as_str(), one.per_run.as_slice()));
    ties(pairs, by)
}

/// What a reader should know beside the ranking.
fn notes(sites: &[Opportunity], evidence: &Evidence) -> Vec<String> {
    let runs = evidence.runs;
    let mut notes = ties_of(sites, "");
    let together: f64 = sites.iter().map(|site| site.share.estimate).sum();
    if together > 1.05 {
        let cpu = evidence.of(&Metric::Resource(Resource::Cpu));
        let cpu = cpu.and_then(|time| Opportunity::of("cpu", time, evidence, false));
        // One thread at a time cannot have taken more than there was.
        let in_turn = cpu.is_some_and(|cpu| cpu.share.most() < 1.05);
        notes.push(if in_turn {
            "the sites' times add up to more than the wall time, and the processors' do not: sites that wait, or sampled sites, whose short \
             calls read longer than they are; with PERF_OVERHEAD=full every call is recorded"
                .to_owned()
        } else {
            "the sites' times add up to more than the wall time: threads run at once, and what one of them saves may not shorten the whole"
                .to_owned()
        });
    }
    if sites.is_empty() {
        notes.push(
                "no site was seen: annotate functions with `#[measure]` and open a session to see where within the program the time goes"
                    .to_owned(),
            );
    }
    let need = runs_needed();
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
            program: None,
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
    fn waiting_and_page_faults_of_sites_are_ranked() {
        let found = ranking(&[
            ("m::load:self", 50.0),
            ("m::load:waiting", 40.0),
            ("m::all:self", 1.0),
            ("m::all:waiting", 45.0),
            ("m::load:minor-faults", 900.0),
            ("m::load:major-faults", 100.0),
            ("m::all:minor-faults", 900.0),
            ("m::all:major-faults", 0.0),
            ("m::rest:self", 2.0),
        ]);
        assert_eq!(told(&found.waiting), [("m::all", 45), ("m::load", 40)]);
        let names: Vec<&str> = found.faults.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["m::load", "m::all"]);
        assert!((found.faults[0].count.estimate - 1004.5).abs() < 0.01);
        let text = found.to_string();
        for said in [
            "`m::load` waits 40 % [40, 40] of wall, callees included; waiting half as long saves at most 20 %",
            "[1,001, 1,008] page faults a run, callees included",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let tied = ranking(&[
            ("a:self", 60.0),
            ("b:self", 50.0),
            ("a:waiting", 10.0),
            ("b:waiting", 10.0),
            ("a:minor-faults", 9.0),
            ("a:major-faults", 0.0),
            ("b:minor-faults", 9.0),
            ("b:major-faults", 0.0),
        ]);
        for by in ["waiting", "page faults"] {
            let said = format!("cannot rank `a` and `b` by {by}:");
            assert!(
                tied.notes.iter().any(|note| note.contains(&said)),
                "{:?}",
                tied.notes
            );
        }
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
