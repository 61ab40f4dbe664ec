//! In: an arm. Out: [`Evidence`], what so many measurements of it yielded, where and of which source.

use super::error::StudyError;
use super::question::Workload;
use super::source::Source;
use crate::environment::{Aspect, Environment};
use crate::escape::terminal;
use crate::judge::{Arm, Measurement, Metric, SiteMetric};
use crate::run;
use perf_stats::describe::median;
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
        let mut doubts: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        arm.measure(&mut Measurement::default()).map_err(failed)?;
        for run in 0..runs {
            tell(run + 1);
            let mut one = Measurement::default();
            arm.measure(&mut one).map_err(failed)?;
            for (site, ns) in one.doubts() {
                doubts.entry(site.clone()).or_default().push(*ns);
            }
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
        if let Some(wall) = values.get(&Metric::WALL.to_string()) {
            notes.extend(short_calls(&doubts, wall));
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

/// A sentence for each site whose own time is not told from the cost of recording it, by a share of the wall time worth a word.
fn short_calls(doubts: &BTreeMap<String, Vec<f64>>, wall: &[f64]) -> Vec<String> {
    const WORTH_A_WORD: f64 = 0.01;
    let share = |(site, ns): (&String, &Vec<f64>)| {
        let share = median(ns).ok()? / median(wall).ok()?;
        (share > WORTH_A_WORD).then(|| {
            format!(
                "the calls of `{}` are short and sampled: it may be {:.1} % of wall more or less than that, and its callers as much \
                 less or more; with PERF_OVERHEAD=full every call is recorded",
                terminal(site),
                100.0 * share
            )
        })
    };
    doubts.iter().filter_map(share).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_sampled_calls_are_told_where_they_weigh() {
        let doubts = BTreeMap::from([
            ("app::short".to_owned(), vec![4e6, 5e6, 6e6]),
            ("app::long".to_owned(), vec![0.5e6; 3]),
        ]);
        let told = short_calls(&doubts, &[100e6; 3]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("`app::short`") && told[0].contains("5.0 % of wall"));
        assert!(told[0].contains("PERF_OVERHEAD=full"));
    }

    #[test]
    fn an_arm_of_short_sampled_calls_is_told_by_its_evidence() {
        struct Sampled;
        impl Arm for Sampled {
            fn measure(&mut self, into: &mut Measurement) -> Result<(), crate::judge::ArmError> {
                let mut run = crate::snapshot::snapshot();
                let mut row = crate::snapshot::Row::of_calls(
                    "app::short".to_owned(),
                    run.layout,
                    &[10.0; 50],
                );
                (row.calls, row.cost_doubt_ns) = (1_000_050, 4.0);
                run.rows = vec![row];
                into.add_sites(&run);
                into.set(Metric::WALL, 100e6);
                Ok(())
            }
        }
        let evidence = Evidence::take(&mut Sampled, 3, |_| ()).unwrap();
        assert!(
            evidence
                .notes
                .iter()
                .any(|note| note.contains("4.0 % of wall")),
            "{:?}",
            evidence.notes
        );
    }
}
