//! In: comparisons of a program with itself and with a slowed self. Out: [`Proof`], what the gate is worth here.

use crate::exit::Failure;
use perf_core::escape::{markdown, terminal};
use perf_core::judge::{Comparison, Metric, Unit, Verdict};
use perf_core::stats::decision::{ALPHA, Looks, Margin, minimum_detectable_effect};
use perf_core::stats::describe::{median, qn};
use perf_core::stats::proportion::clopper_pearson;
use perf_core::units::percent;
use serde_json::json;
use std::time::Duration;

/// The false-alarm rate that must be ruled out.
const RATE: f64 = 0.05;

/// One comparison, as far as the proof needs it.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    verdict: Verdict,
    baseline: f64,
    ratios: Vec<f64>, // logarithms
}

/// What the gate is worth for one program and metric.
#[derive(Debug)]
pub(crate) struct Proof {
    program: String,
    metric: Metric,
    margin: f64,
    slowdown: f64,
    pub(crate) same: Vec<Trial>,
    pub(crate) slowed: Vec<Trial>,
    pub(crate) seconds: f64,
    pairs: usize, // that one comparison of the gate may measure
}

impl Trial {
    /// The metric's outcome.
    pub(crate) fn of(comparison: &Comparison, metric: &Metric) -> Result<Self, Failure> {
        let outcome = comparison
            .outcome(metric)
            .ok_or_else(|| Failure::new(format_args!("{metric} was not measured")))?;
        Ok(Self {
            verdict: outcome.verdict,
            baseline: outcome.baseline.unwrap_or(0.0),
            ratios: outcome.series.iter().map(|change| change.ln_1p()).collect(),
        })
    }
}

impl Proof {
    pub(crate) fn new(program: &str, metric: &Metric, margin: f64, slowdown: f64) -> Self {
        Self {
            program: program.to_owned(),
            metric: metric.clone(),
            margin,
            slowdown,
            same: Vec::new(),
            slowed: Vec::new(),
            seconds: 0.0,
            pairs: 0,
        }
    }

    /// What one run typically takes of the metric, in nanoseconds.
    pub(crate) fn typical_ns(&self) -> Result<f64, String> {
        let medians: Vec<f64> = self.same.iter().map(|trial| trial.baseline).collect();
        median(&medians).map_err(|error| format!("no comparison fitted into the budget: {error}"))
    }

    /// How many pairs the gate's own budget allows.
    pub(crate) fn budget(&mut self, pairs: Option<u32>, time: Duration) {
        let each = 2.0 * self.typical_ns().unwrap_or(f64::INFINITY) / 1e9;
        let fitting = (time.as_secs_f64() / each) as usize;
        self.pairs = pairs
            .map_or(fitting, |pairs| pairs as usize)
            .clamp(1, 100_000);
    }

    pub(crate) fn holds(&self) -> bool {
        self.rate().1 <= RATE && 2 * self.found() > self.slowed.len()
    }

    fn alarms(&self) -> usize {
        self.same
            .iter()
            .filter(|t| t.verdict == Verdict::Regressed)
            .count()
    }

    fn found(&self) -> usize {
        self.slowed
            .iter()
            .filter(|t| t.verdict == Verdict::Regressed)
            .count()
    }

    /// The false-alarm rate's limits: a lower and an upper one, each right with 95 %.
    fn rate(&self) -> (f64, f64) {
        let interval = clopper_pearson(self.alarms() as u64, self.same.len() as u64, 0.9);
        interval.map_or((0.0, 1.0), |interval| (interval.low, interval.high))
    }

    /// The smallest slowdown that the gate would find four times out of five within its budget, by the spread of the pairs.
    fn smallest(&self) -> Option<f64> {
        let ratios: Vec<f64> = self
            .same
            .iter()
            .flat_map(|t| t.ratios.iter().copied())
            .collect();
        let spread = qn(&ratios).ok()?; // the signed ranks bear outliers as well as it does
        let looks = Looks::up_to(self.pairs).ok()?.number() as f64;
        let margin = Margin::relative(self.margin).ok()?;
        minimum_detectable_effect(spread, self.pairs, ALPHA / looks, margin).ok()
    }

    pub(crate) fn text(&self) -> String {
        self.sentences(&terminal(&self.program)).join("\n") + "\n"
    }

    pub(crate) fn markdown(&self) -> String {
        let sentences = self.sentences(&markdown(&self.program));
        format!("- {}\n", sentences.join("\n- "))
    }

    fn sentences(&self, program: &str) -> Vec<String> {
        let (_, high) = self.rate();
        let verdict = if self.holds() {
            "the gate holds"
        } else {
            "the gate is not proved"
        };
        let mut lines = vec![
            format!(
                "{program} {}, margin {}: {verdict} ({:.0} s)",
                self.metric,
                percent(self.margin),
                self.seconds
            ),
            format!(
                "false alarms: {} of {} comparisons of the program with itself: at most {} (95 %)",
                self.alarms(),
                self.same.len(),
                percent(high)
            ),
            format!(
                "a slowdown of {}, CPU time before the program starts: found in {} of {} comparisons",
                percent(self.slowdown),
                self.found(),
                self.slowed.len()
            ),
        ];
        lines.push(match self.smallest() {
            Some(smallest) => format!(
                "smallest slowdown found four times out of five within {} pairs: {}",
                self.pairs,
                percent(smallest)
            ),
            None => format!(
                "{} pairs are too few to find any slowdown: give it more time",
                self.pairs
            ),
        });
        if high > RATE && self.alarms() == 0 {
            lines.push(
                "no false alarm, but too few comparisons to rule out 5 %: 59 are needed".to_owned(),
            );
        }
        lines
    }

    pub(crate) fn json(&self) -> String {
        let (low, high) = self.rate();
        let rate = self.alarms() as f64 / self.same.len().max(1) as f64;
        let object = json!({
            "schema": 1,
            "program": self.program,
            "metric": self.metric.to_string(),
            "unit": Unit::Nanoseconds.word(),
            "margin": self.margin,
            "holds": self.holds(),
            "false_alarms": {
                "count": self.alarms(), "comparisons": self.same.len(), "rate": rate,
                "low": low, "high": high, "level": 0.95,
            },
            "slowdown": {
                "injected": self.slowdown, "found": self.found(), "comparisons": self.slowed.len(),
                "how": "CPU time before the program starts",
            },
            "smallest": { "change": self.smallest(), "pairs": self.pairs, "power": 0.8 },
            "seconds": self.seconds,
        });
        format!("{object}\n")
    }
}
