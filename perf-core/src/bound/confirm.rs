//! In: the time, once something looks broken. Out: which calls are judged again, so that no disturbance that passes can fill them.
//!
//! Half a millisecond of calls can suffice to say `Broken`, and one interruption can fill half a millisecond. So `Broken` needs a second
//! test, of fresh calls: after a pause, a few in each period, over ten periods at least. Both tests must say it. Each is valid whenever one
//! stops, so that the error rate of both together is at most that of the first; the second can only take a `Broken` away.

use crate::bound::kernel::chain;
use crate::clock::Clock;
use std::hint::black_box;

/// Error rate of the second test by itself.
pub(super) const ALPHA_CONFIRM: f64 = 1e-3;
/// Between the two tests: longer than what a scheduler or a host takes at once.
pub(super) const PAUSE_NS: f64 = 20e6;
/// The second test's calls come in periods, some at the beginning of each.
pub(super) const PERIOD_NS: f64 = 5e6;
/// Periods before the second test may say anything: a burst as long as two of them is then a minority that clusters.
const PERIODS: u64 = 10;
/// Calls after a rest that are made and not judged.
const WARM: u64 = 4;
/// A first test as long as this whose calls come no denser than the second's has spread them already.
const SPREAD_NS: f64 = 200e6;
/// Multiplications between two looks at the clock while resting.
const IDLE_STEPS: usize = 1_000;

/// When the second test takes its calls. Times are nanoseconds since any moment.
#[derive(Debug)]
pub(super) struct Schedule {
    quota: u64, // calls a period
    opens: f64, // the period that is open or comes next
    begun: bool,
    taken: u64, // calls in this period
    periods: u64,
    rested: bool,
    warm: u64, // calls still to be made before one is judged
    first: f64,
    last: f64,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A call that counts.
    Judge,
    /// A call that does not: the caches may be cold after a rest.
    Warm,
    /// Nothing, for a moment.
    Rest,
}

impl Schedule {
    /// Begins after a pause. `quota` calls are judged in each period.
    pub(super) fn after(now: f64, quota: u64) -> Self {
        Self {
            quota,
            opens: now + PAUSE_NS,
            begun: false,
            taken: 0,
            periods: 0,
            rested: true,
            warm: 0,
            first: now,
            last: now,
        }
    }

    pub(super) fn next(&mut self, now: f64) -> Next {
        let open = self.begun && now < self.opens + PERIOD_NS;
        if now < self.opens || (open && self.taken >= self.quota) {
            self.rested = true;
            return Next::Rest;
        }
        if !open {
            self.periods += u64::from(self.begun);
            self.first = if self.begun { self.first } else { now };
            (self.opens, self.begun, self.taken) = (now, true, 0);
            self.warm = if self.rested { WARM } else { 0 };
            self.rested = false;
        }
        self.last = now;
        if self.warm > 0 {
            self.warm -= 1;
            return Next::Warm;
        }
        self.taken += 1;
        Next::Judge
    }

    /// Whether the calls so far are spread enough for a verdict.
    pub(super) fn suffices(&self) -> bool {
        self.periods >= PERIODS
    }

    /// Nanoseconds from the first call to the last.
    pub(super) fn covers(&self) -> f64 {
        self.last - self.first
    }
}

/// Calls a period for a proof that takes so many calls: a fifth of it in the least number of periods is not yet one.
pub(super) fn quota(calls_to_hold: u64) -> u64 {
    (calls_to_hold / 12).max(4)
}

/// Whether so many calls over so many nanoseconds are spread as the second test's would be.
pub(super) fn is_spread(calls: u64, nanoseconds: f64, quota: u64) -> bool {
    nanoseconds >= SPREAD_NS && calls as f64 * PERIOD_NS <= quota as f64 * nanoseconds
}

/// Lets others run, and keeps the processor from falling asleep, which would make the next calls slow.
pub(super) fn idle() {
    std::thread::yield_now();
    black_box(chain(black_box(IDLE_STEPS)));
}

/// What passes between measurements; tests pass another one than the clock's.
pub(super) trait Time {
    /// Nanoseconds since any moment.
    fn now(&self) -> f64;
    /// Lets a moment pass in which nothing is measured.
    fn idle(&self);

    /// Lets so many nanoseconds pass.
    fn idle_for(&self, nanoseconds: f64) {
        let end = self.now() + nanoseconds;
        while self.now() < end {
            self.idle();
        }
    }
}

/// The time of the clock.
pub(super) struct RealTime;

impl Time for RealTime {
    fn now(&self) -> f64 {
        let clock = Clock::global();
        clock.nanoseconds_f64(clock.now() as f64)
    }

    fn idle(&self) {
        idle();
    }
}

/// Simulated time: it passes by what simulated calls take, and while nothing is measured.
#[cfg(test)]
#[derive(Default)]
pub(super) struct SimulatedTime(std::cell::Cell<f64>);

#[cfg(test)]
impl SimulatedTime {
    pub(super) fn pass(&self, nanoseconds: f64) {
        self.0.set(self.0.get() + nanoseconds);
    }
}

#[cfg(test)]
impl Time for SimulatedTime {
    fn now(&self) -> f64 {
        self.0.get()
    }

    fn idle(&self) {
        self.pass(20e3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When calls of so many nanoseconds are judged, within so many.
    fn judged(each: f64, quota: u64, until: f64) -> (Vec<f64>, Schedule) {
        let mut schedule = Schedule::after(0.0, quota);
        let (mut now, mut times) = (0.0, Vec::new());
        while now < until {
            match schedule.next(now) {
                Next::Judge => times.push(now),
                Next::Warm => {}
                Next::Rest => {
                    now += 1e3;
                    continue;
                }
            }
            now += each;
        }
        (times, schedule)
    }

    #[test]
    fn short_calls_are_spread_over_periods_after_a_pause() {
        let (times, schedule) = judged(1e3, 30, 100e6);
        assert!(times[0] >= PAUSE_NS && schedule.suffices());
        assert!(times.len() >= 14 * 30 && times.len() <= 17 * 30);
        let densest = times.windows(31).map(|some| some[30] - some[0]);
        assert!(densest.fold(f64::MAX, f64::min) >= PERIOD_NS);
        let (_, schedule) = judged(1e3, 30, PAUSE_NS + 9.0 * PERIOD_NS);
        assert!(!schedule.suffices());
    }

    #[test]
    fn long_calls_are_all_judged_without_rest() {
        let (times, schedule) = judged(1e6, 30, 120e6);
        assert!(times.len() >= 100 - WARM as usize - 1, "{}", times.len());
        assert!(schedule.suffices() && schedule.covers() > 90e6);
    }

    #[test]
    fn a_long_and_thin_first_test_is_spread_and_a_dense_or_short_one_is_not() {
        assert!(is_spread(600, 480e6, 30));
        assert!(!is_spread(100, 80e6, 30));
        assert!(!is_spread(300_000, 300e6, 30));
    }
}
