//! In: two commands. Out: whether the second is slower, by pairs of runs in random order.

use crate::arguments::{ANSWER, Format, Sites};
use crate::commands::{Commands, Sides};
use crate::exit::{Exit, Failure};
use crate::output;
use crate::page::ToPage;
use crate::plan::Plan;
use crate::progress::Line;
use clap::Args;
use perf_core::judge::{Comparison, Metric, Outcome, Policy, Resource, Verdict};
use perf_core::launch::Floor;
use perf_core::units;

/// Measure two commands against each other.
///
/// Runs of both sides alternate in random order. A change is confirmed by measuring again before it counts.
#[derive(Debug, Args)]
pub(crate) struct Ab {
    #[command(flatten)]
    commands: Commands,
    #[command(flatten)]
    plan: Plan,
    /// How the answer is written.
    #[arg(long, help_heading = ANSWER, value_enum, default_value_t)]
    format: Format,
    /// Which sites of annotated programs are shown.
    #[arg(long, help_heading = ANSWER, value_enum, default_value_t)]
    sites: Sites,
    #[command(flatten)]
    page: ToPage,
}

impl Ab {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let policy = self.plan.judging.policy()?;
        let comparison = measure(&self.commands, &self.plan, &policy)?;
        self.page.write(&comparison, &policy)?;
        output::print(&self.format.judged(&comparison, &policy, self.sites))?;
        Ok(Exit::of_code(comparison.exit_code(&policy)))
    }
}

/// What SIGINT and SIGTERM say.
const INTERRUPTED: &str = "interrupted: the pairs so far are thrown away, since a part of the plan answers nothing; what was built stays; \
                           next: the same call again";

/// Runs the experiment, with its progress on a terminal.
pub(crate) fn measure(
    commands: &Commands,
    plan: &Plan,
    policy: &Policy,
) -> Result<Comparison, Failure> {
    let line = Line::interrupted(INTERRUPTED);
    let mut sides = commands.sides()?;
    output::note(&format_args!(
        "baseline  {}\ncandidate {}",
        sides.baseline.command(),
        sides.candidate.command()
    ));
    line.say("a pair that is thrown away, then three that tell how long one takes".to_owned());
    let experiment = plan.experiment(&sides.name, policy);
    let experiment = experiment.on_progress(|progress| line.show(progress));
    let found = run(experiment, &mut sides);
    drop(line);
    let mut comparison = found?;
    respect_floor(&mut comparison, sides.launcher.borrow().floor());
    Ok(comparison)
}

fn run(
    experiment: perf_core::judge::Experiment<'_>,
    sides: &mut Sides,
) -> Result<Comparison, Failure> {
    Ok(experiment.run(&mut sides.baseline, &mut sides.candidate)?)
}

/// Says what the floor of the peaks is; where both sides are at it nothing can be claimed of them.
fn respect_floor(comparison: &mut Comparison, floor: Floor) {
    let metric = Metric::Resource(Resource::PeakRss);
    let shown = units::bytes(floor.peak_rss_bytes as f64);
    for outcome in &mut comparison.results {
        if outcome.metric != metric.word() || outcome.id.is_empty() {
            continue;
        }
        let at_floor =
            |value: Option<f64>| value.and_then(|bytes| floor.above(bytes as u64)).is_none();
        if at_floor(outcome.baseline) && at_floor(outcome.candidate) {
            withhold(
                outcome,
                &format!("not above {shown}, what an empty program shows, on either side"),
            );
        } else if at_floor(outcome.baseline) {
            outcome
                .warnings
                .push(format!("the baseline is not above {shown}"));
        } else if at_floor(outcome.candidate) {
            outcome
                .warnings
                .push(format!("the candidate is not above {shown}"));
        }
    }
    comparison.warnings.push(format!(
        "peak-rss cannot be told apart below {shown}, the peak of an empty program"
    ));
    comparison.settle();
}

fn withhold(outcome: &mut Outcome, sentence: &str) {
    outcome.verdict = Verdict::Inconclusive;
    outcome.reason = Some("below_floor".to_owned());
    outcome.explanation = Some(sentence.to_owned());
    outcome.change = None;
    (outcome.p, outcome.mde, outcome.next_step) = (None, None, None);
}
