//! In: a command. Out: runs of it: a run file each, and what they took together.

use crate::arguments::Format;
use crate::arm::CommandArm;
use crate::commands::{Commands, name_of};
use crate::exit::{Exit, Failure};
use crate::output;
use crate::progress::Line;
use crate::summary::Summary;
use clap::Args;
use perf_core::environment::Environment;
use perf_core::launch::{Command, Launcher};
use perf_core::run::{Provenance, Reference, Run, Usage};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Run a command and keep what its runs took.
///
/// A program with sessions leaves its sites too.
#[derive(Debug, Args)]
pub(crate) struct RunCommand {
    /// How often.
    #[arg(short = 'n', value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// Where the run files are stored, one a process; made where it does not exist.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Run before each run, untimed.
    #[arg(long, value_name = "CMD")]
    prepare: Option<String>,
    /// Standard input of every run; empty if not given.
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    /// The command is a line for `/bin/sh -c`; its start counts in.
    #[arg(long)]
    shell: bool,
    /// Time a fixed piece of work before each run and store it too: with it `compare` tells the machine from the program.
    #[arg(long)]
    reference: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What is run.
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

impl RunCommand {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let commands = Commands {
            command: self.command.clone(),
            shell: self.shell,
            stdin: self.stdin.clone(),
            ..Commands::default()
        };
        let command = commands.common("CMD")?;
        let surrounded = commands.surrounded(command.clone(), &[], None);
        let prepare = self
            .prepare
            .as_deref()
            .map(|line| commands.command_of(line));
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::new(format_args!("cannot make {folder:?}: {error}")))?;
        }
        let launcher = Rc::new(RefCell::new(Launcher::start()?));
        let mut arm = CommandArm::new("the command", surrounded, prepare.transpose()?, &launcher);
        let mut summary = Summary::new(&name_of(&command), launcher.borrow().floor());
        // Hashing and asking git take time: once for all runs of a program that has no session.
        let mut plain = None;
        let line = Line::interrupted(&self.lost());
        for number in 1..=self.count {
            line.say(format!("run {number} of {}", self.count));
            let reference = if self.reference {
                Reference::measure()
            } else {
                None
            };
            let (finished, mut runs) = arm.run_once().map_err(Failure::new)?;
            summary.push(&finished.usage, &runs);
            if let Some(folder) = &self.out {
                runs = if runs.is_empty() {
                    vec![plain.get_or_insert_with(|| plain_run(&command)).clone()]
                } else {
                    runs
                };
                if let Some(reference) = reference {
                    let beside = |run: Run| run.with_reference(reference.clone());
                    runs = runs.into_iter().map(beside).collect();
                }
                store(folder, number, runs, finished.usage)?;
            }
        }
        drop(line);
        let text = match self.format {
            Format::Text => summary.text(),
            Format::Markdown => summary.markdown(),
            Format::Json => summary.json(),
        };
        output::print(&text)?;
        if let Some(folder) = &self.out {
            let sentence = format!("the run files are in {}", folder.display());
            output::note(&sentence);
        }
        Ok(Exit::Fine)
    }

    /// What SIGINT and SIGTERM say.
    fn lost(&self) -> String {
        match &self.out {
            Some(folder) => format!(
                "interrupted: the run files so far are whole and stay in {}; the run under way is lost",
                folder.display()
            ),
            None => {
                "interrupted: the runs so far are thrown away; --out DIR would keep a file of each"
                    .to_owned()
            }
        }
    }
}

/// Stores the runs of one call, a file each.
fn store(folder: &Path, number: u32, runs: Vec<Run>, usage: Usage) -> Result<(), Failure> {
    let alone = runs.len() == 1;
    for (part, run) in runs.into_iter().enumerate() {
        // Of several processes of one run none took what all of them did.
        let run = if alone { run.with_usage(usage) } else { run };
        let program: String = run
            .program
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .take(60)
            .collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = now.map_or(0, |d| d.as_millis());
        let name = format!("{program}-{ms}-{}-{number}-{part}.json", std::process::id());
        run.write(&folder.join(name))?;
    }
    Ok(())
}

/// A run of a program without sessions: the machine is known, the program's build is not.
fn plain_run(command: &Command) -> Run {
    let why = "the program has no session that would tell";
    let unknown = |part: &str| (part.to_owned(), why.to_owned());
    let environment = Environment::here().of_other_programs(why);
    let mut provenance = Provenance::here();
    provenance.executable = Some(command.program().to_string_lossy().into_owned());
    let words = command.arguments().iter();
    provenance.arguments = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    (provenance.executable_hash, provenance.pid) = (None, None);
    provenance
        .absent
        .extend(["executable_hash", "pid"].map(unknown));
    Run::now(&name_of(command), perf_core::snapshot())
        .with_environment(environment)
        .with_provenance(provenance)
}
