//! In: a finished run. Out: the numbers that an experiment compares, as a [`Measurement`].

use super::arm::Measurement;
use super::metric::{Metric, Resource, SiteMetric};
use super::reading::doubt_ns;
use crate::run::{Run, Usage};
use crate::snapshot::{Resources, Snapshot};

impl Measurement {
    /// What a run file holds: `wall` (the whole process where its parent stored it, else the time that the snapshot covers), the
    /// process's resources, and every number of every site.
    ///
    /// ```
    /// use perf_core::judge::{Measurement, Metric};
    /// let run = perf_core::run::Run::now("demo", perf_core::snapshot());
    /// assert!(Measurement::of_run(&run).get(&Metric::WALL).is_some());
    /// ```
    pub fn of_run(run: &Run) -> Self {
        let mut all = Self::default();
        all.set(Metric::WALL, run.snapshot.covers_ns as f64);
        if let Some(usage) = &run.usage {
            all.add_usage(usage);
        }
        if let Some(resources) = &run.snapshot.resources {
            all.add_resources(resources);
        }
        all.add_sites(&run.snapshot);
        all
    }

    /// Notes what a process took.
    pub fn add_usage(&mut self, usage: &Usage) {
        for &resource in Resource::ALL {
            if let Some(value) = resource.of_usage(usage) {
                self.set(Metric::Resource(resource), value);
            }
        }
    }

    /// Notes what sessions know of their process and its parent does not: what was read and written.
    pub fn add_resources(&mut self, resources: &Resources) {
        for &resource in Resource::ALL {
            if let Some(value) = resource.of_resources(resources) {
                self.set(Metric::Resource(resource), value);
            }
        }
    }

    /// Notes every number of every site that was called; quantiles only where the calls bound them.
    pub fn add_sites(&mut self, snapshot: &Snapshot) {
        for row in snapshot.rows.iter().filter(|row| row.calls > 0) {
            for &of in SiteMetric::ALL {
                if let Some(value) = of.of_row(row) {
                    self.push(Metric::site(&row.id, of), value);
                }
            }
            let doubt = doubt_ns(row);
            if doubt > 0.0 {
                self.doubt(&row.id, doubt);
            }
        }
    }
}
