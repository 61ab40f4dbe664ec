//! In: what fresh processes measured of a benchmark. Out: [`Measurement`], its time with an interval, and everything raw.

use super::child::stage::Throughput;
use super::course::{self, Course};
use super::metric::Kind;
use perf_stats::Interval;
use perf_stats::describe::median;
use perf_stats::quantile_interval::{Side, quantile_interval};
use perf_stats::signed_rank::pseudomedian;
use serde::{Deserialize, Serialize};

/// Two-sided confidence of what is printed.
pub(super) const LEVEL: f64 = 0.95;

/// Fewer processes than this get a Student interval: a signed-rank one of this level does not exist for them.
const EXACT_FROM: usize = 6;

/// What one process measured of a benchmark, raw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Process {
    /// Iterations a batch.
    pub(super) iterations: u64,
    /// Nanoseconds of each batch, or the amount of another metric, in time order.
    pub(super) batches: Vec<f64>,
    /// The loop's own cost an iteration, not yet taken off.
    #[serde(alias = "loop_ns")]
    pub(super) loop_cost: f64,
    /// Nanoseconds of single calls, where they are long enough to time alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) singles: Vec<f64>,
    /// Whether warm-up had ended, by evidence, when measuring began.
    pub(super) steady: bool,
    /// How it went on from there.
    #[serde(default)]
    pub(super) course: Course,
}

impl Process {
    /// Median of an iteration, of the steady part where there is one, the loop's own cost taken off. Negative where it is lost in
    /// that cost.
    pub(super) fn median(&self) -> f64 {
        let steady = self.batches.get(self.course.start()..).unwrap_or_default();
        median(steady).unwrap_or(f64::NAN) / self.iterations as f64 - self.loop_cost
    }
}

/// What a benchmark takes: time, or another metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Measurement {
    pub(super) id: String,
    /// What was measured.
    #[serde(default = "Kind::time")]
    pub(super) kind: Kind,
    /// An iteration's.
    pub(super) estimate: f64,
    /// The interval's ends; none where the data bound nothing.
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) level: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) throughput: Option<Throughput>,
    pub(super) threads: usize,
    /// Allocations of an iteration, where the counting allocator is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) allocations: Option<Allocations>,
    pub(super) processes: Vec<Process>,
    /// What a reader should know beside the number.
    pub(super) notes: Vec<String>,
}

/// What an iteration takes from the allocator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Allocations {
    pub(super) count: f64,
    pub(super) bytes: f64,
}

/// A quantile of single calls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Tail {
    pub(super) p: f64,
    pub(super) value: f64,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
}

impl Measurement {
    pub(super) fn new(
        id: &str,
        kind: Kind,
        throughput: Option<Throughput>,
        threads: usize,
        processes: Vec<Process>,
        notes: Vec<String>,
    ) -> Self {
        let medians: Vec<f64> = processes.iter().map(Process::median).collect();
        let exact = kind.exact && medians.iter().all(|value| *value == medians[0]);
        let (estimate, interval) = if exact {
            (
                medians[0],
                Some(Interval::new(medians[0], medians[0], 1.0, "exact")),
            )
        } else {
            centre(&medians)
        };
        let finite = |end: f64| Some(end).filter(|end| end.is_finite());
        let mut made = Self {
            id: id.to_owned(),
            estimate,
            low: interval.and_then(|interval| finite(interval.low)),
            high: interval.and_then(|interval| finite(interval.high)),
            level: if exact { 1.0 } else { LEVEL },
            kind,
            throughput,
            threads,
            allocations: None,
            processes,
            notes,
        };
        made.add_notes();
        made
    }

    /// Mean of the loop's own cost, an iteration.
    pub(super) fn loop_cost(&self) -> f64 {
        self.processes
            .iter()
            .map(|process| process.loop_cost)
            .sum::<f64>()
            / self.processes.len().max(1) as f64
    }

    /// Whether all processes agree to the last digit.
    pub(super) fn is_exact(&self) -> bool {
        self.level == 1.0
    }

    /// Whether the time is told apart from that of an empty loop.
    pub(super) fn is_something(&self) -> bool {
        self.estimate > 0.0 && self.low.is_none_or(|low| low > 0.0)
    }

    /// p50, p90, p99 of single calls, those that their number bounds; empty where calls are too short to time alone.
    pub(super) fn tails(&self) -> Vec<Tail> {
        let singles: Vec<f64> = self
            .processes
            .iter()
            .flat_map(|process| process.singles.iter().copied())
            .collect();
        let quantile = |p: f64| {
            let interval = quantile_interval(&singles, p, LEVEL, Side::Both).ok()?;
            let (low, high) = (interval.low, interval.high);
            high?; // too few calls for this quantile
            let value = perf_stats::quantile::quantile(&singles, p).ok()?;
            Some(Tail {
                p,
                value,
                low,
                high,
            })
        };
        [0.5, 0.9, 0.99].into_iter().filter_map(quantile).collect()
    }

    fn add_notes(&mut self) {
        if self.kind.is_time() && !self.is_something() {
            self.notes.push(format!(
                "not told apart from an empty loop ({}): nothing to measure, or removed by the compiler; `black_box` keeps inputs and results",
                crate::units::duration(self.loop_cost())
            ));
        }
        let courses: Vec<Course> = self.processes.iter().map(|one| one.course).collect();
        self.notes.extend(course::note(&courses));
        let unsteady = self
            .processes
            .iter()
            .filter(|process| !process.steady)
            .count();
        if unsteady > 0 {
            self.notes.push(format!(
                "{unsteady} of {} processes had not settled when measuring began",
                self.processes.len()
            ));
        }
    }
}

/// The centre of the processes' medians with its interval; on logarithms where all are positive.
fn centre(medians: &[f64]) -> (f64, Option<Interval>) {
    let logs: Vec<f64> = medians.iter().map(|median| median.ln()).collect();
    let on_logs = logs.iter().all(|log| log.is_finite());
    let values = if on_logs { &logs } else { medians };
    let back = |value: f64| if on_logs { value.exp() } else { value };
    let interval = |i: Interval| Interval::new(back(i.low), back(i.high), i.level, i.method);
    if values.len() >= EXACT_FROM
        && let Ok(found) = pseudomedian(values, LEVEL)
    {
        return (back(found.estimate), Some(interval(found.interval)));
    }
    let estimate = median(values).map_or(f64::NAN, back);
    (
        estimate,
        perf_stats::mean_interval::mean_interval(values, LEVEL)
            .ok()
            .map(interval),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(per_iteration: f64) -> Process {
        Process {
            iterations: 10,
            batches: vec![10.0 * (per_iteration + 1.0); 5],
            loop_cost: 1.0,
            singles: vec![],
            steady: true,
            course: Course::Flat,
        }
    }

    #[test]
    fn the_loop_is_taken_off_and_the_processes_are_the_unit() {
        let times = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0];
        let made = Measurement::new(
            "x",
            Kind::time(),
            None,
            1,
            times.map(process).to_vec(),
            vec![],
        );
        assert!((made.estimate - 103.5).abs() < 0.1, "{}", made.estimate);
        let (low, high) = (made.low.expect("bounded"), made.high.expect("bounded"));
        assert!(
            100.0 < low && low < 103.0 && 104.0 < high && high < 107.0,
            "{low} {high}"
        );
        assert!(made.notes.is_empty());
    }

    #[test]
    fn only_the_steady_part_counts() {
        let mut drifting = process(100.0);
        drifting.batches = [vec![2_010.0; 10], vec![1_010.0; 10]].concat();
        drifting.course = Course::Faster { until: 10 };
        assert_eq!(drifting.median(), 100.0);
        let processes = vec![drifting; 3];
        let made = Measurement::new("x", Kind::time(), None, 1, processes, vec![]);
        assert!(made.notes[0].contains("got faster"), "{:?}", made.notes);
    }

    #[test]
    fn counts_that_agree_are_exact_and_others_have_an_interval() {
        let counted = |amounts: [f64; 3]| {
            let processes = amounts.map(process).to_vec();
            Measurement::new("x", Kind::instructions(), None, 1, processes, vec![])
        };
        let same = counted([7.0; 3]);
        assert!(same.is_exact() && same.notes.is_empty());
        assert_eq!(
            (same.estimate, same.low, same.high),
            (7.0, Some(7.0), Some(7.0))
        );
        assert!(!counted([7.0, 7.0, 8.0]).is_exact());
        assert!(
            counted([0.0; 3]).notes.is_empty(),
            "nothing is an answer too"
        );
    }

    #[test]
    fn what_is_lost_in_the_loop_is_said_and_not_an_error() {
        let made = Measurement::new(
            "x",
            Kind::time(),
            None,
            1,
            [-0.1, 0.1, 0.2, -0.2, 0.0, 0.05].map(process).to_vec(),
            vec![],
        );
        assert!(!made.is_something());
        assert!(made.notes[0].contains("empty loop"), "{:?}", made.notes);
    }

    #[test]
    fn the_centre_is_one_of_ratios() {
        let times = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0].map(process).to_vec();
        let made = Measurement::new("x", Kind::time(), None, 1, times, vec![]);
        assert!((made.estimate - 8.0).abs() < 1e-9, "{}", made.estimate);
    }

    #[test]
    fn quantiles_are_shown_where_so_many_calls_bound_them() {
        let of = |calls: u32| -> Vec<f64> {
            let mut timed = process(5_000.0);
            timed.singles = (1..=calls).map(f64::from).collect();
            let made = Measurement::new("x", Kind::time(), None, 1, vec![timed], vec![]);
            made.tails().iter().map(|tail| tail.p).collect()
        };
        assert_eq!(of(0), [0.0; 0]);
        assert_eq!(of(50), [0.5, 0.9]);
        assert_eq!(of(1_000), [0.5, 0.9, 0.99]);
    }

    #[test]
    fn what_had_not_settled_is_said() {
        let mut restless = process(100.0);
        restless.steady = false;
        let processes = vec![restless, process(100.0), process(100.0)];
        let made = Measurement::new("x", Kind::time(), None, 1, processes, vec![]);
        assert!(
            made.notes[0].starts_with("1 of 3 processes had not settled"),
            "{:?}",
            made.notes
        );
    }

    #[test]
    fn few_processes_have_a_wide_interval_and_one_has_none() {
        let few = Measurement::new(
            "x",
            Kind::time(),
            None,
            1,
            [100.0, 101.0, 102.0].map(process).to_vec(),
            vec![],
        );
        assert!(few.high.expect("bounded") > 102.0);
        let one = Measurement::new("x", Kind::time(), None, 1, vec![process(100.0)], vec![]);
        assert_eq!((one.low, one.high), (None, None));
    }
}
