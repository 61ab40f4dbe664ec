//! In: the deviations of a row's sums. Out: [`Random`], the part of them that chance made, which adds up in squares; the rest, what the
//! recording of sampled calls may weigh, is one error that all of them share, and adds up as it is.

use super::Row;

/// The standard deviation, in all, of what each of so many sampled calls may be wrong by, all in the same direction: a uniform number's.
pub(super) fn shared(calls: u64, each: f64) -> f64 {
    calls as f64 * each / 3f64.sqrt()
}

/// Variances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Random {
    total: f64,
    own: f64,
}

impl Random {
    pub(super) fn of(row: &Row) -> Self {
        let shared = shared_of(row);
        let rest = |deviation: f64| (deviation * deviation - shared * shared).max(0.0);
        Self {
            total: rest(row.total_sampling_sd_ns),
            own: rest(row.self_sampling_sd_ns),
        }
    }

    pub(super) fn add(self, more: Self) -> Self {
        Self {
            total: self.total + more.total,
            own: self.own + more.own,
        }
    }

    pub(super) fn subtract(self, less: Self) -> Self {
        Self {
            total: (self.total - less.total).max(0.0),
            own: (self.own - less.own).max(0.0),
        }
    }

    /// The deviations of a row whose calls are counted already. Where none of them was sampled, nothing of them is in doubt.
    pub(super) fn put(self, row: &mut Row) {
        if row.calls <= row.recorded {
            row.cost_doubt_ns = 0.0;
        }
        let shared = shared_of(row);
        row.total_sampling_sd_ns = self.total.sqrt().hypot(shared);
        row.self_sampling_sd_ns = self.own.sqrt().hypot(shared);
    }
}

fn shared_of(row: &Row) -> f64 {
    shared(row.calls.saturating_sub(row.recorded), row.cost_doubt_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many calls that were not recorded, beside ten that were.
    fn row(sampled: u64, random: f64, doubt: f64) -> Row {
        let layout = crate::record::precision::layout();
        let mut row = Row::of_calls("x".to_owned(), layout, &[100.0; 10]);
        (row.calls, row.recorded, row.cost_doubt_ns) = (10 + sampled, 10, doubt);
        let variance = random * random;
        Random {
            total: variance,
            own: variance,
        }
        .put(&mut row);
        row
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6 * b.abs().max(1.0)
    }

    #[test]
    fn what_all_calls_share_adds_up_as_it_is_and_chance_in_squares() {
        let mut sum = row(3_000, 30.0, 2.0);
        sum.add(&row(1_000, 40.0, 2.0));
        let want = 50f64.hypot(4_000.0 * 2.0 / 3f64.sqrt());
        assert!(
            near(sum.total_sampling_sd_ns, want),
            "{} {want}",
            sum.total_sampling_sd_ns
        );
        assert!(near(sum.self_sampling_sd_ns, want));
        sum.subtract(&row(3_000, 30.0, 2.0)).expect("earlier");
        let want = row(1_000, 40.0, 2.0);
        assert!(near(sum.total_sampling_sd_ns, want.total_sampling_sd_ns));
        assert_eq!(sum.cost_doubt_ns, 2.0);
    }

    #[test]
    fn an_interval_of_recorded_calls_alone_has_no_doubt() {
        let before = row(3_000, 30.0, 2.0);
        let mut later = before.clone();
        later.calls += 5;
        later.recorded += 5;
        later.subtract(&before).expect("earlier");
        assert_eq!((later.calls, later.recorded), (5, 5));
        assert_eq!(later.cost_doubt_ns, 0.0);
        assert_eq!(
            (later.total_sampling_sd_ns, later.self_sampling_sd_ns),
            (0.0, 0.0)
        );
    }
}
