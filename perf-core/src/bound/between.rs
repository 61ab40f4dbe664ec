//! In: latencies against a limit that is known between two ends. Out: a verdict that does not depend on where between them it lies.

use crate::bound::exceeding::{Call, Exceeding};
use crate::bound::verdict::{Reason, Verdict};
use perf_stats::StatsError;
use perf_stats::decision::BoundAnswer;

/// `Holds` is said of the lower end, `Broken` of the upper one.
#[derive(Debug)]
pub(super) struct Between {
    low: Exceeding,
    high: Option<Exceeding>, // none: the ends are one
}

impl Between {
    /// `p` is the share of calls that must be below a limit between these two.
    pub(super) fn new(p: f64, low: f64, high: f64) -> Result<Self, StatsError> {
        let upper = (high > low).then(|| Exceeding::new(p, high));
        Ok(Self {
            low: Exceeding::new(p, low)?,
            high: upper.transpose()?,
        })
    }

    /// For the fresh calls that confirm a `Broken`: nothing is said before so many of them.
    pub(super) fn fresh(p: f64, low: f64, high: f64, calls: u64) -> Result<Self, StatsError> {
        let upper = (high > low).then(|| Exceeding::fresh(p, high, calls));
        Ok(Self {
            low: Exceeding::fresh(p, low, calls)?,
            high: upper.transpose()?,
        })
    }

    /// Calls that a proof takes at least, none of them beyond the limit.
    pub(super) fn calls_to_hold(&self) -> u64 {
        self.low.calls_to_hold()
    }

    /// Takes a call; says something as soon as it is known.
    pub(super) fn push(&mut self, call: Call) -> Option<Verdict> {
        let low = self.low.push(call);
        match &mut self.high {
            None => low,
            Some(high) => either(low, high.push(call)),
        }
    }

    /// The verdict when nothing more comes.
    pub(super) fn give_up(&mut self) -> Verdict {
        let low = self.low.give_up();
        let Some(high) = &mut self.high else {
            return low;
        };
        let within = Verdict::Inconclusive(Reason::WithinBaseline);
        match (low, high.give_up()) {
            (Verdict::Holds, _) => Verdict::Holds,
            (_, Verdict::Broken) => Verdict::Broken,
            (Verdict::Broken, _) | (_, Verdict::Holds) => within,
            (low, _) => low,
        }
    }

    /// What the verdict rests on.
    pub(super) fn answer(&mut self) -> BoundAnswer {
        let low = self.low.answer();
        match &mut self.high {
            Some(high) if low.verdict == perf_stats::decision::BoundVerdict::Broken => {
                high.answer()
            }
            _ => low,
        }
    }

    /// Exceedances that a disturbance of the machine explains.
    pub(super) fn excused(&self) -> u64 {
        self.high.as_ref().unwrap_or(&self.low).excused()
    }
}

/// What may be said of a limit between two, of which this is said.
fn either(low: Option<Verdict>, high: Option<Verdict>) -> Option<Verdict> {
    match (low, high) {
        (Some(Verdict::Holds), _) => Some(Verdict::Holds),
        (_, Some(verdict @ (Verdict::Broken | Verdict::Inconclusive(_)))) => Some(verdict),
        (Some(Verdict::Broken | Verdict::Inconclusive(_)), Some(Verdict::Holds)) => {
            Some(Verdict::Inconclusive(Reason::WithinBaseline))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_stats::Rng;

    fn decide(typical: f64) -> Verdict {
        let mut rng = Rng::new(4);
        let mut bound = Between::new(0.99, 10.0, 12.0).expect("a bound");
        let mut next = || {
            let nanoseconds = typical + 0.1 * rng.uniform();
            bound.push(Call {
                nanoseconds,
                undisturbed: nanoseconds,
            })
        };
        let said = (0..5_000).find_map(|_| next());
        said.unwrap_or_else(|| bound.give_up())
    }

    #[test]
    fn each_end_says_what_it_can_and_between_them_nothing_is_said() {
        assert_eq!(decide(9.0), Verdict::Holds);
        assert_eq!(decide(13.0), Verdict::Broken);
        assert_eq!(decide(11.0), Verdict::Inconclusive(Reason::WithinBaseline));
    }
}
