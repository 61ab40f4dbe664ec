//! In: a run file that is kept beside the tests. Out: [`Baseline`], what was measured there as a unit for limits; written on request.
//!
//! What the file knows is an interval: of its calls, of their dependence, of its bins. `Holds` is said of the interval's lower end,
//! `Broken` of its upper one.

use crate::bound::Limit;
use crate::bound::options::Options;
use crate::bound::outcome::Outcome;
use crate::bound::pace::Pace;
use crate::bound::timing::{Ask, TimedCall};
use crate::bound::turn::Turn;
use crate::bound::verdict::Reason;
use crate::environment::{Aspect, Environment};
use crate::run::Run;
use crate::snapshot::{Row, snapshot};
use crate::units;
use std::fmt;
use std::ops::Mul;
use std::path::{Path, PathBuf};

/// What a run file says of a site, as a unit for limits: the same statistic that is bounded, with its interval.
///
/// The file is one that a session wrote, or one that the bound itself writes: with `PERF_BOUND_STORE=1` the closure is measured and
/// the file written instead of anything being judged. On another machine nothing is judged: the answer is inconclusive and names the
/// difference. Runs of one build differ by some per cent, and compiled copies of one loop by up to 8.5 %, so leave room.
///
/// ```
/// use perf_core::bound::{Baseline, Bound, Reason, Verdict};
/// let bound = Bound::p99().below(Baseline::file("tests/no_such_file.json") * 1.5).even_unoptimised();
/// let Verdict::Inconclusive(Reason::Unanswerable { why }) = bound.judge(|| 2 + 2).verdict else {
///     panic!("there is no such file");
/// };
/// assert!(why.contains("PERF_BOUND_STORE=1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    path: PathBuf,
    site: Option<String>, // none: the only one
}

/// Which statistic of the baseline's calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    Quantile(f64),
    Mean,
}

/// What a baseline was found to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) low: f64,  // nanoseconds
    pub(super) high: f64, // nanoseconds
    pub(super) told: String,
}

/// Calls that are stored, within the budget.
const STORED: usize = 20_000;

impl Baseline {
    /// The run file at this path, seen from the folder of the package, where tests run; of its only site, or name one with
    /// [`Baseline::site`].
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            site: None,
        }
    }

    /// The site with this id.
    #[must_use]
    pub fn site(mut self, id: impl Into<String>) -> Self {
        self.site = Some(id.into());
        self
    }

    /// What the file says, or why it cannot be used.
    pub(super) fn find(&self, statistic: Statistic) -> Result<Found, String> {
        if !self.path.exists() {
            return Err(format!(
                "there is no baseline {:?} yet: run once with PERF_BOUND_STORE=1 to measure and write it",
                self.path
            ));
        }
        let run = Run::read(&self.path).map_err(|error| error.to_string())?;
        let unlike = self.unlike(&run)?;
        let row = self.row(&run)?;
        let (name, found) = match statistic {
            Statistic::Quantile(p) => (super::promise::quantile_name(p), row.quantile(p)),
            Statistic::Mean => ("mean".to_owned(), row.mean()),
        };
        let found = found.ok_or_else(|| {
            format!(
                "the {} calls of the baseline {:?} are too few to know its {name}",
                units::count(row.calls),
                self.path
            )
        })?;
        let told = format!(
            "{name} {} (95 %: {}) in {} calls of {:?}{unlike}",
            units::duration(found.value),
            units::duration_range(found.low, found.high),
            units::count(row.calls),
            self.path
        );
        Ok(Found {
            low: found.low,
            high: found.high,
            told,
        })
    }

    /// What differs in the system or the build, to be mentioned.
    fn unlike(&self, run: &Run) -> Result<String, String> {
        let Some(then) = &run.environment else {
            let why = "does not say on which machine it was measured: store it anew";
            return Err(format!("the baseline {:?} {why}", self.path));
        };
        let unlike = Environment::here().unlike(then);
        let forbids = |field: &str, aspect| aspect == Aspect::Machine || field == "profile";
        let (fatal, rest): (Vec<_>, Vec<_>) = unlike
            .iter()
            .partition(|difference| forbids(difference.field, difference.aspect));
        if fatal.is_empty() {
            let rest: Vec<String> = rest.iter().map(|other| format!("; {other}")).collect();
            return Ok(rest.concat());
        }
        let named: Vec<String> = fatal.iter().map(ToString::to_string).collect();
        Err(format!(
            "the baseline {:?} was measured elsewhere ({}): store one for this machine, or write the limit in units of a kernel or of other code",
            self.path,
            named.join("; ")
        ))
    }

    fn row<'a>(&self, run: &'a Run) -> Result<&'a Row, String> {
        let rows = &run.snapshot.rows;
        let names = || {
            let all: Vec<_> = rows
                .iter()
                .take(8)
                .map(|row| format!("{:?}", row.id))
                .collect();
            all.join(", ")
        };
        match (&self.site, rows.as_slice()) {
            (Some(id), _) => run.snapshot.site(id).ok_or_else(|| {
                format!(
                    "the baseline {:?} has no site {id:?}; it has {}",
                    self.path,
                    names()
                )
            }),
            (None, [row]) => Ok(row),
            (None, []) => Err(format!("the baseline {:?} has no sites", self.path)),
            (None, _) => Err(format!(
                "the baseline {:?} has several sites, so name one: {}",
                self.path,
                names()
            )),
        }
    }

    /// Measures the call and writes the file, in place of judging.
    pub(super) fn store(
        &self,
        told: &dyn fmt::Display,
        options: &Options,
        call: &mut TimedCall<'_>,
    ) -> Outcome {
        let _turn = Turn::wait();
        let mut pace = Pace::start(options, call);
        let mut times = Vec::new();
        while times.len() < STORED && pace.goes_on() {
            times.push(call(Ask::wall(options.batch.unwrap_or(1).max(1))));
        }
        let mut seen = snapshot();
        seen.covers_ns = times.iter().sum::<f64>() as u64;
        let id = self.site.clone().unwrap_or_else(|| stem(&self.path));
        seen.keep_only(Row::of_calls(id, seen.layout, &times));
        let run = Run::now("bound", seen).with_environment(Environment::here());
        match run.write(&self.path) {
            Ok(()) => Outcome::inconclusive(
                told,
                Reason::Stored {
                    path: self.path.clone(),
                    calls: times.len() as u64,
                },
            ),
            Err(error) => Outcome::unanswerable(told, error.to_string()),
        }
    }
}

/// Whether baselines are to be written instead of used.
pub(super) fn storing() -> bool {
    std::env::var("PERF_BOUND_STORE").is_ok_and(|value| value.trim() == "1")
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or("bound".to_owned(), |stem| {
        stem.to_string_lossy().into_owned()
    })
}

impl Mul<f64> for Baseline {
    type Output = Limit;

    fn mul(self, factor: f64) -> Limit {
        Limit::of_baseline(factor, self)
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "baseline({:?}", self.path)?;
        if let Some(site) = &self.site {
            write!(f, ", {site:?}")?;
        }
        f.write_str(")")
    }
}
