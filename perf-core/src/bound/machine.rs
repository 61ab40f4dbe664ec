//! In: what the machine did beside the calls. Out: [`Machine`]: what a slow call would have taken without it, and a sentence on it.

/// Watches the machine during one check.
pub(super) struct Machine {
    disturbed: u64,
}

impl Machine {
    pub(super) fn start(_seed: u64) -> Self {
        Self { disturbed: 0 }
    }

    /// What a call beyond the limit would have taken on a machine that did nothing else; at most what it took.
    pub(super) fn undisturbed(&mut self, nanoseconds: f64, _limit: f64) -> f64 {
        nanoseconds
    }

    /// Between calls: time to look at the machine, seldom.
    pub(super) fn rest(&mut self, _now: u64) {}

    pub(super) fn told(&self) -> String {
        format!("{} disturbances seen", self.disturbed)
    }
}
