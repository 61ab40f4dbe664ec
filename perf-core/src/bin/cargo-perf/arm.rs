//! In: a command and a launcher. Out: [`CommandArm`], one side of an experiment: fresh processes of that command.

use crate::values;
use perf_core::escape::terminal;
use perf_core::judge::{Arm, ArmError, Measurement};
use perf_core::launch::{Command, Finished, Launcher};
use perf_core::run::Run;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Runs a command again and again; both sides share the launcher, since they never run at once.
#[derive(Debug)]
pub(crate) struct CommandArm {
    side: &'static str,
    command: Command,
    prepare: Option<Command>,
    launcher: Rc<RefCell<Launcher>>,
    runs: u64,
}

impl CommandArm {
    pub(crate) fn new(
        side: &'static str,
        command: Command,
        prepare: Option<Command>,
        launcher: &Rc<RefCell<Launcher>>,
    ) -> Self {
        Self {
            side,
            command,
            prepare,
            launcher: Rc::clone(launcher),
            runs: 0,
        }
    }

    /// What is run.
    pub(crate) fn command(&self) -> &Command {
        &self.command
    }

    /// Runs it once; a program with sessions leaves its run files in a folder that no other run sees.
    pub(crate) fn run_once(&mut self) -> Result<(Finished, Vec<Run>), ArmError> {
        self.run(&self.command.clone())
    }

    fn run(&mut self, command: &Command) -> Result<(Finished, Vec<Run>), ArmError> {
        let mut launcher = self.launcher.borrow_mut();
        if let Some(prepare) = &self.prepare {
            let prepared = launcher.run(prepare)?;
            succeeded("--prepare", prepare, &prepared)?;
        }
        self.runs += 1;
        let name = format!("{}-{}", self.side, self.runs);
        let folder = launcher.scratch().join(name);
        std::fs::create_dir(&folder)?;
        let command = command.clone().env("PERF_RUN_DIR", &folder);
        let finished = launcher.run(&command);
        let runs = run_files(&folder);
        std::fs::remove_dir_all(&folder)?;
        let (finished, runs) = (finished?, runs?);
        succeeded(self.side, &self.command, &finished)?;
        Ok((finished, runs))
    }
}

impl Arm for CommandArm {
    fn measure(&mut self, into: &mut Measurement) -> Result<(), ArmError> {
        // A session asks git for its commit; what git takes differs between working trees, and is no part of the program.
        let unasked = self.command.clone().env("PERF_COMMIT", "");
        let (finished, runs) = self.run(&unasked)?;
        let floor = self.launcher.borrow().floor();
        values::of_process(&finished.usage, floor, into);
        values::of_sites(&runs, into);
        Ok(())
    }
}

/// Reads what a program left.
fn run_files(folder: &Path) -> Result<Vec<Run>, ArmError> {
    let entries: Result<Vec<PathBuf>, _> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut paths = entries?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    let runs: Result<Vec<Run>, _> = paths.iter().map(|path| Run::read(path)).collect();
    Ok(runs?)
}

/// A run that failed measures nothing.
fn succeeded(what: &str, command: &Command, finished: &Finished) -> Result<(), ArmError> {
    if finished.end.is_success() {
        return Ok(());
    }
    let mut sentence = format!("{what} `{command}` failed: {}", finished.end);
    let lines: Vec<&str> = finished.stderr_tail.trim_end().lines().collect();
    if lines.is_empty() {
        sentence.push_str("; it wrote nothing to standard error");
    }
    let last = lines.len().saturating_sub(TAIL_LINES);
    // A report may follow the panic that explains the failure.
    let panic = lines[..last]
        .iter()
        .rposition(|line| line.contains("panicked at"));
    let panic = panic.map_or(last..last, |at| at..(at + 2).min(last));
    for line in lines[panic].iter().chain(&lines[last..]) {
        sentence.push('\n');
        sentence.push_str(&terminal(line));
    }
    Err(sentence.into())
}

/// Lines of standard error that are shown of a failing program.
const TAIL_LINES: usize = 12;
