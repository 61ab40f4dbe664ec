//! Promise: stored runs are compared by the weaker rule, unlike ones are refused by name, and a change is attributed to the sites that made it.

use perf_core::environment::Environment;
use perf_core::judge::{
    Arm, ArmError, Attribution, Experiment, Measurement, Metric, Policy, Replicate, Resource,
    SiteMetric, Stored, StoredError, Unit, Verdict,
};
use perf_core::run::{Provenance, Reference, Run};
use perf_core::stats::Rng;

/// A run of a program with two sites that took so long, in nanoseconds.
fn run(parse: f64, write: f64, other: f64) -> Run {
    let _on = perf_core::enable();
    let before = perf_core::snapshot();
    {
        let _parse = perf_core::span!("parse");
    }
    {
        let _write = perf_core::span!("write");
    }
    let mut seen = perf_core::snapshot().since(&before).expect("in order");
    seen.rows
        .retain(|row| row.id == "parse" || row.id == "write");
    for row in &mut seen.rows {
        row.self_ns = if row.id == "parse" { parse } else { write };
        row.calls = 10;
    }
    seen.covers_ns = (parse + write + other) as u64;
    Run::now("app", seen).with_environment(Environment::default())
}

/// So many runs with a little noise; parsing takes so much.
fn runs(n: usize, parse: f64, rng: &mut Rng) -> Vec<Run> {
    let mut noise = |v: f64| v * (1.0 + 0.002 * rng.normal());
    (0..n)
        .map(|_| run(noise(parse), noise(4e6), noise(1e6)))
        .collect()
}

#[test]
fn stored_runs_need_five_a_side_and_say_that_they_are_not_confirmed() {
    let mut rng = Rng::new(1);
    let (old, slow) = (runs(6, 5e6, &mut rng), runs(6, 6e6, &mut rng));
    let found = Stored::new("app").runs(&old, &slow).expect("comparable");
    assert_eq!(
        (found.verdict, found.exit_code(&Policy::default())),
        (Verdict::Regressed, 1)
    );
    let wall = found.outcome(&Metric::WALL).expect("compared");
    assert_eq!(
        (wall.unit_of_replication, wall.n.baseline, wall.n.candidate),
        (Replicate::Run, 6, 6)
    );
    let text = found.report().text(None, false);
    assert!(
        text.contains("not confirmed: stored runs") && text.contains("slower  (6 runs, 98 %)"),
        "{text}"
    );
    assert!(found.results.len() > 1);
    assert_eq!(text.matches("no canary").count(), 1, "{text}"); // true of all numbers, said once
    assert_eq!(
        Stored::new("app")
            .runs(&old, &runs(7, 5e6, &mut rng))
            .expect("comparable")
            .verdict,
        Verdict::Equivalent
    );
    let few = Stored::new("app")
        .runs(&old[..4], &slow)
        .expect("comparable");
    assert_eq!(few.results[0].reason.as_deref(), Some("too_few"));
    let site = Stored::new("app").metrics(["parse:self".parse().expect("a metric")]);
    let found = site.runs(&old, &slow).expect("comparable");
    assert_eq!(
        (
            found.results[0].id.as_str(),
            found.results[0].metric.as_str()
        ),
        ("parse", "self")
    );
    assert_eq!(found.deciding().count(), 1);
}

/// The same runs beside a reference slot of so many nanoseconds, a little of noise on it.
fn beside(runs: &[Run], slot_ns: f64) -> Vec<Run> {
    let mut reference = Reference::measure().expect("a clock");
    let slots = runs.iter().enumerate().map(|(at, run)| {
        reference.median_ns = slot_ns * (1.0 + 1e-4 * (at % 3) as f64);
        run.clone().with_reference(reference.clone())
    });
    slots.collect()
}

#[test]
fn a_reference_slot_tells_the_machine_from_the_program() {
    let mut rng = Rng::new(3);
    let (old, slow) = (runs(6, 5e6, &mut rng), runs(6, 6e6, &mut rng));
    let compare = |old: &[Run], new: &[Run]| Stored::new("app").runs(old, new).expect("comparable");
    let steady = compare(&beside(&old, 3_000.0), &beside(&slow, 3_000.0));
    assert_eq!(steady.verdict, Verdict::Regressed);
    let text = steady.report().text(None, false);
    assert!(!text.contains("no canary"), "{text}");
    // The machine became slower by 5 % between the two: what the program did cannot be told.
    let moved = compare(&beside(&old, 3_000.0), &beside(&slow, 3_150.0));
    let wall = &moved.results[0];
    assert_eq!(moved.verdict, Verdict::Inconclusive);
    assert_eq!(
        (wall.reason.as_deref(), wall.withheld),
        (Some("environment_changed"), Some(Verdict::Regressed))
    );
    // One run without it, and there is none.
    let mut partly = beside(&slow, 3_150.0);
    partly[0].reference = None;
    assert_eq!(
        compare(&beside(&old, 3_000.0), &partly).verdict,
        Verdict::Regressed
    );
}

#[test]
fn unlike_machines_are_compared_as_ratios_to_a_reference_slot_and_nothing_is_claimed() {
    let mut rng = Rng::new(4);
    let on = |cpu: &str, runs: Vec<Run>| -> Vec<Run> {
        let mut there = Environment::default();
        there.cpu = Some(cpu.to_owned());
        let moved = runs
            .into_iter()
            .map(|run| run.with_environment(there.clone()));
        moved.collect()
    };
    let scaled = |by: f64, rng: &mut Rng| -> Vec<Run> {
        let runs = runs(6, 5e6, rng).into_iter().map(|mut run| {
            run.snapshot.covers_ns = (run.snapshot.covers_ns as f64 * by) as u64;
            run
        });
        runs.collect()
    };
    let old = on("AMD EPYC", beside(&scaled(1.0, &mut rng), 3_000.0));
    let new = on("Intel Xeon", beside(&scaled(2.0, &mut rng), 6_000.0));
    let found = Stored::new("app").runs(&old, &new).expect("as ratios");
    let wall = &found.results[0];
    let change = wall.change.expect("a ratio of ratios");
    assert!(change.estimate.abs() < 0.01, "{change:?}"); // twice the time on a machine of half the speed
    assert_eq!(
        (wall.verdict, wall.reason.as_deref()),
        (Verdict::Inconclusive, Some("environment_changed"))
    );
    let in_slots = wall.baseline.expect("multiples of the slot");
    assert!((in_slots / (1e7 / 3e3) - 1.0).abs() < 0.05, "{in_slots}"); // no nanoseconds
    assert_eq!(wall.unit, Unit::Other);
    let text = found.report().text(None, false);
    assert!(
        text.contains("the CPU: AMD EPYC against Intel Xeon"),
        "{text}"
    );
    assert!(found.attribution.is_none() && found.exit_code(&Policy::default()) == 0);
    // What is no time is not compared, and cannot decide.
    let of_bytes = Stored::new("app").metrics(["peak-rss".parse().expect("a metric")]);
    assert!(of_bytes.runs(&old, &new).is_err());
    let mut without = new.clone();
    without[5].reference = None;
    let refused = Stored::new("app")
        .runs(&old, &without)
        .expect_err("no ratio");
    assert!(matches!(refused, StoredError::UnlikeMachines { .. }));
}

#[test]
fn unlike_machines_and_workloads_are_refused_by_name() {
    let mut rng = Rng::new(2);
    let (old, mut new) = (runs(5, 5e6, &mut rng), runs(5, 5e6, &mut rng));
    let compare = |old: &[Run], new: &[Run]| Stored::new("app").runs(old, new);
    let cpu = |name: &str| {
        let mut there = Environment::default();
        there.cpu = Some(name.to_owned());
        there
    };
    let named = |runs: &[Run], name: &str| -> Vec<Run> {
        runs.iter()
            .map(|r| r.clone().with_environment(cpu(name)))
            .collect()
    };
    let refused =
        compare(&named(&old, "AMD EPYC"), &named(&new, "Intel Xeon")).expect_err("unlike");
    assert!(matches!(refused, StoredError::UnlikeMachines { .. }));
    assert!(
        refused
            .to_string()
            .contains("the CPU: AMD EPYC against Intel Xeon"),
        "{refused}"
    );
    let worked = |runs: &[Run], on: &str| -> Vec<Run> {
        runs.iter()
            .map(|r| {
                r.clone()
                    .with_provenance(Provenance::default().with_workload(on))
            })
            .collect()
    };
    let refused = compare(&worked(&old, "small"), &worked(&new, "large")).expect_err("unlike");
    assert!(
        refused.to_string().contains("\"small\"") && refused.to_string().contains("\"large\""),
        "{refused}"
    );
    new.iter_mut().for_each(|run| run.complete = false);
    assert_eq!(
        compare(&old, &new).expect_err("nothing whole"),
        StoredError::Nothing { side: "candidate" }
    );
    let missing = Stored::new("app").metrics(["decode:p99".parse().expect("a metric")]);
    let error = missing
        .runs(&old, &old)
        .expect_err("no such site")
        .to_string();
    assert!(
        error.starts_with("decode:p99 is not in all runs; those that are: wall, ")
            && error.contains(", parse:calls"),
        "{error}"
    );
    let numbers = Stored::new("x").numbers(&Metric::WALL, &[1.0, f64::NAN], &[1.0; 5]);
    assert!(matches!(numbers, Err(StoredError::BadNumbers { .. })));
}

/// Checks that the parts are the whole.
fn adds_up(found: &Attribution) {
    let sites: f64 = found.sites.iter().map(|site| site.self_ns.estimate).sum();
    let sum = sites + found.unexplained.estimate;
    let size = found.whole.estimate.abs().max(1.0);
    assert!(
        (sum - found.whole.estimate).abs() < 1e-6 * size,
        "{sum} of {}",
        found.whole.estimate
    );
}

#[test]
fn the_change_of_the_whole_is_the_sum_of_its_parts() {
    let mut rng = Rng::new(3);
    let found = Stored::new("app")
        .runs(&runs(8, 5e6, &mut rng), &runs(8, 6e6, &mut rng))
        .expect("comparable");
    let origin = found.attribution.as_ref().expect("sites");
    adds_up(origin);
    assert_eq!(origin.sites[0].id, "parse");
    let shift = origin.sites[0].self_ns;
    assert!(
        shift.low.is_some_and(|low| low > 0.9e6) && shift.high.is_some_and(|high| high < 1.1e6),
        "{shift:?}"
    );
    assert!(origin.sites[1].self_ns.low.is_some_and(|low| low < 0.0));
    let text = found.report().text(None, false);
    assert!(
        text.contains("the whole changed by +") && text.contains("parse +"),
        "{text}"
    );
}

/// A program whose candidate calls one function twice as often, and another one not any more.
struct Program {
    calls: f64,
    old_way: f64,
    rng: Rng,
}

impl Arm for Program {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let mut noise = || 1.0 + 0.002 * self.rng.normal();
        let (lookup, old_way, rest) = (
            self.calls * 1e5 * noise(),
            self.old_way * noise(),
            3e6 * noise(),
        );
        into.set(Metric::WALL, lookup + old_way + rest);
        into.set(Metric::Resource(Resource::MinorFaults), 100.0 + self.calls);
        into.set(Metric::site("lookup", SiteMetric::SelfTime), lookup);
        into.set(Metric::site("lookup", SiteMetric::Calls), self.calls);
        let faults = Metric::site("lookup", SiteMetric::MinorFaults);
        into.set(faults, 7.0 * self.calls);
        let waiting = Metric::site("lookup", SiteMetric::Waiting);
        into.set(waiting, 0.5 * lookup);
        into.set(Metric::site("lookup", SiteMetric::Allocations), 3.0);
        if self.old_way > 0.0 {
            into.set(Metric::site("old_way", SiteMetric::SelfTime), old_way);
            into.set(Metric::site("old_way", SiteMetric::Calls), 1.0);
        }
        Ok(())
    }
}

#[test]
fn what_moved_with_the_change_is_told_and_sites_of_one_side_count() {
    let program = |calls, old_way, seed| Program {
        calls,
        old_way,
        rng: Rng::new(seed),
    };
    let (mut old, mut new) = (program(10.0, 5e5, 1), program(20.0, 0.0, 2));
    let planned = Experiment::new("app").pairs(20).seed(4).witness_off();
    let found = planned.run(&mut old, &mut new).expect("simulated");
    let origin = found.attribution.as_ref().expect("sites");
    adds_up(origin);
    let names: Vec<&str> = origin.sites.iter().map(|site| site.id.as_str()).collect();
    assert_eq!(names, ["lookup", "old_way"]);
    let moved: Vec<&str> = origin.sites[0]
        .moved
        .iter()
        .map(|moved| moved.metric.as_str())
        .collect();
    assert_eq!(moved, ["calls", "waiting", "minor-faults"]);
    let of = |at: usize| {
        let moved = &origin.sites[0].moved[at];
        (moved.baseline, moved.candidate)
    };
    assert_eq!((of(0), of(2)), ((10.0, 20.0), (70.0, 140.0)));
    let text = found.report().text(None, false);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in ["calls 10 -> 20; waiting 5", " ms; minor-faults 70 -> 140"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(
        (origin.sites[1].self_ns.estimate + 5e5).abs() < 1e4,
        "{:?}",
        origin.sites[1]
    );
    assert_eq!(origin.moved.len(), 1);
    assert_eq!(
        (origin.moved[0].metric.as_str(), origin.moved[0].candidate),
        ("minor-faults", 120.0)
    );
    let back: perf_core::judge::Comparison =
        serde_json::from_str(&found.json()).expect("reads back");
    assert_eq!(back.attribution, found.attribution);
}
