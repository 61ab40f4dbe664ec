//! In: run files, or plain numbers, of two sides that were not interleaved. Out: [`Stored`], the weaker comparison that they allow.

use super::advice;
use super::arm::Measurement;
use super::attribution;
use super::canary::{self, Canary};
use super::comparison::{Circumstances, Comparison, Counts, Outcome};
use super::metric::Metric;
use super::outcome;
use super::policy::Policy;
use crate::environment::{Aspect, Environment};
use crate::run::Run;
use perf_stats::StatsError;
use perf_stats::decision::{
    ALPHA, Decision, Margin, StoredRuns, Warning, compare_constant, compare_stored,
};
use std::fmt;

/// Compares what was stored: at least five runs a side, by Welch's test and ranks, both of which must agree.
///
/// Weaker than an [`Experiment`](super::Experiment), and the comparison says so: whatever changed between the two sides counts as
/// a change of the program. Runs that hold a [`Reference`](crate::run::Reference) slot have it as their canary: each time is divided by
/// its own, and a slot that differs between the sides by more than half the margin sets a claim aside. Machines that are unlike are
/// refused, unless all runs hold one: then the ratio of the ratios is shown, and nothing is claimed.
///
/// ```
/// use perf_core::judge::{Metric, Stored, Verdict};
/// let old = [10.1, 10.0, 10.2, 10.1, 10.0, 10.3].map(|ms| ms * 1e6);
/// let new = [11.4, 11.3, 11.5, 11.6, 11.3, 11.4].map(|ms| ms * 1e6);
/// let found = Stored::new("parse").numbers(&Metric::WALL, &old, &new)?;
/// assert_eq!(found.verdict, Verdict::Regressed);
/// assert!(found.report().text(None, false).contains("not confirmed: stored runs"));
/// # Ok::<(), perf_core::judge::StoredError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stored {
    id: String,
    policy: Policy,
    margin: Margin,
    deciding: Vec<Metric>,
}

/// Why stored runs cannot be compared: exit code 3.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StoredError {
    /// A side holds nothing that can be compared.
    Nothing {
        /// `baseline` or `candidate`.
        side: &'static str,
    },
    /// They were measured on machines that are not alike.
    UnlikeMachines {
        /// In what they differ, each `the CPU: this against that`.
        differences: Vec<String>,
    },
    /// They did different work.
    UnlikeWorkloads {
        /// The baseline's and the candidate's.
        workloads: [String; 2],
    },
    /// A metric that is to decide is not in them.
    MissingMetric {
        /// The metric.
        metric: Metric,
        /// Those that are.
        stored: Vec<Metric>,
    },
    /// Numbers that are none: not finite, or below zero.
    BadNumbers {
        /// What is wrong with them.
        why: StatsError,
    },
}

impl Stored {
    /// A comparison under this name; `wall` decides, margin 2 %.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            policy: Policy::default(),
            margin: Margin::COMMAND,
            deciding: vec![Metric::WALL],
        }
    }

    /// Margins by metric and name.
    #[must_use]
    pub fn policy(mut self, policy: &Policy) -> Self {
        self.policy = policy.clone();
        self
    }

    /// The metrics that decide.
    #[must_use]
    pub fn metrics(mut self, deciding: impl IntoIterator<Item = Metric>) -> Self {
        let named: Vec<Metric> = deciding.into_iter().collect();
        if !named.is_empty() {
            self.deciding = named;
        }
        self
    }

    /// Compares run files. Runs that did not come to their end are left out, with a warning.
    ///
    /// # Errors
    /// [`StoredError`].
    pub fn runs(&self, baseline: &[Run], candidate: &[Run]) -> Result<Comparison, StoredError> {
        let whole = |runs: &[Run]| -> Vec<Run> {
            runs.iter().filter(|run| run.complete).cloned().collect()
        };
        let sides = [whole(baseline), whole(candidate)];
        let (mut warnings, differences) = comparable(&sides)?;
        let canary = Canary::of(&sides, differences.clone())?;
        let left_out = baseline.len() + candidate.len() - sides[0].len() - sides[1].len();
        if left_out > 0 {
            warnings.push(format!(
                "{left_out} runs did not come to their end and are left out"
            ));
        }
        let measured = sides
            .each_ref()
            .map(|runs| runs.iter().map(Measurement::of_run).collect::<Vec<_>>());
        if !differences.is_empty() {
            warnings.push(canary::of_unlike_machines(&differences));
        }
        let mut results = self.outcomes([&measured[0], &measured[1]], canary.as_ref())?;
        results.sort_by_key(|o| !o.decides);
        let mut around = Circumstances::default();
        if let Some(machine) = sides[1].iter().find_map(|run| run.environment.clone()) {
            around.machine = machine;
        }
        around.clock = sides[1].first().map(|run| run.snapshot.clock.clone());
        let mut found = Comparison::new(results, around);
        if differences.is_empty() {
            found.attribution = attribution::of_runs(&measured[0], &measured[1]);
        }
        found.warnings = warnings;
        say_once(&mut found, canary.is_some());
        Ok(found)
    }

    /// Compares plain numbers of one metric, one a process: the unit of replication is the run.
    ///
    /// # Errors
    /// [`StoredError::Nothing`], [`StoredError::BadNumbers`].
    pub fn numbers(
        &self,
        metric: &Metric,
        baseline: &[f64],
        candidate: &[f64],
    ) -> Result<Comparison, StoredError> {
        for (side, values) in [("baseline", baseline), ("candidate", candidate)] {
            if values.is_empty() {
                return Err(StoredError::Nothing { side });
            }
        }
        let result = self.outcome(metric, baseline, candidate, None)?;
        let mut found = Comparison::new(vec![result], Circumstances::default());
        found.warnings.push(
            "numbers without their machine: both sides are taken to be of the same".to_owned(),
        );
        say_once(&mut found, false);
        Ok(found)
    }

    fn outcomes(
        &self,
        sides: [&[Measurement]; 2],
        canary: Option<&Canary>,
    ) -> Result<Vec<Outcome>, StoredError> {
        let mut stored = Measurement::in_common(&sides.into_iter().flatten().collect::<Vec<_>>());
        stored.retain(|metric| canary.is_none_or(|canary| canary.admits(metric)));
        if let Some(missing) = self.deciding.iter().find(|metric| !stored.contains(metric)) {
            return Err(StoredError::MissingMetric {
                metric: missing.clone(),
                stored,
            });
        }
        let of = |metric: &Metric, side: &[Measurement]| -> Vec<f64> {
            side.iter()
                .filter_map(|m| m.get_or_absent(metric))
                .collect()
        };
        stored
            .iter()
            .map(|metric| {
                self.outcome(metric, &of(metric, sides[0]), &of(metric, sides[1]), canary)
            })
            .collect()
    }

    fn outcome(
        &self,
        metric: &Metric,
        baseline: &[f64],
        candidate: &[f64],
        canary: Option<&Canary>,
    ) -> Result<Outcome, StoredError> {
        let canary = canary.filter(|_| Canary::covers(metric));
        let default = if metric.is_exact() {
            Margin::EXACT
        } else {
            self.margin
        };
        let margin = self.policy.margin_of(&self.id, metric).unwrap_or(default);
        let has_zeros = baseline.iter().chain(candidate).any(|v| *v == 0.0);
        let decision = decide(metric, margin, [baseline, candidate], has_zeros, canary)
            .map_err(|why| StoredError::BadNumbers { why })?;
        let n = Counts {
            baseline: baseline.len(),
            candidate: candidate.len(),
        };
        let mut found = outcome::of(&self.id, metric, &decision, [baseline, candidate], n);
        found.decides = self.deciding.contains(metric);
        found.samples = outcome::samples(&found, [baseline, candidate]);
        if has_zeros && found.change.is_some_and(|c| c.level < 1.0) {
            found.warnings.push(outcome::zeros(metric));
        }
        advice::explain(&mut found, &decision, None);
        if let Some(canary) = canary {
            canary.shown(&mut found, [baseline, candidate]);
        }
        Ok(found)
    }
}

fn decide(
    metric: &Metric,
    margin: Margin,
    [baseline, candidate]: [&[f64]; 2],
    has_zeros: bool,
    canary: Option<&Canary>,
) -> Result<Decision, StatsError> {
    if metric.is_counted()
        && let Some(exact) = compare_constant(baseline, candidate, margin)?
    {
        return Ok(exact);
    }
    let offset = if has_zeros {
        outcome::step(metric)
    } else {
        0.0
    };
    let moved = |values: &[f64]| -> Vec<f64> {
        values
            .iter()
            .map(|v| metric.worse_is_larger(v + offset))
            .collect()
    };
    let (a, b) = (moved(baseline), moved(candidate));
    let side = |values, at: usize| StoredRuns {
        values,
        canary: canary.map(|canary| &canary.sides[at][..]),
    };
    let same_machine = canary.is_none_or(|canary| canary.same_machine);
    compare_stored(side(&a, 0), side(&b, 1), margin, ALPHA, same_machine)
}

/// What all numbers of stored runs lack is a warning of the whole, not of each of them; where times have a canary, the others need none.
fn say_once(comparison: &mut Comparison, times_have_one: bool) {
    let sentence = Warning::NoCanary.to_string();
    let mut said = false;
    for outcome in &mut comparison.results {
        let before = outcome.warnings.len();
        outcome.warnings.retain(|warning| *warning != sentence);
        said |= outcome.warnings.len() < before;
    }
    comparison
        .warnings
        .extend((said && !times_have_one).then_some(sentence));
}

/// Refuses what cannot be compared; gives what should be mentioned, and in what the machines are unlike.
fn comparable(sides: &[Vec<Run>; 2]) -> Result<(Vec<String>, Vec<String>), StoredError> {
    for (side, runs) in ["baseline", "candidate"].into_iter().zip(sides) {
        if runs.is_empty() {
            return Err(StoredError::Nothing { side });
        }
    }
    let workload = |side: usize| {
        sides[side]
            .iter()
            .find_map(|run| run.provenance.as_ref()?.workload.clone())
    };
    if let (Some(old), Some(new)) = (workload(0), workload(1))
        && old != new
    {
        return Err(StoredError::UnlikeWorkloads {
            workloads: [old, new],
        });
    }
    let all = || sides.iter().flatten();
    let known: Vec<&Environment> = all().filter_map(|run| run.environment.as_ref()).collect();
    let mut warnings = Vec::new();
    if known.len() < all().count() {
        warnings.push(
            "some runs do not say where they were measured: taken to be of the same machine"
                .to_owned(),
        );
    }
    let mut unlike: Vec<String> = Vec::new();
    for other in known.iter().skip(1) {
        for difference in known[0].unlike(other) {
            let list = if difference.aspect == Aspect::Machine {
                &mut unlike
            } else {
                &mut warnings
            };
            let text = difference.to_string();
            if !list.contains(&text) {
                list.push(text);
            }
        }
    }
    Ok((warnings, unlike))
}

impl fmt::Display for StoredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing { side } => write!(f, "the {side} holds no run that came to its end"),
            Self::UnlikeMachines { differences } => write!(
                f,
                "measured on unlike machines, which are not compared: {}; measure both on one machine, or run them side by side, or give both a reference slot (PERF_REFERENCE=1) for a comparison of ratios",
                differences.join("; ")
            ),
            Self::UnlikeWorkloads {
                workloads: [old, new],
            } => {
                write!(
                    f,
                    "the baseline worked on {old:?}, the candidate on {new:?}: measure both on the same"
                )
            }
            Self::MissingMetric { metric, stored } => {
                let names: Vec<String> = stored.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "{metric} is not in all runs; those that are: {}",
                    names.join(", ")
                )
            }
            Self::BadNumbers { why } => write!(f, "the numbers cannot be compared: {why}"),
        }
    }
}

impl std::error::Error for StoredError {}
