//! In: fresh calls, once a quantile looks broken. Out: whether they confirm it.

use crate::bound::between::Between;
use crate::bound::confirm::{Next, Schedule};
use crate::bound::exceeding::Call;
use crate::bound::verdict::{Reason, Verdict};
use crate::units;

/// The second test of a bound on a quantile.
#[derive(Debug)]
pub(super) struct Fresh {
    p: f64,
    limits: [f64; 2], // what the limit is at least and at most, in nanoseconds
    schedule: Option<Schedule>, // none: the calls were made elsewhere
    waiting: Vec<Call>, // until they are spread enough
    test: Option<Between>,
    calls: u64,
    exceeded: u64,
}

impl Fresh {
    pub(super) fn new(p: f64, limits: [f64; 2], schedule: Option<Schedule>) -> Self {
        Self {
            p,
            limits,
            schedule,
            waiting: Vec::new(),
            test: None,
            calls: 0,
            exceeded: 0,
        }
    }

    /// What to do at this moment.
    pub(super) fn next(&mut self, now: f64) -> Next {
        let schedule = self.schedule.as_mut();
        schedule.map_or(Next::Judge, |schedule| schedule.next(now))
    }

    /// Takes a call; says something as soon as it is known.
    pub(super) fn push(&mut self, call: Call) -> Option<Verdict> {
        self.calls += 1;
        self.exceeded += u64::from(call.nanoseconds > self.limits[0]);
        let said = if let Some(test) = &mut self.test {
            test.push(call)
        } else {
            self.waiting.push(call);
            self.begin()
        };
        match said {
            Some(Verdict::Holds) => Some(self.not_confirmed()),
            said => said,
        }
    }

    /// Hands what has waited to the test, once it is spread enough.
    fn begin(&mut self) -> Option<Verdict> {
        if self.schedule.as_ref().is_some_and(|s| !s.suffices()) {
            return None;
        }
        let [low, high] = self.limits;
        let mut test = Between::fresh(self.p, low, high, self.calls).ok()?;
        let said = self
            .waiting
            .drain(..)
            .fold(None, |said, call| said.or(test.push(call)));
        self.test = Some(test);
        said
    }

    /// The verdict when nothing more comes.
    pub(super) fn give_up(&mut self) -> Verdict {
        match self.test.as_mut().map(Between::give_up) {
            Some(said @ (Verdict::Broken | Verdict::Inconclusive(Reason::BusyMachine { .. }))) => {
                said
            }
            _ => self.not_confirmed(),
        }
    }

    fn not_confirmed(&self) -> Verdict {
        Verdict::Inconclusive(Reason::NotConfirmed { fresh: self.calls })
    }

    /// The limit that calls are compared with, in nanoseconds; of a baseline, what it is at least.
    pub(super) fn limit(&self) -> f64 {
        self.limits[0]
    }

    /// Calls, and those beyond the limit.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.calls, self.exceeded)
    }

    /// Exceedances that a disturbance of the machine explains.
    pub(super) fn excused(&self) -> u64 {
        self.test.as_ref().map_or(0, Between::excused)
    }

    pub(super) fn told(&self) -> String {
        let share = self.exceeded as f64 / self.calls.max(1) as f64;
        let when = self.schedule.as_ref().map_or(String::new(), |schedule| {
            format!(" over {} after a pause", units::duration(schedule.covers()))
        });
        format!(
            "{} more{when}, {} beyond the limit ({})",
            units::count(self.calls),
            units::count(self.exceeded),
            units::percent(share)
        )
    }
}
