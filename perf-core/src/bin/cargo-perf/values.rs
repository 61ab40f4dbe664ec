//! In: what one process took, and the run files it left. Out: their numbers, noted in a measurement.

use perf_core::judge::{Measurement, Metric, Resource};
use perf_core::launch::Floor;
use perf_core::run::{Run, Usage};

/// A peak of memory that does not stand out from the floor counts as the floor: less cannot be told apart.
pub(crate) fn of_process(usage: &Usage, floor: Floor, into: &mut Measurement) {
    let peak = floor.above(usage.peak_rss_bytes);
    let peak = peak.unwrap_or(floor.peak_rss_bytes);
    into.add_usage(usage);
    into.set(Metric::Resource(Resource::PeakRss), peak as f64);
}

/// The sites of all processes that one run started, together.
pub(crate) fn of_sites(runs: &[Run], into: &mut Measurement) {
    let mut snapshots = runs.iter().map(|run| &run.snapshot);
    let Some(first) = snapshots.next() else {
        return;
    };
    let mut all = first.clone();
    for snapshot in snapshots {
        // Of another layout of histograms: the first process's numbers are right as they are.
        if let Ok(together) = all.merge(snapshot) {
            all = together;
        }
    }
    if let Some(resources) = &all.resources {
        into.add_resources(resources);
    }
    into.add_sites(&all);
}
