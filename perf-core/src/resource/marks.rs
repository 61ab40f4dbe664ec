//! In: the limits of a sampler and the moments at which it found them crossed. Out: what marks them in the series that they are of.

use super::limits::{Breach, Limited, Limits};
use crate::snapshot::{Crossing, LimitLine, Resources};

/// Crossings that are kept, the first ones.
const MOST: usize = 64;

/// When limits were found crossed.
#[derive(Debug, Default)]
pub(super) struct Crossings(Vec<(u64, Limited, f64)>);

impl Crossings {
    pub(super) fn take(&mut self, at_ns: u64, breaches: &[Breach]) {
        let room = MOST.saturating_sub(self.0.len());
        let new = breaches.iter().take(room);
        self.0
            .extend(new.map(|breach| (at_ns, breach.what, breach.value)));
    }

    /// Marks them, and the limits, in these resources.
    pub(super) fn mark(&self, limits: &Limits, resources: &mut Resources) {
        let lines = limits.all.iter().filter_map(|&(what, value)| {
            let (series, value) = place(what, value, resources)?;
            Some(LimitLine::new(series, value))
        });
        let lines = lines.collect();
        let points = self.0.iter().filter_map(|&(at_ns, what, value)| {
            let (series, value) = place(what, value, resources)?;
            Some(Crossing::new(series, at_ns, value))
        });
        resources.crossings = points.collect();
        resources.limits = lines;
    }
}

/// The series that a limit is of, and a value of the limit in the unit of that series.
fn place(what: Limited, value: f64, resources: &Resources) -> Option<(&'static str, f64)> {
    let of = |series| {
        let whole = resources.level(series)?.limit?;
        Some((series, value * whole as f64))
    };
    match what {
        Limited::Rss => Some(("rss", value)),
        Limited::Descriptors => Some(("descriptors", value)),
        Limited::Threads => Some(("threads", value)),
        Limited::CpuShare => Some(("cpu", value * resources.cpus?)),
        Limited::MemoryShare => of("cgroup_memory").or_else(|| of("machine_memory")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_what_the_process_may_use_and_crossings_are_bounded() {
        let limits = Limits::new().rss(70).cpu_share(0.5).memory_share(0.9);
        let mut resources = Resources {
            cpus: Some(4.0),
            ..Resources::default()
        };
        let breach = |value| Breach {
            what: Limited::CpuShare,
            value,
            limit: 0.5,
            grew: vec![],
        };
        let mut crossings = Crossings::default();
        (0..100).for_each(|at| crossings.take(at, &[breach(0.75)]));
        crossings.mark(&limits, &mut resources);
        // Of how much memory it is a share is not known here.
        let lines = [LimitLine::new("rss", 70.0), LimitLine::new("cpu", 2.0)];
        assert_eq!(resources.limits, lines);
        assert_eq!(resources.crossings.len(), MOST);
        assert_eq!(resources.crossings[1], Crossing::new("cpu", 1, 3.0));
    }
}
