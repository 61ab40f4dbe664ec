//! In: what one process took, and the run files it left. Out: the numbers that an experiment compares.

use perf_core::Resources;
use perf_core::judge::{Measurement, Metric, Resource, SiteMetric};
use perf_core::launch::Floor;
use perf_core::run::{Run, Usage};

/// A peak of memory that does not stand out from the floor counts as the floor: less cannot be told apart.
pub(crate) fn of_process(usage: &Usage, floor: Floor, into: &mut Measurement) {
    let peak = usage.peak_rss_bytes;
    let peak = floor.above(peak).unwrap_or(floor.peak_rss_bytes);
    let values = [
        (Resource::Wall, usage.wall_ns),
        (Resource::Cpu, usage.user_ns + usage.sys_ns),
        (Resource::User, usage.user_ns),
        (Resource::Sys, usage.sys_ns),
        (Resource::PeakRss, peak as f64),
        (Resource::MinorFaults, usage.minor_faults as f64),
        (Resource::MajorFaults, usage.major_faults as f64),
        (Resource::VoluntarySwitches, usage.voluntary_switches as f64),
        (
            Resource::InvoluntarySwitches,
            usage.involuntary_switches as f64,
        ),
    ];
    for (resource, value) in values {
        into.set(Metric::Resource(resource), value);
    }
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
        of_resources(resources, into);
    }
    for row in all.rows.iter().filter(|row| row.calls > 0) {
        for &of in SiteMetric::ALL {
            if let Some(value) = of.of_row(row) {
                into.set(Metric::site(&row.id, of), value);
            }
        }
    }
}

/// What sessions know of themselves and `wait4` does not.
fn of_resources(resources: &Resources, into: &mut Measurement) {
    let totals = [
        (Resource::ReadBytes, "read"),
        (Resource::WrittenBytes, "written"),
        (Resource::ReadCalls, "read_calls"),
        (Resource::WriteCalls, "write_calls"),
        (Resource::StorageRead, "storage_read"),
        (Resource::StorageWritten, "storage_written"),
    ];
    for (resource, name) in totals {
        if let Some(amount) = resources.total(name) {
            into.set(Metric::Resource(resource), amount as f64);
        }
    }
}
