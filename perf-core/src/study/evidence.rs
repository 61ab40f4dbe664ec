//! In: an arm. Out: [`Evidence`], what so many measurements of it yielded, where and of which source.

use super::error::StudyError;
use super::question::Workload;
use super::source::Source;
use crate::environment::{Aspect, Environment};
use crate::judge::{Arm, Measurement, Metric, SiteMetric};
use crate::run;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Values of a program as it stands: what a hypothesis rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evidence {
    /// When it was taken, in milliseconds since 1970.
    pub unix_ms: u64,
    /// The commit of the source.
    pub commit: Option<String>,
    /// Whether the source differed from it.
    pub dirty: Option<bool>,
    /// The files that it was built of, where git follows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The program's content, 32 hexadecimal digits of XXH3, where it is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The machine.
    pub environment: Environment,
    /// Measurements: fresh processes, for a command.
    pub runs: usize,
    /// By metric (`wall`, `SITE:self`), a value a run in its unit, in time order; metrics that some runs lacked are left out.
    pub values: BTreeMap<String, Vec<f64>>,
    /// What a reader should know beside the values.
    pub notes: Vec<String>,
}

impl Evidence {
    /// Measures `runs` times, after one measurement that is thrown away. `tell` is called before each.
    ///
    /// # Errors
    /// [`StudyError::Measuring`] with what the arm said.
    pub fn take(
        arm: &mut dyn Arm,
        runs: usize,
        mut tell: impl FnMut(usize),
    ) -> Result<Self, StudyError> {
        let failed = |error: crate::judge::ArmError| StudyError::Measuring(error.to_string());
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        arm.measure(&mut Measurement::default()).map_err(failed)?;
        for run in 0..runs {
            tell(run + 1);
            let mut one = Measurement::default();
            arm.measure(&mut one).map_err(failed)?;
            for (metric, value) in one.values() {
                values.entry(metric.to_string()).or_default().push(value);
            }
        }
        let mut left_out = Vec::new();
        values.retain(|metric, values| {
            let whole = values.len() == runs;
            if !whole {
                left_out.push(metric.clone());
            }
            whole
        });
        let mut environment = Environment::here();
        environment.ends_now();
        let mut notes = Vec::new();
        if !left_out.is_empty() {
            notes.push(format!(
                "left out, since some runs did not yield them: {}",
                list(&left_out)
            ));
        }
        let (commit, dirty) = run::source();
        Ok(Self {
            unix_ms: super::dossier::now(),
            commit,
            dirty,
            source: None,
            program: None,
            environment,
            runs,
            values,
            notes,
        })
    }

    /// The values of a metric; none where it was not measured.
    pub fn of(&self, metric: &Metric) -> Option<&[f64]> {
        self.values.get(&metric.to_string()).map(Vec::as_slice)
    }

    /// Notes the files and the program that were measured.
    pub(super) fn built_of(&mut self, source: Option<Source>, program: Option<String>) {
        if let Some(source) = &source {
            self.dirty = Some(!source.changed.is_empty());
        }
        (self.source, self.program) = (source, program);
    }

    /// Whether the program is the one that was measured: what is kept as the old side must be.
    pub(super) fn is_of_program(&self, workload: &Workload) -> Result<(), StudyError> {
        let Some(measured) = &self.program else {
            return Ok(());
        };
        if workload.program_digest().as_ref() == Some(measured) {
            return Ok(());
        }
        Err(StudyError::NotNow(format!(
            "the program of `{}` is not the one that was measured: it was built anew since, or is gone. Undo the change and build, then \
             freeze the plan; or measure what is there: cargo perf study measure, and state the hypothesis on that",
            workload.line()
        )))
    }

    /// Whether what is part of a program differed from the commit.
    pub(super) fn has_changes(&self) -> Option<bool> {
        let known = self
            .source
            .as_ref()
            .map(|source| !source.changed.is_empty());
        known.or(self.dirty)
    }

    /// The sites that were seen.
    pub fn sites(&self) -> Vec<String> {
        let site = |name: &String| match name.parse() {
            Ok(Metric::Site {
                site,
                of: SiteMetric::SelfTime,
            }) => Some(site),
            _ => None,
        };
        self.values.keys().filter_map(site).collect()
    }

    /// The one site with this id, or whose id ends in it.
    pub(super) fn site(&self, name: &str) -> Result<String, StudyError> {
        let sites = self.sites();
        let end = format!("::{name}");
        let mut found: Vec<&String> = sites.iter().filter(|site| *site == name).collect();
        if found.is_empty() {
            found = sites.iter().filter(|site| site.ends_with(&end)).collect();
        }
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] if sites.is_empty() => Err(StudyError::Bad(
                "the evidence holds no site: the program has no `#[measure]` with a session; leave --site out, or annotate it and \
                 measure again"
                    .to_owned(),
            )),
            [] => Err(StudyError::Bad(format!(
                "the evidence holds no site {name:?}; it has {}",
                list(&sites)
            ))),
            several => Err(StudyError::Bad(format!(
                "{name:?} is the end of several sites: {}",
                several.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// Sentences on what differs from an earlier measurement's machine and system.
    pub fn differences(&self, earlier: &Self) -> Vec<String> {
        self.environment
            .unlike(&earlier.environment)
            .into_iter()
            .filter(|difference| difference.aspect != Aspect::Build)
            .map(|difference| difference.to_string())
            .collect()
    }
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = names
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        let _ = write!(text, " and {} more", names.len() - SHOWN);
    }
    text
}
