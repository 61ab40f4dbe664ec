//! In: a frozen plan and two arms. Out: [`Validated`], the comparison with both answers; [`Recheck`], the same of a gain that was accepted.

use super::answer::{self, ChangeAnswer, HypothesisOutcome};
use super::error::StudyError;
use super::hypothesis::Hypothesis;
use super::plan::Plan;
use super::source::Source;
use crate::environment::{Aspect, Environment};
use crate::judge::{Arm, Comparison, Experiment, Outcome, Verdict};
use crate::report::comparison;
use crate::run;
use serde::{Deserialize, Serialize};

/// Old against new, by the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Validated {
    /// The plan's number.
    pub plan: u32,
    /// The plan's seal, as it was when it was followed.
    pub plan_seal: String,
    /// Counted from 1: how often this plan was followed. Each further time is one more chance of a false claim.
    pub attempt: u32,
    /// What the old side was, in words.
    pub baseline: String,
    /// The commit that the old side was built of, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_commit: Option<String>,
    /// The user's own check, where there was one; it passed, or nothing would have been measured.
    pub correctness: Option<String>,
    /// The source of the new side.
    pub commit: Option<String>,
    /// Whether it differed from that commit.
    pub dirty: Option<bool>,
    /// The files of the new side, where git follows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The numbers.
    pub comparison: Comparison,
    /// May the change be kept?
    pub change: ChangeAnswer,
    /// Was the hypothesis right?
    pub hypothesis: HypothesisOutcome,
    /// When, in milliseconds since 1970.
    pub unix_ms: u64,
    /// What a reader should know beside the answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What the old side is.
///
/// ```
/// use perf_core::study::Baseline;
/// assert_eq!(Baseline::from("the old loop").commit, None);
/// let old = Baseline::from("revision HEAD").of_commit("0f3a");
/// assert_eq!(old.commit.as_deref(), Some("0f3a"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Baseline {
    /// In words.
    pub words: String,
    /// The commit that it was built of. A gate that demands studies wants one.
    pub commit: Option<String>,
}

/// An accepted change, measured again later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recheck {
    /// What the old side was, in words.
    pub baseline: String,
    /// The commit that the old side was built of, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_commit: Option<String>,
    /// The source of the new side.
    pub commit: Option<String>,
    /// Whether it differed from that commit.
    pub dirty: Option<bool>,
    /// The files of the new side, where git follows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The numbers.
    pub comparison: Comparison,
    /// Whether the target is still improved; none where that could not be decided.
    pub still: Option<bool>,
    /// When, in milliseconds since 1970.
    pub unix_ms: u64,
    /// What a reader should know beside the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Baseline {
    /// The same, built of this commit.
    #[must_use]
    pub fn of_commit(mut self, commit: &str) -> Self {
        self.commit = Some(commit.to_owned());
        self
    }
}

impl From<&str> for Baseline {
    fn from(words: &str) -> Self {
        Self {
            words: words.to_owned(),
            commit: None,
        }
    }
}

impl Validated {
    pub(super) fn judge(
        (plan, seal): (&Plan, &str),
        hypothesis: &Hypothesis,
        attempt: u32,
        mut comparison: Comparison,
    ) -> Self {
        let change = answer::of_change(plan, &mut comparison);
        let hypothesis = answer::of_hypothesis(hypothesis, comparison.outcome(&plan.target));
        let (commit, dirty) = run::source();
        Self {
            plan: plan.number,
            plan_seal: seal.to_owned(),
            attempt,
            baseline: String::new(),
            baseline_commit: None,
            correctness: None,
            commit,
            dirty,
            source: None,
            comparison,
            change,
            hypothesis,
            unix_ms: super::dossier::now(),
            notes: Vec::new(),
        }
    }

    /// Notes what was measured.
    pub(super) fn measured(&mut self, baseline: Baseline, source: Option<Source>) {
        self.baseline = baseline.words;
        self.baseline_commit = baseline.commit;
        self.source = source;
    }

    /// The target's outcome.
    pub fn target(&self, plan: &Plan) -> Option<&Outcome> {
        self.comparison.outcome(&plan.target)
    }

    /// What a reader of "confirmed" should know of an interval that reaches out of the expected range.
    fn beyond(&self, plan: &Plan, hypothesis: &Hypothesis) -> &'static str {
        let change = self.target(plan).and_then(|target| target.change);
        let within = change.is_some_and(|change| {
            let holds = |end: Option<f64>| end.is_some_and(|end| hypothesis.expected.holds(end));
            holds(change.low) && holds(change.high)
        });
        if self.hypothesis == HypothesisOutcome::Confirmed && !within {
            "; the measured interval meets that range and reaches beyond it"
        } else {
            ""
        }
    }

    /// Both answers as sentences.
    pub fn sentences(&self, plan: &Plan, hypothesis: &Hypothesis) -> Vec<String> {
        let mut said = Vec::new();
        if let Some(target) = self.target(plan) {
            let change = answer::change_words(target);
            said.push(format!(
                "target: {} {}: {change}  ({})",
                plan.target,
                target.verdict,
                comparison::evidence(target)
            ));
            said.extend(
                target
                    .warnings
                    .iter()
                    .map(|warning| format!("target: {warning}")),
            );
        }
        said.extend(
            self.change
                .guards
                .iter()
                .map(|guard| format!("guard: {}", guard.sentence)),
        );
        said.extend(
            plan.unguarded
                .iter()
                .map(|reason| format!("not guarded: {reason}")),
        );
        said.push(match &self.correctness {
            Some(command) => format!("correctness: `{command}` passed"),
            None => "correctness: not checked (--correct 'cargo test')".to_owned(),
        });
        said.push(if self.change.accepted {
            "the change may be accepted: the target improved and no guard failed".to_owned()
        } else {
            format!(
                "the change is not accepted: {}",
                self.change.failed.join("; ")
            )
        });
        said.push(format!(
            "the hypothesis is {}: {} was expected{}",
            self.hypothesis.words(),
            hypothesis.expected,
            self.beyond(plan, hypothesis)
        ));
        if self.attempt > 1 {
            said.push(format!(
                "this plan was followed {} times: the chance of a false claim is up to {} times that of one",
                self.attempt, self.attempt
            ));
        }
        said.extend(self.notes.iter().cloned());
        said
    }
}

impl Recheck {
    pub(super) fn judge(
        plan: &Plan,
        baseline: Baseline,
        source: Option<Source>,
        comparison: Comparison,
    ) -> Self {
        let still = match comparison
            .outcome(&plan.target)
            .map(|target| target.verdict)
        {
            Some(Verdict::Improved) => Some(true),
            Some(Verdict::Equivalent | Verdict::Regressed) => Some(false),
            _ => None,
        };
        let (commit, dirty) = run::source();
        Self {
            baseline: baseline.words,
            baseline_commit: baseline.commit,
            commit,
            dirty,
            source,
            comparison,
            still,
            unix_ms: super::dossier::now(),
            notes: Vec::new(),
        }
    }

    /// The answer as a sentence.
    pub fn sentence(&self, plan: &Plan) -> String {
        let target = self.comparison.outcome(&plan.target);
        let change = target.map(answer::change_words).unwrap_or_default();
        let word = match self.still {
            Some(true) => "the gain is still there",
            Some(false) => "the gain is gone",
            None => "whether the gain is still there could not be decided",
        };
        let mut said = vec![format!(
            "{word}: {} {change} against {}",
            plan.target, self.baseline
        )];
        said.extend(self.notes.iter().cloned());
        said.join("; ")
    }
}

/// Sentences on what differs from the machine and system of an earlier measurement: both sides were measured here, so the verdict stands,
/// of this machine.
pub(super) fn unlike(comparison: &Comparison, earlier: &Environment, what: &str) -> Vec<String> {
    let differences = comparison.environment.machine.unlike(earlier).into_iter();
    differences
        .filter(|difference| difference.aspect != Aspect::Build)
        .map(|difference| {
            format!(
                "measured under other circumstances than {what}, old and new alike: {difference}"
            )
        })
        .collect()
}

/// Measures both sides.
pub(super) fn measure(
    experiment: Experiment<'_>,
    old: &mut dyn Arm,
    new: &mut dyn Arm,
) -> Result<Comparison, StudyError> {
    Ok(experiment.run(old, new)?)
}
