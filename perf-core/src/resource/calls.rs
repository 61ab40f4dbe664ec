//! In: the registry, asked again and again. Out: [`CallsRecorder`], the calls of each site over time, at a bounded cost.

use crate::clock::cpu;
use crate::registry::{self, CallCounts};
use crate::snapshot::{CallSteps, CallsOverTime, Row};
use std::time::Instant;

/// A look is followed by a pause of at least so many times what it took: 0.02 % of a core at most.
const PAUSE: u64 = 5_000;

/// The first look stands for the time before it, not for a moment.
const LEAST_STEP_NS: u64 = 500_000;

/// What a sampler knows of calls.
#[derive(Debug)]
pub(super) struct CallsRecorder {
    last: CallCounts, // at the last look
    now: CallCounts,
    steps: CallSteps,
    due_ns: u64,
}

impl CallsRecorder {
    /// Counts from now on, which is `0` of the later looks.
    pub(super) fn new() -> Self {
        let mut last = CallCounts::default();
        registry::count_calls(&mut last, true);
        Self {
            last,
            now: CallCounts::default(),
            steps: CallSteps::new(0),
            due_ns: LEAST_STEP_NS,
        }
    }

    /// One look, so many nanoseconds after sampling began, unless it comes too soon after a dear one. The last one is always taken.
    ///
    /// Cost: measured, and followed by 5,000 times as long a pause.
    pub(super) fn look(&mut self, at_ns: u64, last: bool) {
        if !last && at_ns < self.due_ns {
            return;
        }
        let (start, cpu) = (Instant::now(), cpu::now());
        registry::count_calls(&mut self.now, last);
        let called = self.last.take_in(&self.now);
        self.steps.look(at_ns, called);
        let took = match (cpu, cpu::now()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => start.elapsed().as_nanos() as u64,
        };
        self.due_ns = at_ns.saturating_add(took.saturating_mul(PAUSE));
    }

    /// What is known so far, with sites as these rows name them.
    pub(super) fn seen(&self, rows: &[Row]) -> Option<CallsOverTime> {
        self.steps.named(rows)
    }
}
