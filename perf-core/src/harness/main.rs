//! In: the benchmarks of an executable and its command line. Out: the exit code, after everything asked for was done.

use super::arguments::{Arguments, Format, HELP, Mode};
use super::catalogue::{Bench, Catalogue};
use super::child::server;
use super::compare::policy;
use super::criterion::Criterion;
use super::entry::Entry;
use super::measure::{Effort, measure};
use super::output::{self, Line, page};
use super::peer::{Launch, this_executable};
use super::progress::Progress;
use super::store::Store;
use super::{alternatives, baselines, check, protocol};
use crate::error::warn;
use std::io::Write;
use std::process::ExitCode;

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
pub fn main(target: Target, listed: Option<&[&'static Entry]>) -> ExitCode {
    answer(target, &Catalogue::new(listed))
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
            return with_launch(arguments, |launch| match &arguments.baseline {
                Some(name) => {
                    baselines::compare_all(&chosen, arguments, launch, &Store::of(target), name)
                }
                None => measure_all(&chosen, arguments, launch, target),
            });
        }
    }
    ExitCode::SUCCESS
}

fn with_launch(arguments: &Arguments, then: impl FnOnce(&Launch) -> ExitCode) -> ExitCode {
    match this_executable() {
        Ok(executable) => then(&Launch {
            executable,
            cap: arguments.time_cap,
            show: arguments.show,
        }),
        Err(error) => done(Err(format!(
            "cannot run benchmarks in processes of their own: {error}"
        ))),
    }
}

/// Measures and prints one after the other, then compares alternatives, then saves where that is asked for.
fn measure_all(
    chosen: &[&Bench],
    arguments: &Arguments,
    launch: &Launch,
    target: Target,
) -> ExitCode {
    let effort = Effort {
        time: arguments.time,
        processes: arguments.processes,
    };
    let width = output::width(chosen.iter().map(|bench| bench.id.as_str()));
    let mut lines: Vec<Line> = Vec::new();
    for (number, bench) in chosen.iter().enumerate() {
        let progress = Progress::new(number, chosen.len(), &bench.id);
        let measured = measure(&bench.id, launch, effort, &mut |done, of| {
            progress.show(done, of);
        });
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
    let alternatives = alternatives::compare(chosen, arguments, launch);
    let page = page::write(
        arguments.html.as_deref(),
        target.target,
        &alternatives,
        &policy(arguments),
    );
    if let Err(words) = page {
        return done(Err(words));
    }
    if arguments.format != Format::Text {
        print(&output::whole(arguments.format, &lines, &alternatives));
    }
    output::foot(&lines);
    let failed = lines.iter().any(|line| line.measured.is_err());
    if let Some(folder) = &arguments.criterion {
        let baseline = arguments.save_baseline.as_deref().unwrap_or("new");
        let measured = lines.iter().filter_map(|line| line.measured.as_ref().ok());
        if let Err(words) = output::criterion_files::write(folder, baseline, measured) {
            return done(Err(words));
        }
    }
    if let Some(name) = &arguments.save_baseline {
        let runs = lines
            .into_iter()
            .filter_map(|line| line.measured.ok())
            .collect();
        let saved = Store::of(target).save(name, &launch.executable, runs, arguments.baseline_size);
        match saved {
            Ok(sentences) => sentences.iter().for_each(|sentence| warn(sentence)),
            Err(words) => return done(Err(words)),
        }
    }
    if failed {
        ExitCode::from(UNABLE)
    } else {
        ExitCode::SUCCESS
    }
}

/// Nothing to say, or a sentence and the exit code for it.
fn done(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            warn(&words);
            ExitCode::from(UNABLE)
        }
    }
}

/// Standard output; a closed one is no reason to fail.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
