//! In: run files, night after night. Out: a history of their numbers, and where they changed.

mod between;

use crate::exit::{Exit, Failure};
use crate::output;
use crate::page;
use crate::{arguments, numbers};
use between::Between;
use clap::{Args, Subcommand, ValueEnum};
use perf_core::escape::terminal;
use perf_core::history::{Answer, Began, Changes, Entry, History, LEAST, Series, check};
use perf_core::judge::{Metric, Unit};
use perf_core::report::Page;
use perf_core::run::Run;
use perf_core::units::percent;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Keep the numbers of runs over time, and find where they changed.
#[derive(Debug, Args)]
pub(crate) struct HistoryTask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Append the numbers of run files, one entry a run.
    Add {
        #[command(flatten)]
        place: Place,
        /// Run files, or folders of them.
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<PathBuf>,
    },
    /// Show what is kept.
    Show(Question),
    /// Find where numbers changed, each change with the commit where it began. Exit code 1 where the newest level of a number is
    /// worse than the one before it, 0 otherwise.
    Check {
        #[command(flatten)]
        question: Question,
        /// Chance that a steady number is said to have changed.
        #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = arguments::share)]
        alpha: f64,
        /// Also write a page for a browser to this file.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Studies kept here are named beside the changes that they ended within.
        #[arg(long, value_name = "DIR", default_value = ".perf")]
        dir: PathBuf,
    },
}

/// Which history.
#[derive(Debug, Args)]
struct Place {
    /// The file of the history.
    #[arg(long, value_name = "FILE", default_value = "perf-history.jsonl")]
    file: PathBuf,
}

/// What is asked of it.
#[derive(Debug, Args)]
struct Question {
    #[command(flatten)]
    place: Place,
    /// These metrics alone; all unless given.
    #[arg(long = "metric", value_name = "M")]
    metrics: Vec<Metric>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    format: Words,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Words {
    /// A line a number.
    #[default]
    Text,
    /// One object and nothing else.
    Json,
}

impl HistoryTask {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.task {
            Task::Add { place, runs } => add(&History::at(place.file), &runs),
            Task::Show(question) => show(&question),
            Task::Check {
                question,
                alpha,
                html,
                dir,
            } => {
                let studies = Between::of(&dir)?;
                changes(&question, alpha, html.as_deref(), &studies)
            }
        }
    }
}

fn add(history: &History, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let mut runs = Vec::new();
    for path in paths {
        for file in numbers::files(path)? {
            runs.push(Run::read(&file)?); // all are read before the first is added
        }
    }
    for run in &runs {
        history.add(&Entry::of(run))?;
    }
    let path = history.path().to_string_lossy();
    output::print(&format!(
        "{} entries added to {}\n",
        runs.len(),
        terminal(&path)
    ))?;
    Ok(Exit::Fine)
}

impl Question {
    /// The entries with the numbers that are asked for; damaged lines are told on standard error.
    fn entries(&self) -> Result<Vec<Entry>, Failure> {
        let path = &self.place.file;
        if !path.exists() {
            return Err(Failure::new(format_args!(
                "there is no history {path:?}: add runs first"
            )));
        }
        let read = History::at(path).read()?;
        for damage in &read.damaged {
            output::note(damage);
        }
        let wanted: Vec<String> = self.metrics.iter().map(ToString::to_string).collect();
        let mut entries = read.records;
        if !wanted.is_empty() {
            for entry in &mut entries {
                entry.values.retain(|metric, _| wanted.contains(metric));
            }
        }
        Ok(entries)
    }
}

fn show(question: &Question) -> Result<Exit, Failure> {
    let entries = question.entries()?;
    let text = if question.format == Words::Json {
        format!("{}\n", json!({ "schema": 1, "entries": entries }))
    } else {
        entries.iter().map(entry_lines).collect()
    };
    output::print(&text)?;
    Ok(Exit::Fine)
}

fn entry_lines(entry: &Entry) -> String {
    let commit = entry.commit.as_deref().unwrap_or("no commit");
    let short: String = commit.chars().take(10).collect();
    let dirty = if entry.dirty == Some(true) { "+" } else { "" };
    let program = terminal(&entry.program);
    let mut text = format!("{} {}{dirty} {program}\n", entry.unix_ms, terminal(&short));
    for (metric, &value) in &entry.values {
        let _ = writeln!(
            text,
            "  {}  {}",
            terminal(metric),
            unit_of(metric).print(value)
        );
    }
    text
}

fn changes(
    question: &Question,
    alpha: f64,
    html: Option<&Path>,
    studies: &Between,
) -> Result<Exit, Failure> {
    let entries = question.entries()?;
    let found = check(&entries, alpha)?;
    if let Some(file) = html {
        let title = question.place.file.to_string_lossy();
        let page = Page::new(&title).history(&entries, &found);
        page.command(&page::this_command(None)).write(file)?;
        output::note(&format_args!("the page is in {}", file.display()));
    }
    output::print(&match question.format {
        Words::Text => changes_text(&found, studies),
        Words::Json => changes_json(&found, studies),
    })?;
    let worse = found
        .series
        .iter()
        .any(|series| newest(series).is_some_and(is_worse));
    Ok(if worse { Exit::Regressed } else { Exit::Fine })
}

/// Where the newest level of a series began.
fn newest(series: &Series) -> Option<&Began> {
    match &series.answer {
        Answer::Levels(levels) => levels.last()?.began.as_ref(),
        _ => None,
    }
}

/// More is worse for all that runs hold: times, memory, counts.
fn is_worse(began: &Began) -> bool {
    began.change.is_some_and(|(_, low, _)| low > 0.0)
}

fn changes_text(found: &Changes, studies: &Between) -> String {
    let mut text = String::new();
    for series in &found.series {
        let name = format!("{} {}", terminal(&series.program), terminal(&series.metric));
        let Answer::Levels(levels) = &series.answer else {
            let _ = writeln!(
                text,
                "{name}  {} entries of the {LEAST} needed",
                series.entries
            );
            continue;
        };
        let unit = unit_of(&series.metric);
        let Some(last) = levels.last() else { continue };
        let now = unit.print(last.median);
        if levels.len() == 1 {
            let _ = writeln!(
                text,
                "{name}  steady at {now} over {} entries",
                series.entries
            );
        }
        for level in levels {
            if let Some(began) = &level.began {
                let words = began_words(began, &unit.print(level.median));
                let _ = writeln!(text, "{name}  {words}{}", studies.words(began));
            }
        }
    }
    let _ = writeln!(
        text,
        "{} numbers judged, {:.2} false alarms expected among them",
        found.judged(),
        found.false_alarms_expected()
    );
    text
}

fn began_words(began: &Began, median: &str) -> String {
    let commit = |commit: &Option<String>| {
        let short: String = commit
            .as_deref()
            .unwrap_or("unknown")
            .chars()
            .take(10)
            .collect();
        terminal(&short).into_owned()
    };
    let change = began.change.map_or(String::new(), |(estimate, low, high)| {
        format!(
            "  {:+.1} % [{:+.1}, {:+.1}]",
            100.0 * estimate,
            100.0 * low,
            100.0 * high
        )
    });
    format!(
        "{median} since {} (after {}){change}  p = {}",
        commit(&began.commit),
        commit(&began.after),
        percent(began.p)
    )
}

fn changes_json(found: &Changes, studies: &Between) -> String {
    let series: Vec<Value> = found
        .series
        .iter()
        .map(|series| series_json(series, studies))
        .collect();
    let object = json!({
        "schema": 1,
        "alpha": found.alpha,
        "judged": found.judged(),
        "false_alarms_expected": found.false_alarms_expected(),
        "series": series,
    });
    format!("{object}\n")
}

fn series_json(series: &Series, studies: &Between) -> Value {
    let levels = match &series.answer {
        Answer::Levels(levels) => levels
            .iter()
            .map(|level| {
                json!({
                    "entries": level.entries,
                    "median": level.median,
                    "began": level.began.as_ref().map(|began| json!({
                        "commit": began.commit,
                        "after": began.after,
                        "unix_ms": began.unix_ms,
                        "studies": studies.named(began),
                        "p": began.p,
                        "change": began.change.map(|(estimate, low, high)| json!({
                            "estimate": estimate, "low": low, "high": high, "level": 0.95,
                        })),
                    })),
                })
            })
            .collect(),
        _ => Value::Null, // too few entries
    };
    json!({
        "program": series.program,
        "workload": series.workload,
        "machine": series.machine,
        "metric": series.metric,
        "unit": unit_of(&series.metric).word(),
        "entries": series.entries,
        "levels": levels,
    })
}

fn unit_of(metric: &str) -> Unit {
    metric
        .parse::<Metric>()
        .map_or(Unit::Other, |metric| metric.unit())
}
