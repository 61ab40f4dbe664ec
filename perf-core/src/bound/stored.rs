//! In: a row of a snapshot, live or from a run file. Out: an [`Outcome`] on its bins' edges; where the limit's own bin decides, neither.

use crate::bound::Bound;
use crate::bound::outcome::Outcome;
use crate::bound::quantile::{Question, counted};
use crate::bound::verdict::{Reason, Verdict};
use crate::snapshot::Row;
use crate::units;
use perf_stats::decision::{self, BoundAnswer, BoundVerdict};

impl Bound {
    /// Judges what a site has recorded: a row of [`snapshot`](crate::snapshot()), of an interval, or of a run file.
    ///
    /// A row knows its times to their bin only (0.8 %). `Holds` counts every call of the limit's own bin as beyond the limit, `Broken`
    /// counts none; where that bin decides, the answer is [`Reason::OwnBin`]. Calls that depend on each other, or were sampled, count
    /// as fewer ([`Row::effective_calls`]). Quantiles and shares only.
    ///
    /// ```
    /// use perf_core::bound::{Bound, Verdict, millis, secs};
    /// let _on = perf_core::enable();
    /// (0..500).for_each(|_| drop(perf_core::span!("checkout")));
    /// let seen = perf_core::snapshot();
    /// let row = seen.site("checkout").expect("it was entered");
    /// assert_ne!(Bound::p99().below(secs(10)).judge_row(row).verdict, Verdict::Broken);
    /// ```
    pub fn judge_row(&self, row: &Row) -> Outcome {
        match self.exact_question("stored rows") {
            Ok(question) => judge(&question, row),
            Err(outcome) => *outcome,
        }
    }

    /// [`Bound::judge_row`] as an assertion.
    ///
    /// # Panics
    /// As [`Bound::check`].
    #[track_caller]
    pub fn check_row(&self, row: &Row) {
        self.accept(&self.judge_row(row));
    }
}

/// The calls of a row, by their side of the limit.
struct Sides {
    beyond: u64,
    unknown: u64,            // in the limit's own bin
    own: Option<(u64, u64)>, // that bin, in nanoseconds
    total: u64,
}

impl Sides {
    fn of(row: &Row, limit: f64) -> Self {
        let mut sides = Self {
            beyond: 0,
            unknown: 0,
            own: None,
            total: row.histogram.count(),
        };
        for (low, high, count) in row.histogram.bins() {
            if low as f64 > limit {
                sides.beyond = sides.beyond.saturating_add(count);
            } else if (high + 1) as f64 > limit {
                sides.unknown = count;
                sides.own = Some((low, high));
            }
        }
        sides
    }
}

fn judge(question: &Question<'_>, row: &Row) -> Outcome {
    let sides = Sides::of(row, question.limit);
    let worth = row.effective_calls().floor().clamp(0.0, sides.total as f64);
    let share = worth / sides.total.max(1) as f64;
    let most = sides.beyond.saturating_add(sides.unknown);
    let least = said(question, (sides.beyond as f64 * share).floor(), worth);
    let most = said(question, (most as f64 * share).ceil().min(worth), worth);
    let (least, most) = match (least, most) {
        (Ok(least), Ok(most)) => (least, most),
        (Err(why), _) | (_, Err(why)) => return Outcome::unanswerable(question.told, why),
    };
    let need = decision::Bound::new(question.p, question.limit).map_or(0, |b| b.calls_to_hold());
    let verdict = match (least.verdict, most.verdict, sides.own) {
        (_, BoundVerdict::Holds, _) => Verdict::Holds,
        (BoundVerdict::Broken, ..) => Verdict::Broken,
        (BoundVerdict::NotYet, BoundVerdict::NotYet, _) | (.., None) => {
            Verdict::Inconclusive(undecided(&sides, worth as u64, need))
        }
        (.., Some((low_ns, high_ns))) => Verdict::Inconclusive(Reason::OwnBin { low_ns, high_ns }),
    };
    let answer = if verdict == Verdict::Broken {
        least
    } else {
        most
    };
    told(question, row, &sides, verdict, &answer)
}

/// What so many independent calls say, of which so many are beyond the limit.
fn said(question: &Question<'_>, beyond: f64, calls: f64) -> Result<BoundAnswer, String> {
    let refused = |error| format!("{error}");
    let mut bound = decision::Bound::new(question.p, question.limit).map_err(refused)?;
    bound
        .push_counts(beyond as u64, calls as u64)
        .map_err(refused)?;
    Ok(bound.answer())
}

fn undecided(sides: &Sides, worth: u64, need: u64) -> Reason {
    let got = sides.total;
    if worth >= need {
        return Reason::Undecided;
    }
    if got >= 2 * worth.max(1) && got >= need {
        return Reason::Dependent { got, worth };
    }
    Reason::TooFewCalls { got: worth, need }
}

fn told(
    question: &Question<'_>,
    row: &Row,
    sides: &Sides,
    verdict: Verdict,
    answer: &BoundAnswer,
) -> Outcome {
    let mut outcome = Outcome::new(question.told, verdict);
    (outcome.calls, outcome.exceeded) = (sides.total, sides.beyond);
    outcome.tell("site", row.id.clone());
    if let Some(seen) = row.quantile(question.p) {
        outcome.observed = Some(seen.value);
        outcome.tell(
            "observed",
            question.observed(seen.value, Some(seen.low), Some(seen.high)),
        );
    }
    if sides.total > 0 {
        outcome.tell("calls", counted(sides.total, sides.beyond, answer));
    }
    if let Some((low, high)) = sides.own.filter(|_| sides.unknown > 0) {
        let bin = units::duration_range(low as f64, (high + 1) as f64);
        let line = format!(
            "{} more within the limit's own bin, {bin}",
            units::count(sides.unknown)
        );
        outcome.tell("", line);
    }
    let worth = row.effective_calls();
    if worth < 0.95 * sides.total as f64 {
        outcome.tell("", format!("they count as {}", units::count(worth as u64)));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::nanos;

    /// A row of independent calls of these times.
    fn row(times: &[(u64, usize)]) -> Row {
        let _on = crate::enable();
        drop(crate::span!("a stored row"));
        let seen = crate::snapshot();
        let mut row = seen.site("a stored row").expect("entered").clone();
        let all = times.iter().flat_map(|&(ns, n)| std::iter::repeat_n(ns, n));
        row.histogram = crate::Histogram::of(seen.layout, all);
        row.calls = row.histogram.count();
        (row.recorded, row.weighted_squares) = (row.calls, row.calls);
        row.dependence.clear();
        row
    }

    fn p99(limit: u64, times: &[(u64, usize)]) -> Verdict {
        Bound::p99()
            .below(nanos(limit))
            .judge_row(&row(times))
            .verdict
    }

    #[test]
    fn both_sides_of_the_limit_are_told() {
        assert_eq!(p99(100_000, &[(50_000, 1_000)]), Verdict::Holds);
        assert_eq!(
            p99(100_000, &[(50_000, 900), (200_000, 100)]),
            Verdict::Broken
        );
        let near = p99(100_000, &[(50_000, 1_000), (200_000, 10)]);
        assert_eq!(near, Verdict::Inconclusive(Reason::Undecided));
    }

    #[test]
    fn a_limit_within_the_bin_that_decides_is_inconclusive() {
        let edges = crate::Histogram::of(crate::Layout::DEFAULT, [100_000]);
        let (low, high, _) = edges.bins().next().expect("one");
        assert!(high > low + 2, "a bin of several nanoseconds");
        let mixed = [(50_000, 900), (low, 100)];
        let said = p99(low + 1, &mixed);
        assert!(
            matches!(said, Verdict::Inconclusive(Reason::OwnBin { .. })),
            "{said}"
        );
        assert_eq!(p99(high + 1, &mixed), Verdict::Holds);
        assert_eq!(p99(low - 1, &mixed), Verdict::Broken);
    }

    #[test]
    fn few_and_dependent_calls_prove_nothing() {
        let few = p99(100_000, &[(50_000, 100)]);
        let Verdict::Inconclusive(Reason::TooFewCalls {
            got: 100,
            need: 367,
        }) = few
        else {
            panic!("{few}");
        };
        let mut sampled = row(&[(50_000, 1_000)]);
        sampled.weighted_squares = 10_000; // each recorded call stands for ten
        let said = Bound::p99()
            .below(nanos(100_000))
            .judge_row(&sampled)
            .verdict;
        let Verdict::Inconclusive(Reason::Dependent { worth: 100, .. }) = said else {
            panic!("{said}");
        };
        let other = Bound::mean()
            .below(nanos(5))
            .judge_row(&row(&[(50, 1)]))
            .verdict;
        assert!(matches!(
            other,
            Verdict::Inconclusive(Reason::Unanswerable { .. })
        ));
    }
}
