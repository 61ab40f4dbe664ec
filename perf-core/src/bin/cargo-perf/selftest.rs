//! In: a command. Out: how often the gate would cry wolf on it here, and how small a slowdown it would find.

use crate::arguments::{ANSWER, Format};
use crate::arm::CommandArm;
use crate::commands::{COMMANDS, Commands, name_of};
use crate::exit::{Exit, Failure};
use crate::output;
use crate::plan::{Plan, new_seed};
use crate::progress::Line;
use crate::proof::{Proof, Trial};
use clap::Args;
use perf_core::judge::{Comparison, Metric, Policy, Resource};
use perf_core::launch::{Command, Launcher};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Prove the gate on this machine and program: false alarms on the program against itself, and an injected slowdown.
///
/// The slowdown is CPU time that the process uses before the program starts, a share of what the program takes. Exit code 0 where the
/// upper 95 % limit of the false-alarm rate is at most 5 % and the slowdown was found, 1 otherwise.
#[derive(Debug, Args)]
pub(crate) struct SelfTest {
    /// The slowdown that is injected; three times the margin unless given.
    #[arg(long, value_name = "PERCENT", value_parser = crate::arguments::share)]
    slowdown: Option<f64>,
    /// Comparisons of the program with itself; 59 without a false alarm prove a rate below 5 %.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    comparisons: u32,
    /// No further comparison is begun after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = crate::arguments::seconds)]
    budget: Duration,
    #[command(flatten)]
    plan: Plan,
    /// Run before each run, untimed.
    #[arg(long, help_heading = COMMANDS, value_name = "CMD")]
    prepare: Option<String>,
    /// Standard input of every run; empty if not given.
    #[arg(long, help_heading = COMMANDS, value_name = "FILE")]
    stdin: Option<std::path::PathBuf>,
    /// The command is a line for `/bin/sh -c`.
    #[arg(long, help_heading = COMMANDS)]
    shell: bool,
    /// How the answer is written.
    #[arg(long, help_heading = ANSWER, value_enum, default_value_t)]
    format: Format,
    /// The program.
    #[arg(last = true, help_heading = COMMANDS, required = true, value_name = "CMD")]
    command: Vec<String>,
}

/// Comparisons with the slowdown; it is found where more than half of them say so.
const INJECTED: u32 = 5;

impl SelfTest {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let policy = self.plan.judging.policy()?;
        let metric = self.metric()?;
        let bench = Bench::new(&self)?;
        let margin = policy
            .margin_of(&bench.name, &metric)
            .map_or(0.02, perf_core::stats::decision::Margin::value);
        let slowdown = self.slowdown.unwrap_or(3.0 * margin);
        let mut proof = Proof::new(&bench.name, &metric, margin, slowdown);
        let line = Line::interrupted(
            "interrupted: the comparisons so far are thrown away; next: the same call again, or fewer with --comparisons",
        );
        let start = Instant::now();
        for number in 1..=self.comparisons {
            if start.elapsed() >= self.budget {
                break;
            }
            line.say(format!(
                "the program against itself, {number} of {}",
                self.comparisons
            ));
            let found = bench.compare(&self.plan, &policy, Duration::ZERO)?;
            proof.same.push(Trial::of(&found, &metric)?);
        }
        let handicap = proof.typical_ns().map_err(Failure::new)? * slowdown;
        for number in 1..=INJECTED {
            line.say(format!("the injected slowdown, {number} of {INJECTED}"));
            let handicap = Duration::from_secs_f64(handicap / 1e9);
            let found = bench.compare(&self.plan, &policy, handicap)?;
            proof.slowed.push(Trial::of(&found, &metric)?);
        }
        drop(line);
        proof.seconds = start.elapsed().as_secs_f64();
        proof.budget(self.plan.pairs, self.plan.budget());
        output::print(&match self.format {
            Format::Text => proof.text(),
            Format::Markdown => proof.markdown(),
            Format::Json => proof.json(),
        })?;
        Ok(if proof.holds() {
            Exit::Fine
        } else {
            Exit::Regressed
        })
    }

    /// The one metric that decides; time that is added beforehand shows in these alone.
    fn metric(&self) -> Result<Metric, Failure> {
        let metric = match &self.plan.judging.metrics[..] {
            [] => Metric::WALL,
            [one] => one.clone(),
            _ => return Err(Failure::new("selftest proves one metric at a time")),
        };
        let times = [Resource::Wall, Resource::Cpu, Resource::User].map(Metric::Resource);
        if times.contains(&metric) {
            return Ok(metric);
        }
        Err(Failure::new(format_args!(
            "selftest injects time: it can prove wall, cpu and user, not {metric}"
        )))
    }
}

/// The program on both sides.
struct Bench {
    name: String,
    command: Command,
    prepare: Option<Command>,
    launcher: Rc<RefCell<Launcher>>,
}

impl Bench {
    fn new(task: &SelfTest) -> Result<Self, Failure> {
        let commands = Commands {
            command: task.command.clone(),
            shell: task.shell,
            stdin: task.stdin.clone(),
            ..Commands::default()
        };
        let command = commands.common("CMD")?;
        let prepare = task
            .prepare
            .as_deref()
            .map(|line| commands.command_of(line));
        Ok(Self {
            name: name_of(&command),
            command: commands.surrounded(command, &[], None),
            prepare: prepare.transpose()?,
            launcher: Rc::new(RefCell::new(Launcher::start()?)),
        })
    }

    /// The whole procedure of the gate, confirmation included, with a candidate that is slower by so much.
    fn compare(
        &self,
        plan: &Plan,
        policy: &Policy,
        handicap: Duration,
    ) -> Result<Comparison, Failure> {
        let arm =
            |side, command| CommandArm::new(side, command, self.prepare.clone(), &self.launcher);
        let slowed = self.command.clone().handicap(handicap);
        let (mut baseline, mut candidate) = (
            arm("baseline", self.command.clone()),
            arm("candidate", slowed),
        );
        let experiment = plan.experiment(&self.name, policy).seed(new_seed());
        Ok(experiment.run(&mut baseline, &mut candidate)?)
    }
}
