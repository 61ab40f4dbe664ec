//! In: entries in the order in which they were added. Out: [`Changes`], where each number began to be another, at a stated error rate.

use crate::history::Entry;
use perf_stats::change::EDivisive;
use perf_stats::describe::describe;
use perf_stats::{StatsError, hodges_lehmann};
use std::collections::BTreeMap;

/// Entries below which a series is not judged.
pub const LEAST: usize = 15;

/// Entries of the shortest level: a single odd night is none.
const SHORTEST: usize = 3;

/// The level of the interval of a change.
const LEVEL: f64 = 0.95;

/// What was found in a history. A series without a change is said to have one with a probability of `alpha`, whatever its length:
/// by E-divisive, whose permutations take the choice of the place into account.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Changes {
    /// The error rate of each series.
    pub alpha: f64,
    /// One for each number of each program, workload and machine.
    pub series: Vec<Series>,
}

/// One number over time.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// The program.
    pub program: String,
    /// What it worked on.
    pub workload: Option<String>,
    /// The machine's fingerprint.
    pub machine: Option<String>,
    /// The metric's name.
    pub metric: String,
    /// Entries that have it.
    pub entries: usize,
    /// Whether it changed.
    pub answer: Answer,
}

/// What can be said of a series.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// Its levels, oldest first; one level means that no change was found.
    Levels(Vec<Level>),
    /// Fewer than [`LEAST`] entries.
    TooFew,
}

/// A stretch of a series between two changes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Level {
    /// Entries of it.
    pub entries: usize,
    /// Their median, in the metric's unit.
    pub median: f64,
    /// How it began; none for the first.
    pub began: Option<Began>,
}

/// The beginning of a level.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Began {
    /// The commit of its first entry.
    pub commit: Option<String>,
    /// The commit of the entry before: the change lies between the two.
    pub after: Option<String>,
    /// When its first entry was made, in milliseconds since 1970.
    pub unix_ms: u64,
    /// When the entry before was made.
    pub after_unix_ms: u64,
    /// The probability of so great a change without a cause.
    pub p: f64,
    /// The change against the level before, as a fraction: estimate and 95 % interval. None for numbers that are not positive.
    pub change: Option<(f64, f64, f64)>,
}

impl Changes {
    /// All changes, with the series that they are in.
    pub fn began(&self) -> impl Iterator<Item = (&Series, &Began)> {
        self.series.iter().flat_map(|series| {
            let levels: &[Level] = match &series.answer {
                Answer::Levels(levels) => levels,
                Answer::TooFew => &[],
            };
            let began = levels.iter().filter_map(|level| level.began.as_ref());
            began.map(move |began| (series, began))
        })
    }

    /// Series that were long enough to be judged.
    pub fn judged(&self) -> usize {
        let judged = |series: &&Series| series.answer != Answer::TooFew;
        self.series.iter().filter(judged).count()
    }

    /// Series that would be said to have changed if none had: alpha times those judged.
    pub fn false_alarms_expected(&self) -> f64 {
        self.alpha * self.judged() as f64
    }
}

/// Program, workload, machine and metric.
type Key<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a str);

pub(super) fn check(entries: &[Entry], alpha: f64) -> Result<Changes, StatsError> {
    let mut by_key: BTreeMap<Key<'_>, Vec<(&Entry, f64)>> = BTreeMap::new();
    for entry in entries {
        for (metric, &value) in entry.values.iter().filter(|(_, value)| value.is_finite()) {
            let (workload, machine) = (entry.workload.as_deref(), entry.machine.as_deref());
            let key = (entry.program.as_str(), workload, machine, metric.as_str());
            by_key.entry(key).or_default().push((entry, value));
        }
    }
    let method = EDivisive::new().alpha(alpha).min_size(SHORTEST);
    method.find(&[0.0; LEAST])?; // a wrong alpha is an error even where nothing is long enough
    let series = by_key.into_iter().map(|(key, points)| {
        let (program, workload, machine, metric) = key;
        Ok(Series {
            program: program.to_owned(),
            workload: workload.map(str::to_owned),
            machine: machine.map(str::to_owned),
            metric: metric.to_owned(),
            entries: points.len(),
            answer: answer(&points, method)?,
        })
    });
    Ok(Changes {
        alpha,
        series: series.collect::<Result<_, StatsError>>()?,
    })
}

fn answer(points: &[(&Entry, f64)], method: EDivisive) -> Result<Answer, StatsError> {
    if points.len() < LEAST {
        return Ok(Answer::TooFew);
    }
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let found = method.find(&values)?;
    let ends = found.iter().map(|change| change.index);
    let mut levels = Vec::new();
    let mut start = 0;
    for (at, end) in ends.chain([values.len()]).enumerate() {
        let began = at.checked_sub(1).map(|before| {
            let change = found[before];
            let earlier = before.checked_sub(1).map_or(0, |b| found[b].index);
            Began {
                commit: points[change.index].0.commit.clone(),
                after: points[change.index - 1].0.commit.clone(),
                unix_ms: points[change.index].0.unix_ms,
                after_unix_ms: points[change.index - 1].0.unix_ms,
                p: change.p,
                change: relative(&values[start..end], &values[earlier..start]),
            }
        });
        levels.push(Level {
            entries: end - start,
            median: describe(&values[start..end])?.median,
            began,
        });
        start = end;
    }
    Ok(Answer::Levels(levels))
}

fn relative(after: &[f64], before: &[f64]) -> Option<(f64, f64, f64)> {
    let ratio = hodges_lehmann::ratio(after, before, LEVEL).ok()?;
    let (low, high) = (ratio.interval.low - 1.0, ratio.interval.high - 1.0);
    Some((ratio.estimate - 1.0, low, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_stats::Rng;

    fn entries(count: usize, mut value: impl FnMut(usize) -> f64) -> Vec<Entry> {
        let entry = |night: usize| {
            let commit = format!("c{night}");
            Entry::now("p")
                .with_commit(&commit)
                .with("wall", value(night))
        };
        (0..count).map(entry).collect()
    }

    #[test]
    fn two_changes_with_their_commits() {
        let mut rng = Rng::new(1);
        let level = |night| match night {
            0..30 => 100.0,
            30..50 => 110.0,
            _ => 104.0,
        };
        let history = entries(80, |night| level(night) + rng.normal());
        let found = check(&history, 0.01).expect("judged");
        let began: Vec<_> = found.began().map(|(_, began)| began).collect();
        assert_eq!(began.len(), 2);
        assert_eq!(began[0].commit.as_deref(), Some("c30"));
        assert_eq!(began[0].after.as_deref(), Some("c29"));
        assert_eq!(began[1].commit.as_deref(), Some("c50"));
        let (estimate, low, high) = began[0].change.expect("positive numbers");
        assert!(low < 0.10 && 0.10 < high && (estimate - 0.10).abs() < 0.01);
        assert!(began.iter().all(|began| began.p <= 0.01));
    }

    #[test]
    fn a_short_history_is_not_judged_and_a_steady_one_has_one_level() {
        let mut rng = Rng::new(2);
        let short = check(&entries(LEAST - 1, |_| rng.normal()), 0.01).expect("no error");
        assert_eq!(short.series[0].answer, Answer::TooFew);
        assert_eq!(short.judged(), 0);
        let changed: usize = (0..200)
            .map(|_| entries(LEAST, |_| 100.0 + rng.normal()))
            .map(|history| {
                check(&history, 0.01)
                    .expect("judged")
                    .began()
                    .count()
                    .min(1)
            })
            .sum();
        assert!(
            changed <= 8,
            "{changed} of 200 at 1 %: more than 8 has a probability below 0.0003"
        );
        assert!(check(&[], 1.5).is_err());
        assert!(check(&[], 0.01).expect("nothing").series.is_empty());
    }

    #[test]
    fn machines_and_programs_are_not_mixed() {
        let mut both = entries(20, |_| 1.0);
        let mut others = entries(20, |_| 5.0);
        others
            .iter_mut()
            .for_each(|entry| entry.machine = Some("other".to_owned()));
        both.append(&mut others);
        let found = check(&both, 0.01).expect("judged");
        assert_eq!((found.series.len(), found.began().count()), (2, 0));
    }
}
