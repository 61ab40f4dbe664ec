//! In: what `ab` or `compare` take, and a policy. Out: whether it may pass, for people, CI and code review.

mod claims;

use crate::ab;
use crate::arguments::{ANSWER, Format, Sites};
use crate::commands::Commands;
use crate::compare;
use crate::exit::{Exit, Failure};
use crate::page::ToPage;
use crate::plan::Plan;
use crate::{github, junit, output};
use claims::StudyGate;
use clap::{Args, ValueEnum};
use perf_core::judge::{
    BudgetAnswer, BudgetVerdict, Comparison, Outcome, Policy, Verdict, judge_together,
};
use std::path::{Path, PathBuf};

/// Block what got slower: commands measured now, or stored runs.
///
/// Of all metrics that decide, a regression counts where it holds for the suite as a whole (Holm, 5 %). Commands are measured
/// again in fresh processes before they block.
#[derive(Debug, Args)]
pub(crate) struct Gate {
    /// Baseline: a run file, a folder of them, or numbers.
    #[arg(value_name = "BASE", requires = "candidate_runs")]
    baseline_runs: Option<PathBuf>,
    /// Candidate: the same.
    #[arg(value_name = "CAND")]
    candidate_runs: Option<PathBuf>,
    #[command(flatten)]
    commands: Commands,
    #[command(flatten)]
    plan: Plan,
    /// How the answer is written.
    #[arg(long, help_heading = ANSWER, value_enum, default_value_t)]
    format: GateFormat,
    /// Which sites of annotated programs are shown.
    #[arg(long, help_heading = ANSWER, value_enum, default_value_t)]
    sites: Sites,
    #[command(flatten)]
    page: ToPage,
    #[command(flatten)]
    study: StudyGate,
}

/// How a gate's answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFormat {
    /// Plain words, a line a metric.
    #[default]
    Text,
    /// For pull requests and notes.
    Markdown,
    /// One object and nothing else.
    Json,
    /// A test suite, a test case a metric.
    Junit,
    /// Plain words, and annotations for GitHub's checks.
    Github,
}

/// A gate's answer to one metric or budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Passes,
    /// Nothing is claimed, and that is let pass.
    Open,
    /// Nothing is claimed, and that is denied.
    Denied,
    Blocks,
}

/// What was judged, in a form that both machine formats share: a name, the answer, and a sentence.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) answer: Answer,
    pub(crate) sentence: String,
}

/// The policy that is used where the command line names none.
const POLICY: &str = "perf.toml";

impl Gate {
    pub(crate) fn run(mut self) -> Result<Exit, Failure> {
        let judging = &mut self.plan.judging;
        if judging.policy.is_none() && Path::new(POLICY).exists() {
            judging.policy = Some(POLICY.into());
        }
        let policy = judging.policy()?;
        if self.study.require_study {
            if self.commands.any() || self.baseline_runs.is_some() {
                return Err(Failure::new(
                    "--require-study looks at commits and measures nothing: gate the program in a call of its own",
                ));
            }
            return self.study.run(&policy.study.claims, self.format);
        }
        let comparison = match (&self.baseline_runs, &self.candidate_runs) {
            (Some(baseline), Some(candidate)) if !self.commands.any() => {
                compare::judge(baseline, candidate, &judging.metrics, &policy)?
            }
            (None, None) => ab::measure(&self.commands, &self.plan, &policy)?,
            _ => {
                return Err(Failure::new(
                    "give either two commands or BASE and CAND, not both",
                ));
            }
        };
        let mut all = [comparison];
        let code = judge_together(&mut all, &policy);
        let [comparison] = all;
        self.page.write(&comparison, &policy)?;
        output::print(&self.format.written(&comparison, &policy, self.sites))?;
        let refuses = |case: &Case| matches!(case.answer, Answer::Blocks | Answer::Denied);
        for case in cases(&comparison, &policy).into_iter().filter(refuses) {
            output::note(&format_args!("refused: {}", case.sentence));
        }
        Ok(Exit::of_code(code))
    }
}

impl GateFormat {
    fn written(self, comparison: &Comparison, policy: &Policy, sites: Sites) -> String {
        match self {
            Self::Text => Format::Text.judged(comparison, policy, sites),
            Self::Markdown => Format::Markdown.judged(comparison, policy, sites),
            Self::Json => Format::Json.judged(comparison, policy, sites),
            Self::Junit => junit::written(&cases(comparison, policy)),
            Self::Github => {
                Format::Text.judged(comparison, policy, sites)
                    + &github::written(&cases(comparison, policy))
            }
        }
    }
}

/// One case a deciding metric and budget.
fn cases(comparison: &Comparison, policy: &Policy) -> Vec<Case> {
    let denies = policy.clone().deny_inconclusive() == *policy;
    let open = if denies { Answer::Denied } else { Answer::Open };
    let metrics = comparison.deciding().map(|outcome| Case {
        name: format!("{} {}", outcome.id, outcome.metric),
        answer: match outcome.verdict {
            Verdict::Inconclusive => open,
            Verdict::Regressed if counts(outcome, policy) => Answer::Blocks,
            _ => Answer::Passes,
        },
        sentence: line(outcome, comparison),
    });
    let budgets = comparison.budgets(policy).into_iter().map(|budget| Case {
        name: format!("{} {} budget", budget.id, budget.metric),
        answer: match budget.verdict {
            BudgetVerdict::Holds => Answer::Passes,
            BudgetVerdict::Broken => Answer::Blocks,
            BudgetVerdict::Inconclusive => open,
        },
        sentence: budget_line(&budget, comparison),
    });
    metrics.chain(budgets).collect()
}

/// Whether a regression stands after the correction over the suite.
fn counts(outcome: &Outcome, policy: &Policy) -> bool {
    outcome.adjusted_p.is_none_or(|p| p <= policy.level)
}

/// The outcome's line in plain words, with its reason.
fn line(outcome: &Outcome, comparison: &Comparison) -> String {
    let alone = Comparison::new(vec![outcome.clone()], comparison.environment.clone());
    let text = alone.report().text(Some(1_000), false);
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn budget_line(budget: &BudgetAnswer, comparison: &Comparison) -> String {
    let of = |o: &&Outcome| o.id == budget.id && o.metric == budget.metric;
    let unit = comparison
        .results
        .iter()
        .find(of)
        .map(|outcome| outcome.unit);
    let shown = |value: Option<f64>| match (unit, value) {
        (Some(unit), Some(value)) => unit.print(value),
        _ => "unknown".to_owned(),
    };
    let word = match budget.verdict {
        BudgetVerdict::Holds => "holds",
        BudgetVerdict::Broken => "is broken",
        BudgetVerdict::Inconclusive => {
            "is undecided: the interval reaches across the limit, or the limit is of another unit"
        }
    };
    format!(
        "the budget of {} {} {word}: {}, allowed {}",
        budget.id,
        budget.metric,
        shown(budget.candidate),
        shown(budget.max)
    )
}
