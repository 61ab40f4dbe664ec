//! In: values at moments. Out: [`Series`], a bounded history that thins itself and keeps least, mean and greatest of each step.

use serde::{Deserialize, Serialize};

/// Steps a series has at most; then neighbours are joined, two and two, and later steps hold twice as many samples.
pub const MOST_STEPS: usize = 256;

/// How something went over time, in at most [`MOST_STEPS`] steps however long it lasted.
///
/// ```
/// use perf_core::{Series, ResourceUnit, MOST_STEPS};
/// let mut series = Series::new("rss", ResourceUnit::Bytes);
/// for i in 0..10_000u64 {
///     series.push(i * 1_000_000, if i == 7_777 { 9.0 } else { 1.0 });
/// }
/// assert!(series.steps.len() <= MOST_STEPS);
/// assert_eq!(series.samples(), 10_000);
/// assert_eq!(series.greatest(), Some(9.0)); // a spike stays, however thin the series is
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Series {
    /// What it is of: the name of a level or total.
    pub name: String,
    /// What its values count.
    pub unit: ResourceUnit,
    /// Samples that a full step holds.
    pub samples_a_step: u32,
    /// The steps, in order of time.
    pub steps: Vec<Step>,
}

/// Samples next to each other. In JSON `[from, to, samples, least, mean, greatest]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Flat", into = "Flat")]
#[non_exhaustive]
pub struct Step {
    /// When the first sample was taken, in nanoseconds since sampling began.
    pub from_ns: u64,
    /// When the last one was taken.
    pub to_ns: u64,
    /// How many there are.
    pub samples: u32,
    /// The least of them.
    pub least: f64,
    /// Their mean.
    pub mean: f64,
    /// The greatest of them.
    pub greatest: f64,
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResourceUnit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// Things.
    Count,
    /// CPUs in use: CPU time over time.
    Cpus,
}

/// A step as JSON has it.
type Flat = (u64, u64, u32, f64, f64, f64);

impl From<Flat> for Step {
    fn from((from_ns, to_ns, samples, least, mean, greatest): Flat) -> Self {
        Self {
            from_ns,
            to_ns,
            samples,
            least,
            mean,
            greatest,
        }
    }
}

impl From<Step> for Flat {
    fn from(s: Step) -> Self {
        (s.from_ns, s.to_ns, s.samples, s.least, s.mean, s.greatest)
    }
}

impl Step {
    /// The middle of its time, in seconds since sampling began.
    pub fn middle_s(&self) -> f64 {
        f64::midpoint(self.from_ns as f64, self.to_ns as f64) / 1e9
    }

    fn join(&mut self, later: &Self) {
        let (ours, theirs) = (f64::from(self.samples), f64::from(later.samples));
        self.mean = (self.mean * ours + later.mean * theirs) / (ours + theirs);
        self.samples = self.samples.saturating_add(later.samples);
        self.to_ns = later.to_ns;
        self.least = self.least.min(later.least);
        self.greatest = self.greatest.max(later.greatest);
    }
}

impl Series {
    /// An empty series.
    pub fn new(name: &str, unit: ResourceUnit) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            samples_a_step: 1,
            steps: Vec::new(),
        }
    }

    /// Adds a sample taken `at_ns` after sampling began; samples come in order of time. What is not finite is left out.
    pub fn push(&mut self, at_ns: u64, value: f64) {
        if !value.is_finite() {
            return;
        }
        let sample = Step {
            from_ns: at_ns,
            to_ns: at_ns,
            samples: 1,
            least: value,
            mean: value,
            greatest: value,
        };
        match self.steps.last_mut() {
            Some(last) if last.samples < self.samples_a_step => last.join(&sample),
            _ => {
                if self.steps.len() >= MOST_STEPS {
                    self.thin();
                }
                self.steps.push(sample);
            }
        }
    }

    /// Joins neighbours two and two.
    fn thin(&mut self) {
        let pairs = self.steps.chunks(2).map(|pair| {
            let mut joined = pair[0];
            pair[1..].iter().for_each(|later| joined.join(later));
            joined
        });
        self.steps = pairs.collect();
        self.samples_a_step = self.samples_a_step.saturating_mul(2);
    }

    /// All samples, thinned or not.
    pub fn samples(&self) -> u64 {
        self.steps.iter().map(|step| u64::from(step.samples)).sum()
    }

    /// The least value seen.
    pub fn least(&self) -> Option<f64> {
        self.steps.iter().map(|step| step.least).reduce(f64::min)
    }

    /// The greatest value seen.
    pub fn greatest(&self) -> Option<f64> {
        self.steps.iter().map(|step| step.greatest).reduce(f64::max)
    }

    /// The time from the first sample to the last, in nanoseconds.
    pub fn covers_ns(&self) -> u64 {
        match (self.steps.first(), self.steps.last()) {
            (Some(first), Some(last)) => last.to_ns.saturating_sub(first.from_ns),
            _ => 0,
        }
    }

    /// The steps that ended after the last one of `earlier`.
    pub(super) fn after(mut self, earlier: Option<&Self>) -> Self {
        let end = earlier.and_then(|series| series.steps.last());
        if let Some(end) = end {
            self.steps.retain(|step| step.to_ns > end.to_ns);
        }
        self
    }
}
