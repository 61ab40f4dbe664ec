//! In: a site's meters. Out: [`Allocations`] and [`CpuTime`], which with its faults are what a row shows beyond time, where it was asked for.

use crate::alloc;
use crate::clock::cpu;
use crate::record::meter::Metered;
use crate::registry::Totals;
use crate::site::Site;
use crate::snapshot::{Faults, Row, faults};
use serde::{Deserialize, Serialize};

/// What a site's calls took from the allocator, on the threads they ran on; every call is counted, sampled or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Allocations {
    /// Calls counted: those that ended while recording was on.
    pub calls: u64,
    /// Allocations of these calls, callees included; a call within a call of the same site counts once, with the outer one.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Allocations without those of callees whose own are counted (`#[measure(alloc)]`); other callees' are in it.
    pub own_count: u64,
    /// Their bytes.
    pub own_bytes: u64,
}

/// The CPU time of a site's calls; the rest of their time they waited, for locks, input, other threads or a free CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CpuTime {
    /// Calls whose CPU time was read: the recorded ones.
    pub calls: u64,
    /// CPU time in nanoseconds, user and system, callees included; an estimate where the site was sampled.
    pub on_cpu_ns: f64,
    /// The row's `total_ns` without it, at least 0. A future waits from its first poll to ready whenever it is not polled.
    pub waiting_ns: f64,
    /// Standard deviation that sampling adds to `on_cpu_ns`.
    pub sampling_sd_ns: f64,
    /// What the readings cost in all, in nanoseconds: two of them a call, outside of the call's measured time.
    pub cost_ns: f64,
}

impl Allocations {
    /// Own allocations a call.
    pub fn own_count_per_call(&self) -> f64 {
        per(self.own_count, self.calls)
    }

    /// Bytes of own allocations a call.
    pub fn own_bytes_per_call(&self) -> f64 {
        per(self.own_bytes, self.calls)
    }

    /// Allocations a call, callees included.
    pub fn count_per_call(&self) -> f64 {
        per(self.count, self.calls)
    }

    /// Bytes of allocations a call, callees included.
    pub fn bytes_per_call(&self) -> f64 {
        per(self.bytes, self.calls)
    }
}

fn per(sum: u64, calls: u64) -> f64 {
    sum as f64 / calls.max(1) as f64
}

/// Puts into the row what its site asked for and the machine can tell.
pub(super) fn attach(row: &mut Row, site: &Site, metered: Option<&Metered>) {
    let seen = metered.copied().unwrap_or_default();
    if site.counts_allocations() && alloc::installed() {
        row.allocations = Some(Allocations {
            calls: seen.calls,
            count: seen.taken.count,
            bytes: seen.taken.bytes,
            own_count: seen.own.count,
            own_bytes: seen.own.bytes,
        });
    }
    if site.reads_cpu()
        && let Some(cost) = cpu::cost()
    {
        let on_cpu_ns = seen.cpu_ns as f64;
        let cost_ns = 2.0 * cost.wall_ns * seen.cpu_calls as f64;
        row.cost_ns += cost_ns;
        row.cpu = Some(CpuTime {
            calls: seen.cpu_calls,
            on_cpu_ns,
            waiting_ns: (row.total_ns - on_cpu_ns).max(0.0),
            sampling_sd_ns: seen.cpu_variance.sqrt(),
            cost_ns,
        });
    }
    if site.counts_faults() {
        row.faults = Faults::of(&seen.faults);
        row.cost_ns += row.faults.map_or(0.0, |faults| faults.cost_ns);
    }
    if site.transfers() {
        row.bytes = Some(seen.transferred);
    }
}

/// What was asked for and cannot be told here.
pub(super) fn notes(sites: &[(&'static Site, Totals)]) -> Vec<String> {
    let any = |asks: fn(&Site) -> bool| sites.iter().any(|(site, _)| asks(site));
    let mut notes = Vec::new();
    if any(Site::counts_allocations) && !alloc::installed() {
        notes.push(alloc::NOT_INSTALLED.to_owned());
    }
    if any(Site::reads_cpu) {
        notes.push(match cpu::cost() {
            Some(cost) => format!(
                "reading a thread's CPU time costs {} here, twice a recorded call of a site with `cpu`, beyond the budget",
                crate::units::duration(cost.wall_ns)
            ),
            None => "CPU time is not shown: this platform does not tell a thread's".to_owned(),
        });
    }
    if any(Site::counts_faults) {
        notes.push(faults::note());
    }
    notes
}

/// The later of two optional sums without the earlier.
pub(super) fn subtract(row: &mut Row, before: &Row) {
    if let (Some(now), Some(less)) = (&mut row.allocations, &before.allocations) {
        now.calls = now.calls.saturating_sub(less.calls);
        now.count = now.count.saturating_sub(less.count);
        now.bytes = now.bytes.saturating_sub(less.bytes);
        now.own_count = now.own_count.saturating_sub(less.own_count);
        now.own_bytes = now.own_bytes.saturating_sub(less.own_bytes);
    }
    if let (Some(now), Some(less)) = (&mut row.cpu, &before.cpu) {
        now.calls = now.calls.saturating_sub(less.calls);
        now.on_cpu_ns -= less.on_cpu_ns;
        now.waiting_ns = (row.total_ns - now.on_cpu_ns).max(0.0);
        let variance = now.sampling_sd_ns.powi(2) - less.sampling_sd_ns.powi(2);
        now.sampling_sd_ns = variance.max(0.0).sqrt();
        now.cost_ns -= less.cost_ns;
    }
    if let (Some(now), Some(less)) = (&mut row.faults, &before.faults) {
        now.subtract(less);
    }
    if let (Some(now), Some(less)) = (&mut row.bytes, before.bytes) {
        *now = now.saturating_sub(less);
    }
}

/// Both sums together; one that only one of them has stands for itself.
pub(super) fn add(row: &mut Row, other: &Row) {
    if let Some(more) = &other.allocations {
        let sum = row.allocations.get_or_insert_default();
        sum.calls = sum.calls.saturating_add(more.calls);
        sum.count = sum.count.saturating_add(more.count);
        sum.bytes = sum.bytes.saturating_add(more.bytes);
        sum.own_count = sum.own_count.saturating_add(more.own_count);
        sum.own_bytes = sum.own_bytes.saturating_add(more.own_bytes);
    }
    if let Some(more) = &other.cpu {
        let sum = row.cpu.get_or_insert_default();
        sum.calls = sum.calls.saturating_add(more.calls);
        sum.on_cpu_ns += more.on_cpu_ns;
        sum.waiting_ns += more.waiting_ns;
        sum.sampling_sd_ns = sum.sampling_sd_ns.hypot(more.sampling_sd_ns);
        sum.cost_ns += more.cost_ns;
    }
    if let Some(more) = &other.faults {
        row.faults.get_or_insert_default().add(more);
    }
    if let Some(more) = other.bytes {
        row.bytes = Some(row.bytes.unwrap_or(0).saturating_add(more));
    }
}
