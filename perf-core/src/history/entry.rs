//! In: a run, or numbers by name. Out: [`Entry`], what the history keeps of it.

use crate::environment::Environment;
use crate::judge::{Metric, Resource, SiteMetric};
use crate::run::Run;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// The numbers of one run, with what they are of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Entry {
    /// When the run ended, in milliseconds since 1970.
    pub unix_ms: u64,
    /// The program.
    pub program: String,
    /// What it worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// The machine's fingerprint; numbers of different machines are different series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// The commit of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether the source differed from the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dirty: Option<bool>,
    /// Numbers by their metric, as [`Metric`] prints it (`wall`, `SITE:p99`), in its unit.
    pub values: BTreeMap<String, f64>,
}

impl Entry {
    /// An entry without numbers, of now.
    pub fn now(program: &str) -> Self {
        let none = cfg!(all(target_arch = "wasm32", target_os = "unknown")); // asking panics there
        let since = (!none).then(|| SystemTime::now().duration_since(UNIX_EPOCH));
        Self {
            unix_ms: since.map_or(0, |since| since.map_or(0, |since| since.as_millis() as u64)),
            program: program.to_owned(),
            ..Self::default()
        }
    }

    /// All numbers of a run: those of its sites, and what the process took where that is known.
    pub fn of(run: &Run) -> Self {
        let provenance = run.provenance.as_ref();
        let mut entry = Self {
            unix_ms: run.ended_unix_ms,
            program: run.program.clone(),
            workload: provenance.and_then(|p| p.workload.clone()),
            machine: run.environment.as_ref().map(Environment::fingerprint),
            commit: provenance.and_then(|p| p.commit.clone()),
            dirty: provenance.and_then(|p| p.dirty),
            values: BTreeMap::new(),
        };
        for row in run.snapshot.rows.iter().filter(|row| row.calls > 0) {
            for &of in SiteMetric::ALL {
                if let Some(value) = of.of_row(row) {
                    entry
                        .values
                        .insert(Metric::site(&row.id, of).to_string(), value);
                }
            }
        }
        for (usage, &of) in run
            .usage
            .iter()
            .flat_map(|usage| Resource::ALL.iter().map(move |of| (usage, of)))
        {
            if let Some(value) = of.of_usage(usage) {
                entry.values.insert(Metric::Resource(of).to_string(), value);
            }
        }
        entry
    }

    /// The same entry with one number more.
    #[must_use]
    pub fn with(mut self, metric: &str, value: f64) -> Self {
        self.values.insert(metric.to_owned(), value);
        self
    }

    /// The same entry of this commit.
    #[must_use]
    pub fn with_commit(mut self, commit: &str) -> Self {
        self.commit = Some(commit.to_owned());
        self
    }
}
