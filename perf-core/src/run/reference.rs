//! In: the clock. Out: [`Reference`], what a fixed piece of work took here: it knows the machine and not the program.

use crate::clock::Clock;
use perf_stats::describe::median;
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// The piece of work of this version. Another one bears another name, and is compared with none of this one.
const WORK: &str = "multiply-1";
/// Dependent multiplications of a slot: some 3 µs.
const STEPS: u64 = 2_000;
/// Slots: some 10 ms together, so that the median is that of a core that has come to its speed.
const SLOTS: usize = 3_000;

/// A reference slot: a fixed piece of arithmetic, timed beside a run, in the registers of one core.
///
/// In the runs of both sides it is their canary: where it differs between them, so does the machine. In runs from unlike machines it is
/// what their times are divided by. It says nothing of memory, caches or disks: a program bound by those goes its own way.
///
/// ```
/// use perf_core::run::Reference;
/// let Some(here) = Reference::measure() else { return }; // a platform without a clock
/// assert!(here.median_ns > 0.0 && here.slots > 100);
/// assert!(here.is_like(&here));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reference {
    /// The name of the piece of work.
    pub work: String,
    /// What it took, in nanoseconds: the median over the slots.
    pub median_ns: f64,
    /// How often it was timed.
    pub slots: u32,
}

impl Reference {
    /// Times the piece of work on this thread: some 10 ms. None where the platform has no clock.
    pub fn measure() -> Option<Self> {
        let clock = Clock::global();
        let slot = |_| {
            let start = clock.now();
            let mut x = black_box(1u64);
            for _ in 0..STEPS {
                x = x.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            }
            black_box(x);
            clock.nanoseconds_f64(clock.now().saturating_sub(start) as f64)
        };
        let slots: Vec<f64> = (0..if clock.exists() { SLOTS } else { 0 })
            .map(slot)
            .collect();
        let median_ns = median(&slots).ok().filter(|ns| *ns > 0.0)?;
        Some(Self {
            work: WORK.to_owned(),
            median_ns,
            slots: slots.len() as u32,
        })
    }

    /// Whether both are times of the same piece of work.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.work == other.work
    }
}
