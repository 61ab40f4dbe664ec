//! In: the probes. Out: what a program asks of its own resources while it runs: how much room there is, leave to use it, a warning at
//! a limit, a history, and whether something leaks.

mod calls;
mod growth;
mod headroom;
mod leak;
mod ledger;
mod limits;
mod marks;
mod pace;
mod permit;
mod recorder;
mod sampler;

pub use growth::Growth;
pub use headroom::{Headroom, LimitedBy, Room, headroom, headroom_within};
pub use leak::{Allowed, LeakFinding, leak, leak_of_memory};
pub use limits::{Breach, Limited, Limits};
pub use perf_stats::trend::LeakVerdict;
pub use permit::{MemoryPermit, MemoryPermits, NoRoom};
pub use sampler::{LEAST_PERIOD, Sampler};
