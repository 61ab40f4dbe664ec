//! In: what an author measures beside time. Out: [`Metric`], the trait for it; [`Kind`], how its values are named and judged.

use crate::judge::{Direction, Metric as Judged, Unit};
use serde::{Deserialize, Serialize};

/// A quantity of an author's own, read around what is measured: `cargo bench -- --metric NAME` answers in it instead of time.
///
/// [`begin`](Self::begin) and [`end`](Self::end) stand where the clock is read otherwise: inputs are made and dropped outside of them. A
/// process has one value of the type, and calls both on the measuring thread, once around many iterations; what the same loop
/// yields with nothing in it is taken off. With `threads` they stand around all threads together.
///
/// An exact metric is counted in three fresh processes; where they agree it is compared and not tested, and any difference counts.
/// Where they do not, and for those that are not exact, fresh pairs of processes are judged as times are.
///
/// ```
/// use perf_core::harness::Metric;
/// use perf_core::judge::Unit;
/// use std::cell::Cell;
///
/// thread_local!(static PROBES: Cell<u64> = const { Cell::new(0) }); // what the program counts of itself
///
/// #[derive(Default)]
/// struct Probes(u64);
///
/// impl Metric for Probes {
///     fn name(&self) -> &str { "probes" }
///     fn unit(&self) -> Unit { Unit::Count }
///     fn is_exact(&self) -> bool { true }
///     fn begin(&mut self) { self.0 = PROBES.get(); }
///     fn end(&mut self) -> f64 { (PROBES.get() - self.0) as f64 }
/// }
///
/// #[perf_core::bench]
/// fn lookup() { PROBES.set(PROBES.get() + 3); }
///
/// # mod file { use super::Probes;
/// perf_core::bench_main!(metrics = [Probes::default()]); // cargo bench -- --metric probes
/// # }
/// # fn main() {
/// let mut probes = Probes::default();
/// probes.begin();
/// lookup();
/// assert_eq!(probes.end(), 3.0);
/// # }
/// ```
pub trait Metric {
    /// Its name, one word: on the command line, in every answer and in baselines.
    fn name(&self) -> &str;

    /// What its values count.
    fn unit(&self) -> Unit;

    /// Whether less or more of it is better; less unless told otherwise.
    fn direction(&self) -> Direction {
        Direction::Lower
    }

    /// Whether it repeats exactly where the program does.
    fn is_exact(&self) -> bool;

    /// Why it cannot be measured in this process, as a sentence; none where it can.
    fn missing(&self) -> Option<String> {
        None
    }

    /// What is measured begins.
    fn begin(&mut self);

    /// What is measured has ended: the amount since [`begin`](Self::begin), of all iterations between. Finite.
    fn end(&mut self) -> f64;
}

/// Makes a metric in the process that measures.
#[doc(hidden)]
pub type MakeMetric = fn() -> Box<dyn Metric>;

/// A fresh one of this name; an author's stand before those of ours.
pub(super) fn named(metrics: &[MakeMetric], name: &str) -> Option<Box<dyn Metric>> {
    metrics
        .iter()
        .map(|make| make())
        .find(|metric| metric.name() == name)
}

/// How the values of a metric are named and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) unit: Unit,
    #[serde(default)]
    pub(super) direction: Direction,
    pub(super) exact: bool,
}

/// What is measured unless another metric is asked for.
pub(super) const TIME: &str = "time";

/// What callgrind counts.
pub(super) const INSTRUCTIONS: &str = "instructions";

impl Kind {
    pub(super) fn time() -> Self {
        Self {
            name: TIME.to_owned(),
            unit: Unit::Nanoseconds,
            direction: Direction::Lower,
            exact: false,
        }
    }

    pub(super) fn instructions() -> Self {
        Self {
            name: INSTRUCTIONS.to_owned(),
            unit: Unit::Count,
            direction: Direction::Lower,
            exact: true,
        }
    }

    pub(super) fn of(metric: &dyn Metric) -> Self {
        Self {
            name: crate::escape::terminal(metric.name()).into_owned(),
            unit: metric.unit(),
            direction: metric.direction(),
            exact: metric.is_exact(),
        }
    }

    pub(super) fn is_time(&self) -> bool {
        self.name == TIME
    }

    pub(super) fn is_instructions(&self) -> bool {
        self.name == INSTRUCTIONS
    }

    /// The metric as comparisons know it.
    pub(super) fn judged(&self) -> Judged {
        Judged::Other {
            name: self.name.clone(),
            unit: self.unit,
            direction: self.direction,
        }
    }

    /// A value with its unit and name: `1.20 µs cpu`, `5,003 instructions`.
    pub(super) fn print(&self, value: f64) -> String {
        if self.is_time() {
            return crate::units::duration(value.max(0.0));
        }
        format!("{} {}", self.number(value), self.name)
    }

    /// The same in its column.
    pub(super) fn aligned(&self, value: f64) -> String {
        if self.is_time() {
            return format!("{:>8}", self.print(value));
        }
        format!("{:>11} {}", self.number(value), self.name)
    }

    /// A value with its unit.
    pub(super) fn number(&self, value: f64) -> String {
        match self.unit {
            Unit::Count | Unit::Other if value < 0.0 => format!("{value:.3}"),
            unit => unit.print(value),
        }
    }
}
