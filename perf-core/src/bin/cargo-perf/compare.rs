//! In: stored runs or plain numbers of two sides. Out: the weaker comparison that they allow.

use crate::arguments::{ANSWER, Format, Sites};
use crate::exit::{Exit, Failure};
use crate::numbers::{self, Series};
use crate::output;
use crate::page::ToPage;
use crate::plan::Judging;
use clap::Args;
use perf_core::judge::{Comparison, Metric, Outcome, Policy, Stored};
use perf_core::run::{Run, RunError};
use std::path::{Path, PathBuf};

/// Compare stored runs, or numbers of other tools.
///
/// Run files, folders of them, or numbers: a JSON array, one number a line, criterion's sample.json, hyperfine's JSON, Go benchmark
/// text. They were not interleaved, so this is the weaker rule: five runs a side at least, two tests must agree, and what
/// changed on the machine in between counts too. Prefer `cargo perf ab`.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Baseline: a file or a folder.
    #[arg(value_name = "BASE")]
    baseline: PathBuf,
    /// Candidate: the same.
    #[arg(value_name = "CAND")]
    candidate: PathBuf,
    #[command(flatten)]
    judging: Judging,
    /// How the answer is written.
    #[arg(long, help_heading = ANSWER, value_enum, default_value_t)]
    format: Format,
    /// Which sites of annotated programs are shown.
    #[arg(long, help_heading = ANSWER, value_enum, default_value_t)]
    sites: Sites,
    #[command(flatten)]
    page: ToPage,
}

/// What one side holds.
#[derive(Debug, Default)]
struct Side {
    runs: Vec<Run>,
    series: Vec<Series>,
    warnings: Vec<String>,
}

impl Compare {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let policy = self.judging.policy()?;
        let metrics = &self.judging.metrics;
        let comparison = judge(&self.baseline, &self.candidate, metrics, &policy)?;
        self.page.write(&comparison, &policy)?;
        output::print(&self.format.judged(&comparison, &policy, self.sites))?;
        Ok(Exit::of_code(comparison.exit_code(&policy)))
    }
}

/// Judges two sides.
///
/// # Errors
/// A side that cannot be read, sides of different kinds, unlike machines.
pub(crate) fn judge(
    baseline: &Path,
    candidate: &Path,
    metrics: &[Metric],
    policy: &Policy,
) -> Result<Comparison, Failure> {
    let sides = (Side::read(baseline)?, Side::read(candidate)?);
    let mut warnings = [&sides.0.warnings[..], &sides.1.warnings].concat();
    warnings.sort();
    warnings.dedup(); // one file may be both sides
    let mut comparison = match (sides.0.kind(baseline)?, sides.1.kind(candidate)?) {
        (Kind::Runs, Kind::Runs) => {
            let name = &sides.1.runs[0].program;
            let stored = Stored::new(name)
                .policy(policy)
                .metrics(metrics.iter().cloned());
            stored.runs(&sides.0.runs, &sides.1.runs)?
        }
        (Kind::Numbers, Kind::Numbers) => of_numbers(
            (baseline, &sides.0.series),
            (candidate, &sides.1.series),
            metrics,
            policy,
        )?,
        _ => {
            return Err(Failure::new(format_args!(
                "one of {baseline:?} and {candidate:?} holds runs and the other numbers: compare like with like"
            )));
        }
    };
    comparison.warnings.extend(warnings);
    Ok(comparison)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Runs,
    Numbers,
}

impl Side {
    fn read(path: &Path) -> Result<Self, Failure> {
        let mut side = Self::default();
        for file in numbers::files(path)? {
            match Run::read(&file) {
                Ok(run) => side.runs.push(run),
                Err(RunError::Foreign { .. }) => side.read_numbers(&file)?,
                Err(other) => return Err(other.into()),
            }
        }
        Ok(side)
    }

    fn read_numbers(&mut self, file: &Path) -> Result<(), Failure> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::new(format_args!("cannot read {file:?}: {error}")))?;
        let read = numbers::parse(file, &text)?;
        self.warnings.extend(read.warnings);
        for series in read.series {
            match self.series.iter_mut().find(|s| s.is_like(&series)) {
                Some(known) => known.values.extend(series.values),
                None => self.series.push(series),
            }
        }
        Ok(())
    }

    fn kind(&self, path: &Path) -> Result<Kind, Failure> {
        match (self.runs.is_empty(), self.series.is_empty()) {
            (false, true) => Ok(Kind::Runs),
            (true, false) => Ok(Kind::Numbers),
            _ => Err(Failure::new(format_args!(
                "{path:?} holds run files and other numbers: keep them apart"
            ))),
        }
    }
}

/// Series of the same name and metric are compared; where each side holds one alone, whatever its name.
fn of_numbers(
    (old_path, baseline): (&Path, &[Series]),
    (path, candidate): (&Path, &[Series]),
    metrics: &[Metric],
    policy: &Policy,
) -> Result<Comparison, Failure> {
    let wanted = |series: &&Series| metrics.is_empty() || metrics.contains(&series.of_metric());
    let old: Vec<&Series> = baseline.iter().filter(wanted).collect();
    let new: Vec<&Series> = candidate.iter().filter(wanted).collect();
    let alone = old.len() == 1 && new.len() == 1;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut warnings: Vec<String> = Vec::new();
    let mut around = None;
    for series in &new {
        let fits = |s: &&&Series| s.is_like(series) || (alone && s.fits(series));
        let Some(before) = old.iter().find(fits) else {
            warnings.push(format!(
                "{} {} is in the candidate alone",
                series.name(path),
                series.metric
            ));
            continue;
        };
        let metric = series.of_metric();
        let stored = Stored::new(&series.name(path))
            .policy(policy)
            .metrics([metric.clone()]);
        let found = stored.numbers(&metric, &before.values, &series.values)?;
        outcomes.extend(found.results);
        warnings.extend(found.warnings);
        around = Some(found.environment);
    }
    let gone = old
        .iter()
        .filter(|s| !alone && !new.iter().any(|n| n.is_like(s)));
    warnings.extend(
        gone.map(|s| format!("{} {} is in the baseline alone", s.name(old_path), s.metric)),
    );
    let Some(around) = around else {
        return Err(Failure::new(format_args!(
            "the sides hold nothing of the same name, metric and unit: {}",
            if warnings.is_empty() {
                "no such metric".to_owned()
            } else {
                warnings.join("; ")
            }
        )));
    };
    let mut comparison = Comparison::new(outcomes, around);
    warnings.sort();
    warnings.dedup();
    comparison.warnings = warnings;
    Ok(comparison)
}
