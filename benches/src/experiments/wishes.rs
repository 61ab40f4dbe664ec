//! In: arguments. Out: [`Wishes`], the same for the benches of verdicts.

use super::kernels::Kernel;
use super::tally::Tallies;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// How long measuring goes on: a piece of a longer series.
    pub seconds: f64,
    /// Each piece has another one.
    pub seed: u64,
    /// Whether somebody else is busy in phases.
    pub neighbour: bool,
    /// The margin, as a fraction.
    pub margin: f64,
    /// The time of a comparison: of each side in process, of both where processes are run.
    pub time_seconds: f64,
    /// Names that hold this alone.
    pub only: String,
    /// The answers that are not what is true, as they are printed to users.
    pub failures: bool,
    /// The command line to be measured, where it is not beside the bench.
    pub cargo_perf: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Task {
    /// Compare.
    Measure,
    /// Count instructions.
    Instructions,
    /// Be the program that is measured.
    Run(Kernel, u64, u64),
    /// Add up what pieces printed.
    Add(Tallies),
}

impl Wishes {
    /// A sentence on the conditions.
    #[must_use]
    pub fn conditions(&self) -> String {
        let who = if self.neighbour {
            "a neighbour busy in phases"
        } else {
            "quiet"
        };
        format!(
            "{who}, margin {:.2} %, {} s",
            100.0 * self.margin,
            self.time_seconds
        )
    }

    /// Reads the arguments over these defaults.
    ///
    /// # Errors
    /// A sentence on what is not understood.
    pub fn read(
        mut self,
        mut arguments: impl Iterator<Item = String>,
    ) -> Result<(Self, Task), String> {
        let mut task = Task::Measure;
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} wants a value"))
            };
            match argument.as_str() {
                "--bench" => {}
                "--seconds" => self.seconds = number(&value()?)?,
                "--seed" => self.seed = number(&value()?)?,
                "--margin" => self.margin = number(&value()?)?,
                "--time" => self.time_seconds = number(&value()?)?,
                "--neighbour" => self.neighbour = true,
                "--failures" => self.failures = true,
                "--only" => self.only = value()?,
                "--cargo-perf" => self.cargo_perf = Some(value()?),
                "--instructions" => task = Task::Instructions,
                "--run" => {
                    let name = value()?;
                    let kernel = Kernel::named(&name).ok_or_else(|| format!("no work {name:?}"))?;
                    task = Task::Run(kernel, number(&value()?)?, number(&value()?)?);
                }
                "--add" => {
                    let mut all = Tallies::default();
                    for path in arguments.by_ref() {
                        let text = std::fs::read_to_string(&path)
                            .map_err(|error| format!("cannot read {path:?}: {error}"))?;
                        all.add(&text)?;
                    }
                    task = Task::Add(all);
                }
                other => return Err(format!("{other:?} is not known")),
            }
        }
        Ok((self, task))
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}
