//! In: a hypothesis and the evidence that it cites. Out: [`Plan`], all that validation may do, fixed before the code is changed.

use super::evidence::Evidence;
use super::hypothesis::{Cited, Hypothesis};
use crate::judge::{
    Experiment, Metric, Pattern, Policy, Replicate, Resource, Rule, SiteMetric, Unit,
};
use perf_stats::decision::Margin;
use perf_stats::describe::median;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How old and new will be compared. Once frozen it does not change: its seal stands in the journal and in every validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// Counted from 1 within the study.
    pub number: u32,
    /// The hypothesis that it tests.
    pub hypothesis: u32,
    /// What is to improve.
    pub target: Metric,
    /// By more than this, as a fraction.
    pub margin: f64,
    /// What must not get worse.
    pub guards: Vec<Guard>,
    /// What was measured and is not guarded, each with its reason.
    pub unguarded: Vec<String>,
    /// Pairs of old and new at most, and the confirmation has as many.
    pub pairs: usize,
    /// Seconds at most, at least ten pairs whatever they take.
    pub seconds: f64,
    /// Seed of the order; a second validation takes the next one.
    pub seed: u64,
    /// What was measured before: file and seal.
    pub evidence: Vec<Cited>,
    /// The source before the change.
    pub commit: Option<String>,
    /// Whether it differed from that commit.
    pub dirty: Option<bool>,
    /// The program before the change, where it was kept: 32 hexadecimal digits of XXH3.
    pub executable: Option<String>,
    /// When it was frozen, in milliseconds since 1970.
    pub unix_ms: u64,
}

/// A metric that must be shown not to be worse than its margin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Guard {
    /// The metric.
    pub metric: Metric,
    /// What counts as worse, as a fraction.
    pub margin: f64,
}

/// What the user may choose before the plan is frozen.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Choices {
    /// Gains up to this do not count; 2 %, within a process 1 %.
    pub margin: Option<f64>,
    /// Losses of guarded metrics up to this are borne.
    pub guard_margin: f64,
    /// Metrics that may get worse.
    pub unguarded: Vec<Metric>,
    /// Pairs at most.
    pub pairs: usize,
    /// Seconds at most.
    pub seconds: f64,
    /// Seed of the order.
    pub seed: u64,
    /// The kept program's digits.
    pub executable: Option<String>,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            margin: None,
            guard_margin: 0.05,
            unguarded: Vec::new(),
            pairs: 40,
            seconds: 120.0,
            seed: perf_stats::Rng::DEFAULT_SEED,
            executable: None,
        }
    }
}

/// Sites below this share of the wall time are guarded by the whole alone.
const GUARDED_SHARE: f64 = 0.05;
/// Counts below this jump by more than any margin.
const FEW: f64 = 16.0;
/// Half the interval of a log ratio over n pairs is about this, times the spread of one run, over the root of n: 2.8 for the
/// level, the root of 2 for two sides.
const HALF_WIDTH: f64 = 4.0;

impl Plan {
    /// The experiment that it prescribes, for the `attempt`-th time (counted from 0).
    pub(super) fn experiment<'a>(
        &self,
        name: &str,
        replicate: Replicate,
        attempt: u64,
    ) -> Result<Experiment<'a>, perf_stats::StatsError> {
        let margins = self
            .guards
            .iter()
            .map(|guard| (&guard.metric, guard.margin));
        let mut policy = Policy::default();
        for (metric, margin) in margins.chain([(&self.target, self.margin)]) {
            let of = match metric {
                Metric::Site { site, .. } => site,
                _ => name,
            };
            policy.rules.push(Rule {
                name: Pattern::new(of),
                metric: Pattern::new(metric.word()),
                margin,
            });
        }
        let whole = self.guards.iter().map(|guard| &guard.metric);
        let whole = whole.filter(|metric| !matches!(metric, Metric::Site { .. }));
        Ok(Experiment::new(name)
            .unit(replicate)
            .of_other_programs(replicate == Replicate::ProcessPair)
            .margin(Margin::relative(self.margin)?)
            .policy(&policy)
            .metrics(std::iter::once(&self.target).chain(whole).cloned())
            .seed(self.seed.wrapping_add(2 * attempt)) // the confirmation takes the one between
            .pairs(self.pairs)
            .time(Duration::from_secs_f64(self.seconds.clamp(1.0, 86_400.0)))
            .at_least(10)
            .confirm(true))
    }

    pub(super) fn new(
        number: u32,
        hypothesis: &Hypothesis,
        evidence: &Evidence,
        choices: &Choices,
        margin: f64,
    ) -> Self {
        let (guards, unguarded) = guards(&hypothesis.metric, evidence, choices);
        Self {
            number,
            hypothesis: hypothesis.number,
            target: hypothesis.metric.clone(),
            margin,
            guards,
            unguarded,
            pairs: choices.pairs,
            seconds: choices.seconds,
            seed: choices.seed,
            evidence: hypothesis.evidence.clone(),
            commit: evidence.commit.clone(),
            dirty: evidence.has_changes(),
            executable: choices.executable.clone(),
            unix_ms: super::dossier::now(),
        }
    }
}

/// Every other measured number that so many pairs can judge; of the others, why not.
fn guards(target: &Metric, evidence: &Evidence, choices: &Choices) -> (Vec<Guard>, Vec<String>) {
    let (mut guards, mut left) = (Vec::new(), Vec::new());
    let wall = evidence
        .of(&Metric::WALL)
        .and_then(|wall| median(wall).ok())
        .unwrap_or(0.0);
    for (name, values) in &evidence.values {
        let metric: Metric = name
            .parse()
            .unwrap_or_else(|_| Metric::other(name, Unit::Other, crate::judge::Direction::Lower));
        if metric == *target {
            continue;
        }
        let middle = median(values).unwrap_or(0.0);
        match why_not(&metric, middle, values, wall, choices) {
            None => guards.push(Guard {
                metric,
                margin: choices.guard_margin,
            }),
            Some(reason) if reason.is_empty() => {}
            Some(reason) => left.push(format!("{metric}: {reason}")),
        }
    }
    (guards, left)
}

/// Why a metric is no guard; an empty reason needs no mention.
fn why_not(
    metric: &Metric,
    middle: f64,
    values: &[f64],
    wall: f64,
    choices: &Choices,
) -> Option<String> {
    if choices.unguarded.contains(metric) {
        return Some("it may get worse, as was asked for".to_owned());
    }
    match metric {
        Metric::Site {
            of: SiteMetric::SelfTime,
            ..
        } if middle >= GUARDED_SHARE * wall => {}
        Metric::Site { .. } => return Some(String::new()),
        Metric::Resource(Resource::User | Resource::Sys) => {
            return Some("a part of cpu, which is guarded".to_owned());
        }
        _ => {}
    }
    if middle <= 0.0 {
        return Some("it is 0, of which no part can be a margin".to_owned());
    }
    if metric.unit() == Unit::Count && middle < FEW {
        return Some(format!(
            "a count of {middle:.0} is too small for a relative margin"
        ));
    }
    let off: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let spread = 1.4826 * median(&off).unwrap_or(0.0) / middle.max(f64::MIN_POSITIVE);
    let seen = HALF_WIDTH * spread / (choices.pairs.max(1) as f64).sqrt();
    (seen > choices.guard_margin).then(|| {
        format!(
            "it varies by {:.0} % from run to run: {} pairs cannot show {:.0} %",
            100.0 * spread,
            choices.pairs,
            100.0 * choices.guard_margin
        )
    })
}
