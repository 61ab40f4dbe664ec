//! In: nothing. Out: what pages show: a sampled program, a call tree with allocations, an experiment, a history, a study.

use perf_core::history::Entry;
use perf_core::judge::{
    Arm, ArmError, Comparison, Experiment, Measurement, Metric, Replicate, Resource, SiteMetric,
};
use perf_core::stats::Rng;
use perf_core::study::{self, Choices, Opened, Studies, Workload};
use perf_core::{Session, Snapshot};
use std::ops::ControlFlow;
use std::path::Path;

pub(crate) const HOSTILE: &str = "</script><img src=x onerror=\"alert('1')\">&\u{202e}";

pub(crate) fn seen() -> Snapshot {
    let session = Session::options("page").report(false).paths(true).start();
    for _ in 0..1_000 {
        let _outer = perf_core::span!(HOSTILE);
        let _inner = perf_core::span!("inner");
    }
    session.finish()
}

/// A program with two sites, one of them with a name that would like to be markup; parsing takes a factor of 6 ms.
pub(crate) struct Simulated {
    parse: f64,
    rng: Rng,
}

impl Arm for Simulated {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        let mut noise = |mean: f64| mean * (1.0 + 0.02 * self.rng.normal());
        let (parse, write) = (noise(6e6 * self.parse), noise(3e6));
        for (site, own) in [("import::parse", parse), (HOSTILE, write)] {
            into.set(Metric::site(site, SiteMetric::SelfTime), own);
            into.set(Metric::site(site, SiteMetric::Calls), 1_000.0);
        }
        into.set(Metric::WALL, parse + write + 1e6);
        into.set(Metric::Resource(Resource::PeakRss), noise(5e7));
        Ok(())
    }
}

pub(crate) fn simulated(parse: f64, seed: u64) -> Simulated {
    let rng = Rng::new(seed);
    Simulated { parse, rng }
}

/// The tree of a program whose allocations were counted at two of three sites.
pub(crate) fn allocating() -> Snapshot {
    let mut json = serde_json::to_value(seen()).expect("JSON");
    let context = |path: &[&str], own: Option<(u64, u64)>| {
        let mut context =
            serde_json::json!({ "path": path, "calls": 5, "total_ns": 3e6, "self_ns": 1e6 });
        if let Some((count, bytes)) = own {
            context["allocations"] = serde_json::json!({ "count": count, "bytes": bytes });
        }
        context
    };
    json["contexts"] = serde_json::json!([
        context(&["main"], None),
        context(&["main", HOSTILE], Some((1, 3_000))),
        context(&["main", "often"], Some((3, 1_000))),
    ]);
    serde_json::from_value(json).expect("a snapshot")
}

/// A sampled program with two sessions, a limit near enough to be drawn that was crossed, and one far above.
pub(crate) fn marked() -> Snapshot {
    let mut json = serde_json::to_value(seen()).expect("JSON");
    let steps: Vec<_> = (0..100u64)
        .map(|i| (i * 10_000_000, i * 10_000_000, 1, i, i, i))
        .collect();
    json["resources"]["series"] = serde_json::json!([
        { "name": "rss", "unit": "bytes", "samples_a_step": 1, "steps": steps },
        { "name": "threads", "unit": "count", "samples_a_step": 1, "steps": steps },
    ]);
    json["resources"]["sessions"] = serde_json::json!([
        { "name": "whole" }, { "name": HOSTILE, "from_ns": 250_000_000, "to_ns": 500_000_000 },
    ]);
    json["resources"]["limits"] = serde_json::json!([
        { "series": "rss", "value": 80.0 }, { "series": "threads", "value": 1e6 },
    ]);
    json["resources"]["crossings"] =
        serde_json::json!([{ "series": "rss", "at_ns": 810_000_000, "value": 81.0 }]);
    json["calls_over_time"] = serde_json::json!({
        "from_ns": 0, "ends_ns": [500_000_000, 1_000_000_000], "sites": [{ "site": "inner", "calls": [900, 100] }],
    });
    serde_json::from_value(json).expect("a snapshot")
}

/// An experiment whose candidate parses slower.
pub(crate) fn experiment() -> Comparison {
    Experiment::new("import")
        .unit(Replicate::ProcessPair)
        .pairs(40)
        .seed(7)
        .run(&mut simulated(1.0, 1), &mut simulated(1.3, 2))
        .expect("nothing can fail here")
}

/// A history of sixty nights, of which the thirty-sixth was slower and all after it.
pub(crate) fn nights() -> Vec<Entry> {
    let mut rng = Rng::new(3);
    (0..60)
        .map(|night| {
            let level = if night < 35 { 100e6 } else { 112e6 };
            Entry::now(HOSTILE)
                .with_commit(&format!("c{night}"))
                .with("wall", level * (1.0 + 0.01 * rng.normal()))
                .with("peak-rss", 5e7 * (1.0 + 0.01 * rng.normal()))
        })
        .collect()
}

/// A study: its page when a prediction stood, and when it was validated.
pub(crate) fn studied(folder: &Path) -> (String, Opened) {
    let studies = Studies::at(folder);
    let workload = Workload::command(["import", "data.csv"]).expect("a command");
    let mut begun = studies.begin(HOSTILE, workload).expect("begun");
    begun
        .measure(&mut simulated(1.0, 1), 12, |_| ())
        .expect("measured");
    let expected = "-25%..-15%".parse().expect("a range");
    begun
        .suppose("validated twice", None, "wall", expected, 0.7)
        .expect("supposed");
    let asked = study::page(&studies.open(None).expect("open").dossier().clone()).html();
    let frozen = begun.optimize(1, &Choices::default()).expect("frozen");
    let go_on = Box::new(|_: &_| ControlFlow::Continue(()));
    let (mut old, mut new) = (simulated(1.0, 11), simulated(0.7, 12));
    let opened = frozen
        .validate(&mut old, &mut new, "simulated", None, go_on)
        .expect("validated");
    (asked, opened)
}
