//! In: the time that measuring may take, and how much of it others had. Out: [`Allowance`], when it is over.

use super::stolen::Stolen;
use std::time::Duration;

/// Time that others had is given back, but all in all it takes no longer than this many times the time.
const MOST: u64 = 3;

/// The time for one pass over a plan.
///
/// Where given back, time in which this thread waited for a processor does not count: beside a neighbour on the same core the looks
/// would else fall on half the units that were planned. It depends on the machine alone, never on what was measured, so no look is
/// taken because of how the earlier one came out.
pub(super) struct Allowance<'a> {
    time_ns: u64,
    deadline_ns: u64,
    lost_ns: Option<Box<dyn FnMut() -> u64 + 'a>>, // so far, since the pass began
}

impl<'a> Allowance<'a> {
    /// So long, whoever has the processor.
    pub(super) fn strict(time: Option<Duration>) -> Self {
        let time_ns = time.map_or(u64::MAX, |time| {
            u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
        });
        Self {
            time_ns,
            deadline_ns: time_ns,
            lost_ns: None,
        }
    }

    /// So long of this thread's own time, from now on.
    pub(super) fn own_time(time: Option<Duration>) -> Self {
        let mut since = Stolen::begin();
        Self::strict(time).giving_back(move || since.waited_ns().unwrap_or(0))
    }

    fn giving_back(self, lost_ns: impl FnMut() -> u64 + 'a) -> Self {
        Self {
            lost_ns: Some(Box::new(lost_ns)),
            ..self
        }
    }

    /// Whether the time is over after so many nanoseconds. Asks how much was lost only where it otherwise would be.
    pub(super) fn is_over(&mut self, spent_ns: u64) -> bool {
        if spent_ns >= self.deadline_ns
            && let Some(lost_ns) = &mut self.lost_ns
        {
            let most = self.time_ns.saturating_mul(MOST);
            self.deadline_ns = self.time_ns.saturating_add(lost_ns()).min(most);
        }
        spent_ns >= self.deadline_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn what_others_had_is_given_back_up_to_a_limit() {
        let (lost, asked) = (Cell::new(0), Cell::new(0));
        let mut own = Allowance::strict(Some(Duration::from_nanos(100))).giving_back(|| {
            asked.set(asked.get() + 1);
            lost.get()
        });
        assert!(!own.is_over(99));
        assert_eq!(asked.get(), 0); // a look into the accounts costs microseconds
        lost.set(50);
        assert!(!own.is_over(100));
        assert!(!own.is_over(149));
        assert_eq!(asked.get(), 1);
        assert!(own.is_over(150));
        lost.set(1_000);
        assert!(!own.is_over(299));
        assert!(own.is_over(300)); // three times the time, whatever was lost
    }

    #[test]
    fn without_it_or_without_a_time_nothing_is_given_back() {
        let mut strict = Allowance::strict(Some(Duration::from_nanos(100)));
        assert!(!strict.is_over(99) && strict.is_over(100));
        assert!(!Allowance::own_time(None).is_over(u64::MAX - 1));
    }
}
