//! In: a site's row, or what the kernel counted for a process. Out: the number that a metric names.

use super::metric::{Resource, SiteMetric};
use crate::run::Usage;
use crate::snapshot::{FaultCounts, Resources, Row};

impl SiteMetric {
    /// The number in this metric's unit; none where the calls do not bound it.
    pub fn of_row(self, row: &Row) -> Option<f64> {
        let quantile = |p| row.quantile(p).map(|estimate| estimate.value);
        let met = |count: fn(&FaultCounts) -> u64| row.faults.map(|met| count(&met.all) as f64);
        match self {
            Self::Calls => Some(row.calls as f64),
            // Below 0 what its sampled callees took is estimated too high: such a number is missing, and not nothing.
            Self::SelfTime => (row.self_ns >= 0.0).then_some(row.self_ns),
            Self::Total => Some(row.total_ns),
            Self::Mean => row.mean_ns(),
            Self::P50 => quantile(0.5),
            Self::P90 => quantile(0.9),
            Self::P99 => quantile(0.99),
            Self::Max => (row.recorded > 0).then_some(row.max_ns),
            Self::Allocations => row.allocations.map(|taken| taken.count as f64),
            Self::AllocatedBytes => row.allocations.map(|taken| taken.bytes as f64),
            Self::OnCpu => row.cpu.map(|cpu| cpu.on_cpu_ns),
            Self::Waiting => row.cpu.map(|cpu| cpu.waiting_ns),
            Self::MinorFaults => met(|all| all.minor_faults),
            Self::MajorFaults => met(|all| all.major_faults),
            Self::VoluntarySwitches => met(|all| all.voluntary_switches),
            Self::InvoluntarySwitches => met(|all| all.involuntary_switches),
        }
    }
}

/// How much of a site's own time is not told from the cost of recording it, in nanoseconds: its sampled calls' doubt.
pub(crate) fn doubt_ns(row: &Row) -> f64 {
    row.cost_doubt_ns * row.calls.saturating_sub(row.recorded) as f64
}

impl Resource {
    /// The number in this metric's unit; none for what the kernel does not count.
    pub fn of_usage(self, usage: &Usage) -> Option<f64> {
        match self {
            Self::Wall => Some(usage.wall_ns),
            Self::Cpu => Some(usage.user_ns + usage.sys_ns),
            Self::User => Some(usage.user_ns),
            Self::Sys => Some(usage.sys_ns),
            Self::PeakRss => Some(usage.peak_rss_bytes as f64),
            Self::MinorFaults => Some(usage.minor_faults as f64),
            Self::MajorFaults => Some(usage.major_faults as f64),
            Self::VoluntarySwitches => Some(usage.voluntary_switches as f64),
            Self::InvoluntarySwitches => Some(usage.involuntary_switches as f64),
            _ => None,
        }
    }

    /// The number among a session's own totals; none for what it did not count.
    pub fn of_resources(self, resources: &Resources) -> Option<f64> {
        let name = match self {
            Self::ReadBytes => "read",
            Self::WrittenBytes => "written",
            Self::ReadCalls => "read_calls",
            Self::WriteCalls => "write_calls",
            Self::StorageRead => "storage_read",
            Self::StorageWritten => "storage_written",
            _ => return None,
        };
        resources.total(name).map(|amount| amount as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::layout::Layout;

    #[test]
    fn own_time_below_nothing_is_missing() {
        let mut row = Row::of_calls("a".to_owned(), Layout::DEFAULT, &[5.0, 5.0]);
        assert_eq!(SiteMetric::SelfTime.of_row(&row), Some(10.0));
        row.self_ns = -3.0;
        assert_eq!(SiteMetric::SelfTime.of_row(&row), None);
        assert_eq!(doubt_ns(&row), 0.0);
    }
}
