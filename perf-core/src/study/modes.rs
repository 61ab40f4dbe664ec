//! In: a dossier. Out: [`Study`], which in each mode has the methods that the mode allows, and no others.

use super::answer::HypothesisOutcome;
use super::dossier::{Dossier, file_name, now};
use super::error::StudyError;
use super::evidence::Evidence;
use super::finished::{remember, write_document};
use super::folder::Opened;
use super::hypothesis::{Cited, Expectation, Hypothesis};
use super::opportunity::Ranking;
use super::plan::{Choices, Plan};
use super::question::{Ending, Workload};
use super::source::Source;
use super::validation::{self, Baseline, Validated, unlike};
use crate::judge::{Arm, Metric, Progress, Replicate, SiteMetric};
use crate::run;
use perf_stats::decision::Margin;
use std::marker::PhantomData;
use std::ops::ControlFlow;

/// One question, in the mode that its files say.
#[derive(Debug)]
pub struct Study<M: Mode> {
    pub(super) dossier: Dossier,
    mode: PhantomData<M>,
}

/// What a study may do.
pub trait Mode: private::Sealed {}

/// Looking for what could be won.
#[derive(Debug)]
pub enum Analysis {}
/// Changing the code, with a frozen plan.
#[derive(Debug)]
pub enum Optimization {}
/// Comparing old and new, by the frozen plan.
#[derive(Debug)]
pub enum Validation {}
/// Ended.
#[derive(Debug)]
pub enum Finished {}

impl Mode for Analysis {}
impl Mode for Optimization {}
impl Mode for Validation {}
impl Mode for Finished {}

mod private {
    pub trait Sealed {}
    impl Sealed for super::Analysis {}
    impl Sealed for super::Optimization {}
    impl Sealed for super::Validation {}
    impl Sealed for super::Finished {}
}

/// What old and new are, and who is told how far their comparison is.
pub(super) type Told<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + 'a;

impl<M: Mode> Study<M> {
    pub(super) fn of(dossier: Dossier) -> Self {
        Self {
            dossier,
            mode: PhantomData,
        }
    }

    /// What it knows.
    pub fn dossier(&self) -> &Dossier {
        &self.dossier
    }

    /// The folder's name.
    pub fn name(&self) -> &str {
        &self.dossier.name
    }

    fn conclude_with(mut self, text: &str) -> Result<Study<Finished>, StudyError> {
        let ending = Ending::Concluded {
            text: text.to_owned(),
            unix_ms: now(),
        };
        self.dossier.add(&ending, 0)?;
        self.dossier.ending = Some(ending);
        write_document(&self.dossier)?;
        Ok(Study::of(self.dossier))
    }

    pub(super) fn replicate(&self) -> Replicate {
        match self.dossier.question.workload {
            Workload::InProcess(_) => Replicate::Round,
            Workload::Command(_) => Replicate::ProcessPair,
        }
    }
}

impl Study<Analysis> {
    /// Measures the program as it stands, keeps that as evidence, and ranks what could be won. `tell` is called before each run.
    ///
    /// # Errors
    /// [`StudyError`].
    pub fn measure(
        &mut self,
        arm: &mut dyn Arm,
        runs: usize,
        tell: impl FnMut(usize),
    ) -> Result<Ranking, StudyError> {
        let source = Source::here(self.dossier.root()).ok();
        let program = self.dossier.question.workload.program_digest();
        let mut evidence = Evidence::take(arm, runs, tell)?;
        evidence.built_of(source, program);
        evidence.notes.extend(self.dossier.stale());
        if let Some(earlier) = self.dossier.evidence.last() {
            let unlike = evidence.differences(earlier);
            evidence.notes.extend(unlike.into_iter().map(|difference| {
                format!("measured under other circumstances than before, and not comparable with it: {difference}")
            }));
        }
        let mut ranking = Ranking::of(&evidence);
        ranking.notes.extend(evidence.notes.iter().cloned());
        self.dossier
            .add(&evidence, self.dossier.evidence.len() + 1)?;
        self.dossier.evidence.push(evidence);
        Ok(ranking)
    }

    /// States a hypothesis on the newest evidence. `metric` is that of the site where one is named: `self`, `p99`.
    ///
    /// # Errors
    /// [`StudyError::NotNow`] without evidence, [`StudyError::Bad`] for what the evidence does not hold.
    pub fn suppose(
        &mut self,
        text: &str,
        site: Option<&str>,
        metric: &str,
        expected: Expectation,
        confidence: f64,
    ) -> Result<&Hypothesis, StudyError> {
        let evidence = self.dossier.evidence.last().ok_or_else(|| {
            StudyError::NotNow(
                "a hypothesis needs evidence: `cargo perf study measure` first".to_owned(),
            )
        })?;
        let bad = |error: &dyn std::fmt::Display| StudyError::Bad(error.to_string());
        let metric = match site {
            None => metric.parse::<Metric>().map_err(|error| bad(&error))?,
            Some(site) => {
                let of = SiteMetric::named(metric).ok_or_else(|| {
                    let words: Vec<&str> = SiteMetric::ALL.iter().map(|of| of.word()).collect();
                    StudyError::Bad(format!(
                        "a site has no metric {metric:?}; it has {}",
                        words.join(", ")
                    ))
                })?;
                Metric::site(&evidence.site(site)?, of)
            }
        };
        if evidence.of(&metric).is_none() {
            let known: Vec<&str> = evidence
                .values
                .keys()
                .map(String::as_str)
                .filter(|name| !name.contains(':'))
                .collect();
            return Err(StudyError::Bad(format!(
                "{metric} was not measured; measured were {} and the sites",
                known.join(", ")
            )));
        }
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(StudyError::Bad(format!(
                "a confidence of {confidence}: write how sure you are, between 0 % and 100 %, such as 70%"
            )));
        }
        let file = file_name::<Evidence>(self.dossier.evidence.len());
        let seal = self.dossier.seal(&file).unwrap_or_default().to_owned();
        let number = self.dossier.hypotheses.len() + 1;
        let hypothesis = Hypothesis {
            number: number as u32,
            text: text.to_owned(),
            metric,
            expected,
            confidence,
            evidence: vec![Cited { file, seal }],
            unix_ms: now(),
        };
        self.dossier.add(&hypothesis, number)?;
        self.dossier.hypotheses.push(hypothesis);
        Ok(&self.dossier.hypotheses[number - 1])
    }

    /// Freezes the plan for a hypothesis; from here on the code is changed.
    ///
    /// # Errors
    /// [`StudyError`]: no such hypothesis, or one that was tested and refuted.
    pub fn optimize(
        mut self,
        hypothesis: u32,
        choices: &Choices,
    ) -> Result<Study<Optimization>, StudyError> {
        let found = self.dossier.hypothesis(hypothesis).ok_or_else(|| {
            let has = self.dossier.hypotheses.len();
            StudyError::NotNow(format!(
                "there is no hypothesis {hypothesis}: this study has {has}; state one: cargo perf study hypothesis \"...\" --expect -30%..-15% \
                 --confidence 70%"
            ))
        })?;
        let mut tested = self
            .dossier
            .plans
            .iter()
            .filter(|plan| plan.hypothesis == hypothesis);
        if let Some(plan) = tested.next_back()
            && self
                .dossier
                .of_plan(plan.number)
                .any(|v| v.hypothesis == HypothesisOutcome::Refuted)
        {
            return Err(StudyError::NotNow(format!(
                "hypothesis {hypothesis} was refuted: state another one, with what was learned"
            )));
        }
        let evidence = self.dossier.cited(&found.evidence).ok_or_else(|| {
            StudyError::NotNow(
                "the hypothesis cites no evidence of this study: state it again".to_owned(),
            )
        })?;
        evidence.is_of_program(&self.dossier.question.workload)?;
        let usual = match self.replicate() {
            Replicate::ProcessPair => Margin::COMMAND,
            _ => Margin::IN_PROCESS,
        };
        let margin = choices.margin.unwrap_or(usual.value());
        for margin in [margin, choices.guard_margin] {
            Margin::relative(margin).map_err(|_| {
                StudyError::Bad(format!(
                    "a margin of {margin} cannot be used: write one such as 2%"
                ))
            })?;
        }
        let number = self.dossier.plans.len() + 1;
        let plan = Plan::new(number as u32, found, evidence, choices, margin);
        self.dossier.add(&plan, number)?;
        self.dossier.plans.push(plan);
        Ok(Study::of(self.dossier))
    }

    /// Ends the study: nothing to win.
    ///
    /// # Errors
    /// [`StudyError::NotNow`] without evidence.
    pub fn conclude(self, text: &str) -> Result<Study<Finished>, StudyError> {
        if self.dossier.evidence.is_empty() {
            return Err(StudyError::NotNow(
                "nothing was measured, so nothing can be concluded: `cargo perf study measure` first"
                    .to_owned(),
            ));
        }
        self.conclude_with(text)
    }
}

impl Study<Optimization> {
    /// The plan that is followed.
    ///
    /// # Panics
    /// Never: there is no study of this mode without one.
    pub fn plan(&self) -> &Plan {
        self.dossier.plan().expect("a plan is frozen in this mode")
    }

    /// Measures old against new by the plan, and keeps the answer. What comes back is in Validation, or in Analysis again where the
    /// hypothesis was refuted. `baseline` says what the old side is, `correctness` which check the new one passed.
    ///
    /// # Errors
    /// [`StudyError`]; nothing is kept of a comparison that failed.
    pub fn validate(
        self,
        old: &mut dyn Arm,
        new: &mut dyn Arm,
        baseline: impl Into<Baseline>,
        correctness: Option<&str>,
        tell: Box<Told<'_>>,
    ) -> Result<Opened, StudyError> {
        Study::<Validation>::of(self.dossier).validate(old, new, baseline, correctness, tell)
    }
}

impl Study<Optimization> {
    /// Ends the study without a change: the plan is given up.
    ///
    /// # Errors
    /// [`StudyError::Io`].
    pub fn conclude(self, text: &str) -> Result<Study<Finished>, StudyError> {
        self.conclude_with(text)
    }
}

impl Study<Validation> {
    /// The plan that was followed.
    ///
    /// # Panics
    /// Never: there is no study of this mode without one.
    pub fn plan(&self) -> &Plan {
        self.dossier.plan().expect("a plan is frozen in this mode")
    }

    /// The newest validation.
    ///
    /// # Panics
    /// Never: there is no study of this mode without one.
    pub fn last(&self) -> &Validated {
        let last = self.dossier.of_plan(self.plan().number).next_back();
        last.expect("the plan was followed in this mode")
    }

    /// As [`Study::<Optimization>::validate`], once more, on fresh data and with the next seed.
    ///
    /// # Errors
    /// [`StudyError`].
    pub fn validate(
        mut self,
        old: &mut dyn Arm,
        new: &mut dyn Arm,
        baseline: impl Into<Baseline>,
        correctness: Option<&str>,
        mut tell: Box<Told<'_>>,
    ) -> Result<Opened, StudyError> {
        let plan = self.plan().clone();
        let hypothesis = self.dossier.hypothesis(plan.hypothesis).ok_or_else(|| {
            StudyError::NotNow(format!("hypothesis {} is missing", plan.hypothesis))
        })?;
        let before = self.dossier.of_plan(plan.number).count();
        let name = self.dossier.question.workload.name();
        let experiment = plan
            .experiment(name, self.replicate(), before as u64)
            .map_err(|error| StudyError::Bad(error.to_string()))?
            .on_progress(move |progress| tell(progress));
        let source = Source::here(self.dossier.root()).ok();
        let comparison = validation::measure(experiment, old, new)?;
        let seal = self
            .dossier
            .seal(&file_name::<Plan>(plan.number as usize))
            .unwrap_or_default();
        let mut validated =
            Validated::judge((&plan, seal), hypothesis, before as u32 + 1, comparison);
        validated.measured(baseline.into(), source);
        validated.notes.extend(self.dossier.stale());
        if let Some(evidence) = self.dossier.cited(&plan.evidence) {
            let unlike = unlike(&validated.comparison, &evidence.environment, "its evidence");
            validated.notes.extend(unlike);
        }
        validated.correctness = correctness.map(str::to_owned);
        self.dossier
            .add(&validated, self.dossier.validations.len() + 1)?;
        self.dossier.validations.push(validated);
        Ok(Opened::of(self.dossier))
    }

    /// Keeps the change: the document is written and the history gets the new numbers.
    ///
    /// # Errors
    /// [`StudyError::NotNow`] where the last validation does not allow it.
    pub fn accept(mut self) -> Result<Study<Finished>, StudyError> {
        let last = self.last();
        if !last.change.accepted {
            return Err(StudyError::NotNow(format!(
                "the change is not accepted: {}; improve it and `cargo perf study validate` again, or `cargo perf study conclude \"...\"`",
                last.change.failed.join("; ")
            )));
        }
        let ending = Ending::Accepted {
            validation: self.dossier.validations.len() as u32,
            commit: run::source().0,
            unix_ms: now(),
        };
        remember(&self.dossier, self.last())?;
        self.dossier.add(&ending, 0)?;
        self.dossier.ending = Some(ending);
        write_document(&self.dossier)?;
        Ok(Study::of(self.dossier))
    }

    /// Ends the study without the change.
    ///
    /// # Errors
    /// [`StudyError::Io`].
    pub fn conclude(self, text: &str) -> Result<Study<Finished>, StudyError> {
        self.conclude_with(text)
    }
}
