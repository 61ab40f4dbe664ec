//! In: the batches of a process in time order. Out: [`Course`], whether they kept one level, and from where on they did.

use perf_stats::change::{RunShape, steady_state};
use serde::{Deserialize, Serialize};

/// Levels that differ by less count as one: half of it is what batches of identical code here drift by within a process.
const TOLERANCE: f64 = 0.02;

/// More batches are averaged to so many before they are looked at: the search is quadratic.
const LOOKED_AT: usize = 400;

/// How a process went on while it was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Course {
    /// Too few batches to tell.
    #[default]
    Unknown,
    /// One level from the beginning.
    Flat,
    /// It got faster until this batch; what follows counts.
    Faster { until: usize },
    /// It got slower until this batch; what follows counts.
    Slower { until: usize },
    /// No level that lasts: all of it counts.
    Unsteady,
}

impl Course {
    pub(super) fn of(batches: &[f64]) -> Self {
        let size = batches.len().div_ceil(LOOKED_AT).max(1);
        let means: Vec<f64> = batches
            .chunks_exact(size)
            .map(|part| part.iter().sum::<f64>() / size as f64)
            .collect();
        let Ok(found) = steady_state(&means, TOLERANCE) else {
            return Self::Unknown;
        };
        let until = found.start.unwrap_or(0) * size;
        match found.shape {
            RunShape::Flat => Self::Flat,
            RunShape::Warmup => Self::Faster { until },
            RunShape::Slowdown => Self::Slower { until },
            RunShape::NoSteadyState | RunShape::Inconsistent => Self::Unsteady,
        }
    }

    /// The first batch that counts.
    pub(super) fn start(self) -> usize {
        match self {
            Self::Faster { until } | Self::Slower { until } => until,
            _ => 0,
        }
    }
}

/// What most of the processes did, as a sentence; none where they kept their level, or did not agree in how they left it.
pub(super) fn note(courses: &[Course]) -> Option<String> {
    let how_many = |wanted: fn(&Course) -> bool| courses.iter().filter(|one| wanted(one)).count();
    let say = |number: usize, words: &str| {
        (2 * number > courses.len())
            .then(|| format!("{number} of {} processes {words}", courses.len()))
    };
    say(
        how_many(|one| matches!(one, Course::Faster { .. })),
        "got faster while they were measured: only their steady rest counts",
    )
    .or_else(|| {
        say(
            how_many(|one| matches!(one, Course::Slower { .. })),
            "got slower while they were measured: only their steady rest counts; does the work pile up, or the processor heat up?",
        )
    })
    .or_else(|| {
        say(
            how_many(|one| *one == Course::Unsteady),
            "found no steady level: the time depends on when it is taken",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_stats::Rng;

    fn batches(level: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut rng = Rng::new(5);
        (0..1_000)
            .map(|at| level(at) * (1.0 + 0.005 * rng.normal()))
            .collect()
    }

    #[test]
    fn the_steady_rest_is_found() {
        assert_eq!(Course::of(&batches(|_| 50_000.0)), Course::Flat);
        let near = |until: usize| (250..=320).contains(&until);
        let faster = Course::of(&batches(|at| if at < 300 { 70_000.0 } else { 50_000.0 }));
        assert!(
            matches!(faster, Course::Faster { until } if near(until)),
            "{faster:?}"
        );
        let slower = Course::of(&batches(|at| if at < 300 { 40_000.0 } else { 50_000.0 }));
        assert!(
            matches!(slower, Course::Slower { until } if near(until)),
            "{slower:?}"
        );
        let stairs = Course::of(&batches(|at| 50_000.0 * (1.0 + (at / 120) as f64 / 5.0)));
        assert_eq!(stairs, Course::Unsteady);
        assert_eq!(Course::of(&[1.0; 5]), Course::Unknown);
    }

    #[test]
    fn only_what_most_processes_did_is_said() {
        let slower = Course::Slower { until: 3 };
        let said = note(&[slower, slower, slower, Course::Flat]).expect("most did");
        assert!(said.starts_with("3 of 4 processes got slower"), "{said}");
        assert_eq!(
            note(&[slower, Course::Flat, Course::Unsteady, Course::Flat]),
            None
        );
        assert_eq!(note(&[]), None);
    }
}
