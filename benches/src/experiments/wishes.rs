//! In: arguments. Out: [`Wishes`], the same for the benches of closures and of whole programs.

use super::kernels::Kernel;
use super::piece::Piece;
use super::tally::Tallies;
use crate::arguments::Arguments;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// How long, from which seed, beside whom.
    pub piece: Piece,
    /// The margin, as a fraction.
    pub margin: f64,
    /// The time of a comparison: of each side in process, of both where processes are run.
    pub time_seconds: f64,
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
    /// Print what pieces printed, added up.
    Add(Tallies),
}

impl Wishes {
    /// What is done where nothing else is asked for: a piece of so many seconds, with this margin and this time for a comparison.
    #[must_use]
    pub fn new(seconds: f64, margin: f64, time_seconds: f64) -> Self {
        Self {
            piece: Piece::of(seconds),
            margin,
            time_seconds,
            failures: false,
            cargo_perf: None,
        }
    }

    /// A sentence on the conditions.
    #[must_use]
    pub fn conditions(&self) -> String {
        let who = if self.piece.neighbour {
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
    pub fn read(mut self, mut arguments: Arguments) -> Result<(Self, Task), String> {
        let mut task = Task::Measure;
        while let Some(flag) = arguments.flag() {
            match flag.as_str() {
                "--margin" => self.margin = arguments.number()?,
                "--time" => self.time_seconds = arguments.number()?,
                "--failures" => self.failures = true,
                "--cargo-perf" => self.cargo_perf = Some(arguments.value()?),
                "--instructions" => task = Task::Instructions,
                "--run" => {
                    let name = arguments.value()?;
                    let kernel = Kernel::named(&name).ok_or_else(|| format!("no work {name:?}"))?;
                    task = Task::Run(kernel, arguments.number()?, arguments.number()?);
                }
                _ if self.piece.takes(&flag, &mut arguments)? => {}
                _ => {
                    let own = "[--margin SHARE] [--time SECONDS] [--failures] [--cargo-perf FILE] [--instructions]";
                    return Err(arguments.unknown(&format!("{own} {}", Piece::USAGE)));
                }
            }
        }
        let added = self.piece.added.take();
        Ok((self, added.map_or(task, Task::Add)))
    }
}
