//! In: a study's workload and what the user says of the old side. Out: [`Sides`], two arms that can be measured in turn.

use super::kept::Kept;
use crate::arm::CommandArm;
use crate::commands::Commands;
use crate::exit::Failure;
use crate::git;
use crate::output;
use clap::Args;
use perf_core::launch::{Command, Launcher};
use perf_core::study::{Baseline, Plan, Studies, Workload};
use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::Path;
use std::rc::Rc;

/// What the old side is; unless told otherwise the program that was kept when the plan was frozen, or else the commit that was measured.
#[derive(Debug, Args)]
pub(crate) struct SideOptions {
    /// The old side is this command.
    #[arg(long, value_name = "CMD", conflicts_with = "baseline_rev")]
    baseline: Option<String>,
    /// The old side is this revision, checked out and built.
    #[arg(long, value_name = "REV")]
    baseline_rev: Option<String>,
    /// What builds both revisions.
    #[arg(long, value_name = "CMD", default_value = "cargo build --release")]
    build: String,
}

/// Two arms.
#[derive(Debug)]
pub(crate) struct Sides {
    /// What the old side is.
    pub(crate) baseline: Baseline,
    pub(crate) old: CommandArm,
    pub(crate) new: CommandArm,
    launcher: Rc<RefCell<Launcher>>,
}

/// The program as it stands.
pub(crate) fn current(workload: &Workload) -> Result<(CommandArm, Rc<RefCell<Launcher>>), Failure> {
    let command = command(workload)?;
    let launcher = Rc::new(RefCell::new(Launcher::start()?));
    Ok((
        CommandArm::new("the program", command, None, &launcher),
        launcher,
    ))
}

impl SideOptions {
    pub(crate) fn sides(
        &self,
        studies: &Studies,
        study: &str,
        workload: &Workload,
        plan: Option<&Plan>,
    ) -> Result<Sides, Failure> {
        if let Some(line) = &self.baseline {
            let old = Command::split(line)?;
            let words = format!("`{}`", portable(line)?);
            return two(Baseline::from(words.as_str()), old, command(workload)?);
        }
        if let Some(revision) = &self.baseline_rev {
            return self.of_revision(revision, workload);
        }
        let kept = plan
            .and_then(|plan| plan.executable.as_deref())
            .and_then(|digest| Kept::find(studies, study, workload, digest));
        if let Some(kept) = kept {
            let new = Kept::new_side(studies, study, workload)?;
            if new.digest == kept.digest {
                return Err(Failure::new(
                    "the program is the same file as when the plan was frozen: build the change, then validate again",
                ));
            }
            let command = command(workload)?;
            let old = command.clone().with_program(kept.program);
            let mut baseline = Baseline::from("the program that was kept when the plan was frozen");
            let clean = plan.filter(|plan| plan.dirty == Some(false));
            if let Some(commit) = clean.and_then(|plan| plan.commit.as_deref()) {
                baseline = baseline.of_commit(commit);
            }
            return two(baseline, old, command.with_program(new.program));
        }
        match plan.map(|plan| (plan.commit.as_deref(), plan.dirty)) {
            Some((Some(commit), Some(false))) => {
                let there = git::top().and_then(|top| git::commit(&top, commit));
                there.map_err(|_| {
                    Failure::new(format_args!(
                        "the commit that was measured, {commit}, is not in this repository (a shallow clone, or a history that was written \
                         anew): fetch it, or name the old side with --baseline-rev REV or --baseline 'CMD'"
                    ))
                })?;
                self.of_revision(commit, workload)
            }
            Some((Some(commit), _)) => Err(Failure::new(format_args!(
                "what was measured is neither kept nor committed (commit {commit} and changes after it): name the old side with \
                 --baseline-rev REV or --baseline 'CMD'"
            ))),
            _ => Err(Failure::new(
                "what was measured is neither kept nor in git: name the old side with --baseline 'CMD'",
            )),
        }
    }

    fn of_revision(&self, revision: &str, workload: &Workload) -> Result<Sides, Failure> {
        let Workload::Command(words) = workload else {
            return Err(in_process());
        };
        let commands = Commands {
            command: words.clone(),
            baseline_rev: Some(revision.to_owned()),
            build: self.build.clone(),
            ..Commands::default()
        };
        let sides = commands.sides()?;
        let baseline = Baseline::from(format!("revision {revision}").as_str());
        let commit = git::commit(&git::top()?, revision)?;
        Ok(Sides {
            baseline: baseline.of_commit(&commit),
            old: sides.baseline,
            new: sides.candidate,
            launcher: sides.launcher,
        })
    }
}

impl Sides {
    /// The user's own check; nothing is measured of a program that fails it.
    pub(crate) fn check(&self, line: &str) -> Result<(), Failure> {
        output::note(&format_args!("checking with `{line}`"));
        let finished = self.launcher.borrow_mut().run(&Command::split(line)?)?;
        if finished.end.is_success() {
            return Ok(());
        }
        Err(Failure::new(format_args!(
            "correctness failed: `{line}` ended with {}; nothing was measured, mend the program and validate again\n{}",
            finished.end,
            finished.stderr_tail.trim_end()
        )))
    }
}

/// A command line as it is remembered: without absolute paths, which nobody else has.
pub(crate) fn portable(line: &str) -> Result<String, Failure> {
    let command = Command::split(line)?;
    let here = std::env::current_dir().unwrap_or_default();
    let arguments = command.arguments().iter().map(AsRef::as_ref);
    let words = std::iter::once(command.program()).chain(arguments);
    let word = |word: &OsStr| {
        let word = word.to_string_lossy();
        let at = word.find("=/").map_or(0, |at| at + 1);
        let (option, path) = word.split_at(at);
        let path = Path::new(path);
        if !path.is_absolute() || path.components().count() < 2 {
            return word.clone().into_owned();
        }
        let name = || {
            format!(
                "(elsewhere)/{}",
                path.file_name().unwrap_or_default().display()
            )
        };
        let within = path.strip_prefix(&here);
        option.to_owned() + &within.map_or_else(|_| name(), |path| path.display().to_string())
    };
    Ok(words.map(word).collect::<Vec<_>>().join(" "))
}

fn two(baseline: Baseline, old: Command, new: Command) -> Result<Sides, Failure> {
    let launcher = Rc::new(RefCell::new(Launcher::start()?));
    Ok(Sides {
        baseline,
        old: CommandArm::new("the old program", old, None, &launcher),
        new: CommandArm::new("the new program", new, None, &launcher),
        launcher,
    })
}

fn command(workload: &Workload) -> Result<Command, Failure> {
    match workload {
        Workload::Command(words) => match words.split_first() {
            Some((program, arguments)) => Ok(Command::new(program).args(arguments)),
            None => Err(Failure::new("the study names no command")),
        },
        _ => Err(in_process()),
    }
}

fn in_process() -> Failure {
    Failure::new(
        "this study measures something within a program: run that program, not the command line",
    )
}
