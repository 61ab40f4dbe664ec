//! In: the budget. Out: [`Pace`]: warm-up first, then whether there is time for one more call.

use crate::bound::options::{Options, WARM_UP_CALLS, WARM_UP_TIME};
use crate::bound::timing::{Ask, TimedCall};
use crate::clock::Clock;
use crate::units;

/// The time of one check, from its first judged call on.
pub(super) struct Pace {
    clock: &'static Clock,
    start: u64, // ticks
    end: u64,   // ticks
    now: u64,   // ticks, of the latest look
    warmed_up: u64,
}

impl Pace {
    /// Warms the closure up, then starts the budget.
    pub(super) fn start(options: &Options, call: &mut TimedCall<'_>) -> Self {
        let clock = Clock::global();
        let (calls, time) = match options.warm_up {
            Some(calls) => (calls, u64::MAX),
            None => (WARM_UP_CALLS, clock.ticks(WARM_UP_TIME.as_nanos() as u64)),
        };
        let since = clock.now();
        let mut warmed_up = 0;
        let in_time = || clock.now().saturating_sub(since) < time;
        while warmed_up < calls && (warmed_up == 0 || in_time()) {
            call(Ask::wall(1));
            warmed_up += 1;
        }
        let start = clock.now();
        let budget = u64::try_from(options.budget.as_nanos()).unwrap_or(u64::MAX);
        Self {
            clock,
            start,
            end: start.saturating_add(clock.ticks(budget)),
            now: start,
            warmed_up,
        }
    }

    /// Whether the budget has room for one more call.
    pub(super) fn goes_on(&mut self) -> bool {
        self.now = self.clock.now();
        self.now < self.end
    }

    /// The latest look at the clock, in ticks.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Nanoseconds from the start to the latest look.
    pub(super) fn elapsed(&self) -> f64 {
        self.clock
            .nanoseconds_f64(self.now.saturating_sub(self.start) as f64)
    }

    /// Nanoseconds since the start.
    pub(super) fn spent(&self) -> f64 {
        let now = self.clock.now();
        self.clock
            .nanoseconds_f64(now.saturating_sub(self.start) as f64)
    }

    pub(super) fn told(&self, options: &Options) -> String {
        let budget = units::duration(options.budget.as_secs_f64() * 1e9);
        format!(
            "{} of {budget}, after {} calls to warm up",
            units::duration(self.spent()),
            units::count(self.warmed_up)
        )
    }
}
