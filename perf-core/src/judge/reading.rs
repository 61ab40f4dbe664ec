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
            Self::SelfTime => Some(row.self_ns.max(0.0)),
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
