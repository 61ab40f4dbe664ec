//! In: latencies against a limit, each with what the machine did meanwhile. Out: a verdict on a quantile as soon as there is one.

use crate::bound::confirm::ALPHA_CONFIRM;
use crate::bound::verdict::{Reason, Verdict};
use perf_stats::StatsError;
use perf_stats::decision::{self, ALPHA_HOLDS, BoundAnswer, BoundVerdict};

/// One call: its time, and the time it would have had on a machine that was not disturbed, as far as is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) nanoseconds: f64,
    pub(super) undisturbed: f64, // at most `nanoseconds`
}

/// Decides "at most a share of the calls is beyond the limit".
///
/// Two counts are kept once the machine was seen to disturb a call: one of what was measured, which alone can say `Holds`, and
/// one of what would have been measured undisturbed. `Broken` needs both.
#[derive(Debug)]
pub(super) struct Exceeding {
    measured: decision::Bound,
    undisturbed: Option<decision::Bound>, // none: no call was disturbed so far
    limit: f64,
    excused: u64, // exceedances that a disturbance explains
}

/// Shares of the limit between which times count as equal: a call of 1.00 or 1.05 µs against 2 µs says nothing about when the limit is
/// exceeded, and such ripples would make calls look dependent. Chosen off the round numbers that limits are made with.
const STEPS: [f64; 5] = [0.32, 0.42, 0.55, 0.7, 0.9];

/// Calls that count as one independent one: beyond this, dependence is what kept a bound from an answer.
const DEPENDENT: f64 = 2.0;

impl Exceeding {
    /// `p` is the share of calls that must be below `limit`.
    pub(super) fn new(p: f64, limit: f64) -> Result<Self, StatsError> {
        Ok(Self::of(decision::Bound::new(p, limit)?, limit))
    }

    /// For the fresh calls that confirm a `Broken`: nothing is said before so many of them.
    pub(super) fn fresh(p: f64, limit: f64, calls: u64) -> Result<Self, StatsError> {
        let bound = decision::Bound::new(p, limit)?
            .error_rates(ALPHA_CONFIRM, ALPHA_HOLDS)?
            .not_before(calls);
        Ok(Self::of(bound, limit))
    }

    fn of(measured: decision::Bound, limit: f64) -> Self {
        Self {
            measured,
            undisturbed: None,
            limit,
            excused: 0,
        }
    }

    /// Calls that a proof takes at least, none of them beyond the limit.
    pub(super) fn calls_to_hold(&self) -> u64 {
        self.measured.calls_to_hold()
    }

    /// Takes a call; says something as soon as it is known.
    pub(super) fn push(&mut self, call: Call) -> Option<Verdict> {
        if call.undisturbed < call.nanoseconds && self.undisturbed.is_none() {
            self.undisturbed = Some(self.measured.clone());
        }
        if call.nanoseconds > self.limit && call.undisturbed <= self.limit {
            self.excused += 1;
        }
        let limit = self.limit;
        let said = |bound: &mut decision::Bound, ns: f64| {
            bound
                .push(coarse(ns, limit))
                .unwrap_or(BoundVerdict::NotYet)
        };
        let measured = said(&mut self.measured, call.nanoseconds);
        let undisturbed = match &mut self.undisturbed {
            Some(bound) => said(bound, call.undisturbed),
            None => measured,
        };
        match (measured, undisturbed) {
            (BoundVerdict::Holds, _) => Some(Verdict::Holds),
            (BoundVerdict::Broken, BoundVerdict::Broken) => Some(Verdict::Broken),
            (BoundVerdict::Broken, BoundVerdict::Holds) => Some(self.busy()),
            _ => None,
        }
    }

    /// The verdict when nothing more comes.
    pub(super) fn give_up(&mut self) -> Verdict {
        let need = self.measured.calls_to_hold();
        let answer = self.measured.answer();
        match answer.verdict {
            BoundVerdict::Holds => Verdict::Holds,
            BoundVerdict::Broken => match self.undisturbed.as_mut().map(decision::Bound::answer) {
                Some(undisturbed) if undisturbed.verdict != BoundVerdict::Broken => self.busy(),
                _ => Verdict::Broken,
            },
            BoundVerdict::NotYet if answer.exceeded == 0 && answer.total < need => {
                Verdict::Inconclusive(Reason::TooFewCalls {
                    got: answer.total,
                    need,
                })
            }
            BoundVerdict::NotYet => Verdict::Inconclusive(undecided(&answer)),
        }
    }

    /// What the verdict rests on.
    pub(super) fn answer(&mut self) -> BoundAnswer {
        match (&mut self.undisturbed, self.measured.answer()) {
            (Some(undisturbed), measured) if measured.verdict == BoundVerdict::Broken => {
                undisturbed.answer()
            }
            (_, measured) => measured,
        }
    }

    /// Exceedances that a disturbance of the machine explains.
    pub(super) fn excused(&self) -> u64 {
        self.excused
    }

    fn busy(&self) -> Verdict {
        let what = format!("it explains {} of the calls beyond the limit", self.excused);
        Verdict::Inconclusive(Reason::BusyMachine { what })
    }
}

/// A time without what does not matter of it; on the same side of the limit.
fn coarse(nanoseconds: f64, limit: f64) -> f64 {
    let step = STEPS.iter().rev().find(|step| nanoseconds > **step * limit);
    match step {
        None => 0.0,
        Some(step) if *step < STEPS[STEPS.len() - 1] => step * limit,
        Some(_) => nanoseconds,
    }
}

fn undecided(answer: &BoundAnswer) -> Reason {
    let tau = answer.tau.0.max(answer.tau.1);
    let below = (answer.exceeded as f64) < answer.allowed * answer.total as f64;
    if !(below && tau > DEPENDENT) {
        return Reason::Undecided;
    }
    Reason::Dependent {
        got: answer.total,
        worth: (answer.total as f64 / tau) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_stats::Rng;

    /// The verdict on up to `cap` calls, and how many were taken.
    fn decide(mut call: impl FnMut() -> Call, cap: usize) -> (Verdict, usize) {
        let mut bound = Exceeding::new(0.99, 10.0).expect("a bound");
        for taken in 1..=cap {
            if let Some(verdict) = bound.push(call()) {
                return (verdict, taken);
            }
        }
        (bound.give_up(), cap)
    }

    fn calm(nanoseconds: f64) -> Call {
        Call {
            nanoseconds,
            undisturbed: nanoseconds,
        }
    }

    #[test]
    fn healthy_holds_and_slow_is_broken_soon() {
        let mut rng = Rng::new(1);
        let (verdict, calls) = decide(|| calm(5.0 + rng.uniform()), 10_000);
        assert!(
            verdict == Verdict::Holds && calls < 1_000,
            "{verdict} {calls}"
        );
        let (verdict, calls) = decide(|| calm(12.0 + rng.uniform()), 10_000);
        assert!(
            verdict == Verdict::Broken && calls < 100,
            "{verdict} {calls}"
        );
    }

    #[test]
    fn disturbances_excuse_and_never_accuse() {
        // Every tenth call is beyond the limit: broken, unless the machine did it.
        let mut rng = Rng::new(2);
        let mut run = |excuse: bool, cap| {
            let call = || {
                let slow = rng.uniform() < 0.1;
                let nanoseconds = if slow { 20.0 } else { 5.0 + rng.uniform() };
                let undisturbed = if excuse {
                    nanoseconds.min(5.0 + rng.uniform())
                } else {
                    nanoseconds
                };
                Call {
                    nanoseconds,
                    undisturbed,
                }
            };
            decide(call, cap).0
        };
        assert_eq!(run(false, 10_000), Verdict::Broken);
        let excused = run(true, 10_000);
        assert!(
            matches!(excused, Verdict::Inconclusive(Reason::BusyMachine { .. })),
            "{excused}"
        );
        // Undisturbed ones that are beyond the limit on their own accuse, however many others are excused.
        let mut rng = Rng::new(3);
        let mixed = || {
            let nanoseconds = if rng.uniform() < 0.1 {
                20.0
            } else {
                5.0 + rng.uniform()
            };
            let undisturbed = if rng.uniform() < 0.3 {
                nanoseconds.min(6.0)
            } else {
                nanoseconds
            };
            Call {
                nanoseconds,
                undisturbed,
            }
        };
        assert_eq!(decide(mixed, 10_000).0, Verdict::Broken);
    }

    #[test]
    fn ripples_below_the_limit_do_not_matter_and_a_drift_does() {
        let mut slowly = 1.0;
        let drifting = || {
            slowly += 1e-4;
            calm(slowly)
        };
        let (verdict, calls) = decide(drifting, 10_000);
        assert!(
            verdict == Verdict::Holds && calls < 500,
            "{verdict} {calls}"
        );
        let mut slowly = 9.05; // nearer to it, it does
        let drifting = || {
            slowly += 1e-4;
            calm(slowly)
        };
        let told = decide(drifting, 9_000).0;
        let dependent = matches!(
            told,
            Verdict::Inconclusive(Reason::Dependent { got: 9_000, .. })
        );
        assert!(dependent, "{told}");
    }

    #[test]
    fn too_few_calls_and_a_share_near_the_limit_are_told_apart() {
        let few = decide(|| calm(5.0), 100).0;
        assert_eq!(
            few,
            Verdict::Inconclusive(Reason::TooFewCalls {
                got: 100,
                need: 367
            })
        );
        let mut rng = Rng::new(5);
        let near = decide(
            || {
                calm(if rng.uniform() < 0.01 {
                    11.0
                } else {
                    5.0 + rng.uniform()
                })
            },
            3_000,
        )
        .0;
        assert_eq!(near, Verdict::Inconclusive(Reason::Undecided));
    }
}
