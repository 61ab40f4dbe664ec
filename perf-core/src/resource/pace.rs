//! In: how dear a look is. Out: [`Pace`], when the next one is due.

/// What a look whose price is not known beforehand may take of the time at most: one part in so many.
const SHARE: u64 = 5_000;

/// But it is taken this often, whatever it costs.
const SELDOM_NS: u64 = 1_000_000_000;

/// When something is looked at again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    every_ns: u64,
    due_ns: u64,
}

impl Pace {
    /// So often, at once for the first time.
    pub(super) fn every(ns: u64) -> Self {
        Self {
            every_ns: ns,
            due_ns: 0,
        }
    }

    /// Whether it is due at this moment; then it is looked at, and due again after the period.
    pub(super) fn due(&mut self, at_ns: u64) -> bool {
        let due = at_ns >= self.due_ns;
        if due {
            self.due_ns = at_ns.saturating_add(self.every_ns);
        }
        due
    }

    /// The look at this moment took so long: the next one waits until that is a small part of the time. A look that was interrupted
    /// seems dear, and is taken again soon enough.
    pub(super) fn took(&mut self, at_ns: u64, ns: u64) {
        let wait = ns.saturating_mul(SHARE).min(SELDOM_NS);
        self.due_ns = at_ns.saturating_add(wait.max(self.every_ns));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(pace: &mut Pace, moments: impl Iterator<Item = u64>, cost: Option<u64>) -> Vec<u64> {
        let mut seen = Vec::new();
        for at in moments {
            if pace.due(at) {
                seen.push(at);
                cost.into_iter().for_each(|ns| pace.took(at, ns));
            }
        }
        seen
    }

    #[test]
    fn a_period_is_kept_by_whatever_moments_there_are() {
        let mut pace = Pace::every(100);
        assert_eq!(
            looks(&mut pace, (0..400).step_by(30), None),
            [0, 120, 240, 360]
        );
        let after_a_stop = [10_000, 10_030, 10_100].into_iter();
        assert_eq!(looks(&mut pace, after_a_stop, None), [10_000, 10_100]);
    }

    #[test]
    fn what_is_dear_is_looked_at_less_often_but_every_second() {
        let moments = || (0..4_000_000_000).step_by(10_000_000);
        let cheap = looks(&mut Pace::default(), moments(), Some(100));
        assert_eq!(cheap.len(), moments().count());
        let dear = looks(&mut Pace::default(), moments(), Some(20_000));
        assert_eq!(dear.len(), 40, "every 100 ms");
        let dearest = looks(&mut Pace::default(), moments(), Some(u64::MAX));
        assert_eq!(dearest.len(), 4);
    }
}
