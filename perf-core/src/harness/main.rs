//! In: the benchmarks of an executable and its command line. Out: the exit code, after everything asked for was done.

use super::arguments::{Arguments, Format, HELP, Mode};
use super::baselines::How;
use super::catalogue::{Bench, Catalogue};
use super::child::server;
use super::compare::policy;
use super::count::count;
use super::criterion::Criterion;
use super::ending::{ended, unanswered};
use super::entry::Entry;
use super::measure::{Effort, measure};
use super::metric::{Kind, MakeMetric, TIME};
use super::output::{self, Line, page};
use super::peer::{Launch, callgrind, this_executable};
use super::progress::Progress;
use super::store::Store;
use super::{alternatives, baselines, check, protocol};
use crate::error::warn;
use crate::judge::Comparison;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

/// Could not judge: bad usage, or a benchmark without an answer.
pub(super) const UNABLE: u8 = 3;

/// The bench target that this executable is.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub package: &'static str,
    pub target: &'static str,
    pub folder: &'static str,
}

/// `main` of a bench target.
#[doc(hidden)]
pub fn main(target: Target, listed: Option<&[&'static Entry]>, metrics: &[MakeMetric]) -> ExitCode {
    answer(target, &Catalogue::new(listed, metrics))
}

/// `main` of a bench file written for criterion.
#[doc(hidden)]
pub fn criterion_main(target: Target, groups: &'static [fn(&mut Criterion)]) -> ExitCode {
    answer(target, &Catalogue::of_criterion(groups))
}

fn answer(target: Target, catalogue: &Catalogue) -> ExitCode {
    if let Ok(who) = std::env::var(protocol::CHILD) {
        let token = who.split_once(':').map_or("", |(_, token)| token);
        return server::serve(catalogue, token);
    }
    match Arguments::from_env() {
        Ok(arguments) => run(target, catalogue, &arguments),
        Err(words) => done(Err(words)),
    }
}

fn run(target: Target, catalogue: &Catalogue, arguments: &Arguments) -> ExitCode {
    let chosen = arguments.selection.of(&catalogue.benches);
    match &arguments.mode {
        Mode::Help => print(HELP),
        Mode::List => {
            for bench in &chosen {
                print(&format!("{}: benchmark\n", bench.id));
            }
        }
        Mode::ListBaselines => print(&baselines::list(&Store::of(target))),
        Mode::RemoveBaseline(name) => return done(Store::of(target).remove(name)),
        Mode::Test => {
            let filtered = catalogue.benches.len() - chosen.len();
            return with_launch(arguments, |launch| check::check(&chosen, filtered, launch));
        }
        Mode::Measure => {
            let kind = match measurable(catalogue, arguments) {
                Ok(kind) => kind,
                Err(words) => return done(Err(words)),
            };
            return with_launch(arguments, |launch| {
                let how = How {
                    kind: &kind,
                    arguments,
                    launch,
                };
                match &arguments.baseline {
                    Some(name) => baselines::compare_all(&chosen, &how, &Store::of(target), name),
                    None => measure_all(&chosen, &how, target),
                }
            });
        }
    }
    ExitCode::SUCCESS
}

/// What is to be measured, or why it cannot be here.
fn measurable(catalogue: &Catalogue, arguments: &Arguments) -> Result<Kind, String> {
    let kind = catalogue.kind(arguments.metric.as_deref().unwrap_or(TIME))?;
    if kind.is_instructions()
        && let Some(why) = callgrind::missing()
    {
        return Err(why);
    }
    if !kind.is_time() && (arguments.format.is_of_times() || arguments.criterion.is_some()) {
        return Err(format!(
            "--metric {}: this format is one of times; text, json and markdown show other metrics",
            kind.name
        ));
    }
    Ok(kind)
}

fn with_launch(arguments: &Arguments, then: impl FnOnce(&Launch) -> ExitCode) -> ExitCode {
    match this_executable() {
        Ok(executable) => then(&Launch {
            executable,
            cap: arguments.time_cap,
            show: arguments.show,
            simulated: false,
        }),
        Err(error) => done(Err(format!(
            "cannot run benchmarks in processes of their own: {error}"
        ))),
    }
}

/// Measures and prints one after the other, then compares alternatives, then saves where that is asked for.
fn measure_all(chosen: &[&Bench], how: &How<'_>, target: Target) -> ExitCode {
    let begun = Instant::now();
    let lines = measure_each(chosen, how);
    let took = begun.elapsed();
    let alternatives = alternatives::compare(chosen, how);
    if how.arguments.format != Format::Text {
        print(&output::whole(how.arguments.format, &lines, &alternatives));
    }
    output::foot(&lines, took);
    let failed = lines.iter().filter(|line| line.measured.is_err()).count();
    match keep(lines, &alternatives, how, target) {
        Err(words) => done(Err(words)),
        Ok(()) if failed > 0 => ended(UNABLE, &unanswered(failed, chosen.len())),
        Ok(()) => ExitCode::SUCCESS,
    }
}

fn measure_each(chosen: &[&Bench], how: &How<'_>) -> Vec<Line> {
    let (arguments, launch) = (how.arguments, how.launch);
    let effort = Effort::of(arguments);
    let width = output::width(chosen.iter().map(|bench| bench.id.as_str()));
    let mut lines = Vec::new();
    for (number, bench) in chosen.iter().enumerate() {
        let progress = Progress::new(number, chosen.len(), &bench.id);
        let mut show = |done, of| progress.show(done, of);
        let measured = if how.kind.is_time() {
            measure(&bench.id, launch, effort, &mut show)
        } else {
            count(&bench.id, how.kind, launch, effort, None, &mut show)
        };
        progress.clear();
        let line = Line {
            id: bench.id.clone(),
            measured,
        };
        if arguments.format == Format::Text {
            print(&output::text::line(&line, width));
        }
        lines.push(line);
    }
    lines
}

/// Writes the files that are asked for: the page, criterion's, the baseline.
fn keep(
    lines: Vec<Line>,
    alternatives: &[Comparison],
    how: &How<'_>,
    target: Target,
) -> Result<(), String> {
    let arguments = how.arguments;
    let html = arguments.html.as_deref();
    page::write(html, target.target, alternatives, &policy(arguments))?;
    if let Some(folder) = &arguments.criterion {
        let baseline = arguments.save_baseline.as_deref().unwrap_or("new");
        let measured = lines.iter().filter_map(|line| line.measured.as_ref().ok());
        output::criterion_files::write(folder, baseline, measured)?;
    }
    if let Some(name) = &arguments.save_baseline {
        let executable = &how.launch.executable;
        let runs = lines.into_iter().filter_map(|line| line.measured.ok());
        let room = arguments.baseline_size;
        let said = Store::of(target).save(name, executable, runs.collect(), room)?;
        said.iter().for_each(|sentence| warn(sentence));
    }
    Ok(())
}

/// Nothing to say, or a sentence and the exit code for it.
fn done(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => ended(UNABLE, &words),
    }
}

/// Standard output; a closed one is no reason to fail.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
