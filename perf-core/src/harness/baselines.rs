//! In: benchmarks and the name of a baseline. Out: every one judged against it, and the exit code; the list of baselines.

use super::arguments::{Arguments, Format};
use super::by_metric;
use super::catalogue::Bench;
use super::compare::{NotCompared, joined, policy, side_by_side, words};
use super::ending::{Ending, benchmarks, ended};
use super::layout;
use super::main::{UNABLE, print};
use super::metric::Kind;
use super::output::{compared, lines, page};
use super::peer::{Failure, Launch};
use super::progress::Progress;
use super::side_by_side::Side;
use super::store::{Kept, Store};
use super::stored::{Stored, with_stored};
use crate::error::warn;
use crate::judge::{Comparison, judge_together};
use crate::units;
use std::path::PathBuf;
use std::process::ExitCode;

/// The list, one line a baseline.
pub(super) fn list(store: &Store) -> String {
    let line = |kept: &Kept| {
        let age = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis() as u64;
        let age = age.saturating_sub(kept.saved_unix_ms) as f64 * 1e6;
        let executable = match store.executable(kept) {
            Ok(_) => units::bytes(store.size(kept) as f64),
            Err(why) => format!("runs only: {why}"),
        };
        format!(
            "{}  {}  saved {} ago  {executable}\n",
            kept.name,
            benchmarks(kept.benchmarks()),
            units::age(age)
        )
    };
    store.all().iter().map(line).collect()
}

/// How sides are measured.
pub(super) struct How<'a> {
    pub(super) kind: &'a Kind,
    pub(super) arguments: &'a Arguments,
    pub(super) launch: &'a Launch,
}

/// Judges each against the baseline of this name.
pub(super) fn compare_all(chosen: &[&Bench], how: &How<'_>, store: &Store, name: &str) -> ExitCode {
    let arguments = how.arguments;
    let kept = match store.read(name) {
        Ok(kept) => kept,
        Err(words) => {
            return ended(UNABLE, &words);
        }
    };
    kept.differences().iter().for_each(|words| warn(words));
    let old = if arguments.stored {
        Err("--stored asks for it".to_owned())
    } else {
        store.executable(&kept)
    };
    let another_layout = how.kind.is_time() && layout::is_another(&kept, &how.launch.executable);
    let mut answers: Vec<Comparison> = Vec::new();
    let mut unanswered = 0;
    for (number, bench) in chosen.iter().enumerate() {
        let progress = Progress::new(number, chosen.len(), &bench.id);
        let found = one(&bench.id, &kept, old.as_ref(), how, &progress);
        progress.clear();
        match found {
            Ok(Some(mut answer)) => {
                if another_layout {
                    layout::note(&mut answer);
                }
                if arguments.format == Format::Text {
                    print(&compared(&answer));
                }
                answers.push(answer);
            }
            Ok(None) => warn(&format!(
                "{} is not in the baseline: nothing to compare it with",
                bench.id
            )),
            Err(not) => {
                unanswered += 1;
                warn(&format!("{}: no answer: {}", bench.id, words(&not)));
            }
        }
    }
    finish(&mut answers, arguments, store, name, unanswered)
}

impl How<'_> {
    /// Old and new, both running.
    pub(super) fn compare(
        &self,
        name: &str,
        baseline: &Side,
        candidate: &Side,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Comparison, NotCompared> {
        let (kind, arguments) = (self.kind, self.arguments);
        if kind.is_time() {
            side_by_side(name, baseline.clone(), candidate.clone(), arguments, tell)
        } else {
            by_metric::live(name, kind, [baseline, candidate], arguments, tell)
        }
    }
}

fn finish(
    answers: &mut [Comparison],
    arguments: &Arguments,
    store: &Store,
    name: &str,
    unanswered: usize,
) -> ExitCode {
    let policy = policy(arguments);
    let code = judge_together(answers, &policy);
    let title = format!("{} against {name}", store.target());
    let page = page::write(arguments.html.as_deref(), &title, answers, &policy);
    let unwritten = page.inspect_err(|words| warn(words)).is_err();
    let whole = joined(answers, true);
    match arguments.format {
        Format::Text => {}
        Format::Markdown => print(&joined(answers, false).report().markdown()),
        Format::Bencher => print(&lines::bencher_of(&whole)),
        _ => print(&whole.report().json()),
    }
    let ending = Ending {
        answers,
        policy: &policy,
        code,
        unanswered,
        unwritten,
    };
    ending.told()
}

/// One benchmark; none where the baseline does not know it.
fn one(
    id: &str,
    kept: &Kept,
    old: Result<&PathBuf, &String>,
    how: &How<'_>,
    progress: &Progress,
) -> Result<Option<Comparison>, NotCompared> {
    let (launch, kind) = (how.launch, how.kind);
    let known = || kept.run(id, &kind.name);
    let candidate = Side {
        launch: launch.clone(),
        id: id.to_owned(),
    };
    let mut tell = |words: &str| progress.say(words);
    let because = match old {
        Ok(executable) => {
            let launch = Launch {
                executable: executable.clone(),
                ..launch.clone()
            };
            let baseline = Side {
                launch,
                id: id.to_owned(),
            };
            match how.compare(id, &baseline, &candidate, &mut tell) {
                Ok(found) => return Ok(Some(found)),
                Err(NotCompared::Baseline(Failure::NotOffered)) if known().is_none() => {
                    return Ok(None);
                }
                Err(NotCompared::Baseline(failure)) if known().is_none() => {
                    return Err(NotCompared::Baseline(failure));
                }
                Err(NotCompared::Baseline(failure)) => {
                    format!("the kept executable cannot be used: {failure}")
                }
                Err(other) => return Err(other),
            }
        }
        Err(why) => why.clone(),
    };
    let Some(measurement) = known() else {
        return Ok(None);
    };
    let stored = Stored {
        measurement,
        same_machine: kept.same_machine(),
        because,
    };
    if kind.is_time() {
        with_stored(id, &stored, &candidate, how.arguments, &mut tell).map(Some)
    } else {
        by_metric::stored(id, kind, &stored, &candidate, how.arguments, &mut tell).map(Some)
    }
}
