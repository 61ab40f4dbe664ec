//! In: the options that say what is run. Out: [`Sides`], two arms, built and ready.

use crate::arm::CommandArm;
use crate::exit::Failure;
use crate::revision::{Revision, build_here};
use clap::Args;
use perf_core::launch::{Command, Launcher};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// The heading of options that say what is run.
pub(crate) const COMMANDS: &str = "Commands";

/// What is run on either side, where, and with what.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = COMMANDS)]
pub(crate) struct Commands {
    /// The baseline's command, split into words as a shell would, but without one.
    #[arg(long, value_name = "CMD", conflicts_with = "baseline_rev")]
    pub(crate) baseline: Option<String>,
    /// The candidate's command.
    #[arg(long, value_name = "CMD")]
    pub(crate) candidate: Option<String>,
    /// The command of every side that is not given otherwise.
    #[arg(last = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
    /// The baseline is the candidate's command at this revision, checked out and built below the target directory.
    #[arg(long, value_name = "REV")]
    pub(crate) baseline_rev: Option<String>,
    /// What builds both revisions.
    #[arg(
        long,
        value_name = "CMD",
        requires = "baseline_rev",
        default_value = "cargo build --release"
    )]
    pub(crate) build: String,
    /// Run before each run, untimed.
    #[arg(long, value_name = "CMD")]
    pub(crate) prepare: Option<String>,
    /// Standard input of every run; empty if not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin: Option<PathBuf>,
    /// One more variable of the baseline's environment.
    #[arg(long, value_name = "K=V", value_parser = variable)]
    pub(crate) baseline_env: Vec<(String, String)>,
    /// One more variable of the candidate's environment.
    #[arg(long, value_name = "K=V", value_parser = variable)]
    pub(crate) candidate_env: Vec<(String, String)>,
    /// The baseline's working directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) baseline_dir: Option<PathBuf>,
    /// The candidate's working directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) candidate_dir: Option<PathBuf>,
    /// Commands are lines for `/bin/sh -c`; its start counts in.
    #[arg(long)]
    pub(crate) shell: bool,
    /// A run that takes longer has failed.
    #[arg(long, value_name = "SECONDS", value_parser = crate::arguments::seconds)]
    pub(crate) time_limit: Option<Duration>,
}

/// Two arms and the launcher that they share.
#[derive(Debug)]
pub(crate) struct Sides {
    pub(crate) name: String,
    pub(crate) baseline: CommandArm,
    pub(crate) candidate: CommandArm,
    pub(crate) launcher: Rc<RefCell<Launcher>>,
}

impl Commands {
    /// Whether any command was given.
    pub(crate) fn any(&self) -> bool {
        self.baseline.is_some()
            || self.candidate.is_some()
            || self.baseline_rev.is_some()
            || !self.command.is_empty()
    }

    /// Builds what is to be built and makes both arms.
    pub(crate) fn sides(&self) -> Result<Sides, Failure> {
        let mut launcher = Launcher::start()?;
        let candidate = self.candidate_command()?;
        let baseline = match &self.baseline_rev {
            Some(revision) => {
                let revision = Revision::check_out(revision, &mut launcher)?;
                revision.build(&self.build, &mut launcher)?;
                build_here(&self.build, &mut launcher)?;
                revision.there(&candidate)
            }
            None => self.baseline_command()?,
        };
        let name = name_of(&candidate);
        let prepare = self.prepare.as_deref().map(|line| self.command_of(line));
        let prepare = prepare.transpose()?;
        let launcher = Rc::new(RefCell::new(launcher));
        let arm = |side, command, env: &[(String, String)], folder: Option<&Path>| {
            let command = self.surrounded(command, env, folder);
            CommandArm::new(side, command, prepare.clone(), &launcher)
        };
        Ok(Sides {
            name,
            baseline: arm(
                "baseline",
                baseline,
                &self.baseline_env,
                self.baseline_dir.as_deref(),
            ),
            candidate: arm(
                "candidate",
                candidate,
                &self.candidate_env,
                self.candidate_dir.as_deref(),
            ),
            launcher: Rc::clone(&launcher),
        })
    }

    fn baseline_command(&self) -> Result<Command, Failure> {
        match &self.baseline {
            Some(line) => self.command_of(line),
            None => self.common("--baseline"),
        }
    }

    fn candidate_command(&self) -> Result<Command, Failure> {
        match &self.candidate {
            Some(line) => self.command_of(line),
            None => self.common("--candidate"),
        }
    }

    /// The command after `--`.
    pub(crate) fn common(&self, wanted: &str) -> Result<Command, Failure> {
        match self.command.split_first() {
            Some((only, [])) if self.shell => Ok(Command::shell(only)),
            Some((program, arguments)) => Ok(Command::new(program).args(arguments)),
            None => Err(Failure::new(format_args!(
                "which command? Give {wanted} 'CMD', or `-- CMD` for both sides"
            ))),
        }
    }

    /// A command line, for a shell where one is asked for.
    pub(crate) fn command_of(&self, line: &str) -> Result<Command, Failure> {
        if self.shell {
            return Ok(Command::shell(line));
        }
        Ok(Command::split(line)?)
    }

    /// The command in its surroundings.
    pub(crate) fn surrounded(
        &self,
        command: Command,
        env: &[(String, String)],
        folder: Option<&Path>,
    ) -> Command {
        let named = |command: Command, (name, value): &(String, String)| command.env(name, value);
        let mut command = env.iter().fold(command, named);
        if let Some(folder) = folder {
            command = command.folder(folder);
        }
        if let Some(file) = &self.stdin {
            command = command.stdin(file);
        }
        if let Some(limit) = self.time_limit {
            command = command.time_limit(limit);
        }
        command
    }
}

/// The program's file name: what the answer calls it.
pub(crate) fn name_of(command: &Command) -> String {
    let shell = command.program() == "/bin/sh" && command.arguments().len() == 2;
    let shown = if shell {
        command.arguments()[1].to_string_lossy().into_owned()
    } else {
        let path = Path::new(command.program());
        path.file_name()
            .unwrap_or(command.program())
            .to_string_lossy()
            .into_owned()
    };
    shown.chars().take(60).collect()
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
