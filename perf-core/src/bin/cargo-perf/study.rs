//! In: words after `study`. Out: the step taken, as `perf_core::study` allows it, and the next one.

#[path = "study/kept.rs"]
mod kept;
#[path = "study/options.rs"]
mod options;
#[path = "study/recheck.rs"]
mod recheck;
#[path = "study/show.rs"]
pub(crate) mod show;
#[path = "study/sides.rs"]
mod sides;

use crate::exit::{Exit, Failure};
use crate::output;
use crate::plan::new_seed;
use crate::progress::Line;
use clap::Args;
use kept::Kept;
use options::{OptimizeOptions, StepWord, ValidateOptions};
use perf_core::escape::terminal;
use perf_core::study::{
    Calibration, Choices, Expectation, GuardHolds, HypothesisOutcome, Opened, Studies, Summary,
    Workload,
};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Carry a question from a measurement through a hypothesis to a change that is proven, and remember it.
///
/// new, measure, hypothesis, optimize, (change the code), validate, accept. Run it in the folder where the program runs.
#[derive(Debug, Args)]
pub(crate) struct StudyTask {
    /// Where studies and their journal are kept.
    #[arg(long, global = true, value_name = "DIR", default_value = ".perf")]
    dir: PathBuf,
    /// Which study, by number or name; the newest that has not ended unless given.
    #[arg(long, global = true, value_name = "ID")]
    study: Option<String>,
    #[command(subcommand)]
    step: StepWord,
}

impl StudyTask {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let task = Task {
            studies: Studies::at(&self.dir),
            which: self.study,
        };
        match self.step {
            StepWord::New { question, command } => task.new_study(&question, command),
            StepWord::Measure { runs } => task.measure(runs as usize),
            StepWord::Hypothesis {
                text,
                site,
                metric,
                expect,
                confidence,
            } => task.hypothesis(
                &text,
                site.as_deref(),
                metric.as_deref(),
                expect,
                confidence,
            ),
            StepWord::Optimize(options) => task.optimize(&options),
            StepWord::Validate(options) => task.validate(&options),
            StepWord::Accept { gate } => task.accept(gate),
            StepWord::Conclude { text } => task.conclude(&text),
            StepWord::Recheck { id, sides } => task.recheck(id, &sides),
            StepWord::Calibration => task.calibration(),
            StepWord::Show { document, html } => task.show(document, html.as_deref()),
            StepWord::List => task.list(),
        }
    }
}

struct Task {
    studies: Studies,
    which: Option<String>,
}

impl Task {
    fn open(&self) -> Result<Opened, Failure> {
        self.tell_damage()?;
        Ok(self.studies.open(self.which.as_deref())?)
    }

    /// Lines of the journal that are torn or edited are left out, and said.
    fn tell_damage(&self) -> Result<(), Failure> {
        for damage in self.studies.journal().read()?.1 {
            output::note(&damage);
        }
        Ok(())
    }

    fn new_study(&self, question: &str, command: Vec<String>) -> Result<Exit, Failure> {
        let workload = Workload::command(command)?;
        self.tell_damage()?;
        let mut text = show::related(&self.studies.journal(), question)?;
        let study = self.studies.begin(question, workload)?;
        let name = study.name();
        let _ = write!(
            text,
            "study {name}\nnext: measure it as it stands: cargo perf study measure\n"
        );
        output::print(&text)?;
        Ok(Exit::Fine)
    }

    fn measure(&self, runs: usize) -> Result<Exit, Failure> {
        let Opened::Analysis(mut study) = self.open()? else {
            return Err(self.not_now("measured", "its plan is frozen"));
        };
        let (mut arm, _) = sides::current(&study.dossier().question.workload)?;
        let line = Line::interrupted(&show::lost(study.name(), "runs", "measure"));
        let ranking = study.measure(&mut arm, runs, |run| {
            line.say(format!("run {run} of {runs}"));
        })?;
        drop(line);
        let name = study.name().to_owned();
        let next = Opened::Analysis(study).next_step();
        output::print(&format!("{name}\n{ranking}next: {next}\n"))?;
        Ok(Exit::Fine)
    }

    fn hypothesis(
        &self,
        text: &str,
        site: Option<&str>,
        metric: Option<&str>,
        expected: Expectation,
        confidence: f64,
    ) -> Result<Exit, Failure> {
        let Opened::Analysis(mut study) = self.open()? else {
            return Err(self.not_now("given another hypothesis", "its plan is frozen"));
        };
        let metric = metric.unwrap_or(if site.is_some() { "self" } else { "wall" });
        let stated = study.suppose(text, site, metric, expected, confidence)?;
        let text = format!(
            "hypothesis {}: {} of {}, {:.0} % sure; it cites {}\nnext: freeze the plan: cargo perf study optimize {}\n",
            stated.number,
            stated.expected,
            terminal(&stated.metric.to_string()),
            100.0 * stated.confidence,
            stated
                .evidence
                .iter()
                .map(|cited| cited.file.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            stated.number
        );
        output::print(&text)?;
        Ok(Exit::Fine)
    }

    fn optimize(&self, options: &OptimizeOptions) -> Result<Exit, Failure> {
        let Opened::Analysis(study) = self.open()? else {
            return Err(self.not_now("given a new plan", "its plan is frozen"));
        };
        let kept = Kept::keep(
            &self.studies,
            study.name(),
            &study.dossier().question.workload,
        )?;
        let mut choices = Choices::default();
        choices.margin = options.margin;
        choices.guard_margin = options.guard_margin;
        choices.unguarded.clone_from(&options.unguarded);
        choices.pairs = options.pairs as usize;
        choices.seconds = options.time.as_secs_f64();
        choices.seed = options.seed.unwrap_or_else(new_seed);
        choices.executable = kept.as_ref().map(|kept| kept.digest.clone());
        let study = study.optimize(options.hypothesis, &choices)?;
        let text = show::plan(study.plan(), kept.is_some());
        output::print(&format!(
            "{text}next: {}\n",
            Opened::Optimization(study).next_step()
        ))?;
        Ok(Exit::Fine)
    }

    fn validate(&self, options: &ValidateOptions) -> Result<Exit, Failure> {
        let opened = self.open()?;
        let plan = match &opened {
            Opened::Optimization(study) => study.plan().clone(),
            Opened::Validation(study) => study.plan().clone(),
            _ => return Err(self.not_now("validated", "no plan is frozen")),
        };
        let dossier = opened.dossier();
        let workload = dossier.question.workload.clone();
        let mut sides =
            options
                .sides
                .sides(&self.studies, &dossier.name, &workload, Some(&plan))?;
        if let Some(check) = &options.correct {
            sides.check(check)?;
        }
        let baseline = sides.baseline.clone();
        let line = Line::interrupted(&show::lost(&dossier.name, "pairs", "validate"));
        let tell = Box::new(|progress: &_| line.show(progress));
        let correct = options.correct.as_deref().map(sides::portable);
        let correct = correct.transpose()?;
        let correct = correct.as_deref();
        let (old, new) = (&mut sides.old, &mut sides.new);
        let opened = match opened {
            Opened::Optimization(study) => {
                study.validate(old, new, baseline.clone(), correct, tell)?
            }
            Opened::Validation(study) => {
                study.validate(old, new, baseline.clone(), correct, tell)?
            }
            _ => unreachable!("other modes were refused above"),
        };
        line.clear();
        let dossier = opened.dossier();
        let (Some(last), Some(hypothesis)) = (
            dossier.validations.last(),
            dossier.hypothesis(plan.hypothesis),
        ) else {
            return Err(Failure::new("the validation was not kept: validate again"));
        };
        let mut text = format!("{}: old is {}\n", dossier.name, baseline.words);
        for sentence in last.sentences(&plan, hypothesis) {
            let _ = writeln!(text, "  {}", terminal(&sentence));
        }
        if last.hypothesis == HypothesisOutcome::Refuted {
            text.push_str(
                "the study is back in analysis; what was learned is kept. Undo the change and build, or measure what is there now: the next \
                 plan keeps only a program that was measured\n",
            );
        }
        output::print(&format!("{text}next: {}\n", opened.next_step()))?;
        let worse = last
            .change
            .guards
            .iter()
            .any(|guard| guard.holds == GuardHolds::Worse);
        Ok(match (last.change.accepted, last.hypothesis) {
            (true, _) => Exit::Fine,
            (false, HypothesisOutcome::Refuted) => Exit::Regressed,
            (false, _) if worse => Exit::Regressed,
            (false, _) => Exit::Inconclusive,
        })
    }

    fn accept(&self, gate: bool) -> Result<Exit, Failure> {
        let Opened::Validation(study) = self.open()? else {
            return Err(self.not_now("accepted", "its change was not validated"));
        };
        let (plan, last) = (study.plan().clone(), study.last().clone());
        let study = study.accept()?;
        let mut text = format!(
            "study {} is accepted; its document is {}\n",
            study.name(),
            self.studies
                .root()
                .join("studies")
                .join(study.name())
                .join("document.md")
                .display()
        );
        if gate {
            text.push_str(&show::gate_line(&plan, &last));
        }
        let next = Opened::Finished(study).next_step();
        let _ = writeln!(text, "next: {next}");
        output::print(&text)?;
        Ok(Exit::Fine)
    }

    fn conclude(&self, text: &str) -> Result<Exit, Failure> {
        let study = match self.open()? {
            Opened::Analysis(study) => study.conclude(text)?,
            Opened::Validation(study) => study.conclude(text)?,
            Opened::Optimization(study) => study.conclude(text)?,
            _ => return Err(self.not_now("concluded", "it has ended")),
        };
        output::print(&format!(
            "study {} is concluded without a change\n",
            study.name()
        ))?;
        Ok(Exit::Fine)
    }

    fn calibration(&self) -> Result<Exit, Failure> {
        let read = self.studies.dossiers()?;
        let whole: Vec<_> = read
            .iter()
            .filter_map(|dossier| dossier.as_ref().ok())
            .collect();
        for error in read.iter().filter_map(|dossier| dossier.as_ref().err()) {
            output::note(&format_args!("left out: {error}"));
        }
        output::print(&format!("{}\n", Calibration::of(whole)))?;
        Ok(Exit::Fine)
    }

    fn show(&self, document: bool, html: Option<&Path>) -> Result<Exit, Failure> {
        let opened = self.shown()?;
        if let Some(file) = html {
            perf_core::study::page(opened.dossier()).write(file)?;
            output::note(&format_args!("the page is in {}", file.display()));
            return Ok(Exit::Fine);
        }
        if document {
            output::print(&perf_core::study::document(opened.dossier()))?;
            return Ok(Exit::Fine);
        }
        output::print(&opened.text())?;
        Ok(Exit::Fine)
    }

    /// The study asked for; without one the newest that has not ended, or else the newest.
    fn shown(&self) -> Result<Opened, Failure> {
        let none_is_open = || {
            let list = self.studies.list().unwrap_or_default();
            let open = |study: &Summary| !matches!(study.state, Ok("accepted" | "concluded"));
            (!list.iter().any(open)).then(|| list.last().map(|last| last.name.clone()))?
        };
        let newest = if self.which.is_none() {
            none_is_open()
        } else {
            None
        };
        match newest {
            Some(name) => {
                self.tell_damage()?;
                Ok(self.studies.open(Some(&name))?)
            }
            None => self.open(),
        }
    }

    fn list(&self) -> Result<Exit, Failure> {
        self.tell_damage()?;
        let mut text = String::new();
        for study in self.studies.list()? {
            let state = study.state.unwrap_or_else(|reason| {
                output::note(&terminal(&reason));
                "damaged"
            });
            let _ = writeln!(text, "{state:12}  {}", study.name);
        }
        if text.is_empty() {
            text.push_str("no study yet: cargo perf study new \"why is import slow?\" -- CMD\n");
        }
        output::print(&text)?;
        Ok(Exit::Fine)
    }

    /// Why a step is refused in the mode that the study is in, and the step that is not.
    fn not_now(&self, done: &str, because: &str) -> Failure {
        match self.studies.open(self.which.as_deref()) {
            Ok(opened) => {
                let ended = matches!(opened, Opened::Finished(_));
                let because = if ended { "it has ended" } else { because };
                Failure::new(format_args!(
                    "study {} is in {} and cannot be {done} now: {because}; next: {}",
                    opened.dossier().name,
                    opened.word(),
                    opened.next_step()
                ))
            }
            Err(error) => Failure::from(error),
        }
    }
}
