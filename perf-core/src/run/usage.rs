//! In: what the kernel counts for a process. Out: [`Usage`], as its parent sees it at its end.

use serde::{Deserialize, Serialize};

/// What one process took from its start to its end, as the process that waited for it was told; CPU time, faults and switches include
/// those of children that it waited for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Usage {
    /// Wall time from before the fork to its end, in nanoseconds.
    pub wall_ns: f64,
    /// CPU time in user mode, in nanoseconds; the kernel counts in microseconds.
    pub user_ns: f64,
    /// CPU time in the kernel, in nanoseconds.
    pub sys_ns: f64,
    /// Largest resident memory of the process, or of the largest child it waited for, in bytes; never less than it inherits from its
    /// parent.
    pub peak_rss_bytes: u64,
    /// Page faults that needed no device.
    pub minor_faults: u64,
    /// Page faults that read from a device.
    pub major_faults: u64,
    /// Switches to another task because it waited.
    pub voluntary_switches: u64,
    /// Switches to another task because its turn was over.
    pub involuntary_switches: u64,
}
